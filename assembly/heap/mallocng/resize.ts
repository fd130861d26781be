/**
 * realloc and aligned_alloc. From: src/malloc/mallocng/realloc.c and aligned_alloc.c of musl 1.2.3.
 *
 *   start          p as malloc gave it     p aligned                          end
 *   ├ moved, here ─┼ ┄ skipped ┄ ──────────┼ bytes asked for ───────┼ reserved ┤
 */
import { EINVAL, ENOMEM } from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import {
  FAR_OFFSET,
  GROUP_SLOTS,
  Group,
  META_GROUP,
  Meta,
  PAGE,
  RESERVED_MOVED,
  RESERVED_SHIFT,
  Shape,
  Slot,
} from "./layout";
import { relocateResized } from "./placing";
import { CLASSES, classOf, IN_BAND, MAPPED_CLASS, MMAP_THRESHOLD, UNIT } from "./size-classes";
import { findMeta, nominalSize, setSize } from "./slots";
import { Mallocng } from "./state";

/** A block cannot be resized without a new one. */
export const MUST_MOVE: u64 = u64.MAX_VALUE;
/** Offsets beyond have four bytes of their own. */
const MOST_NEAR_OFFSET: u64 = 0xffff;
const MOST_ALIGNMENT: u64 = UNIT << 31;

/** The block at `p` with `bytes`, in its slot or by mremap; `MUST_MOVE`. `oldBytes` in `ng` are what it had. */
export function resize(ng: Mallocng, p: u64, bytes: u64): u64 {
  const memory = ng.memory;
  const m = findMeta(ng, p);
  if (m == 0) return 0;
  const shape = Meta.shape(memory, m);
  const stride = Shape.stride(shape);
  const start = Group.slot(Meta.group(memory, m), stride, Slot.index(memory, p));
  const end = Group.end(start, stride);
  ng.oldBytes = nominalSize(ng, p, end);
  if (memory.hasStopped) return 0;
  const sc = Shape.sizeClass(shape);
  // One class less is not worth a move.
  if (bytes <= end - p && bytes < MMAP_THRESHOLD && classOf(bytes) + 1 >= sc) {
    setSize(ng, p, end, bytes);
    return p;
  }
  return sc >= CLASSES && bytes >= MMAP_THRESHOLD ? remap(ng, m, shape, p - start, bytes) : MUST_MOVE;
}

/** The block `base` bytes behind the start of the only slot of a mapping. */
function remap(ng: Mallocng, m: u64, shape: u64, base: u64, bytes: u64): u64 {
  const memory = ng.memory;
  if (!ng.must(Shape.sizeClass(shape) == MAPPED_CLASS)) return 0;
  let group = Meta.group(memory, m);
  const before = Shape.pages(shape) * PAGE;
  const after = (bytes + base + UNIT + IN_BAND + PAGE - 1) & ~(PAGE - 1);
  if (before != after) {
    group = memory.mremap(group, before, after, true);
    if (group == NO_MEMORY) return MUST_MOVE;
    group = relocateResized(ng, group, GROUP_SLOTS + base, after);
  }
  memory.write<u64>(m + META_GROUP, group);
  Meta.setShape(memory, m, Shape.make(0, Shape.isFreeable(shape), MAPPED_CLASS, after / PAGE));
  const p = group + GROUP_SLOTS + base;
  const end = group + after - IN_BAND;
  memory.write<u8>(end, 0);
  setSize(ng, p, end, bytes);
  return p;
}

/** True if malloc can align a block of at least `bytes` so. Sets errno otherwise. */
export function mayAlign(ng: Mallocng, alignment: u64, bytes: u64): bool {
  const isPower = (alignment & (alignment - 1)) == 0;
  const isPossible = bytes <= u64.MAX_VALUE - alignment && alignment < MOST_ALIGNMENT;
  if (!isPower || !isPossible) ng.memory.errno = isPower ? ENOMEM : EINVAL;
  return isPower && isPossible;
}

/** The block that malloc gave at `p`, which has `alignment` - 16 bytes too many, with `bytes` at an aligned address in it. */
export function alignWithin(ng: Mallocng, p: u64, alignment: u64, bytes: u64): u64 {
  const memory = ng.memory;
  const m = findMeta(ng, p);
  if (m == 0) return 0;
  const group = Meta.group(memory, m);
  const stride = Shape.stride(Meta.shape(memory, m));
  const index = Slot.index(memory, p);
  const start = Group.slot(group, stride, index);
  const end = Group.end(start, stride);
  const aligned = (p + alignment - 1) & ~(alignment - 1);
  if (aligned != p) {
    const offset = (aligned - group - GROUP_SLOTS) / UNIT;
    const isNear = offset <= MOST_NEAR_OFFSET;
    Slot.setOffset(memory, aligned, isNear ? offset : 0);
    if (!isNear) memory.write<u32>(aligned - FAR_OFFSET, <u32>offset);
    Slot.setFar(memory, aligned, !isNear);
    Slot.setMark(memory, aligned, index);
  }
  setSize(ng, aligned, end, bytes);
  if (aligned != p) {
    Slot.setOffset(memory, start, (aligned - start) / UNIT);
    Slot.setMark(memory, start, RESERVED_MOVED << RESERVED_SHIFT);
  }
  return aligned;
}
