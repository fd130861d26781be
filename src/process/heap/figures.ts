/**
 * glibc's heap statistics in C's own forms: the structure of mallinfo2, and the exact texts of malloc_stats and
 * malloc_info. From: malloc/malloc.c of glibc 2.36, int_mallinfo, __malloc_stats, __malloc_info; mallinfo(3),
 * malloc_stats(3), malloc_info(3).
 */
import { FAST_LISTS } from "../../../assembly/abi/heap.js";
import type { ArenaFigures, ListFigures, RawFigures } from "../../wasm/heap-figures.js";

/** The fields of `struct mallinfo2` in order: bytes, except for counts of blocks. */
export const MALLINFO_FIELDS = [
  "arena", // bytes from the system, mapped blocks not counted
  "ordblks", // free chunks, the top of each arena included
  "smblks", // chunks in fast bins
  "hblks", // blocks that are mapped alone
  "hblkhd", // bytes of those
  "usmblks", // always 0
  "fsmblks", // bytes in fast bins
  "uordblks", // bytes in use, thread caches included
  "fordblks", // bytes free
  "keepcost", // bytes of the main arena's top
] as const;
export type MallinfoField = (typeof MALLINFO_FIELDS)[number];
export type Mallinfo = Readonly<Record<MallinfoField, bigint>>;

/** Sums over all arenas. A forged size can make a sum wrap around, as in C. */
export function mallinfoOf({ arenas, mapped, mappedBytes }: RawFigures): Mallinfo {
  const sum = (of: (arena: ArenaFigures) => bigint) =>
    wrapped(arenas.reduce((all, one) => all + of(one), 0n));
  return {
    arena: sum(({ systemBytes }) => systemBytes),
    ordblks: sum(({ freeChunks }) => freeChunks),
    smblks: sum(({ fastChunks }) => fastChunks),
    hblks: mapped,
    hblkhd: mappedBytes,
    usmblks: 0n,
    fsmblks: sum(({ fastBytes }) => fastBytes),
    uordblks: sum(inUse),
    fordblks: sum(({ freeBytes, fastBytes }) => freeBytes + fastBytes),
    keepcost: arenas[0]?.topBytes ?? 0n,
  };
}

export interface ArenaSummary {
  /** Bytes held from the system, and their maximum. */
  readonly systemBytes: number;
  readonly mostSystemBytes: number;
  /** Chunks in thread caches count as in use, chunks in fast bins as free. */
  readonly inUseBytes: number;
  readonly freeBytes: number;
  readonly freeChunks: number;
}

/** The statistics of a heap in the library. */
export interface HeapFigures {
  /** Arenas by number: the main one, then the newest first. */
  readonly arenas: readonly ArenaSummary[];
  /** Blocks in mappings of their own, their bytes, and the maximum of each. */
  readonly mappedBlocks: number;
  readonly mappedBytes: number;
  readonly mostMappedBlocks: number;
  readonly mostMappedBytes: number;
}

export function summaryOf({
  arenas,
  mapped,
  mappedBytes,
  mostMapped,
  mostMappedBytes,
}: RawFigures): HeapFigures {
  return {
    arenas: arenas.map((arena) => ({
      systemBytes: Number(arena.systemBytes),
      mostSystemBytes: Number(arena.mostSystemBytes),
      inUseBytes: Number(inUse(arena)),
      freeBytes: Number(arena.freeBytes + arena.fastBytes),
      freeChunks: Number(arena.freeChunks + arena.fastChunks),
    })),
    mappedBlocks: Number(mapped),
    mappedBytes: Number(mappedBytes),
    mostMappedBlocks: Number(mostMapped),
    mostMappedBytes: Number(mostMappedBytes),
  };
}

/** Bytes of an arena in use, or in thread caches. */
export function inUse({ systemBytes, freeBytes, fastBytes }: ArenaFigures): bigint {
  return systemBytes - freeBytes - fastBytes;
}

