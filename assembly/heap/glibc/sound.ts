/**
 * The check of the heap: chunks tile each heap; each free one is in just one bin, that of its size; none of them has a free
 * neighbour; sizes at both ends agree; and the map of bins has every bin that is not empty.
 */
import { CHUNK_CACHED, CHUNK_FREE, CHUNK_META, CHUNK_TOP, GLIBC_FAST_BIN } from "../../abi/heap";
import { make } from "../../core/arena";
import { ChunkView } from "../contract";
import { Arena, MAIN_ARENA, NBINS } from "./arena";
import { ALIGN_MASK, Chunk, MINSIZE, PREV_INUSE } from "./chunk";
import { Ptmalloc } from "./state";
import { nextChunk } from "./walk";

export function isSoundHeap(m: Ptmalloc): bool {
  if (m.view == 0) m.view = changetype<usize>(make<ChunkView>());
  if (m.view == 0) return true;
  const view = changetype<ChunkView>(m.view);
  memory.fill(m.view, 0, offsetof<ChunkView>());
  m.isBinnedTwice = false;
  let binned: u32 = 0;
  let expected: u64 = 0;
  let wasFree = false;
  let arena: u32 = 0;
  while (nextChunk(m, view)) {
    if (view.arena != arena) {
      expected = 0;
      arena = view.arena;
    }
    // Behind a fencepost or the top begins another segment, or nothing.
    if (expected != 0 && view.address != expected) return false;
    if (!isSoundChunk(m, view, expected != 0 && wasFree)) return false;
    wasFree = view.state == CHUNK_FREE;
    if (wasFree || view.state == CHUNK_CACHED) binned++;
    expected = view.state == CHUNK_META || view.state == CHUNK_TOP ? 0 : view.address + view.bytes;
  }
  // All that is in a bin was met on the way.
  return !m.isBinnedTwice && binned == m.binnedCount && areBinsSound(m);
}

function isSoundChunk(m: Ptmalloc, view: ChunkView, isBehindFree: bool): bool {
  const memory = m.memory;
  const p = view.address;
  const size = view.bytes;
  if (view.state == CHUNK_META) return true;
  if (size < MINSIZE || (p & ALIGN_MASK) != 0) return false;
  if (view.state == CHUNK_TOP) return (Chunk.head(memory, p) & PREV_INUSE) != 0 && !isBehindFree;
  if ((size & ALIGN_MASK) != 0) return false;
  // P says of the chunk before whether it is free.
  if (((Chunk.head(memory, p) & PREV_INUSE) == 0) != isBehindFree) return false;
  if (view.state != CHUNK_FREE) return Chunk.isInUse(memory, p, size) && isRightCache(m, view);
  if (isBehindFree || Chunk.isInUse(memory, p, size) || Chunk.prevSize(memory, p + size) != size)
    return false;
  return view.bin == 1 || view.bin == Arena.binIndex(size);
}

/** A fast bin has chunks of one size. */
function isRightCache(_m: Ptmalloc, view: ChunkView): bool {
  if (view.state != CHUNK_CACHED || view.bin < <u32>GLIBC_FAST_BIN) return true;
  const isFast = view.bin < <u32>GLIBC_FAST_BIN + 32;
  return !isFast || Arena.fastIndex(view.bytes) == view.bin - <u32>GLIBC_FAST_BIN;
}

function areBinsSound(m: Ptmalloc): bool {
  const memory = m.memory;
  let av = MAIN_ARENA;
  do {
    for (let i: u32 = 2; i < NBINS; i++) {
      if (!isBinSound(m, av, i)) return false;
    }
    av = Arena.next(memory, av);
  } while (!Arena.isMain(av));
  return true;
}

/** Links go both ways, the map has the bin, sizes descend, and each first of its size is in the list of sizes. */
function isBinSound(m: Ptmalloc, av: u64, i: u32): bool {
  const memory = m.memory;
  const bin = Arena.bin(av, i);
  let before = bin;
  let last = u64.MAX_VALUE;
  for (let p = Chunk.fd(memory, bin); p != bin; p = Chunk.fd(memory, p)) {
    const size = Chunk.size(memory, p);
    if (Chunk.bk(memory, p) != before || size > last) return false;
    const isFirst = size < last;
    if (!Arena.isSmall(size)) {
      const next = Chunk.fdNextsize(memory, p);
      if (isFirst != (next != 0)) return false;
      if (isFirst && Chunk.bkNextsize(memory, next) != p) return false;
    }
    last = size;
    before = p;
  }
  const isMarked = ((Arena.map(memory, av, i >> 5) >> (i & 31)) & 1) != 0;
  return before == bin || isMarked;
}
