/** Lists of accesses that show something. */

export interface Example {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly accesses: string;
}

/** `count` accesses, a line for each. */
function list(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join("\n");
}

const hex = (address: number) => `0x${address.toString(16)}`;

export const EXAMPLES: readonly Example[] = [
  {
    id: "array",
    name: "Array",
    about: "a sum over 16 KiB, 256 bytes apart: a miss for each page, then hits",
    accesses: list(64, (n) => `load ${hex(0x10000 + n * 256)} 8`),
  },
  {
    id: "strides",
    name: "Large strides",
    about: "2 MiB apart, in turn: each page has a page table of its own",
    accesses: list(16, (n) => `load ${hex(0x40000000 + (n % 4) * 0x200000)} 8`),
  },
  {
    id: "loop",
    name: "Loop",
    about: "stores to 16 pages in turn, more than memory holds beside the page tables",
    accesses: list(48, (n) => `store ${hex(0x7f0000000000 + (n % 16) * 4096)} 8`),
  },
];

/** The usual one. */
export const FIRST = EXAMPLES[0] as Example;