function wrapped(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The text of malloc_stats, whose numbers have 32 bits; cut short if the process ended in the call. */
export function statsText(
  { arenas, mostMapped, mostMappedBytes, mappedBytes }: RawFigures,
  isWhole: boolean,
): string {
  const line = (what: string, value: bigint) => `${what.padEnd(16)} = ${String(value).padStart(10)}\n`;
  const narrow = (value: bigint) => BigInt.asUintN(32, value);
  const both = (system: bigint, used: bigint) =>
    line("system bytes", narrow(system)) + line("in use bytes", narrow(used));
  const parts = arenas.map((arena, n) => `Arena ${n}:\n${both(arena.systemBytes, inUse(arena))}`);
  if (isWhole) {
    const sum = (of: (arena: ArenaFigures) => bigint) =>
      arenas.reduce((all, one) => all + of(one), mappedBytes);
    parts.push(
      `Total (incl. mmap):\n${both(
        sum(({ systemBytes }) => systemBytes),
        sum(inUse),
      )}`,
    );
    parts.push(line("max mmap regions", narrow(mostMapped)) + line("max mmap bytes", mostMappedBytes));
  }
  return parts.join("");
}

/** The XML of malloc_info; cut short if the process ended in the call. */
export function infoText(figures: RawFigures, isWhole: boolean): string {
  const { arenas, mapped, mappedBytes } = figures;
  const heaps = arenas.map(
    (arena, n) => `${heapHead(n)}${sizesText(arena)}${totalsText(arena, n === 0)}</heap>\n`,
  );
  const text = `<malloc version="1">\n${heaps.join("")}`;
  if (!isWhole) return text + heapHead(arenas.length);
  const sum = (of: (arena: ArenaFigures) => bigint) =>
    wrapped(arenas.reduce((all, one) => all + of(one), 0n));
  const space = (key: "heapBytes" | "usableBytes") =>
    arenas.reduce((all, one, n) => all + (n === 0 ? one.systemBytes : one[key]), 0n);
  return [
    text,
    total(
      "fast",
      sum(({ fastChunks }) => fastChunks),
      sum(({ fastBytes }) => fastBytes),
    ),
    total(
      "rest",
      sum(({ freeChunks }) => freeChunks),
      sum(({ freeBytes }) => freeBytes),
    ),
    total("mmap", mapped, mappedBytes),
    sized(
      "system",
      "current",
      sum(({ systemBytes }) => systemBytes),
    ),
    sized(
      "system",
      "max",
      sum(({ mostSystemBytes }) => mostSystemBytes),
    ),
    sized("aspace", "total", space("heapBytes")),
    sized("aspace", "mprotect", space("usableBytes")),
    "</malloc>\n",
  ].join("");
}

function heapHead(number: number): string {
  return `<heap nr="${number}">\n<sizes>\n`;
}

/** Lists with chunks; the unsorted one is last. */
function sizesText({ lists }: ArenaFigures): string {
  const unsorted = lists[FAST_LISTS];
  const sorted = lists.filter((_, n) => n !== FAST_LISTS).map((list) => listText("size", list));
  return `${sorted.join("")}${listText("unsorted", unsorted)}</sizes>\n`;
}

function listText(element: string, list: ListFigures | undefined): string {
  if (list === undefined) return "";
  const { least, greatest, bytes, chunks } = list;
  return `  <${element} from="${least}" to="${greatest}" total="${bytes}" count="${chunks}"/>\n`;
}

function totalsText(arena: ArenaFigures, isMain: boolean): string {
  const { systemBytes, mostSystemBytes, heapBytes, usableBytes, heaps } = arena;
  return [
    total("fast", arena.fastChunks, arena.fastBytes),
    total("rest", arena.freeChunks, arena.freeBytes),
    sized("system", "current", systemBytes),
    sized("system", "max", mostSystemBytes),
    sized("aspace", "total", isMain ? systemBytes : heapBytes),
    sized("aspace", "mprotect", isMain ? systemBytes : usableBytes),
    isMain ? "" : sized("aspace", "subheaps", heaps),
  ].join("");
}

function total(type: string, count: bigint, bytes: bigint): string {
  return `<total type="${type}" count="${count}" size="${bytes}"/>\n`;
}

function sized(element: string, type: string, bytes: bigint): string {
  return `<${element} type="${type}" size="${bytes}"/>\n`;
}
