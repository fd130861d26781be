/**
 * Slabs: extents of regions of one class, with a bit for each free one. Of the slabs with free regions the oldest, lowest one
 * is used first. From: src/arena.c and include/jemalloc/internal/arena_inlines_b.h of jemalloc 5.3.0.
 */
import { Arena, tagOf } from "./arena";
import { decayArena } from "./decay";
import { ACTIVE, Edata } from "./edata";
import { allocateExtent, freeExtent } from "./pages";
import { classBytes, PAGE, SMALL_CLASSES } from "./sizes";
import { JemallocState } from "./state";

/** A slab with all regions free; 0: there is no memory. */
function newSlab(j: JemallocState, arena: Arena, index: u32): u64 {
  const slab = allocateExtent(j, arena, j.sizes.slabBytes(index), PAGE, index, true, false);
  if (slab == 0) return 0;
  const regions = j.sizes.regions(index);
  Edata.setFree(j.memory, slab, regions);
  for (let word: u32 = 0; word << 6 < regions; word++) {
    const left = regions - (word << 6);
    Edata.setBits(j.memory, slab, word, left >= 64 ? u64.MAX_VALUE : ((<u64>1) << left) - 1);
  }
  return slab;
}

/** Frees a slab that no bin has; with `decay` 0 it goes back to the system at once. */
export function freeSlab(j: JemallocState, arena: Arena, slab: u64): void {
  freeExtent(j, arena, slab);
  if (arena.decay.milliseconds == 0) decayArena(j, arena, true);
}

/** Stores the addresses of up to `count` regions from `to` on, lowest first; how many there were. */
export function takeRegions(j: JemallocState, arena: Arena, index: u32, count: u32, to: u64): u32 {
  let taken: u32 = 0;
  while (taken < count && !j.memory.hasStopped) {
    const slab = slabWithFree(j, arena, index);
    if (slab == 0) break;
    taken += takeFromSlab(j, slab, index, count - taken, to + ((<u64>taken) << 3));
  }
  return taken;
}

/** The slab of the class to take regions from; 0: there is no memory. */
function slabWithFree(j: JemallocState, arena: Arena, index: u32): u64 {
  const slab = arena.slab(index);
  if (slab != 0 && Edata.free(j.memory, slab) > 0) return slab;
  const first = j.heaps.first(arena.otherSlabs(index));
  if (first == 0) {
    // A full slab is in no list: its regions lead to it.
    arena.setSlab(index, 0);
    const fresh = newSlab(j, arena, index);
    arena.setSlab(index, fresh);
    return fresh;
  }
  const other = j.heaps.edata(first);
  j.heaps.remove(arena.otherSlabs(index), first);
  arena.setSlab(index, other);
  return other;
}

function takeFromSlab(j: JemallocState, slab: u64, index: u32, count: u32, to: u64): u32 {
  const memory = j.memory;
  const start = Edata.start(memory, slab);
  const bytes = classBytes(index);
  const free = Edata.free(memory, slab);
  const most = min(count, free);
  let taken: u32 = 0;
  for (let word: u32 = 0; taken < most && word < 8; word++) {
    memory.step();
    let bits = Edata.bits(memory, slab, word);
    if (bits == 0) continue;
    for (; bits != 0 && taken < most; bits &= bits - 1, taken++)
      memory.write<u64>(to + ((<u64>taken) << 3), start + bytes * (((<u64>word) << 6) + ctz(bits)));
    Edata.setBits(memory, slab, word, bits);
  }
  Edata.setFree(memory, slab, free - taken);
  // A bitmap that does not have what it should was overwritten.
  if (taken < most) j.crash();
  return taken;
}

/** Frees a region; true: its slab is empty now, no bin has it, and the caller frees it. */
export function freeRegion(j: JemallocState, arena: Arena, slab: u64, address: u64): bool {
  const memory = j.memory;
  const index = Edata.sizeClass(memory, slab);
  if (index >= SMALL_CLASSES) {
    j.crash();
    return false;
  }
  const number = <u32>((address - Edata.start(memory, slab)) / classBytes(index));
  const word = (number >> 6) & 7;
  Edata.setBits(memory, slab, word, Edata.bits(memory, slab, word) | ((<u64>1) << (number & 63)));
  const free = Edata.free(memory, slab) + 1;
  Edata.setFree(memory, slab, free);
  if (free == j.sizes.regions(index)) {
    leaveBin(j, arena, index, slab, free);
    return true;
  }
  if (free == 1 && slab != arena.slab(index)) enterBin(j, arena, index, slab);
  return false;
}

function leaveBin(j: JemallocState, arena: Arena, index: u32, slab: u64, regions: u32): void {
  if (slab == arena.slab(index)) arena.setSlab(index, 0);
  else if (regions > 1) removeOther(j, arena, index, slab);
}

/** A full slab has a free region: it is used next if it is before the one in use. */
function enterBin(j: JemallocState, arena: Arena, index: u32, slab: u64): void {
  const used = arena.slab(index);
  if (used == 0 || !isAfter(j, used, slab)) {
    addOther(j, arena, index, slab);
    return;
  }
  if (Edata.free(j.memory, used) > 0) addOther(j, arena, index, used);
  arena.setSlab(index, slab);
}

function isAfter(j: JemallocState, a: u64, b: u64): bool {
  const memory = j.memory;
  const serial = Edata.serial(memory, a);
  const other = Edata.serial(memory, b);
  return serial > other || (serial == other && Edata.start(memory, a) > Edata.start(memory, b));
}

function addOther(j: JemallocState, arena: Arena, index: u32, slab: u64): void {
  const memory = j.memory;
  const heap = arena.otherSlabs(index);
  const serial = Edata.serial(memory, slab);
  Edata.setNode(
    memory,
    slab,
    j.heaps.insert(heap, tagOf(arena.index, ACTIVE, index), serial, Edata.start(memory, slab), slab),
  );
  if (j.heaps.hasFailed) memory.fail();
}

function removeOther(j: JemallocState, arena: Arena, index: u32, slab: u64): void {
  const node = Edata.node(j.memory, slab);
  if (j.heaps.isOf(node, tagOf(arena.index, ACTIVE, index), slab))
    j.heaps.remove(arena.otherSlabs(index), node);
  else j.crash();
}
