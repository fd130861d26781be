/**
 * A walk over all chunks, arena by arena as the list has them, and in each from its first heap or segment to its last. Chunks that are cached
 * look as if they were in use, so they are collected beforehand, in a table of addresses.
 *
 *   table:  │ chunk u64 │ bin u32 │ unused │   open addressing, a power of two of entries
 */
import { NONE } from "../../abi/core";
import {
  CHUNK_CACHED,
  CHUNK_FREE,
  CHUNK_META,
  CHUNK_TOP,
  CHUNK_USED,
  GLIBC_FAST_BIN,
  GLIBC_TCACHE_BIN,
} from "../../abi/heap";
import { allocate } from "../../core/arena";
import { ChunkView } from "../contract";
import { ARENA_BYTES, Arena, MAIN_ARENA, NBINS, NFASTBINS } from "./arena";
import { ALIGN_MASK, ALIGNMENT, Chunk, HEADER } from "./chunk";
import { HeapInfo } from "./heaps";
import { Ptmalloc, TCACHE_BINS } from "./state";
import { Tcache } from "./tcache";

const ENTRY_SHIFT: u32 = 4;
// Results of `enter`.
const NO_ROOM: u32 = 0;
const ENTERED: u32 = 1;
/** The chunk is there already: a list is corrupted, and may be a circle. */
const TWICE: u32 = 2;

/** Steps the walk; false behind the last chunk. */
export function nextChunk(m: Ptmalloc, view: ChunkView): bool {
  const memory = m.memory;
  if (view.group == 0) {
    if (m.sbrkBase == 0 && m.arenas == 1) return false;
    if (!collect(m)) return false;
    view.group = MAIN_ARENA;
    view.cursor = firstChunk(m, MAIN_ARENA);
  }
  while (view.cursor == 0) {
    view.group = Arena.next(memory, view.group);
    if (Arena.isMain(view.group)) return false;
    // Behind the main arena the list has the newest first; arenas are numbered in the order of their making.
    view.arena = view.arena == 0 ? <u32>m.arenas - 1 : view.arena - 1;
    view.cursor = firstChunk(m, view.group);
  }
  describe(m, view, view.cursor);
  return true;
}

/** Where an arena's chunks begin; 0: it has none. */
function firstChunk(m: Ptmalloc, av: u64): u64 {
  if (Arena.isMain(av)) return m.segments == 0 ? 0 : m.segment(0);
  const at = av + ARENA_BYTES;
  return at + ((ALIGNMENT - (at & ALIGN_MASK)) & ALIGN_MASK);
}

/** Fills the view with the chunk at `p`, and moves the cursor behind it. */
function describe(m: Ptmalloc, view: ChunkView, p: u64): void {
  const memory = m.memory;
  const av = view.group;
  const size = Chunk.size(memory, p);
  view.address = p;
  view.bytes = size;
  view.bin = NONE;
  view.state = CHUNK_USED;
  if (p == Arena.top(memory, av)) {
    view.state = CHUNK_TOP;
    view.cursor = behind(m, av, p + size);
    return;
  }
  if (size <= HEADER) {
    // A fencepost, and the one behind it: the end of a heap or a segment.
    view.bytes = Arena.isMain(av) || size == HEADER ? 2 * HEADER : HEADER;
    view.state = CHUNK_META;
    view.cursor = behind(m, av, p + view.bytes);
    return;
  }
  view.cursor = p + size;
  const entry = find(m, p);
  const bin = load<u64>(entry) == p ? load<u32>(entry, 8) : <u32>NONE;
  if (bin == NONE) return;
  view.bin = bin;
  view.state = bin >= <u32>GLIBC_FAST_BIN ? CHUNK_CACHED : CHUNK_FREE;
}

/** The first chunk of the heap or segment behind the one that ends at `end`; 0: it was the last. */
function behind(m: Ptmalloc, av: u64, end: u64): u64 {
  const memory = m.memory;
  if (Arena.isMain(av)) {
    const at = m.segmentOf(end - HEADER) + 1;
    return at < m.segments ? m.segment(at) : 0;
  }
  const heap = HeapInfo.of(end - HEADER);
  for (let other = HeapInfo.of(Arena.top(memory, av)); other != heap; ) {
    const previous = HeapInfo.previous(memory, other);
    if (previous == heap) return other + HeapInfo.bytes(m);
    if (previous == 0) return 0;
    other = previous;
  }
  return 0;
}

