/** The counts of cachegrind for a program's TLBs, and the tools that recording needs. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface TlbMisses {
  l1i: number;
  l1d: number;
  l2: number;
}

export interface CachegrindCounts {
  instructionFetches: number;
  dataReferences: number;
  misses: TlbMisses;
}

const LINE_BYTES = 4096;

/** The whole environment of the program, so that its stack is the same in every run. */
export const ENVIRONMENT = { PATH: process.env.PATH ?? "" };

export function missingTools(): string[] {
  return ["gcc", "valgrind"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
}

/** `tlb` in the syntax of `--tlb`, such as `l1i=64x4,l1d=64x4,l2=1536x12`. A cache of 4096-byte lines is a TLB. */
export function cachegrind(program: string, tlb: string, folder: string): CachegrindCounts {
  const output = join(folder, "cachegrind.out");
  const caches = ["I1", "D1", "LL"].map((cache, index) => {
    const [, entries, ways] = /=(\d+)x(\d+)$/.exec(tlb.split(",")[index] ?? "") ?? [];
    return `--${cache}=${Number(entries) * LINE_BYTES},${ways},${LINE_BYTES}`;
  });
  execFileSync(
    "valgrind",
    ["--tool=cachegrind", "--cache-sim=yes", `--cachegrind-out-file=${output}`, ...caches, program],
    { env: ENVIRONMENT, stdio: "ignore" },
  );
  return parse(readFileSync(output, "utf8"));
}

/** `events:` names the numbers of `summary:`. */
function parse(text: string): CachegrindCounts {
  const words = (label: string) =>
    (new RegExp(`^${label}: (.*)$`, "m").exec(text)?.[1] ?? "").trim().split(" ");
  const values = words("summary");
  const events = new Map(words("events").map((event, index) => [event, Number(values[index])]));
  const sum = (...names: string[]) =>
    names.reduce((total, name) => total + (events.get(name) ?? Number.NaN), 0);
  return {
    instructionFetches: sum("Ir"),
    dataReferences: sum("Dr", "Dw"),
    misses: { l1i: sum("I1mr"), l1d: sum("D1mr", "D1mw"), l2: sum("ILmr", "DLmr", "DLmw") },
  };
}
