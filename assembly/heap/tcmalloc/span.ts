/**
 * Spans: runs of whole pages, each for one large block, for objects of one class, or free; and the map that finds the span
 * of a page. From: src/span.h, src/span.cc and src/pagemap.h of gperftools 2.10.
 *
 *   span:  0       8        16     24     32        40     42      43
 *          ├ page ─┼ pages ─┼ next ┼ prev ┼ objects ┼ used ┼ class ┼ place ┤     48 bytes
 *
 *   page map:  a page's number of 35 bits:  34       18 17        0
 *                                           ├─ root ──┼── leaf ───┤     a leaf: 2 MiB, cleared when it is made
 *
 * A list is a ring of spans through a head that looks like one. A span in use for objects is found from each of its pages,
 * any other one from its first and last.
 */
import { HeapMemory } from "../memory";
import { freeTo, takeFrom } from "./metadata";
import { PAGE_MAP, TcmallocState } from "./state";

/** A span's place. */
export const IN_USE: u32 = 0;
export const FREE: u32 = 1;
/** Free, and its frames were given back. */
export const RETURNED: u32 = 2;

export const SPAN_BYTES: u64 = 48;
const PAGES: u64 = 8;
const NEXT: u64 = 16;
const PREV: u64 = 24;
const OBJECTS: u64 = 32;
const USED: u64 = 40;
const CLASS: u64 = 42;
const PLACE: u64 = 43;

const LEAF_BITS: u64 = 18;
const LEAF_MASK: u64 = (1 << LEAF_BITS) - 1;
export const LEAF_BYTES: u64 = 8 << LEAF_BITS;
const MOST_PAGES: u64 = 1 << 35;

export class Span {
  @inline
  static page(memory: HeapMemory, span: u64): u64 {
    return memory.read<u64>(span);
  }

  @inline
  static setPage(memory: HeapMemory, span: u64, page: u64): void {
    memory.write<u64>(span, page);
  }

  @inline
  static pages(memory: HeapMemory, span: u64): u64 {
    return memory.read<u64>(span + PAGES);
  }

  @inline
  static setPages(memory: HeapMemory, span: u64, pages: u64): void {
    memory.write<u64>(span + PAGES, pages);
  }

  @inline
  static next(memory: HeapMemory, span: u64): u64 {
    return memory.read<u64>(span + NEXT);
  }

  @inline
  static prev(memory: HeapMemory, span: u64): u64 {
    return memory.read<u64>(span + PREV);
  }

  /** The first of its free objects; 0: none is free. */
  @inline
  static objects(memory: HeapMemory, span: u64): u64 {
    return memory.read<u64>(span + OBJECTS);
  }

  @inline
  static setObjects(memory: HeapMemory, span: u64, first: u64): void {
    memory.write<u64>(span + OBJECTS, first);
  }

  /** Objects that are not in its list: in use, or cached. */
  @inline
  static used(memory: HeapMemory, span: u64): u32 {
    return memory.read<u16>(span + USED);
  }

  @inline
  static setUsed(memory: HeapMemory, span: u64, used: u32): void {
    memory.write<u16>(span + USED, <u16>used);
  }

  /** 0: it is not for objects. */
  @inline
  static sizeClass(memory: HeapMemory, span: u64): u32 {
    return memory.read<u8>(span + CLASS);
  }

  @inline
  static setSizeClass(memory: HeapMemory, span: u64, index: u32): void {
    memory.write<u8>(span + CLASS, <u8>index);
  }

  @inline
  static place(memory: HeapMemory, span: u64): u32 {
    return memory.read<u8>(span + PLACE);
  }

  @inline
  static setPlace(memory: HeapMemory, span: u64, place: u32): void {
    memory.write<u8>(span + PLACE, <u8>place);
  }
}

/** A new span, in use; 0: there is no memory. */
export function newSpan(t: TcmallocState, page: u64, pages: u64): u64 {
  const span = takeFrom(t, t.spans);
  if (span == 0) return 0;
  t.memory.fill(span, 0, SPAN_BYTES);
  Span.setPage(t.memory, span, page);
  Span.setPages(t.memory, span, pages);
  return span;
}

export function deleteSpan(t: TcmallocState, span: u64): void {
  freeTo(t, t.spans, span);
}

export function initList(memory: HeapMemory, head: u64): void {
  memory.write<u64>(head + NEXT, head);
  memory.write<u64>(head + PREV, head);
}

export function isListEmpty(memory: HeapMemory, head: u64): bool {
  return Span.next(memory, head) == head;
}

/** Puts the span first in the list. */
export function prepend(memory: HeapMemory, head: u64, span: u64): void {
  const next = Span.next(memory, head);
  memory.write<u64>(span + NEXT, next);
  memory.write<u64>(span + PREV, head);
  memory.write<u64>(next + PREV, span);
  memory.write<u64>(head + NEXT, span);
}

/** Takes the span from its list. */
export function unlink(memory: HeapMemory, span: u64): void {
  const next = Span.next(memory, span);
  const prev = Span.prev(memory, span);
  memory.write<u64>(prev + NEXT, next);
  memory.write<u64>(next + PREV, prev);
  memory.write<u64>(span + NEXT, 0);
  memory.write<u64>(span + PREV, 0);
}

function leafOf(memory: HeapMemory, page: u64): u64 {
  return memory.read<u64>(PAGE_MAP + ((page >> LEAF_BITS) << 3));
}

/** The span of a page; 0: none is known. */
export function spanOf(memory: HeapMemory, page: u64): u64 {
  if (page >= MOST_PAGES) return 0;
  const leaf = leafOf(memory, page);
  return leaf == 0 ? 0 : memory.read<u64>(leaf + ((page & LEAF_MASK) << 3));
}

export function mapPage(memory: HeapMemory, page: u64, span: u64): void {
  memory.write<u64>(leafOf(memory, page) + ((page & LEAF_MASK) << 3), span);
}

/** Maps the span's first and last page. */
export function mapEnds(memory: HeapMemory, span: u64): void {
  const page = Span.page(memory, span);
  const pages = Span.pages(memory, span);
  mapPage(memory, page, span);
  if (pages > 1) mapPage(memory, page + pages - 1, span);
}

/** True if there is a leaf for `page`. */
export function hasLeaf(memory: HeapMemory, page: u64): bool {
  return leafOf(memory, page) != 0;
}

export function setLeaf(memory: HeapMemory, page: u64, leaf: u64): void {
  memory.fill(leaf, 0, LEAF_BYTES);
  memory.write<u64>(PAGE_MAP + ((page >> LEAF_BITS) << 3), leaf);
}

/** The first page of the leaf behind that of `page`. */
export function nextLeaf(page: u64): u64 {
  return ((page >> LEAF_BITS) + 1) << LEAF_BITS;
}
