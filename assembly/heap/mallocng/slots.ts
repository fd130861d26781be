/**
 * A slot's in-band bytes: where in the slot a block begins, how long it is, and back from a block to its group, with all
 * that mallocng checks on the way. From: src/malloc/mallocng/meta.h of musl 1.2.3, `enframe`, `set_size`, `get_meta`,
 * `get_nominal_size`.
 *
 *   start                    p                     end-reserved    end-4      end
 *   ├ 16 × offset, skipped ──┼ bytes asked for ────┼ 0 ┄ reserved ┼ reserved ┼ 0 ┄ next slot
 *                                                                    u32, when 5 or more
 *
 * The byte behind what was asked for is zero, and the byte at the end: an overrun by one is found when the block is freed.
 */
import {
  AREA_CHECK,
  FAR_OFFSET,
  GROUP_META,
  GROUP_SLOTS,
  Group,
  INDEX_MASK,
  Meta,
  PAGE,
  RESERVED_FAR,
  RESERVED_MOVED,
  RESERVED_SHIFT,
  Shape,
  Slot,
} from "./layout";
import { isStale, loggedOffset, offsetWithin } from "./placing";
import { CLASSES, classUnits, MAPPED_CLASS, UNIT } from "./size-classes";
import { Mallocng } from "./state";

/** Makes slot `index` of the group of `m` a block of `bytes`; where it begins. */
export function enframe(ng: Mallocng, m: u64, index: u32, bytes: u64, counter: u32): u64 {
  const memory = ng.memory;
  const group = Meta.group(memory, m);
  const shape = Meta.shape(memory, m);
  const stride = Shape.stride(shape);
  let p = Group.slot(group, stride, index);
  const end = Group.end(p, stride);
  // The next offset after the last one, so that an address comes again late.
  const wish = Slot.mark(memory, p) != 0 ? Slot.offset(memory, p) + 1 : counter;
  if (!ng.must(!Slot.isFar(memory, p))) return 0;
  let offset = offsetWithin(stride, bytes, wish);
  const mayBeStale = memory.recorded != 0 && Shape.pages(shape) == 0;
  if (mayBeStale && isStale(ng, m, index)) offset = loggedOffset(ng, p, stride, bytes, offset);
  if (offset != 0) {
    Slot.setOffset(memory, p, offset);
    Slot.setMark(memory, p, RESERVED_MOVED << RESERVED_SHIFT);
    p += UNIT * offset;
    Slot.setFar(memory, p, false);
  }
  Slot.setOffset(memory, p, (p - group - GROUP_SLOTS) / UNIT);
  Slot.setMark(memory, p, index);
  setSize(ng, p, end, bytes);
  return p;
}

/** The block at `p` in a slot that ends at `end` has `bytes`. */
export function setSize(ng: Mallocng, p: u64, end: u64, bytes: u64): void {
  const memory = ng.memory;
  let reserved = <u32>(end - p - bytes);
  if (reserved != 0) memory.write<u8>(end - reserved, 0);
  if (reserved >= RESERVED_FAR) {
    memory.write<u32>(end - 4, reserved);
    memory.write<u8>(end - 5, 0);
    reserved = RESERVED_FAR;
  }
  Slot.setMark(memory, p, (Slot.mark(memory, p) & INDEX_MASK) + (reserved << RESERVED_SHIFT));
}

/** The bytes of the block at `p` as they were asked for; 0 and a crash where that is overwritten. */
export function nominalSize(ng: Mallocng, p: u64, end: u64): u64 {
  const memory = ng.memory;
  let reserved = <u64>(Slot.mark(memory, p) >> RESERVED_SHIFT);
  if (reserved >= RESERVED_FAR) {
    if (!ng.must(reserved == RESERVED_FAR)) return 0;
    reserved = memory.read<u32>(end - 4);
    if (!ng.must(reserved >= RESERVED_FAR && memory.read<u8>(end - 5) == 0)) return 0;
  }
  const isSound = reserved <= end - p && memory.read<u8>(end - reserved) == 0 && memory.read<u8>(end) == 0;
  return ng.must(isSound) ? end - reserved - p : 0;
}

/** The meta of the group that the block at `p` is in; 0 and a crash if `p` is not a block in use. */
export function findMeta(ng: Mallocng, p: u64): u64 {
  const memory = ng.memory;
  if (!ng.must((p & (UNIT - 1)) == 0)) return 0;
  let offset = <u64>Slot.offset(memory, p);
  const index = Slot.index(memory, p);
  if (Slot.isFar(memory, p)) {
    if (!ng.must(offset == 0)) return 0;
    offset = <u64>(<i64>memory.read<i32>(p - FAR_OFFSET));
    if (!ng.must(<i64>offset > 0xffff)) return 0;
  }
  const group = p - UNIT * offset - UNIT;
  const m = memory.read<u64>(group + GROUP_META);
  if (!ng.must(!memory.hasStopped && Meta.group(memory, m) == group)) return 0;
  return ng.must(isUsed(ng, m, index, offset)) ? m : 0;
}

/** True if slot `index` is in use and has the place `offset` units from the first slot. */
function isUsed(ng: Mallocng, m: u64, index: u32, offset: u64): bool {
  const memory = ng.memory;
  const shape = Meta.shape(memory, m);
  if (index > Shape.last(shape)) return false;
  const unused = Meta.avail(memory, m) | Meta.freed(memory, m);
  if (((unused >> index) & 1) != 0) return false;
  if (memory.read<u64>((m & ~(PAGE - 1)) + AREA_CHECK) != ng.secret) return false;
  const sc = Shape.sizeClass(shape);
  const pages = Shape.pages(shape);
  if (pages != 0 && offset > (pages * PAGE) / UNIT - 1) return false;
  if (sc >= CLASSES) return sc == MAPPED_CLASS;
  return offset >= classUnits(sc) * index && offset < classUnits(sc) * (index + 1);
}
