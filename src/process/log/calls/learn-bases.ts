/**
 * Learns what the calls of a program's start show of it: the addresses of a program that was placed at random, what it
 * and its dynamic linker protect after relocation (PT_GNU_RELRO), and whether it is a 32-bit program.
 *
 *   brk(NULL) = 0x55b52af69000                       where its heap begins
 *   mmap(NULL, 8192, …, -1, 0) = 0x7f786a8ff000      next to what the kernel has mapped: the base of mappings
 *   mprotect(0x55b4efe78000, 4096, PROT_READ) = 0    relocated, and read-only from now on. Libraries are in mappings
 *                                                    of the log; the program and its linker are not
 *   munmap(0x7f786a8b2000, 53419) = 0                the linker's cache of libraries: the start is over
 */

import * as linux from "../../../../assembly/abi/linux.js";
import type { Bases, PageRange } from "../../program/bases.js";
import type { CallEntry } from "../parse/entry.js";
import { LogReader } from "../parse/reader.js";

/** Limit of the search. A program with hundreds of libraries makes thousands of calls at its start. */
const MOST_LINES = 50_000;
const MOST_MAPPINGS = 10_000;
const ANYWHERE_BUT = BigInt(linux.MAP_FIXED | linux.MAP_FIXED_NOREPLACE | linux.MAP_32BIT);
const ANONYMOUS = BigInt(linux.MAP_ANONYMOUS);
const PROT_READ = BigInt(linux.PROT_READ);
const MAP_PRIVATE = BigInt(linux.MAP_PRIVATE);
const PAGE_MASK = 0xfffn;
const WIDE = 1n << 32n;
/** The mapping of a file that is as large as a huge page may be aligned to one. */
const HUGE_BYTES = 1n << 21n;
/** The linker is not farther from the first mapping. */
const NEAR = 1n << 23n;

export interface LoggedStart extends Pick<Bases, "heap" | "mapping"> {
  /** The range that the program protects; undefined if the log does not show it. */
  readonly program: PageRange | undefined;
  /** The range that its dynamic linker protects, or a static program that lies among the mappings. */
  readonly linker: PageRange | undefined;
  /** Files were mapped, as the dynamic linker does. */
  readonly hasLibraries: boolean;
  /** The start is over, and libraries were protected: a program that is not, has nothing to protect. */
  readonly isWhole: boolean;
  /** Undefined: not known. */
  readonly bits: 32 | 64 | undefined;
}

/** Reads the lines after an execve until they give no more information. `begin`: the execve, or the first call after it. */
export async function learnStart(
  lines: AsyncIterable<string> | Iterable<string>,
  begin: CallEntry,
): Promise<LoggedStart> {
  const reader = new LogReader("");
  const learner = new Learner();
  const { pid } = begin;
  if (begin.row.server !== "exec") learner.isOver(begin);
  for await (const line of lines) {
    const entry = readLine(reader, line);
    if (reader.line === MOST_LINES) break;
    if (entry === undefined || entry.pid !== pid) continue;
    if (entry.row.server === "exec" || entry.row.server === "exit" || learner.isOver(entry)) break;
  }
  return learner.result();
}

/** A malformed line is reported in its turn. */
function readLine(reader: LogReader, line: string): CallEntry | undefined {
  try {
    const entry = reader.read(line);
    return entry?.type === "call" ? entry : undefined;
  } catch {
    return undefined;
  }
}

class Learner {
  private heap: bigint | undefined;
  private mapping: Bases["mapping"];
  /** Ranges that were protected outside of the log's mappings: by the program and its linker, in any order. */
  private readonly ranges: PageRange[] = [];
  private readonly mapped: PageRange[] = [];
  private hasLibraries = false;
  private hasProtected = false;
  private isWhole = false;
  private isNarrow = false;
  /** The linker's cache of libraries, or a file like it. */
  private readonly caches = new Map<bigint, bigint>();

  /** Takes the next call; returns whether the start is over. */
  isOver({ name, row, args, expected }: CallEntry): boolean {
    if (row.abi === "32-bit") this.isNarrow = true;
    if (expected?.kind !== "value") return false;
    const { value } = expected;
    const [first = 0n, second = 0n, third = 0n, fourth = 0n] = args.map((one) =>
      one.kind === "number" ? one.value : undefined,
    );
    if (row.server === "brk" && first === 0n) this.heap ??= value;
    if (row.server === "mmap") this.map(value, first, second, third, fourth);
    if (name === "mprotect" && third === PROT_READ && value === 0n)
      this.protect({ address: first, bytes: second });
    this.isWhole = name === "munmap" && value === 0n && this.caches.get(first) === second;
    const isKnown = this.heap !== undefined && this.mapping !== undefined;
    return isKnown && (this.isWhole || this.ranges.length === 2);
  }

  private map(address: bigint, hint: bigint, bytes: bigint, protection: bigint, flags: bigint): void {
    const isAnonymous = (flags & ANONYMOUS) !== 0n;
    if (!this.hasProtected) this.hasLibraries ||= !isAnonymous;
    if (this.mapped.length < MOST_MAPPINGS)
      this.mapped.push({ address, bytes: (bytes + PAGE_MASK) & ~PAGE_MASK });
    if (!isAnonymous && protection === PROT_READ && flags === MAP_PRIVATE) this.caches.set(address, bytes);
    if (hint !== 0n || (flags & ANYWHERE_BUT) !== 0n || !(isAnonymous || bytes < HUGE_BYTES)) return;
    this.mapping ??= { bytes, flags: flags | ANONYMOUS, address };
  }

  private protect(range: PageRange): void {
    const isMapped = this.mapped.some(
      ({ address, bytes }) => range.address >= address && range.address < address + bytes,
    );
    this.hasProtected = true;
    if (!isMapped && this.ranges.length < 2) this.ranges.push(range);
  }

  /** The program lies right below its heap, its linker next to the first mapping. */
  private isAmongMappings({ address }: PageRange): boolean {
    const { heap, mapping } = this;
    if (mapping !== undefined && distance(mapping.address, address) < NEAR) return true;
    const isOther = this.ranges.some((other) => other.address > address && other.address < (heap ?? 0n));
    return isOther || (heap !== undefined && address > heap);
  }

  result(): LoggedStart {
    const { heap, mapping, hasLibraries } = this;
    const linker = this.ranges.find((range) => this.isAmongMappings(range));
    const program = this.ranges.find((range) => !this.isAmongMappings(range));
    const isWhole = this.isWhole && this.hasProtected;
    return { heap, mapping, program, linker, hasLibraries, isWhole, bits: this.bits };
  }

  private get bits(): 32 | 64 | undefined {
    if (this.isNarrow) return 32;
    if (this.mapping !== undefined) return this.mapping.address < WIDE ? 32 : 64;
    return (this.heap ?? 0n) >= WIDE ? 64 : undefined;
  }
}

function distance(one: bigint, other: bigint): bigint {
  return one < other ? other - one : one - other;
}