/** Enters all chunks that are in bins, fast bins and caches into the table; false when memory is out. */
function collect(m: Ptmalloc): bool {
  while (!m.memory.hasStopped) {
    memory.fill(m.binned, 0, (<usize>m.binnedRoom) << ENTRY_SHIFT);
    m.binnedCount = 0;
    if (m.binnedRoom != 0 && collectAll(m)) return true;
    m.binnedRoom = m.binnedRoom == 0 ? 1024 : m.binnedRoom << 1;
    m.binned = allocate((<u64>m.binnedRoom) << ENTRY_SHIFT);
    if (m.binned != 0) continue;
    m.binnedRoom = 0;
    return false;
  }
  return false;
}

/** False when the table is too small. */
function collectAll(m: Ptmalloc): bool {
  const memory = m.memory;
  let av = MAIN_ARENA;
  do {
    if (!collectArena(m, av)) return false;
    av = Arena.next(memory, av);
  } while (!Arena.isMain(av) && !memory.hasStopped);
  for (let thread: u32 = 0; thread < m.threads; thread++) {
    const tcache = m.tcacheOf(thread);
    if (tcache != 0 && !collectCache(m, tcache)) return false;
  }
  return true;
}

function collectArena(m: Ptmalloc, av: u64): bool {
  const memory = m.memory;
  for (let i: u32 = 1; i < NBINS; i++) {
    const bin = Arena.bin(av, i);
    for (let p = Chunk.fd(memory, bin); p != bin && !memory.hasStopped; p = Chunk.fd(memory, p)) {
      const found = enter(m, p, i);
      if (found == NO_ROOM) return false;
      if (found == TWICE) break;
    }
  }
  for (let i: u32 = 0; i < NFASTBINS; i++) {
    let p = memory.read<u64>(Arena.fast(av, i));
    for (; p != 0 && !memory.hasStopped; p = m.masked(Chunk.mem(p), Chunk.fd(memory, p))) {
      const found = enter(m, p, GLIBC_FAST_BIN + i);
      if (found == NO_ROOM) return false;
      if (found == TWICE) break;
    }
  }
  return true;
}

function collectCache(m: Ptmalloc, tcache: u64): bool {
  const memory = m.memory;
  for (let i: u32 = 0; i < TCACHE_BINS; i++) {
    let mem = memory.read<u64>(Tcache.entry(m, tcache, i));
    for (; mem != 0 && !memory.hasStopped; mem = m.masked(mem, memory.read<u64>(mem))) {
      const found = enter(m, Chunk.of(mem), GLIBC_TCACHE_BIN + i);
      if (found == NO_ROOM) return false;
      if (found == TWICE) break;
    }
  }
  return true;
}

/** Where the chunk is in the table, or would be. */
function find(m: Ptmalloc, p: u64): usize {
  const mask = m.binnedRoom - 1;
  let place = <u32>(((p >> 4) * 0x9e3779b97f4a7c15) >> 32) & mask;
  let entry = m.binned + ((<usize>place) << ENTRY_SHIFT);
  while (load<u64>(entry) != p && load<u64>(entry) != 0) {
    place = (place + 1) & mask;
    entry = m.binned + ((<usize>place) << ENTRY_SHIFT);
  }
  return entry;
}

/** `NO_ROOM` when the table is half full. */
function enter(m: Ptmalloc, p: u64, bin: u32): u32 {
  if (m.binnedCount << 1 >= m.binnedRoom) return NO_ROOM;
  const entry = find(m, p);
  if (load<u64>(entry) == p) {
    m.isBinnedTwice = true;
    return TWICE;
  }
  store<u64>(entry, p);
  store<u32>(entry, bin, 8);
  m.binnedCount++;
  return ENTERED;
}
