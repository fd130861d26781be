/**
 * The data of mallocng in the process's memory: metas, in pages of their own out of the reach of overruns, and groups
 * of slots. From: src/malloc/mallocng/meta.h of musl 1.2.3, `struct meta_area`, `meta` and `group`.
 *
 *   meta area, a page:  0       8      16       24                     4064
 *                       ├ check ┼ next ┼ metas ─┼ 101 metas, 40 bytes ─┼┄ unused ┤
 *
 *   meta:   0      8      16      24       28      32
 *           ├ prev ┼ next ┼ group ┼ avail ─┼ freed ┼ shape ┤     avail: slots to give out, freed: slots that may be made
 *             u64    u64    u64     u32      u32     u64          avail; in use is what is in neither
 *   shape:  63        12 11        6    5         4          0
 *           ├ pages ────┼ class ────┼ freeable ──┼ last slot ┤    pages: of the group's mapping, 0: it lies in a slot
 *
 *   group:  0      8              12     16
 *           ├ meta ┼ active index ┼ IB 0 ┼ slot 0 ───────┼ slot 1 ─────── ┄       active index: the last slot that is in
 *                                                    IB 1                         use yet, so that later pages stay unused
 *
 *   IB, the four bytes before what a slot gives out at p:
 *           p-8           p-4     p-3                   p-2        p
 *           ├ far offset ─┼ isFar ┼ reserved │ index ───┼ offset ──┤     offset: of p in the group's slots, in units
 *             u32           u8      3 bits     5 bits     u16
 *   reserved: bytes at the slot's end that were not asked for, 0 to 4; 5: their number is a u32 at the end; 6: the slot
 *   has a group in it; 7, at the slot's begin: p is elsewhere in the slot, by `offset` units. 255 at p-3: it is free.
 */
import { HeapMemory } from "../memory";
import { classBytes, IN_BAND, UNIT } from "./size-classes";

export const PAGE: u64 = 4096;

// Meta areas.
export const AREA_CHECK: u64 = 0;
export const AREA_NEXT: u64 = 8;
export const AREA_COUNT: u64 = 16;
export const AREA_METAS: u64 = 24;
export const META_BYTES: u64 = 40;
export const METAS: u32 = 101;

// Metas.
export const META_PREV: u64 = 0;
export const META_NEXT: u64 = 8;
export const META_GROUP: u64 = 16;
export const META_AVAIL: u64 = 24;
export const META_FREED: u64 = 28;
export const META_SHAPE: u64 = 32;

const FREEABLE: u64 = 1 << 5;
const CLASS_SHIFT: u64 = 6;
const PAGES_SHIFT: u64 = 12;

// Groups.
export const GROUP_META: u64 = 0;
export const GROUP_ACTIVE: u64 = 8;
export const GROUP_SLOTS: u64 = 16;

// Before p.
export const FAR_OFFSET: u64 = 8;
export const IS_FAR: u64 = 4;
export const MARK: u64 = 3;
export const OFFSET: u64 = 2;

export const INDEX_MASK: u32 = 31;
export const RESERVED_SHIFT: u32 = 5;
export const RESERVED_FAR: u32 = 5;
export const RESERVED_GROUP: u32 = 6;
export const RESERVED_MOVED: u32 = 7;
export const FREED_MARK: u8 = 255;

/** The fields of a meta's `shape`. */
export class Shape {
  @inline
  static make(last: u32, isFreeable: bool, sc: u32, pages: u64): u64 {
    return <u64>last | (isFreeable ? FREEABLE : 0) | ((<u64>sc) << CLASS_SHIFT) | (pages << PAGES_SHIFT);
  }

  /** The index of the last slot. */
  @inline
  static last(shape: u64): u32 {
    return <u32>shape & INDEX_MASK;
  }

  /** A bit for each slot. */
  @inline
  static all(shape: u64): u32 {
    return upTo(Shape.last(shape));
  }

