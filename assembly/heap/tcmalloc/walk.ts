/**
 * A walk over tcmalloc's heap: spans in order of address, those for objects object by object; and what is to be true of
 * them. An object is free when its span's list has it, and cached when a thread's or a transfer cache has it.
 */
import { NONE } from "../../abi/core";
import { CHUNK_CACHED, CHUNK_FREE, CHUNK_META, CHUNK_USED } from "../../abi/heap";
import { ChunkView } from "../contract";
import { centralList, transferSlot, transferSlots } from "./central";
import { MOST_LISTED } from "./page-heap";
import { PAGE, PAGE_SHIFT } from "./sizes";
import { FREE, IN_USE, RETURNED, Span, spanOf } from "./span";
import { EXTENT_METADATA, TcmallocState } from "./state";
import { firstCached, nextCache } from "./thread-cache";

/** Objects that a span may have. */
export const MOST_OBJECTS: u32 = <u32>(PAGE / 8);
/** Numbers of the free lists behind those of the classes. */
const FREE_BINS: u32 = 128;
const RETURNED_BINS: u32 = 512;

export function nextOf(t: TcmallocState, view: ChunkView): bool {
  if (view.cursor == 0) t.markedSpan = 0;
  const index = t.extents.from(view.cursor);
  if (index == t.extents.count) return false;
  const at = max(view.cursor, t.extents.start(index));
  view.arena = 0;
  view.bin = NONE;
  if (t.extents.kind(index) == EXTENT_METADATA) show(view, at, t.extents.end(index) - at, CHUNK_META);
  else showSpan(t, view, at, spanOf(t.memory, at >> PAGE_SHIFT));
  return !t.memory.hasStopped;
}

function show(view: ChunkView, at: u64, bytes: u64, state: u32): void {
  view.address = at;
  view.bytes = bytes;
  view.state = state;
  view.cursor = at + bytes;
}

function showSpan(t: TcmallocState, view: ChunkView, at: u64, span: u64): void {
  const memory = t.memory;
  const start = Span.page(memory, span) << PAGE_SHIFT;
  const pages = Span.pages(memory, span);
  const place = Span.place(memory, span);
  const index = Span.sizeClass(memory, span);
  if (place != IN_USE) {
    view.bin = (place == FREE ? FREE_BINS : RETURNED_BINS) + <u32>min(pages, MOST_LISTED + 1);
    show(view, at, start + (pages << PAGE_SHIFT) - at, CHUNK_FREE);
  } else if (index == 0) show(view, at, start + (pages << PAGE_SHIFT) - at, CHUNK_USED);
  else showObject(t, view, at, span, index);
}

function showObject(t: TcmallocState, view: ChunkView, at: u64, span: u64, index: u32): void {
  const memory = t.memory;
  if (t.markedSpan != span) markSpan(t, span, index);
  const bytes = t.sizes.bytes(index);
  const start = Span.page(memory, span) << PAGE_SHIFT;
  const number = <u32>((at - start) / bytes);
  if (number >= t.sizes.objects(index)) {
    // The rest of the span after the last object.
    show(view, at, start + (Span.pages(memory, span) << PAGE_SHIFT) - at, CHUNK_META);
    return;
  }
  const state = t.isOwn(at) ? CHUNK_META : load<u8>(t.marks + number);
  if (state != CHUNK_USED && state != CHUNK_META) view.bin = index;
  show(view, at, bytes, state);
}

/** Enters each object's state in `marks`. */
function markSpan(t: TcmallocState, span: u64, index: u32): void {
  const memory = t.memory;
  t.markedSpan = span;
  for (let n: u32 = 0; n < MOST_OBJECTS; n++) store<u8>(t.marks + n, <u8>CHUNK_USED);
  markList(t, span, index, Span.objects(memory, span), CHUNK_FREE);
  for (let cache = t.firstCache; cache != 0 && !memory.hasStopped; cache = nextCache(memory, cache))
    markList(t, span, index, firstCached(memory, cache, index), CHUNK_CACHED);
  const list = centralList(index);
  for (let slot: u32 = 0; slot < transferSlots(memory, list); slot++)
    markList(t, span, index, transferSlot(memory, list, slot), CHUNK_CACHED);
}

function markList(t: TcmallocState, span: u64, index: u32, object: u64, state: u32): void {
  const memory = t.memory;
  const start = Span.page(memory, span) << PAGE_SHIFT;
  const end = start + (Span.pages(memory, span) << PAGE_SHIFT);
  // A list that a block is in twice leads back into itself (Brent's algorithm).
  let seen: u64 = 0;
  for (let n: u32 = 1; object != 0 && object != seen && !memory.hasStopped; n++) {
    if (object >= start && object < end)
      store<u8>(t.marks + <u32>((object - start) / t.sizes.bytes(index)), <u8>state);
    if ((n & (n - 1)) == 0) seen = object;
    object = memory.read<u64>(object);
  }
}

/** Spans tile what there is, are found by their ends, have coalesced, and count their objects right; sums are right. */
export function isSound(t: TcmallocState): bool {
  let free: u64 = 0;
  let returned: u64 = 0;
  for (let n: u32 = 0; n < t.extents.count; n++) {
    if (t.extents.kind(n) == EXTENT_METADATA) continue;
    let last = IN_USE;
    for (let page = t.extents.start(n) >> PAGE_SHIFT; page << PAGE_SHIFT < t.extents.end(n); ) {
      const span = spanOf(t.memory, page);
      if (!isSpanSound(t, span, page, last)) return false;
      last = Span.place(t.memory, span);
      const pages = Span.pages(t.memory, span);
      if (last == FREE) free += pages << PAGE_SHIFT;
      if (last == RETURNED) returned += pages << PAGE_SHIFT;
      page += pages;
    }
  }
  return (
    free == t.freeBytes &&
    returned == t.returnedBytes &&
    t.order.isValid(t.longFree) &&
    t.order.isValid(t.longReturned)
  );
}

function isSpanSound(t: TcmallocState, span: u64, page: u64, before: u32): bool {
  const memory = t.memory;
  if (span == 0 || Span.page(memory, span) != page || Span.pages(memory, span) == 0) return false;
  if (spanOf(memory, page + Span.pages(memory, span) - 1) != span) return false;
  const place = Span.place(memory, span);
  if (place != IN_USE) return place != before;
  const index = Span.sizeClass(memory, span);
  if (index == 0) return true;
  let free: u32 = 0;
  for (let object = Span.objects(memory, span); object != 0; object = memory.read<u64>(object))
    if (++free > t.sizes.objects(index)) return false;
  return free + Span.used(memory, span) == t.sizes.objects(index);
}
