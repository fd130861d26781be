/**
 * Groups of slots: how a slot is found, and how a group is made when there is none. From: src/malloc/mallocng/malloc.c of
 * musl 1.2.3, `try_avail`, `activate_group`, `alloc_group`, `alloc_slot`.
 *
 * A group of half a page or more is mapped, a smaller one lies in a slot of a greater group. The more slots of a class are
 * in use, the more its next group has.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import {
  GROUP_META,
  GROUP_SLOTS,
  Group,
  INDEX_MASK,
  META_GROUP,
  Meta,
  PAGE,
  RESERVED_GROUP,
  RESERVED_SHIFT,
  Shape,
  Slot,
  upTo,
} from "./layout";
import { allocMeta, dequeue, freeMeta, queue } from "./metas";
import { markStale, relocateGroup } from "./placing";
import { classBytes, classOf, IN_BAND, mediumCount, SMALL_CLASSES, smallCount, UNIT } from "./size-classes";
import { enframe } from "./slots";
import { Mallocng } from "./state";

/** No slot was found. */
export const NO_SLOT: i32 = -1;

/**
 * A slot of class `sc` for a request of `bytes`, of the group that is active then; `NO_SLOT`: there is no memory. `depth`:
 * how many groups are about to be made in it, one in the other.
 */
export function allocSlot(ng: Mallocng, sc: u32, bytes: u64, depth: u32): i32 {
  const first = availableSlot(ng, sc);
  if (first != 0) return ctz(first);
  if (ng.memory.hasStopped) return NO_SLOT;
  const m = makeGroup(ng, sc, bytes, depth);
  if (m == 0) return NO_SLOT;
  Meta.setAvail(ng.memory, m, Meta.avail(ng.memory, m) - 1);
  queue(ng, sc, m);
  return 0;
}

/** The bit of a slot of class `sc` that was available or freed; 0: there is none. */
function availableSlot(ng: Mallocng, sc: u32): u32 {
  const memory = ng.memory;
  let m = ng.activeOf(sc);
  if (m == 0) return 0;
  let mask = Meta.avail(memory, m);
  if (mask == 0) {
    m = groupWithFreed(ng, sc, m);
    if (m == 0) return 0;
    mask = activate(ng, m);
    if (!ng.must(mask != 0)) return 0;
    ng.decayBounces(Shape.sizeClass(Meta.shape(memory, m)));
  }
  const first = mask & -mask;
  Meta.setAvail(memory, m, mask - first);
  return first;
}

/** The group after `m`, which is used up, that freed slots can be taken from, active now; 0: there is none. */
function groupWithFreed(ng: Mallocng, sc: u32, m: u64): u64 {
  const memory = ng.memory;
  if (Meta.freed(memory, m) == 0) {
    dequeue(ng, sc, m);
    m = ng.activeOf(sc);
    if (m == 0) return 0;
  } else {
    m = turnTo(ng, sc, Meta.next(memory, m));
  }
  const shape = Meta.shape(memory, m);
  // One that is free altogether may go soon, so others come first.
  if (Meta.freed(memory, m) == Shape.all(shape) && Shape.isFreeable(shape)) {
    m = turnTo(ng, sc, Meta.next(memory, m));
  }
  const group = Meta.group(memory, m);
  if ((Meta.freed(memory, m) & upTo(Group.activeIndex(memory, group))) != 0) return m;
  // Slots that were never used are the last resort: their pages are untouched.
  const next = Meta.next(memory, m);
  if (next != m) return turnTo(ng, sc, next);
  widen(ng, m, group);
  return m;
}

function turnTo(ng: Mallocng, sc: u32, m: u64): u64 {
  ng.memory.step();
  ng.setActive(sc, m);
  return m;
}

/** More slots of the group may be used, as many as its next page has. */
function widen(ng: Mallocng, m: u64, group: u64): void {
  const memory = ng.memory;
  const shape = Meta.shape(memory, m);
  const bytes = <u32>classBytes(Shape.sizeClass(shape));
  let count = Group.activeIndex(memory, group) + 2;
  let span = <u32>UNIT + bytes * count;
  while (bytes != 0 && (span ^ (span + bytes - 1)) < <u32>PAGE) {
    count++;
    span += bytes;
  }
  Group.setActiveIndex(memory, group, min(count, Shape.last(shape) + 1) - 1);
}

/** Freed slots of the group become available, those that it uses yet; they. */
export function activate(ng: Mallocng, m: u64): u32 {
  const memory = ng.memory;
  if (!ng.must(Meta.avail(memory, m) == 0)) return 0;
  const active = upTo(Group.activeIndex(memory, Meta.group(memory, m)));
  const freed = Meta.freed(memory, m);
  Meta.setFreed(memory, m, freed & ~active);
  Meta.setAvail(memory, m, freed & active);
  return freed & active;
}

