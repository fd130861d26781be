/**
 * Pages that a machine has from the start, as text, one a line: `ADDRESS PERMISSIONS [kernel]`.
 *
 *   0x400000 rw            permissions r, rw, rx or rwx, for programs
 *   0x401000 r kernel      for the kernel alone
 *   # a comment
 */
import { InputError, type Machine, type MappedPage, type Mapping, UsageError } from "pagewalk";

export interface ListedPage {
  readonly address: bigint;
  readonly mapping: Required<Omit<Mapping, "pageSize">>;
  readonly line: number;
}

/** The longest list. */
const MOST_PAGES = 1000;

const LINE = /^(0x[\da-f]+|\d+)\s+(rw?x?)(\s+kernel)?$/i;

/** `0x400000 rw` */
export function lineOf({ address, write, user }: MappedPage): string {
  return `${address} ${write ? "rw" : "r"}${user ? "" : " kernel"}`;
}

/** Maps the pages, each of the smallest size. */
export function mapAll(machine: Machine, pages: readonly ListedPage[], pageBytes: number): void {
  for (const { address, mapping, line } of pages) {
    try {
      machine.map(address, pageBytes, mapping);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new InputError(error.problem, error.remedy, `mapped pages, line ${line}`);
    }
  }
}

export function readPages(text: string): ListedPage[] {
  const pages = text.split("\n").flatMap((line, n): ListedPage[] => {
    const words = line.replace(/#.*/, "").trim();
    if (words === "") return [];
    const [, address, permissions = "", kernel] = LINE.exec(words) ?? [];
    if (address === undefined) {
      const remedy = "write it like 0x400000 rw, or 0x400000 r kernel";
      throw new InputError(`"${words}" is not a page`, remedy, `mapped pages, line ${n + 1}`);
    }
    const mapping = {
      write: /w/i.test(permissions),
      execute: /x/i.test(permissions),
      user: kernel === undefined,
    };
    return [{ address: BigInt(address), mapping, line: n + 1 }];
  });
  if (pages.length <= MOST_PAGES) return pages;
  throw new InputError(
    `there are ${pages.length} mapped pages`,
    `give at most ${MOST_PAGES}`,
    "mapped pages",
  );
}
