/** The description of the program in its help and its manual page. */

export const DESCRIPTION =
  "Simulates memory management, on traces of real programs: TLBs, page walks, page faults, frames and page replacement.";

export const EXAMPLES: readonly string[] = [
  "pagewalk trace record -o ls.pagewalk -- ls -l",
  "pagewalk replay ls.pagewalk",
  "pagewalk compare ls.pagewalk --policies all --frames 5%,20%",
];

/** Exit statuses by number. */
export const STATUSES: Readonly<Record<number, string>> = {
  0: "done",
  1: "a requested check failed",
  2: "bad usage or input",
  3: "the simulation needs more memory than WebAssembly can give",
  130: "interrupted",
};
