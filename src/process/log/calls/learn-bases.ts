/**
 * Learns the addresses of a program that was placed at random, from the calls of its start.
 *
 *   brk(NULL) = 0x55b52af69000                       where its heap begins
 *   mmap(NULL, 8192, …, -1, 0) = 0x7f786a8ff000      right below what the kernel has mapped: the base of mappings
 *   mprotect(0x55b4efe78000, 4096, PROT_READ) = 0    relocated, and read-only from now on (PT_GNU_RELRO): of libraries,
 *                                                    and of the program, which lies below its heap
 */

import * as linux from "../../../../assembly/abi/linux.js";
import type { Bases } from "../../program/bases.js";
import type { ElfFile } from "../../program/elf.js";
import type { CallEntry } from "../parse/entry.js";
import { LogReader } from "../parse/reader.js";

/** Limits of the search: the start of a program is over after so many lines in total, and so many of its own. */
const MOST_LINES = 10_000;
const MOST_OWN = 500;
const PAGE_MASK = 0xfffn;
const ANYWHERE_BUT = BigInt(linux.MAP_FIXED | linux.MAP_FIXED_NOREPLACE);
const ANONYMOUS = BigInt(linux.MAP_ANONYMOUS);
const PROT_READ = BigInt(linux.PROT_READ);
/** The mapping of a file that is as large as a huge page may be aligned to one. */
const HUGE_BYTES = 1n << 21n;

/** The program whose addresses are sought. It is not known what a typical program protects. */
export interface Learner {
  readonly pid: number | undefined;
  readonly elf: ElfFile;
  readonly isStandIn: boolean;
}

/** Reads the lines after an execve until they give no more information. */
export async function learnBases(
  lines: AsyncIterable<string> | Iterable<string>,
  learner: Learner,
): Promise<Bases> {
  const reader = new LogReader("");
  const bases: Learned = {};
  let own = 0;
  for await (const line of lines) {
    const entry = readLine(reader, line);
    if (reader.line === MOST_LINES || own === MOST_OWN) break;
    if (entry?.pid !== learner.pid || entry === undefined) continue;
    if (entry.row.server === "exec" || entry.row.server === "exit") break;
    own++;
    learn(bases, entry, learner);
    if (isComplete(bases, learner)) break;
  }
  return bases;
}

type Learned = { -readonly [Key in keyof Bases]: Bases[Key] };

/** A malformed line is reported in its turn. */
function readLine(reader: LogReader, line: string): CallEntry | undefined {
  try {
    const entry = reader.read(line);
    return entry?.type === "call" ? entry : undefined;
  } catch {
    return undefined;
  }
}

function learn(bases: Learned, { name, args, expected }: CallEntry, { elf, isStandIn }: Learner): void {
  if (expected?.kind !== "value") return;
  const { value } = expected;
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = args.map((one) =>
    one.kind === "number" ? one.value : undefined,
  );
  if (name === "brk" && first === 0n) bases.heap ??= value;
  if (name === "mmap" && first === 0n && (fourth & ANYWHERE_BUT) === 0n) {
    if ((fourth & ANONYMOUS) !== 0n || second < HUGE_BYTES)
      bases.mapping ??= { bytes: second, flags: fourth | ANONYMOUS, address: value };
  }
  if (name === "mprotect" && third === PROT_READ && value === 0n && isOfProgram(first, bases, elf)) {
    const { address, bytes } = protectedOf(elf);
    if (second === bytes || isStandIn) bases.program ??= first - address;
  }
}

/** Libraries lie above the heap. A program without a dynamic linker has no libraries. */
function isOfProgram(address: bigint, { heap }: Bases, elf: ElfFile): boolean {
  return elf.interpreter === undefined || (heap !== undefined && address < heap);
}

/** The range that the linker makes read-only after relocation, in whole pages. */
function protectedOf({ relocated }: ElfFile): { address: bigint; bytes: bigint } {
  const { address, memoryBytes } = relocated ?? { address: 0n, memoryBytes: 0n };
  const start = address & ~PAGE_MASK;
  return { address: start, bytes: ((address + memoryBytes) & ~PAGE_MASK) - start };
}

function isComplete({ heap, mapping, program }: Bases, { elf }: Learner): boolean {
  const isPlaced = program !== undefined || !elf.isMovable || elf.relocated === undefined;
  return heap !== undefined && mapping !== undefined && isPlaced;
}
