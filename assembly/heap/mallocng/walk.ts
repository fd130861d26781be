/**
 * Looks at mallocng's heap from outside, without a reference of the process: its chunks in the order of their addresses.
 *
 *   group:  ├ header ┼ slot 0 ┼ slot 1 ─────────────────────────┼ ┄ ┼ rest ┤
 *                             ├ header ┼ slot 0 ┼ slot 1 ┼ rest ┤               a group in a slot stands for the slot
 *
 * A slot's in-band bytes are the last four before it. The rest of a mapping, where no slot fits, counts as the allocator's.
 */
import { NONE } from "../../abi/core";
import { CHUNK_FREE, CHUNK_MAPPED, CHUNK_META, CHUNK_USED } from "../../abi/heap";
import { ChunkView } from "../contract";
import {
  AREA_COUNT,
  AREA_METAS,
  AREA_NEXT,
  FAR_OFFSET,
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
  META_SHAPE,
  OFFSET,
  PAGE,
  RESERVED_GROUP,
  RESERVED_SHIFT,
  Shape,
} from "./layout";
import { CLASSES, UNIT } from "./size-classes";
import { Mallocng } from "./state";

// The cursor: a group's meta and the step in it, 0 its header, n slot n - 1, then its rest; or a meta area and AREA_STEP.
const STEP_BITS: u64 = 8;
const STEP_MASK: u64 = 255;
const AREA_STEP: u64 = 254;
const DONE: u64 = 255;

/** The next chunk; false behind the last. */
export function nextChunk(ng: Mallocng, view: ChunkView): bool {
  if (view.cursor == 0 && !enterNext(ng, view, 0)) return false;
  view.bin = NONE;
  view.arena = 0;
  while (!showStep(ng, view, view.cursor >> STEP_BITS, <u32>(view.cursor & STEP_MASK))) {
    if ((view.cursor & STEP_MASK) == DONE && !leave(ng, view, view.cursor >> STEP_BITS)) return false;
  }
  return true;
}

/** Shows step `step` of the group of `m`, or of a meta area, and advances; false if there is nothing to show there. */
function showStep(ng: Mallocng, view: ChunkView, m: u64, step: u32): bool {
  const memory = ng.memory;
  if (step == <u32>DONE) return false;
  if (step == <u32>AREA_STEP) {
    view.cursor = (m << STEP_BITS) | DONE;
    return show(view, m, PAGE, CHUNK_META);
  }
  const shape = memory.peek<u64>(m + META_SHAPE);
  const group = memory.peek<u64>(m + META_GROUP);
  const stride = Shape.stride(shape);
  const count = Shape.last(shape) + 1;
  if (step == 0) {
    view.cursor++;
    return show(view, group, UNIT, CHUNK_META);
  }
  if (step > count) {
    view.cursor = (m << STEP_BITS) | DONE;
    const used = GROUP_SLOTS + stride * count;
    const bytes = spanOf(ng, m);
    return bytes > used && show(view, group + used, bytes - used, CHUNK_META);
  }
  const start = Group.slot(group, stride, step - 1);
  const state = slotState(ng, m, step - 1);
  if (state == CHUNK_USED && holdsGroup(ng, start)) {
    view.cursor = memory.peek<u64>(start + GROUP_META) << STEP_BITS;
    return false;
  }
  view.cursor++;
  const sc = Shape.sizeClass(shape);
  if (state == CHUNK_FREE) view.bin = sc;
  return show(view, start, stride, state == CHUNK_USED && sc >= CLASSES ? CHUNK_MAPPED : state);
}

function show(view: ChunkView, address: u64, bytes: u64, state: u32): bool {
  view.address = address;
  view.bytes = bytes;
  view.state = state;
  return true;
}

/** Goes on behind the group of `m`, or meta area `m`: in the group that it is in, or with what comes next. */
function leave(ng: Mallocng, view: ChunkView, m: u64): bool {
  const memory = ng.memory;
  if ((m & (PAGE - 1)) == 0) return enterNext(ng, view, m);
  const group = memory.peek<u64>(m + META_GROUP);
  if (!isNested(ng, m)) return enterNext(ng, view, group);
  view.cursor = (outerMeta(ng, group) << STEP_BITS) | (<u64>slotIndex(ng, group) + 2);
  return true;
}

/** Enters the meta area or the group of its own that comes next behind `address`; false: there is none. */
function enterNext(ng: Mallocng, view: ChunkView, address: u64): bool {
  const memory = ng.memory;
  let least = u64.MAX_VALUE;
  for (let area = ng.firstArea; area != 0; area = memory.peek<u64>(area + AREA_NEXT)) {
    if (area > address && area < least) {
      least = area;
      view.cursor = (area << STEP_BITS) | AREA_STEP;
    }
    const count = memory.peek<u32>(area + AREA_COUNT);
    for (let n: u32 = 0; n < count; n++) {
      const m = area + AREA_METAS + META_BYTES * n;
      const group = memory.peek<u64>(m + META_GROUP);
      if (group <= address || group >= least || isNested(ng, m)) continue;
      least = group;
      view.cursor = m << STEP_BITS;
    }
  }
  return least != u64.MAX_VALUE;
}

/** Bytes that the group has, with its header and what no slot fits in. */
export function spanOf(ng: Mallocng, m: u64): u64 {
  const memory = ng.memory;
  const shape = memory.peek<u64>(m + META_SHAPE);
  if (Shape.pages(shape) != 0) return Shape.pages(shape) * PAGE;
  if (!isNested(ng, m)) return UNIT + Shape.stride(shape);
  const outer = outerMeta(ng, memory.peek<u64>(m + META_GROUP));
  return Shape.stride(memory.peek<u64>(outer + META_SHAPE));
}

/** True if the group lies in a slot of another one. Other groups are mapped, or are never freed. */
export function isNested(ng: Mallocng, m: u64): bool {
  const shape = ng.memory.peek<u64>(m + META_SHAPE);
  return Shape.pages(shape) == 0 && Shape.isFreeable(shape);
}

/** The meta of the group that has the block, or group, at `p` in a slot. */
export function outerMeta(ng: Mallocng, p: u64): u64 {
  const memory = ng.memory;
  const isFar = memory.peek<u8>(p - IS_FAR) != 0;
  const offset = <u64>(isFar ? memory.peek<u32>(p - FAR_OFFSET) : <u32>memory.peek<u16>(p - OFFSET));
  return memory.peek<u64>(p - UNIT * offset - UNIT + GROUP_META);
}

export function slotIndex(ng: Mallocng, p: u64): u32 {
  return <u32>ng.memory.peek<u8>(p - MARK) & INDEX_MASK;
}

/** `CHUNK_USED` or `CHUNK_FREE`. */
export function slotState(ng: Mallocng, m: u64, index: u32): u32 {
  const unused = ng.memory.peek<u32>(m + META_AVAIL) | ng.memory.peek<u32>(m + META_FREED);
  return ((unused >> index) & 1) != 0 ? CHUNK_FREE : CHUNK_USED;
}

/** True if there is a group in the slot at `start`, which is in use. */
export function holdsGroup(ng: Mallocng, start: u64): bool {
  return <u32>ng.memory.peek<u8>(start - MARK) >> RESERVED_SHIFT == RESERVED_GROUP;
}
