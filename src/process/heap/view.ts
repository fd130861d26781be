/** A view of a heap: its chunks in order, with the lists of the free ones. */
import { GLIBC_FAST_BIN, GLIBC_TCACHE_BIN } from "../../../assembly/abi/heap.js";
import { CHUNK_STATES } from "../../../assembly/abi/names.js";
import type { HeapCounters, RawChunk } from "../../wasm/heap.js";
import type { HeapFigures } from "./figures.js";

export type ChunkState = (typeof CHUNK_STATES)[number];

export interface HeapChunk {
  /** Address of the chunk, header included; the same for bytes. */
  readonly address: bigint;
  readonly bytes: number;
  /** `cached`: freed, and kept for the next request of its size; `meta`: the allocator's own data. */
  readonly state: ChunkState;
  /**
   * The chunk's list: `tcache 32`, `fast 32`, `unsorted`, `small 512`, `large 1024`, or its number; undefined: none.
   */
  readonly list: string | undefined;
  /** Number of its arena. */
  readonly arena: number;
  /** The next chunk in that list; undefined: it is the last, or the order is not known. */
  readonly next?: bigint;
}

/** Counters of the heap. */
export interface HeapCounts extends HeapCounters {
  /** The allocator's name and parameters: `glibc`, `first-fit:order=address`. */
  readonly allocator: string;
}

/** A heap: its counters, and its chunks by address. */
export interface HeapView {
  /** Calls, bytes and blocks so far. */
  readonly counts: HeapCounts;
  /** By address. */
  readonly chunks: readonly HeapChunk[];
  /** The data of malloc_info; undefined if the allocator has none, or the process has ended. */
  readonly figures?: HeapFigures | undefined;
}

/** glibc's bins up to this one hold one size each. */
const LAST_SMALL_BIN = 63;

/** `allocator`: the name without parameters. */
export function heapView(
  counts: HeapCounts,
  chunks: Iterable<RawChunk>,
  allocator: string | undefined,
): HeapView {
  const isGlibc = allocator === "glibc";
  const found = Array.from(chunks, ({ address, bytes, state, bin, arena, next }) => ({
    address,
    bytes,
    state: CHUNK_STATES[state] ?? "used",
    list: bin === undefined ? undefined : isGlibc ? glibcList(bin, bytes) : `list ${bin}`,
    arena,
    ...(next !== undefined && { next }),
  }));
  return { counts, chunks: isGlibc ? inOrder(found) : found };
}

/** A walk over glibc's heap reaches mapped chunks last, in no order. */
function inOrder(chunks: readonly HeapChunk[]): HeapChunk[] {
  const mapped = chunks.filter(({ state }) => state === "mapped");
  return [
    ...chunks.filter(({ state }) => state !== "mapped"),
    ...mapped.sort((a, b) => (a.address < b.address ? -1 : 1)),
  ];
}

/** glibc's name for the list, and the size of its chunks if there is only one. */
function glibcList(bin: number, bytes: number): string {
  if (bin >= GLIBC_TCACHE_BIN) return `tcache ${bytes}`;
  if (bin >= GLIBC_FAST_BIN) return `fast ${bytes}`;
  if (bin === 1) return "unsorted";
  return bin <= LAST_SMALL_BIN ? `small ${bin * 16}` : `large ${bin}`;
}

/** A list of free chunks. */
export interface HeapList {
  readonly list: string;
  readonly arena: number;
  readonly chunks: number;
  readonly bytes: number;
}

/** The non-empty lists, in the order of their first chunk. */
export function listsOf({ chunks }: HeapView): HeapList[] {
  const lists = new Map<string, { list: string; arena: number; chunks: number; bytes: number }>();
  for (const { list, arena, bytes } of chunks) {
    if (list === undefined) continue;
    const key = `${arena} ${list}`;
    const known = lists.get(key) ?? { list, arena, chunks: 0, bytes: 0 };
    known.chunks++;
    known.bytes += bytes;
    lists.set(key, known);
  }
  return [...lists.values()];
}

/** The free chunks of one list. */
export interface FreeList {
  readonly list: string;
  readonly arena: number;
  /** In list order; in order of address if the links are not known. */
  readonly chunks: readonly Pick<HeapChunk, "address" | "bytes">[];
}

/** The non-empty lists, ordered by their first chunk by address, each in its own order. */
export function freeLists({ chunks }: HeapView): FreeList[] {
  const lists = new Map<string, HeapChunk[]>();
  for (const chunk of chunks) {
    if (chunk.list === undefined) continue;
    const key = `${chunk.arena} ${chunk.list}`;
    lists.set(key, [...(lists.get(key) ?? []), chunk]);
  }
  return [...lists.values()].map((all) => ({
    list: all[0]?.list ?? "",
    arena: all[0]?.arena ?? 0,
    chunks: linked(all).map(({ address, bytes }) => ({ address, bytes })),
  }));
}

/** The chunks of a list in the order of its links; unchanged if the links do not reach all of them. */
function linked(chunks: readonly HeapChunk[]): readonly HeapChunk[] {
  const byAddress = new Map(chunks.map((chunk) => [chunk.address, chunk]));
  const followers = new Set(chunks.map(({ next }) => next));
  const found = new Set<HeapChunk>();
  let chunk = chunks.find(({ address }) => !followers.has(address));
  while (chunk !== undefined && !found.has(chunk)) {
    found.add(chunk);
    chunk = chunk.next === undefined ? undefined : byAddress.get(chunk.next);
  }
  return found.size === chunks.length ? [...found] : chunks;
}
