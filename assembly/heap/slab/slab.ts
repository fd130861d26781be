/**
 * A slab: a run of pages cut into objects, and its descriptor, which lies at the run's end or in an object of another cache.
 *
 *   run     ├ color ┼ object 0 ┼ object 1 ┼ ┄ ┼ unused ┼ descriptor ┤
 *
 *   descriptor  +0     +8         +16            +24   +32     +36       +40          +44    +48
 *               ├ next ┼ previous ┼ first object ┼ run ┼ cache ┼ in use ─┼ first free ┼ ┄ ───┼ link 0 ┼ link 1 ┼ ┄ ┤
 *                 u64 each                               u32 each                              u16 each
 *
 *   next, previous: in a list of its cache. first free: the number of the free object to be given next. link: behind a free
 *   object, the number of the next; END; ACTIVE for one in use, OWN for one in use as a descriptor.
 *
 * The links lie outside of the objects, so a free object is as its user or its constructor left it.
 */
import { HeapMemory } from "../memory";

const NEXT: u64 = 0;
const PREVIOUS: u64 = 8;
const FIRST: u64 = 16;
const RUN: u64 = 24;
const CACHE: u64 = 32;
const IN_USE: u64 = 36;
const FIRST_FREE: u64 = 40;
const LINKS: u64 = 48;

export const END: u32 = 0xffff;
export const ACTIVE: u32 = 0xfffe;
export const OWN: u32 = 0xfffd;

export class Slab {
  /** Of a descriptor for so many objects. */
  @inline
  static bytes(objects: u32): u32 {
    return (<u32>LINKS + 2 * objects + 7) & ~7;
  }

  /** Every object is free, in order. */
  static begin(memory: HeapMemory, slab: u64, cache: u32, run: u64, first: u64, objects: u32): void {
    memory.write<u64>(slab + FIRST, first);
    memory.write<u64>(slab + RUN, run);
    memory.write<u32>(slab + CACHE, cache);
    memory.write<u32>(slab + IN_USE, 0);
    memory.write<u32>(slab + FIRST_FREE, 0);
    for (let n: u32 = 0; n < objects; n++) Slab.setLink(memory, slab, n, n + 1 == objects ? END : n + 1);
  }

  @inline
  static next(memory: HeapMemory, slab: u64): u64 {
    return memory.read<u64>(slab + NEXT);
  }

  @inline
  static setNext(memory: HeapMemory, slab: u64, next: u64): void {
    memory.write<u64>(slab + NEXT, next);
  }

  @inline
  static previous(memory: HeapMemory, slab: u64): u64 {
    return memory.read<u64>(slab + PREVIOUS);
  }

  @inline
  static setPrevious(memory: HeapMemory, slab: u64, previous: u64): void {
    memory.write<u64>(slab + PREVIOUS, previous);
  }

  @inline
  static first(memory: HeapMemory, slab: u64): u64 {
    return memory.read<u64>(slab + FIRST);
  }

  @inline
  static run(memory: HeapMemory, slab: u64): u64 {
    return memory.read<u64>(slab + RUN);
  }

  /** The number of its cache. */
  @inline
  static cache(memory: HeapMemory, slab: u64): u32 {
    return memory.read<u32>(slab + CACHE);
  }

  @inline
  static inUse(memory: HeapMemory, slab: u64): u32 {
    return memory.read<u32>(slab + IN_USE);
  }

  @inline
  static setInUse(memory: HeapMemory, slab: u64, inUse: u32): void {
    memory.write<u32>(slab + IN_USE, inUse);
  }

  @inline
  static firstFree(memory: HeapMemory, slab: u64): u32 {
    return memory.read<u32>(slab + FIRST_FREE);
  }

  @inline
  static setFirstFree(memory: HeapMemory, slab: u64, object: u32): void {
    memory.write<u32>(slab + FIRST_FREE, object);
  }

  @inline
  static link(memory: HeapMemory, slab: u64, object: u32): u32 {
    return memory.read<u16>(slab + LINKS + ((<u64>object) << 1));
  }

  @inline
  static setLink(memory: HeapMemory, slab: u64, object: u32, link: u32): void {
    memory.write<u16>(slab + LINKS + ((<u64>object) << 1), <u16>link);
  }

  // As a debugger sees it, for walks.

  static peekNext(memory: HeapMemory, slab: u64): u64 {
    return memory.peek<u64>(slab + NEXT);
  }

  static peekPrevious(memory: HeapMemory, slab: u64): u64 {
    return memory.peek<u64>(slab + PREVIOUS);
  }

  static peekFirst(memory: HeapMemory, slab: u64): u64 {
    return memory.peek<u64>(slab + FIRST);
  }

  static peekRun(memory: HeapMemory, slab: u64): u64 {
    return memory.peek<u64>(slab + RUN);
  }

  static peekCache(memory: HeapMemory, slab: u64): u32 {
    return memory.peek<u32>(slab + CACHE);
  }

  static peekInUse(memory: HeapMemory, slab: u64): u32 {
    return memory.peek<u32>(slab + IN_USE);
  }

  static peekFirstFree(memory: HeapMemory, slab: u64): u32 {
    return memory.peek<u32>(slab + FIRST_FREE);
  }

  static peekLink(memory: HeapMemory, slab: u64, object: u32): u32 {
    return memory.peek<u16>(slab + LINKS + ((<u64>object) << 1));
  }
}
