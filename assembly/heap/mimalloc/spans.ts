/**
 * Free spans of slices, in queues by length, and the pages that are cut from them. From: src/segment.c of mimalloc 2.0.9,
 * "Span free" and "Page allocation".
 */
import { HeapMemory } from "../memory";
import { SPAN_BINS, spanBinFor } from "./bins";
import { ensureCommitted, expireRange } from "./commit";
import { Heap } from "./heap";
import { Page } from "./page";
import { HUGE, HUGE_BYTES, MOST_OFFSET, Segment, SLICE_BYTES, SLICE_SHIFT } from "./segment";
import { MimallocState } from "./state";

export function isAbandoned(memory: HeapMemory, segment: u64): bool {
  return Segment.thread(memory, segment) == 0;
}

function pushSpan(memory: HeapMemory, heap: u64, span: u64): void {
  const queue = Heap.spans(heap, spanBinFor(Page.slices(memory, span)));
  const first = Heap.first(memory, queue);
  Page.setPrev(memory, span, 0);
  Page.setNext(memory, span, first);
  Heap.setFirst(memory, queue, span);
  if (first != 0) Page.setPrev(memory, first, span);
  else Heap.setLast(memory, queue, span);
  Page.setBytes(memory, span, 0);
}

/** Takes a free span from its queue. */
export function removeSpan(memory: HeapMemory, heap: u64, span: u64): void {
  const queue = Heap.spans(heap, spanBinFor(Page.slices(memory, span)));
  const next = Page.next(memory, span);
  const prev = Page.prev(memory, span);
  if (prev != 0) Page.setNext(memory, prev, next);
  if (span == Heap.first(memory, queue)) Heap.setFirst(memory, queue, next);
  if (next != 0) Page.setPrev(memory, next, prev);
  if (span == Heap.last(memory, queue)) Heap.setLast(memory, queue, prev);
  Page.setPrev(memory, span, 0);
  Page.setNext(memory, span, 0);
  Page.setBytes(memory, span, 1);
}

/** Makes slices a free span, in a queue unless the segment is abandoned or huge. */
export function freeSpan(
  m: MimallocState,
  heap: u64,
  segment: u64,
  first: u64,
  count: u64,
  expires: bool,
): void {
  const memory = m.memory;
  const span = Segment.slice(segment, first);
  const isQueued = Segment.kind(memory, segment) != HUGE && !isAbandoned(memory, segment);
  if (count == 0) count = 1;
  Page.begin(memory, span, count);
  if (count > 1) Page.setOffset(memory, span + (count - 1) * SLICE_BYTES, (count - 1) * SLICE_BYTES, 0);
  if (expires) expireRange(m, segment, first << SLICE_SHIFT, count << SLICE_SHIFT);
  if (isQueued) pushSpan(memory, heap, span);
  else Page.setBytes(memory, span, 0);
}

/** Frees a span, together with free neighbours; the span that comes of it. */
export function coalesceSpan(m: MimallocState, heap: u64, span: u64): u64 {
  const memory = m.memory;
  const segment = Segment.of(span);
  if (Segment.kind(memory, segment) == HUGE) {
    Page.setBytes(memory, span, 0);
    return span;
  }
  const isQueued = !isAbandoned(memory, segment);
  let count = Page.slices(memory, span);
  const next = span + count * SLICE_BYTES;
  if (next < Segment.slice(segment, Segment.entries(memory, segment)) && Page.bytes(memory, next) == 0) {
    count += Page.slices(memory, next);
    if (isQueued) removeSpan(memory, heap, next);
  }
  if (span > Segment.slice(segment, 0)) {
    const prev = Page.first(memory, span - SLICE_BYTES);
    if (Page.bytes(memory, prev) == 0) {
      count += Page.slices(memory, prev);
      if (isQueued) removeSpan(memory, heap, prev);
      span = prev;
    }
  }
  freeSpan(m, heap, segment, Segment.indexOf(segment, span), count, true);
  return span;
}

/** Makes slices a page; 0: they cannot be committed. */
export function allocateSpan(m: MimallocState, segment: u64, first: u64, count: u64): u64 {
  const memory = m.memory;
  const page = Segment.slice(segment, first);
  if (!ensureCommitted(m, segment, first << SLICE_SHIFT, count << SLICE_SHIFT)) return 0;
  Page.begin(memory, page, count);
  Page.setBytes(memory, page, min(count << SLICE_SHIFT, HUGE_BYTES));
  const entries = Segment.entries(memory, segment);
  let extra = min(count - 1, MOST_OFFSET);
  if (first + extra >= entries) extra = entries - first - 1;
  for (let n: u64 = 1; n <= extra; n++) Page.setOffset(memory, page + n * SLICE_BYTES, n * SLICE_BYTES, 1);
  const last = min(page + (count - 1) * SLICE_BYTES, Segment.slice(segment, entries));
  if (last > page) Page.setOffset(memory, last, last - page, 1);
  Segment.setUsed(memory, segment, Segment.used(memory, segment) + 1);
  return page;
}

/** A page of `count` slices from the heap's free spans, the best fitting queue first; 0: there is none. */
export function findSpan(m: MimallocState, heap: u64, count: u64): u64 {
  const memory = m.memory;
  for (let bin = spanBinFor(count); bin < SPAN_BINS; bin++) {
    memory.step();
    const queue = Heap.spans(heap, bin);
    for (
      let span = Heap.first(memory, queue);
      span != 0 && !memory.hasStopped;
      span = Page.next(memory, span)
    ) {
      memory.step();
      if (Page.slices(memory, span) >= count) return cutSpan(m, heap, span, count);
    }
  }
  return 0;
}

function cutSpan(m: MimallocState, heap: u64, span: u64, count: u64): u64 {
  const memory = m.memory;
  const segment = Segment.of(span);
  const first = Segment.indexOf(segment, span);
  removeSpan(memory, heap, span);
  const rest = Page.slices(memory, span) - count;
  if (rest != 0) {
    freeSpan(m, heap, segment, first + count, rest, false);
    Page.setSlices(memory, span, count);
  }
  const page = allocateSpan(m, segment, first, count);
  if (page == 0) coalesceSpan(m, heap, span);
  return page;
}
