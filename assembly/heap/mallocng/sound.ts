/** The check of mallocng's heap: every meta, ring, group and slot, without a reference of the process. */
import { CHUNK_USED } from "../../abi/heap";
import {
  AREA_CHECK,
  AREA_COUNT,
  AREA_METAS,
  AREA_NEXT,
  FAR_OFFSET,
  GROUP_ACTIVE,
  GROUP_META,
  GROUP_SLOTS,
  Group,
  INDEX_MASK,
  IS_FAR,
  MARK,
  META_AVAIL,
  META_BYTES,
  META_FREED,
  META_GROUP,
  META_NEXT,
  META_PREV,
  META_SHAPE,
  METAS,
  OFFSET,
  RESERVED_FAR,
  RESERVED_MOVED,
  RESERVED_SHIFT,
  Shape,
  upTo,
} from "./layout";
import { CLASSES, MAPPED_CLASS, UNIT } from "./size-classes";
import { Mallocng, peekActive, peekUsage } from "./state";
import { holdsGroup, isNested, outerMeta, slotIndex, slotState, spanOf } from "./walk";

export function isSound(ng: Mallocng): bool {
  const memory = ng.memory;
  let metas: u32 = 0;
  let free: u32 = 0;
  let ringed: u32 = 0;
  let nested: u32 = 0;
  let holding: u32 = 0;
  for (let area = ng.firstArea; area != 0; area = memory.peek<u64>(area + AREA_NEXT)) {
    if (memory.peek<u64>(area + AREA_CHECK) != ng.secret || memory.peek<u32>(area + AREA_COUNT) != METAS)
      return false;
    for (let n: u32 = 0; n < METAS; n++) {
      const m = area + AREA_METAS + META_BYTES * n;
      if (area == ng.lastArea && n >= METAS - <u32>ng.freshMetas) break;
      metas++;
      if (memory.peek<u64>(m + META_GROUP) == 0) {
        free++;
        continue;
      }
      if (!isGroupSound(ng, m)) return false;
      if (memory.peek<u64>(m + META_NEXT) != 0) ringed++;
      if (isNested(ng, m)) nested++;
      holding += slotsHoldingGroups(ng, m);
    }
  }
  return (
    nested == holding &&
    ringLength(ng, ng.freeMetas, MAPPED_CLASS, metas) == free &&
    areRingsSound(ng, metas, ringed) &&
    areUsagesSound(ng)
  );
}

/** True if masks, rings and slots of the group are sound. */
function isGroupSound(ng: Mallocng, m: u64): bool {
  const memory = ng.memory;
  const shape = memory.peek<u64>(m + META_SHAPE);
  const group = memory.peek<u64>(m + META_GROUP);
  const sc = Shape.sizeClass(shape);
  const avail = memory.peek<u32>(m + META_AVAIL);
  const freed = memory.peek<u32>(m + META_FREED);
  if (memory.peek<u64>(group + GROUP_META) != m) return false;
  if ((avail & freed) != 0 || ((avail | freed) & ~Shape.all(shape)) != 0) return false;
  if (GROUP_SLOTS + Shape.stride(shape) * (Shape.last(shape) + 1) > spanOf(ng, m)) return false;
  if (isNested(ng, m) && !isHeld(ng, m, group)) return false;
  const isRinged = memory.peek<u64>(m + META_NEXT) != 0;
  if (sc >= CLASSES) return sc == MAPPED_CLASS && !isRinged && (avail | freed) == 0 && isSlotSound(ng, m, 0);
  const active = <u32>memory.peek<u8>(group + GROUP_ACTIVE) & INDEX_MASK;
  if ((avail & ~upTo(active)) != 0) return false;
  // Free slots can be found, and only the first of a ring has some to give out at once.
  if (!isRinged && (avail | freed) != 0) return false;
  if (avail != 0 && peekActive(memory, sc) != m) return false;
  for (let index: u32 = 0; index <= Shape.last(shape); index++) {
    if (slotState(ng, m, index) == CHUNK_USED && !isSlotSound(ng, m, index)) return false;
  }
  return true;
}

/** True if a nested group is in a slot that is marked for it. */
function isHeld(ng: Mallocng, m: u64, group: u64): bool {
  const memory = ng.memory;
  const outer = outerMeta(ng, group);
  const index = slotIndex(ng, group);
  const stride = Shape.stride(memory.peek<u64>(outer + META_SHAPE));
  return (
    outer != m &&
    slotState(ng, outer, index) == CHUNK_USED &&
    holdsGroup(ng, group) &&
    Group.slot(memory.peek<u64>(outer + META_GROUP), stride, index) == group
  );
}

