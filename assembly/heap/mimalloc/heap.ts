/**
 * A thread's heap: its pages by size of their blocks, and its segments' free spans by length. From:
 * include/mimalloc-types.h and src/page-queue.c of mimalloc 2.0.9.
 *
 *   0      8                  1040                2840           …    3032        3040
 *   ├ … ───┼ pages by words ──┼ queues, 24 × 75 ──┼ delayed free ┼ … ─┼ retired from ┼ to ─┼ …        3064 bytes
 *          a page for each      first, last, bytes  blocks that other
 *          size up to 1 KiB                         threads freed
 *   3064 + 32                 + 896
 *   ├ span queues, 24 × 36 ───┼ segments ┼ … ┤      first, last, slices                               1536 bytes
 */
import { HeapMemory } from "../memory";
import { BIN_FULL, BINS, binBytes, binFor, SPAN_BINS, WORD, wordsFor } from "./bins";
import { Page } from "./page";
import { EMPTY_PAGE } from "./state";

/** Blocks up to this size find their page without a queue. */
export const MOST_SMALL: u64 = 1024;
const DIRECT: u64 = 8;
const QUEUES: u64 = DIRECT + (MOST_SMALL / WORD + 1) * 8;
const QUEUE: u64 = 24;
const LAST: u64 = 8;
const BYTES: u64 = 16;
const DELAYED: u64 = 2840;
const RETIRED_FROM: u64 = 3032;
const RETIRED_TO: u64 = 3040;
const SPANS: u64 = 3064 + 32;
const SEGMENTS: u64 = 3064 + 896;
export const HEAP_BYTES: u64 = 4600;

export class Heap {
  /** The queue of bin `bin`. */
  static queue(heap: u64, bin: u32): u64 {
    return heap + QUEUES + <u64>bin * QUEUE;
  }

  /** The queue of free spans in bin `bin`. */
  static spans(heap: u64, bin: u32): u64 {
    return heap + SPANS + <u64>bin * QUEUE;
  }

  static first(memory: HeapMemory, queue: u64): u64 {
    return memory.read<u64>(queue);
  }

  static setFirst(memory: HeapMemory, queue: u64, page: u64): void {
    memory.write<u64>(queue, page);
  }

  static last(memory: HeapMemory, queue: u64): u64 {
    return memory.read<u64>(queue + LAST);
  }

  static setLast(memory: HeapMemory, queue: u64, page: u64): void {
    memory.write<u64>(queue + LAST, page);
  }

  /** The page for small blocks of `bytes`. */
  @inline
  static small(memory: HeapMemory, heap: u64, bytes: u64): u64 {
    return memory.read<u64>(heap + DIRECT + (wordsFor(bytes) << 3));
  }

  /** Blocks in full pages that other threads freed. */
  static delayed(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + DELAYED);
  }

  static setDelayed(memory: HeapMemory, heap: u64, block: u64): void {
    memory.write<u64>(heap + DELAYED, block);
  }

  /** The lowest and the highest bin that has a retired page. */
  static retiredFrom(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + RETIRED_FROM);
  }

  static retiredTo(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + RETIRED_TO);
  }

  static setRetired(memory: HeapMemory, heap: u64, from: u64, to: u64): void {
    memory.write<u64>(heap + RETIRED_FROM, from);
    memory.write<u64>(heap + RETIRED_TO, to);
  }

  static segments(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + SEGMENTS);
  }

  static countSegments(memory: HeapMemory, heap: u64, delta: i64): void {
    memory.write<u64>(heap + SEGMENTS, Heap.segments(memory, heap) + <u64>delta);
  }

  /** Makes a heap without pages. */
  static init(memory: HeapMemory, heap: u64): void {
    memory.fill(heap, 0, HEAP_BYTES);
    for (let at = heap + DIRECT; at < heap + QUEUES; at += 8) memory.write<u64>(at, EMPTY_PAGE);
    for (let bin: u32 = 0; bin < BINS; bin++) memory.write<u64>(Heap.queue(heap, bin) + BYTES, binBytes(bin));
    for (let bin: u32 = 0; bin < SPAN_BINS; bin++) memory.write<u64>(Heap.spans(heap, bin) + BYTES, 1);
    Heap.setRetired(memory, heap, BIN_FULL, 0);
  }
}

/** The bin of a page's queue. */
export function binOf(memory: HeapMemory, page: u64): u32 {
  return Page.isInFull(memory, page) ? BIN_FULL : binFor(Page.bytes(memory, page));
}

/** The queue's first page is another: the direct entries for its sizes lead there. */
function updateDirect(memory: HeapMemory, heap: u64, bin: u32): void {
  const bytes = binBytes(bin);
  if (bytes > MOST_SMALL) return;
  let page = Heap.first(memory, Heap.queue(heap, bin));
  if (page == 0) page = EMPTY_PAGE;
  const last = wordsFor(bytes);
  if (memory.read<u64>(heap + DIRECT + (last << 3)) == page) return;
  let first: u64 = 0;
  if (last > 1) {
    let before = bin - 1;
    while (before > 0 && binFor(binBytes(before)) == bin) before--;
    first = min(wordsFor(binBytes(before)) + 1, last);
  }
  for (let words = first; words <= last; words++) memory.write<u64>(heap + DIRECT + (words << 3), page);
}

/** Takes the page from its queue. */
export function removePage(memory: HeapMemory, heap: u64, bin: u32, page: u64): void {
  unlinkPage(memory, heap, bin, page);
  Page.setNext(memory, page, 0);
  Page.setPrev(memory, page, 0);
  Page.setInFull(memory, page, false);
}

function unlinkPage(memory: HeapMemory, heap: u64, bin: u32, page: u64): void {
  const queue = Heap.queue(heap, bin);
  const next = Page.next(memory, page);
  const prev = Page.prev(memory, page);
  if (prev != 0) Page.setNext(memory, prev, next);
  if (next != 0) Page.setPrev(memory, next, prev);
  if (page == Heap.last(memory, queue)) Heap.setLast(memory, queue, prev);
  if (page != Heap.first(memory, queue)) return;
  Heap.setFirst(memory, queue, next);
  updateDirect(memory, heap, bin);
}

/** Puts the page first in a queue. */
export function pushPage(memory: HeapMemory, heap: u64, bin: u32, page: u64): void {
  const queue = Heap.queue(heap, bin);
  const first = Heap.first(memory, queue);
  Page.setInFull(memory, page, bin == BIN_FULL);
  Page.setNext(memory, page, first);
  Page.setPrev(memory, page, 0);
  if (first != 0) Page.setPrev(memory, first, page);
  else Heap.setLast(memory, queue, page);
  Heap.setFirst(memory, queue, page);
  updateDirect(memory, heap, bin);
}

/** Moves the page from one queue to the end of another. */
export function movePage(memory: HeapMemory, heap: u64, from: u32, to: u32, page: u64): void {
  unlinkPage(memory, heap, from, page);
  const queue = Heap.queue(heap, to);
  const last = Heap.last(memory, queue);
  Page.setPrev(memory, page, last);
  Page.setNext(memory, page, 0);
  Heap.setLast(memory, queue, page);
  if (last != 0) Page.setNext(memory, last, page);
  else {
    Heap.setFirst(memory, queue, page);
    updateDirect(memory, heap, to);
  }
  Page.setInFull(memory, page, to == BIN_FULL);
}
