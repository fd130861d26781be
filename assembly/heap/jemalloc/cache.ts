/**
 * Threads' caches: filled from slabs by a share of their slots, flushed by half when they are full, and collected class by
 * class, one for each 64 KiB that the thread has made or freed. From: src/tcache.c and
 * include/jemalloc/internal/tcache_inlines.h of jemalloc 5.3.0.
 *
 * A collection of a class flushes three quarters of the regions that were not needed since the last one. A class that
 * is often filled gets more at once, up to half of its slots.
 */
import { Arena } from "./arena";
import { tick } from "./decay";
import { Edata } from "./edata";
import { freeLarge } from "./large";
import { CACHED_CLASSES, SMALL_CLASSES } from "./sizes";
import { freeRegion, freeSlab, takeRegions } from "./slabs";
import { JemallocState } from "./state";
import { Bin, Storage } from "./storage";
import { edataAt } from "./tree";

/** Bytes made or freed from one collection to the next. */
export const COLLECT_EVERY: u64 = 64 << 10;

/** A cached block; 0: there is none. */
export function popCached(j: JemallocState, bin: u64): u64 {
  const memory = j.memory;
  const head = Bin.head(memory, bin);
  if (head == Bin.end(memory, bin)) return 0;
  const block = memory.read<u64>(head);
  Bin.setHead(memory, bin, head + 8);
  if (head + 8 > Bin.low(memory, bin)) Bin.setLow(memory, bin, head + 8);
  return block;
}

/** Caches a freed block of class `index`; half of the cached ones go first when there is no slot. */
export function pushCached(j: JemallocState, storage: u64, index: u32, block: u64): void {
  const memory = j.memory;
  const bin = Storage.bin(storage, index);
  const slots = j.sizes.slots(index);
  if (Bin.count(memory, bin) >= slots) flush(j, storage, index, slots >> 1);
  const head = Bin.head(memory, bin) - 8;
  memory.write<u64>(head, block);
  Bin.setHead(memory, bin, head);
}

/** Fills the empty cache of a small class from the arena's slabs; false: there is no memory. */
export function fill(j: JemallocState, storage: u64, arena: Arena, index: u32): bool {
  const memory = j.memory;
  const bin = Storage.bin(storage, index);
  const wanted = j.sizes.slots(index) >> Storage.share(memory, storage, index);
  const end = Bin.end(memory, bin);
  const from = end - ((<u64>wanted) << 3);
  const taken = takeRegions(j, arena, index, wanted, from);
  const head = end - ((<u64>taken) << 3);
  if (taken < wanted) for (let n = taken; n != 0; n--) moveWord(j, from + ((<u64>n - 1) << 3), head - from);
  Bin.setHead(memory, bin, head);
  tick(j, storage, arena, 1);
  Storage.setFilled(memory, storage, index, true);
  return taken != 0;
}

function moveWord(j: JemallocState, at: u64, by: u64): void {
  j.memory.write<u64>(at + by, j.memory.read<u64>(at));
}

/** Gives the blocks that were cached first back to their arenas, until `kept` are left. */
export function flush(j: JemallocState, storage: u64, index: u32, kept: u32): void {
  const memory = j.memory;
  const bin = Storage.bin(storage, index);
  const count = Bin.count(memory, bin) - kept;
  const first = Bin.end(memory, bin) - ((<u64>count) << 3);
  for (let n: u32 = 0; n < count; n++) {
    const block = memory.read<u64>(first + ((<u64>n) << 3));
    setFlushed(j, n, block, edataAt(j, block));
  }
  flushBlocks(j, storage, index, count);
  const by = (<u64>count) << 3;
  const head = Bin.head(memory, bin);
  for (let n = kept; n != 0; n--) moveWord(j, head + ((<u64>n - 1) << 3), by);
  Bin.setHead(memory, bin, head + by);
  if (head + by > Bin.low(memory, bin)) Bin.setLow(memory, bin, head + by);
}

function setFlushed(j: JemallocState, n: u32, block: u64, edata: u64): void {
  store<u64>(j.flushed + (n << 3), block);
  store<u64>(j.flushedFrom + (n << 3), edata);
}

/** Frees blocks, those of the first one's arena first, then those of the next; slabs that are empty in the end. */
function flushBlocks(j: JemallocState, storage: u64, index: u32, count: u32): void {
  let emptied: u32 = 0;
  while (count > 0 && !j.memory.hasStopped) {
    const arena = arenaOf(j, load<u64>(j.flushedFrom));
    let others: u32 = 0;
    for (let n: u32 = 0; n < count && !j.memory.hasStopped; n++) {
      const block = load<u64>(j.flushed + (n << 3));
      const edata = load<u64>(j.flushedFrom + (n << 3));
      if (Edata.arena(j.memory, edata) != arena.index) setFlushed(j, others++, block, edata);
      else if (index >= SMALL_CLASSES) freeLarge(j, arena, edata);
      else if (freeRegion(j, arena, edata, block)) store<u64>(j.emptied + (emptied++ << 3), edata);
    }
    tick(j, storage, arena, count - others);
    count = others;
  }
  for (let n: u32 = 0; n < emptied && !j.memory.hasStopped; n++) {
    const slab = load<u64>(j.emptied + (n << 3));
    freeSlab(j, arenaOf(j, slab), slab);
  }
}

/** The arena of an extent. Where the extent is none, the process gets SIGSEGV. */
export function arenaOf(j: JemallocState, edata: u64): Arena {
  const index = Edata.arena(j.memory, edata);
  if (index <= j.arenaLimit) {
    const arena = j.arena(index);
    if (changetype<usize>(arena) != 0) return arena;
  }
  j.crash();
  return j.arena(0);
}

/** Collects the class whose turn it is. */
export function collect(j: JemallocState, storage: u64): void {
  const memory = j.memory;
  const index = min(Storage.turn(memory, storage), CACHED_CLASSES - 1);
  const bin = Storage.bin(storage, index);
  const idle = <u32>((Bin.end(memory, bin) - Bin.low(memory, bin)) >> 3);
  if (idle > 0) {
    flush(j, storage, index, Bin.count(memory, bin) - (idle - (idle >> 2)));
    if (index < SMALL_CLASSES) lowerShare(j, storage, index);
  } else if (index < SMALL_CLASSES && Storage.isFilled(memory, storage, index)) {
    const share = Storage.share(memory, storage, index);
    if (share > 1) Storage.setShare(memory, storage, index, share - 1);
    Storage.setFilled(memory, storage, index, false);
  }
  Bin.setLow(memory, bin, Bin.head(memory, bin));
  Storage.setTurn(memory, storage, index + 1 == CACHED_CLASSES ? 0 : index + 1);
}

/** Half as many blocks are filled in at once from now on, but one at least. */
function lowerShare(j: JemallocState, storage: u64, index: u32): void {
  const share = Storage.share(j.memory, storage, index);
  if (j.sizes.slots(index) >> (share + 1) >= 1) Storage.setShare(j.memory, storage, index, share + 1);
}
