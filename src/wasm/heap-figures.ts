/** Statistics of glibc's allocator, as size_t, read from kernel memory; assembly/abi/heap.ts has the struct. */
import {
  ARENA_FAST_BYTES,
  ARENA_FAST_CHUNKS,
  ARENA_FREE_BYTES,
  ARENA_FREE_CHUNKS,
  ARENA_HEAP_BYTES,
  ARENA_HEAPS,
  ARENA_LIST_COUNT,
  ARENA_LISTS,
  ARENA_MOST_SYSTEM,
  ARENA_SYSTEM,
  ARENA_TOP,
  ARENA_USABLE_BYTES,
  FIGURES_ARENA_BYTES,
  FIGURES_ARENAS,
  FIGURES_FIRST_ARENA,
  FIGURES_MAPPED,
  FIGURES_MAPPED_BYTES,
  FIGURES_MOST_MAPPED,
  FIGURES_MOST_MAPPED_BYTES,
  LIST_BYTES,
  LIST_CHUNKS,
  LIST_GREATEST,
  LIST_LEAST,
  LIST_TOTAL,
} from "../../assembly/abi/heap.js";

/** Chunks of one list: the smallest and the largest size, and their sum. */
export interface ListFigures {
  readonly least: bigint;
  readonly greatest: bigint;
  readonly bytes: bigint;
  readonly chunks: bigint;
}

export interface ArenaFigures {
  /** Bytes that it has from the system, and their maximum. */
  readonly systemBytes: bigint;
  readonly mostSystemBytes: bigint;
  readonly topBytes: bigint;
  /** The top chunk and the chunks in bins. */
  readonly freeChunks: bigint;
  readonly freeBytes: bigint;
  readonly fastChunks: bigint;
  readonly fastBytes: bigint;
  /** The heaps of an arena other than the main one. Only malloc_info reports them. */
  readonly heaps: bigint;
  readonly heapBytes: bigint;
  readonly usableBytes: bigint;
  /** Fast bins by size, then bins 1 (unsorted) to 127; undefined: it is empty. */
  readonly lists: readonly (ListFigures | undefined)[];
}

export interface RawFigures {
  /** Blocks in mappings of their own, their bytes, and the maximum of each. */
  readonly mapped: bigint;
  readonly mappedBytes: bigint;
  readonly mostMapped: bigint;
  readonly mostMappedBytes: bigint;
  /** The arenas, the main one first; incomplete if the process ended in the call. */
  readonly arenas: readonly ArenaFigures[];
}

export function readFigures(view: DataView, at: number): RawFigures {
  const word = (offset: number) => view.getBigUint64(at + offset, true);
  return {
    mapped: word(FIGURES_MAPPED),
    mappedBytes: word(FIGURES_MAPPED_BYTES),
    mostMapped: word(FIGURES_MOST_MAPPED),
    mostMappedBytes: word(FIGURES_MOST_MAPPED_BYTES),
    arenas: Array.from({ length: Number(word(FIGURES_ARENAS)) }, (_, n) =>
      readArena(view, at + FIGURES_FIRST_ARENA + n * FIGURES_ARENA_BYTES),
    ),
  };
}

function readArena(view: DataView, at: number): ArenaFigures {
  const word = (offset: number) => view.getBigUint64(at + offset, true);
  return {
    systemBytes: word(ARENA_SYSTEM),
    mostSystemBytes: word(ARENA_MOST_SYSTEM),
    topBytes: word(ARENA_TOP),
    freeChunks: word(ARENA_FREE_CHUNKS),
    freeBytes: word(ARENA_FREE_BYTES),
    fastChunks: word(ARENA_FAST_CHUNKS),
    fastBytes: word(ARENA_FAST_BYTES),
    heaps: word(ARENA_HEAPS),
    heapBytes: word(ARENA_HEAP_BYTES),
    usableBytes: word(ARENA_USABLE_BYTES),
    lists: Array.from({ length: ARENA_LIST_COUNT }, (_, n) =>
      readList(view, at + ARENA_LISTS + n * LIST_BYTES),
    ),
  };
}

function readList(view: DataView, at: number): ListFigures | undefined {
  const word = (offset: number) => view.getBigUint64(at + offset, true);
  const chunks = word(LIST_CHUNKS);
  if (chunks === 0n) return undefined;
  return {
    least: word(LIST_LEAST),
    greatest: word(LIST_GREATEST),
    bytes: word(LIST_TOTAL),
    chunks,
  };
}
