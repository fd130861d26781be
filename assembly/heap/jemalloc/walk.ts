/**
 * A walk over jemalloc's heap: extents in order of address, slabs region by region; and what is to be true of them. A region
 * is free when its slab's bitmap has it; a block is cached when a thread's cache has it.
 */
import { NONE } from "../../abi/core";
import { CHUNK_CACHED, CHUNK_FREE, CHUNK_META, CHUNK_USED } from "../../abi/heap";
import { ChunkView } from "../contract";
import { Arena, FreeExtents, tagOf } from "./arena";
import { ACTIVE, Edata, HEAD, OWN, RETAINED, SLAB } from "./edata";
import { CACHED_CLASSES, classBytes, filedUnder, PAGE, SMALL_CLASSES } from "./sizes";
import { EXTENT_BASE, JemallocState } from "./state";
import { Bin, Storage } from "./storage";
import { edataAt } from "./tree";

/** Numbers of the lists of free extents behind those of the classes. */
const DIRTY_BINS: u32 = 256;
const RETAINED_BINS: u32 = 512;
/** An extent has less. */
const MOST_BYTES: u64 = 1 << 47;

export function nextOf(j: JemallocState, view: ChunkView): bool {
  if (view.cursor == 0) j.markedSlab = 0;
  const index = j.extents.from(view.cursor);
  if (index == j.extents.count) return false;
  const at = max(view.cursor, j.extents.start(index));
  view.arena = 0;
  view.bin = NONE;
  if (j.extents.kind(index) == EXTENT_BASE) show(view, at, j.extents.end(index) - at, CHUNK_META);
  else showExtent(j, view, at);
  return !j.memory.hasStopped;
}

function show(view: ChunkView, at: u64, bytes: u64, state: u32): void {
  view.address = at;
  view.bytes = bytes;
  view.state = state;
  view.cursor = at + bytes;
}

function showExtent(j: JemallocState, view: ChunkView, at: u64): void {
  const memory = j.memory;
  const edata = edataAt(j, at);
  const start = Edata.start(memory, edata);
  const bytes = Edata.bytes(memory, edata);
  const state = Edata.state(memory, edata);
  view.arena = Edata.arena(memory, edata);
  // An overwritten description may have any address.
  if (edata == 0 || at < start || at - start >= bytes || bytes > MOST_BYTES) show(view, at, PAGE, CHUNK_META);
  else if (state != ACTIVE) {
    view.bin = (state == RETAINED ? RETAINED_BINS : DIRTY_BINS) + filedUnder(bytes);
    show(view, at, bytes, CHUNK_FREE);
  } else if (Edata.has(memory, edata, SLAB)) showRegion(j, view, at, edata, start);
  else showLarge(j, view, edata, start, bytes);
}

/** The chunk is the whole extent. */
function showLarge(j: JemallocState, view: ChunkView, edata: u64, start: u64, bytes: u64): void {
  const memory = j.memory;
  const index = Edata.sizeClass(memory, edata);
  let state = CHUNK_USED;
  if (Edata.has(memory, edata, OWN)) state = CHUNK_META;
  else if (index < CACHED_CLASSES && isCached(j, index, Edata.address(memory, edata))) state = CHUNK_CACHED;
  if (state == CHUNK_CACHED) view.bin = index;
  show(view, start, bytes, state);
}

function isCached(j: JemallocState, index: u32, block: u64): bool {
  const memory = j.memory;
  for (let thread: u32 = 0; thread < j.threads; thread++) {
    const bin = Storage.bin(j.storageOf(thread), index);
    for (let at = Bin.head(memory, bin); at < Bin.end(memory, bin); at += 8)
      if (memory.read<u64>(at) == block) return true;
  }
  return false;
}

function showRegion(j: JemallocState, view: ChunkView, at: u64, slab: u64, start: u64): void {
  const index = min(Edata.sizeClass(j.memory, slab), SMALL_CLASSES - 1);
  if (j.markedSlab != slab) markSlab(j, slab, index);
  const number = (at - start) / classBytes(index);
  if (number >= j.sizes.regions(index)) {
    show(view, at, PAGE, CHUNK_META);
    return;
  }
  const state = load<u8>(j.marks + <u32>number);
  if (state != CHUNK_USED) view.bin = index;
  show(view, at, classBytes(index), state);
}