/** A new group of class `sc`, its meta; 0: there is no memory. */
function makeGroup(ng: Mallocng, sc: u32, bytes: u64, depth: u32): u64 {
  const m = allocMeta(ng);
  if (m == 0) return 0;
  const size = classBytes(sc);
  const usage = ng.usageOf(sc);
  let count = sc < SMALL_CLASSES ? smallCount(sc, usage) : mediumCount(sc, usage);
  if (count == 1 && size + UNIT <= PAGE / 2) count = 2;
  const isMade =
    size * count + UNIT > PAGE / 2
      ? mapGroup(ng, m, sc, count, bytes, depth)
      : nestGroup(ng, m, sc, count, depth);
  if (isMade) return m;
  freeMeta(ng, m);
  return 0;
}

/** Maps a group of `most` slots or fewer; false: there is no memory. */
function mapGroup(ng: Mallocng, m: u64, sc: u32, most: u32, bytes: u64, depth: u32): bool {
  const memory = ng.memory;
  const size = classBytes(sc);
  const isBouncing = ng.isBouncing(sc);
  ng.noteMapped(sc);
  ng.step();
  const usage = ng.usageOf(sc) + ((sc & 1) == 0 && sc < 32 ? ng.usageOf(sc + 1) : 0);
  let count = 4 * <u64>most > usage && !isBouncing ? reducedCount(sc, size * most, most) : most;
  let needed = toPages(size * count + UNIT);
  if (!isBouncing && count <= 7) {
    // The block alone, where that takes less, or slots would be made that may never be used.
    const alone = toPages(bytes + IN_BAND + UNIT);
    if (alone < size + UNIT || (alone >= 4 * PAGE && 2 * <u64>count > usage)) {
      count = 1;
      needed = alone;
    }
  }
  let group = memory.mmap(needed, PROT_READ | PROT_WRITE);
  if (group == NO_MEMORY) return false;
  ng.mmapCounter++;
  const shape = Shape.make(count - 1, true, sc, needed / PAGE);
  if (memory.recorded != 0) group = relocateGroup(ng, group, needed, shape, depth);
  // Slots of the first page are in use, the others' pages stay untouched until those are.
  const active = max(<i64>((PAGE - UNIT) / size) - 1, 0);
  begin(ng, m, group, shape, min(<u32>active, count - 1));
  return true;
}

/** Fewer slots that fill whole pages but no power of two of them, where few of the class are in use. */
function reducedCount(sc: u32, total: u64, count: u32): u32 {
  switch (sc & 3) {
    case 1:
      return total > 8 * PAGE ? 2 : count;
    case 2:
      return total > 4 * PAGE ? 3 : count;
    case 0:
      return total > 8 * PAGE ? 3 : total > 2 * PAGE ? 5 : count;
    default:
      return count;
  }
}

/** Makes the group in a slot of a greater class; false: there is no memory. */
function nestGroup(ng: Mallocng, m: u64, sc: u32, count: u32, depth: u32): bool {
  const memory = ng.memory;
  const size = classBytes(sc);
  const bytes = UNIT + count * size - IN_BAND;
  const outerClass = classOf(bytes);
  const index = allocSlot(ng, outerClass, bytes, depth + 1);
  if (index < 0) return false;
  const group = enframe(ng, ng.activeOf(outerClass), index, classBytes(outerClass) - IN_BAND, ng.mmapCounter);
  if (memory.hasStopped) return false;
  Slot.setMark(memory, group, (Slot.mark(memory, group) & INDEX_MASK) | (RESERVED_GROUP << RESERVED_SHIFT));
  for (let n: u32 = 0; n <= count; n++) Slot.setFar(memory, group + GROUP_SLOTS + n * size, false);
  begin(ng, m, group, Shape.make(count - 1, true, sc, 0), count - 1);
  if (memory.recorded != 0) markStale(ng, m, upTo(count - 1));
  return true;
}

function begin(ng: Mallocng, m: u64, group: u64, shape: u64, activeIndex: u32): void {
  const memory = ng.memory;
  const sc = Shape.sizeClass(shape);
  ng.setUsage(sc, ng.usageOf(sc) + Shape.last(shape) + 1);
  const avail = upTo(activeIndex);
  Meta.setAvail(memory, m, avail);
  Meta.setFreed(memory, m, Shape.all(shape) - avail);
  memory.write<u64>(m + META_GROUP, group);
  memory.write<u64>(group + GROUP_META, m);
  Group.setActiveIndex(memory, group, activeIndex);
  Meta.setShape(memory, m, shape);
}

function toPages(bytes: u64): u64 {
  return (bytes + PAGE - 1) & ~(PAGE - 1);
}