  @inline
  static isFreeable(shape: u64): bool {
    return (shape & FREEABLE) != 0;
  }

  @inline
  static sizeClass(shape: u64): u32 {
    return (<u32>shape >> <u32>CLASS_SHIFT) & 63;
  }

  @inline
  static pages(shape: u64): u64 {
    return shape >> PAGES_SHIFT;
  }

  /** From one slot to the next; of a mapping with one slot, all of it. */
  @inline
  static stride(shape: u64): u64 {
    return Shape.last(shape) == 0 && Shape.pages(shape) != 0
      ? Shape.pages(shape) * PAGE - UNIT
      : classBytes(Shape.sizeClass(shape));
  }
}

/** Bits 0 to `index`. */
export function upTo(index: u32): u32 {
  return ((<u32>2) << index) - 1;
}

/** A meta's fields that are used most. */
export class Meta {
  @inline
  static group(memory: HeapMemory, m: u64): u64 {
    return memory.read<u64>(m + META_GROUP);
  }

  @inline
  static next(memory: HeapMemory, m: u64): u64 {
    return memory.read<u64>(m + META_NEXT);
  }

  @inline
  static avail(memory: HeapMemory, m: u64): u32 {
    return memory.read<u32>(m + META_AVAIL);
  }

  @inline
  static setAvail(memory: HeapMemory, m: u64, mask: u32): void {
    memory.write<u32>(m + META_AVAIL, mask);
  }

  @inline
  static freed(memory: HeapMemory, m: u64): u32 {
    return memory.read<u32>(m + META_FREED);
  }

  @inline
  static setFreed(memory: HeapMemory, m: u64, mask: u32): void {
    memory.write<u32>(m + META_FREED, mask);
  }

  @inline
  static shape(memory: HeapMemory, m: u64): u64 {
    return memory.read<u64>(m + META_SHAPE);
  }

  @inline
  static setShape(memory: HeapMemory, m: u64, shape: u64): void {
    memory.write<u64>(m + META_SHAPE, shape);
  }
}

export class Group {
  @inline
  static activeIndex(memory: HeapMemory, group: u64): u32 {
    return <u32>memory.read<u8>(group + GROUP_ACTIVE) & INDEX_MASK;
  }

  @inline
  static setActiveIndex(memory: HeapMemory, group: u64, index: u32): void {
    const at = group + GROUP_ACTIVE;
    memory.write<u8>(at, <u8>((<u32>memory.read<u8>(at) & ~INDEX_MASK) | index));
  }

  /** Where slot `index` begins. */
  @inline
  static slot(group: u64, stride: u64, index: u32): u64 {
    return group + GROUP_SLOTS + stride * index;
  }

  /** Where a slot ends that begins at `start`: before the next one's in-band bytes. */
  @inline
  static end(start: u64, stride: u64): u64 {
    return start + stride - IN_BAND;
  }
}

/** The bytes before what a slot gives out at `p`. */
export class Slot {
  @inline
  static isFar(memory: HeapMemory, p: u64): bool {
    return memory.read<u8>(p - IS_FAR) != 0;
  }

  @inline
  static setFar(memory: HeapMemory, p: u64, isFar: bool): void {
    memory.write<u8>(p - IS_FAR, isFar ? 1 : 0);
  }

  @inline
  static mark(memory: HeapMemory, p: u64): u32 {
    return memory.read<u8>(p - MARK);
  }

  @inline
  static setMark(memory: HeapMemory, p: u64, mark: u32): void {
    memory.write<u8>(p - MARK, <u8>mark);
  }

  @inline
  static index(memory: HeapMemory, p: u64): u32 {
    return Slot.mark(memory, p) & INDEX_MASK;
  }

  @inline
  static offset(memory: HeapMemory, p: u64): u32 {
    return memory.read<u16>(p - OFFSET);
  }

  @inline
  static setOffset(memory: HeapMemory, p: u64, units: u64): void {
    memory.write<u16>(p - OFFSET, <u16>units);
  }
}