/** Enters each region's state in `marks`. */
function markSlab(j: JemallocState, slab: u64, index: u32): void {
  const memory = j.memory;
  const regions = j.sizes.regions(index);
  j.markedSlab = slab;
  for (let n: u32 = 0; n < regions; n++) {
    const isFree = ((Edata.bits(memory, slab, n >> 6) >> (n & 63)) & 1) != 0;
    store<u8>(j.marks + n, <u8>(isFree ? CHUNK_FREE : CHUNK_USED));
  }
  const start = Edata.start(memory, slab);
  for (let thread: u32 = 0; thread < j.threads; thread++) {
    const bin = Storage.bin(j.storageOf(thread), index);
    for (let at = Bin.head(memory, bin); at < Bin.end(memory, bin); at += 8) {
      const number = (memory.read<u64>(at) - start) / classBytes(index);
      if (number < regions) store<u8>(j.marks + <u32>number, <u8>CHUNK_CACHED);
    }
  }
}

/**
 * Extents tile what there is and are found by their ends, slabs count their free regions right and are where they belong,
 * no two neighbours are both retained, and the lists of free extents have just those that are free.
 */
export function isSound(j: JemallocState): bool {
  let free: u64 = 0;
  for (let n: u32 = 0; n < j.extents.count; n++) {
    if (j.extents.kind(n) == EXTENT_BASE) continue;
    let before = ACTIVE;
    for (let at = j.extents.start(n); at < j.extents.end(n); ) {
      const edata = edataAt(j, at);
      if (edata == 0 || !isExtentSound(j, edata, at, before)) return false;
      before = Edata.state(j.memory, edata);
      if (before != ACTIVE) free += Edata.bytes(j.memory, edata);
      at = Edata.end(j.memory, edata);
    }
  }
  for (let index: u32 = 0; index <= j.arenaLimit; index++) {
    const arena = j.arena(index);
    if (changetype<usize>(arena) == 0) continue;
    if (!isListSound(j, arena.dirty) || !isListSound(j, arena.retained)) return false;
    free -= arena.dirty.bytes + arena.retained.bytes;
  }
  return free == 0;
}

function isExtentSound(j: JemallocState, edata: u64, at: u64, before: u32): bool {
  const memory = j.memory;
  const bytes = Edata.bytes(memory, edata);
  if (Edata.start(memory, edata) != at || bytes == 0 || edataAt(j, at + bytes - 1) != edata) return false;
  const arena = j.arena(min(Edata.arena(memory, edata), j.arenaLimit));
  if (changetype<usize>(arena) == 0) return false;
  const state = Edata.state(memory, edata);
  if (state == RETAINED && before == RETAINED && !Edata.has(memory, edata, HEAD)) return false;
  return state != ACTIVE || !Edata.has(memory, edata, SLAB) || isSlabSound(j, arena, edata);
}

function isSlabSound(j: JemallocState, arena: Arena, slab: u64): bool {
  const memory = j.memory;
  const index = Edata.sizeClass(memory, slab);
  if (index >= SMALL_CLASSES || Edata.bytes(memory, slab) != j.sizes.slabBytes(index)) return false;
  const free = Edata.free(memory, slab);
  let found: u32 = 0;
  for (let word: u32 = 0; word << 6 < j.sizes.regions(index); word++)
    found += <u32>popcnt(Edata.bits(memory, slab, word));
  if (found != free || free > j.sizes.regions(index)) return false;
  if (arena.slab(index) == slab) return true;
  const isListed = j.heaps.isOf(Edata.node(memory, slab), tagOf(arena.index, ACTIVE, index), slab);
  return isListed == free > 0;
}

/** The list by age and the heaps by class have the same extents, of so many bytes. */
function isListSound(j: JemallocState, free: FreeExtents): bool {
  const memory = j.memory;
  let bytes: u64 = 0;
  let prev: u64 = 0;
  for (let edata = free.first; edata != 0; edata = Edata.next(memory, edata)) {
    if (Edata.state(memory, edata) != free.state || Edata.prev(memory, edata) != prev) return false;
    const tag = free.tag | filedUnder(Edata.bytes(memory, edata));
    if (!j.heaps.isOf(Edata.node(memory, edata), tag, edata)) return false;
    bytes += Edata.bytes(memory, edata);
    prev = edata;
  }
  return bytes == free.bytes && free.last == prev;
}
