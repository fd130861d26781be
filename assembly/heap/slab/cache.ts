/**
 * A cache: objects of one size, in slabs of one run of pages each. It lies in the library's data.
 *
 *   +0           +8     +16     +24           +28        +32     +36          +40      +44            +48
 *   ├ partial ───┼ full ┼ empty ┼ object size ┼ objects ─┼ order ┼ is outside ┼ colors ┼ next color ──┼ empties ┤
 *     lists of slabs, u64         u32 each
 *
 *   objects: in a slab. is outside: descriptors are not in the slabs. empties: slabs in the list of empty ones.
 *
 * Slabs by the size of objects: up to an eighth of a page, a slab is a page with its descriptor at the end. Larger
 * objects have their descriptor outside, so that it costs no object, and as many pages as leave little unused.
 */
import { LIBRARY } from "../access";
import { HeapMemory } from "../memory";
import { PAGE } from "./arena";
import { Slab } from "./slab";

const CACHES: u64 = LIBRARY + 4096;
const CACHE_BYTES: u64 = 64;
const OBJECT_SIZE: u64 = 24;
const OBJECTS: u64 = 28;
const ORDER: u64 = 32;
const IS_OUTSIDE: u64 = 36;
const COLORS: u64 = 40;
const NEXT_COLOR: u64 = 44;
const EMPTIES: u64 = 48;

/** Lists of slabs, by where their heads are. */
export const PARTIAL: u64 = 0;
export const FULL: u64 = 8;
export const EMPTY: u64 = 16;

/** Objects up to here share their pages with the descriptor. */
const MOST_INSIDE: u32 = <u32>PAGE / 8;
const MOST_ORDER: u32 = 5;

export class Cache {
  @inline
  static of(index: u32): u64 {
    return CACHES + <u64>index * CACHE_BYTES;
  }

  /** Lays out slabs for objects of `size` bytes; `waste`: the share of a slab that may stay unused. */
  static begin(memory: HeapMemory, cache: u64, size: u32, waste: f64, color: u32): void {
    const isOutside = size > MOST_INSIDE;
    let order: u32 = 0;
    while (isOutside && order < MOST_ORDER && !isTight(size, order, waste)) order++;
    const bytes = (<u32>PAGE) << order;
    let objects = isOutside ? bytes / size : (bytes - Slab.bytes(0)) / size;
    while (!isOutside && objects * size + Slab.bytes(objects) > bytes) objects--;
    const unused = bytes - objects * size - (isOutside ? 0 : Slab.bytes(objects));
    memory.write<u32>(cache + OBJECT_SIZE, size);
    memory.write<u32>(cache + OBJECTS, objects);
    memory.write<u32>(cache + ORDER, order);
    memory.write<u32>(cache + IS_OUTSIDE, isOutside ? 1 : 0);
    memory.write<u32>(cache + COLORS, color == 0 ? 1 : unused / color + 1);
  }

  /** 0: it was not laid out yet. */
  @inline
  static size(memory: HeapMemory, cache: u64): u32 {
    return memory.read<u32>(cache + OBJECT_SIZE);
  }

  @inline
  static objects(memory: HeapMemory, cache: u64): u32 {
    return memory.read<u32>(cache + OBJECTS);
  }

  @inline
  static order(memory: HeapMemory, cache: u64): u32 {
    return memory.read<u32>(cache + ORDER);
  }

  @inline
  static isOutside(memory: HeapMemory, cache: u64): bool {
    return memory.read<u32>(cache + IS_OUTSIDE) != 0;
  }

  /** The color of a new slab; the next one's is another. */
  static takeColor(memory: HeapMemory, cache: u64): u32 {
    const color = memory.read<u32>(cache + NEXT_COLOR);
    const next = color + 1;
    memory.write<u32>(cache + NEXT_COLOR, next == memory.read<u32>(cache + COLORS) ? 0 : next);
    return color;
  }

  @inline
  static empties(memory: HeapMemory, cache: u64): u32 {
    return memory.read<u32>(cache + EMPTIES);
  }

  @inline
  static setEmpties(memory: HeapMemory, cache: u64, empties: u32): void {
    memory.write<u32>(cache + EMPTIES, empties);
  }

  /** The first slab of a list; 0: none. */
  @inline
  static first(memory: HeapMemory, cache: u64, list: u64): u64 {
    return memory.read<u64>(cache + list);
  }

  /** Puts a slab first in a list. */
  static link(memory: HeapMemory, cache: u64, list: u64, slab: u64): void {
    const next = memory.read<u64>(cache + list);
    Slab.setNext(memory, slab, next);
    Slab.setPrevious(memory, slab, 0);
    if (next != 0) Slab.setPrevious(memory, next, slab);
    memory.write<u64>(cache + list, slab);
  }

  static unlink(memory: HeapMemory, cache: u64, list: u64, slab: u64): void {
    const next = Slab.next(memory, slab);
    const previous = Slab.previous(memory, slab);
    if (next != 0) Slab.setPrevious(memory, next, previous);
    if (previous != 0) Slab.setNext(memory, previous, next);
    else memory.write<u64>(cache + list, next);
  }

  // As a debugger sees it, for walks.

  static peekSize(memory: HeapMemory, cache: u64): u32 {
    return memory.peek<u32>(cache + OBJECT_SIZE);
  }

  static peekObjects(memory: HeapMemory, cache: u64): u32 {
    return memory.peek<u32>(cache + OBJECTS);
  }

  static peekOrder(memory: HeapMemory, cache: u64): u32 {
    return memory.peek<u32>(cache + ORDER);
  }

  static peekFirst(memory: HeapMemory, cache: u64, list: u64): u64 {
    return memory.peek<u64>(cache + list);
  }

  static peekEmpties(memory: HeapMemory, cache: u64): u32 {
    return memory.peek<u32>(cache + EMPTIES);
  }
}

/** True if objects fill 2^order pages but for a share of at most `waste`. */
function isTight(size: u32, order: u32, waste: f64): bool {
  const bytes = (<u32>PAGE) << order;
  return bytes >= size && <f64>(bytes % size) <= waste * <f64>bytes;
}
