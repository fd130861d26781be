/**
 * Arenas of the slab allocator: aligned stretches of memory from the system, which begin with what is known of their pages,
 * so that a block's address leads to it. From: Linux's mem_map (include/linux/mm_types.h, struct page), a part of it for
 * each arena.
 *
 *   arena  +0           +8     +16     +24     +32
 *          ├ next arena ┼ kind ┼ used ─┼ first ┼ page 0 ┼ page 1 ┼ ┄ ┼ pages ┄┄┄┄┄┄ ┤      a power of two, aligned to it
 *   mapped ├ next arena ┼ kind ┼ bytes ┼ first ┼ ┄ unused ┄┄┄┄┄┄┄┄┄┄┄┼ one block ┄┄ ┤      likewise aligned
 *
 *   page   +0           +8               +16     +20     +24
 *          ├ next, slab ┼ previous ──────┼ state ┼ order ┤
 *
 *   next arena: in order of addresses. kind: ARENA or MAPPED. used: pages in use. first: where pages, or the block, begin.
 *   next, previous: in the list of free runs of this order. slab: the descriptor of the slab that the page is in.
 */
import { HeapMemory } from "../memory";

const NEXT: u64 = 0;
const KIND: u64 = 8;
const USED: u64 = 16;
const FIRST: u64 = 24;
const PAGES: u64 = 32;
const PAGE_BYTES: u64 = 24;
const LINK: u64 = 0;
const PREVIOUS: u64 = 8;
const STATE: u64 = 16;
const ORDER: u64 = 20;

export const PAGE: u64 = 4096;
export const PAGE_SHIFT: u64 = 12;

/** Kinds. */
export const ARENA: u64 = 1;
export const MAPPED: u64 = 2;

/** States of a page; only a run's first page describes the run, but all pages of a slab lead to it. */
export const INNER: u32 = 0;
export const FREE: u32 = 1;
export const RUN: u32 = 2;
export const SLAB: u32 = 3;

export class Arena {
  /** Returns the bytes of the pages' descriptors in an arena of `bytes`. */
  static headerBytes(bytes: u64): u64 {
    return (PAGES + (bytes >> PAGE_SHIFT) * PAGE_BYTES + PAGE - 1) & ~(PAGE - 1);
  }

  @inline
  static next(memory: HeapMemory, arena: u64): u64 {
    return memory.read<u64>(arena + NEXT);
  }

  @inline
  static setNext(memory: HeapMemory, arena: u64, next: u64): void {
    memory.write<u64>(arena + NEXT, next);
  }

  @inline
  static kind(memory: HeapMemory, arena: u64): u64 {
    return memory.read<u64>(arena + KIND);
  }

  static setKind(memory: HeapMemory, arena: u64, kind: u64, first: u64): void {
    memory.write<u64>(arena + KIND, kind);
    memory.write<u64>(arena + FIRST, first);
  }

  /** Pages in use; of a mapped block, bytes of the mapping. */
  @inline
  static used(memory: HeapMemory, arena: u64): u64 {
    return memory.read<u64>(arena + USED);
  }

  @inline
  static setUsed(memory: HeapMemory, arena: u64, used: u64): void {
    memory.write<u64>(arena + USED, used);
  }

  @inline
  static first(memory: HeapMemory, arena: u64): u64 {
    return memory.read<u64>(arena + FIRST);
  }

  /** The descriptor of the page at `address`. */
  @inline
  static page(arena: u64, address: u64): u64 {
    return arena + PAGES + ((address - arena) >> PAGE_SHIFT) * PAGE_BYTES;
  }

  /** Where the page is that the descriptor is of. */
  @inline
  static addressOf(arena: u64, page: u64): u64 {
    return arena + (((page - arena - PAGES) / PAGE_BYTES) << PAGE_SHIFT);
  }

  @inline
  static link(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + LINK);
  }

  @inline
  static setLink(memory: HeapMemory, page: u64, link: u64): void {
    memory.write<u64>(page + LINK, link);
  }

  @inline
  static previous(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + PREVIOUS);
  }

  @inline
  static setPrevious(memory: HeapMemory, page: u64, previous: u64): void {
    memory.write<u64>(page + PREVIOUS, previous);
  }

  @inline
  static state(memory: HeapMemory, page: u64): u32 {
    return memory.read<u32>(page + STATE);
  }

  @inline
  static order(memory: HeapMemory, page: u64): u32 {
    return memory.read<u32>(page + ORDER);
  }

  @inline
  static setState(memory: HeapMemory, page: u64, state: u32, order: u32): void {
    memory.write<u32>(page + STATE, state);
    memory.write<u32>(page + ORDER, order);
  }

  // As a debugger sees them, for walks.

  static peekNext(memory: HeapMemory, arena: u64): u64 {
    return memory.peek<u64>(arena + NEXT);
  }

  static peekKind(memory: HeapMemory, arena: u64): u64 {
    return memory.peek<u64>(arena + KIND);
  }

  static peekUsed(memory: HeapMemory, arena: u64): u64 {
    return memory.peek<u64>(arena + USED);
  }

  static peekFirst(memory: HeapMemory, arena: u64): u64 {
    return memory.peek<u64>(arena + FIRST);
  }

  static peekLink(memory: HeapMemory, page: u64): u64 {
    return memory.peek<u64>(page + LINK);
  }

  static peekPrevious(memory: HeapMemory, page: u64): u64 {
    return memory.peek<u64>(page + PREVIOUS);
  }

  static peekState(memory: HeapMemory, page: u64): u32 {
    return memory.peek<u32>(page + STATE);
  }

  static peekOrder(memory: HeapMemory, page: u64): u32 {
    return memory.peek<u32>(page + ORDER);
  }
}