/** True if a slot in use leads to a block of the right size that leads back to it. */
function isSlotSound(ng: Mallocng, m: u64, index: u32): bool {
  const memory = ng.memory;
  const shape = memory.peek<u64>(m + META_SHAPE);
  const group = memory.peek<u64>(m + META_GROUP);
  const stride = Shape.stride(shape);
  const start = Group.slot(group, stride, index);
  const end = Group.end(start, stride);
  if (memory.peek<u8>(end) != 0) return false;
  if (holdsGroup(ng, start)) return memory.peek<u64>(memory.peek<u64>(start) + META_GROUP) == start;
  const moved = <u32>memory.peek<u8>(start - MARK) >> RESERVED_SHIFT == RESERVED_MOVED;
  const p = moved ? start + UNIT * <u64>memory.peek<u16>(start - OFFSET) : start;
  // The offset of an aligned block with a mapping of its own may not fit in 16 bits.
  if (p >= end) return false;
  if (moved && Shape.pages(shape) >= 256 && slotIndex(ng, p) != index) return true;
  const far = memory.peek<u8>(p - IS_FAR) != 0;
  const offset = <u64>(far ? memory.peek<u32>(p - FAR_OFFSET) : <u32>memory.peek<u16>(p - OFFSET));
  if (slotIndex(ng, p) != index) return false;
  if (p - UNIT * offset - GROUP_SLOTS != group) return moved && Shape.pages(shape) >= 256;
  return isSizeSound(ng, p, end);
}

function isSizeSound(ng: Mallocng, p: u64, end: u64): bool {
  const memory = ng.memory;
  let reserved = <u32>memory.peek<u8>(p - MARK) >> RESERVED_SHIFT;
  if (reserved > RESERVED_FAR) return false;
  if (reserved == RESERVED_FAR) {
    reserved = memory.peek<u32>(end - 4);
    if (reserved < RESERVED_FAR) return false;
  }
  return reserved <= end - p && memory.peek<u8>(end - reserved) == 0;
}

function slotsHoldingGroups(ng: Mallocng, m: u64): u32 {
  const memory = ng.memory;
  const shape = memory.peek<u64>(m + META_SHAPE);
  if (Shape.sizeClass(shape) >= CLASSES) return 0;
  let count: u32 = 0;
  for (let index: u32 = 0; index <= Shape.last(shape); index++) {
    const start = Group.slot(memory.peek<u64>(m + META_GROUP), Shape.stride(shape), index);
    if (slotState(ng, m, index) == CHUNK_USED && holdsGroup(ng, start)) count++;
  }
  return count;
}

/** True if the rings of groups are whole, and have every group that is marked as linked. */
function areRingsSound(ng: Mallocng, most: u32, ringed: u32): bool {
  const memory = ng.memory;
  let count: u32 = 0;
  for (let sc: u32 = 0; sc < CLASSES; sc++) {
    const length = ringLength(ng, peekActive(memory, sc), sc, most);
    if (length > most) return false;
    count += length;
  }
  return count == ringed;
}

/** How many metas are in a ring of class `sc` (`MAPPED_CLASS`: free ones); more than `most`: it is none. */
function ringLength(ng: Mallocng, head: u64, sc: u32, most: u32): u32 {
  const memory = ng.memory;
  let count: u32 = 0;
  if (head == 0) return 0;
  let m = head;
  do {
    const next = memory.peek<u64>(m + META_NEXT);
    if (++count > most || memory.peek<u64>(next + META_PREV) != m) return most + 1;
    if (sc != MAPPED_CLASS && Shape.sizeClass(memory.peek<u64>(m + META_SHAPE)) != sc) return most + 1;
    m = next;
  } while (m != head);
  return count;
}

/** True if groups of each class have as many slots as are counted. */
function areUsagesSound(ng: Mallocng): bool {
  const memory = ng.memory;
  for (let sc: u32 = 0; sc < CLASSES; sc++) {
    let slots: u64 = 0;
    for (let area = ng.firstArea; area != 0; area = memory.peek<u64>(area + AREA_NEXT)) {
      for (let n: u32 = 0; n < METAS; n++) {
        const m = area + AREA_METAS + META_BYTES * n;
        const shape = memory.peek<u64>(m + META_SHAPE);
        const isUsed = memory.peek<u64>(m + META_GROUP) != 0;
        // Donated memory is not counted.
        if (isUsed && Shape.sizeClass(shape) == sc && Shape.isFreeable(shape)) slots += Shape.last(shape) + 1;
      }
    }
    if (slots != peekUsage(memory, sc)) return false;
  }
  return true;
}
