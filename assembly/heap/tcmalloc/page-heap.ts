/**
 * The page heap: free spans, coalesced at once with neighbours of their own kind, found best fit. From: src/page_heap.cc of
 * gperftools 2.10.
 *
 *   free spans of 1 … 128 pages:  ├ ring of free ones ┼ ring of returned ones ┤  × 128, last in, first out
 *   longer ones:                  two sets in order of length and address
 *
 * The heap grows by 1 MiB or by what is wanted. It returns frames slowly: a span at a time from the length whose turn it
 * is, and none again until 1000 pages were freed for each that was returned.
 *
 * Differences: no limit on the heap (TCMALLOC_HEAP_LIMIT_MB).
 */
import { ENOMEM } from "../../abi/linux";
import { allocMetadata, freeTo, takeFrom } from "./metadata";
import { PAGE, PAGE_SHIFT } from "./sizes";
import {
  deleteSpan,
  FREE,
  hasLeaf,
  IN_USE,
  initList,
  isListEmpty,
  LEAF_BYTES,
  mapEnds,
  mapPage,
  newSpan,
  nextLeaf,
  prepend,
  RETURNED,
  SPAN_BYTES,
  Span,
  setLeaf,
  spanOf,
  unlink,
} from "./span";
import { EXTENT_SPANS, FREE_SPANS, TcmallocState } from "./state";
import { allocateFromSystem, release } from "./system";

/** Spans of up to so many pages have lists by length; the heap grows by so many at least. */
export const MOST_LISTED: u64 = 128;
const MOST_PAGES: u64 = u64.MAX_VALUE >> PAGE_SHIFT;
const MOST_RELEASE_DELAY: i64 = 1 << 20;
const DEFAULT_RELEASE_DELAY: i64 = 1 << 18;
/** Each time that the heap passes a multiple of it, all that is free is returned if that may spare growing. */
const FORCED_COALESCING: u64 = 128 << 20;

/** Pages that `bytes` take. */
export function pagesFor(bytes: u64): u64 {
  return (bytes >> PAGE_SHIFT) + ((bytes & (PAGE - 1)) != 0 ? 1 : 0);
}

export function listOf(pages: u64, place: u32): u64 {
  return FREE_SPANS + (((pages - 1) << 1) + (place == FREE ? 0 : 1)) * SPAN_BYTES;
}

export function initPageHeap(t: TcmallocState): void {
  t.releaseIndex = <u32>MOST_LISTED;
  // The first growth comes before the library has read its settings, when the rate is still 0.
  t.scavengeCounter = DEFAULT_RELEASE_DELAY + <i64>MOST_LISTED;
  for (let pages: u64 = 1; pages <= MOST_LISTED; pages++) {
    initList(t.memory, listOf(pages, FREE));
    initList(t.memory, listOf(pages, RETURNED));
  }
}

/** A span of `pages`, in use; 0 with errno: there is no memory. */
export function allocateSpan(t: TcmallocState, pages: u64): u64 {
  const found = findSpan(t, pages);
  if (found != 0 || t.memory.hasStopped) return found;
  if (mayCoalesce(t, pages)) {
    releaseAtLeast(t, 0x7fffffff);
    const again = findSpan(t, pages);
    if (again != 0) return again;
  }
  if (!grow(t, pages)) {
    t.memory.errno = ENOMEM;
    return 0;
  }
  return findSpan(t, pages);
}

/** True if the heap may not need to grow once all free spans are returned and coalesce with other returned ones. */
function mayCoalesce(t: TcmallocState, pages: u64): bool {
  return (
    t.freeBytes != 0 &&
    t.returnedBytes != 0 &&
    t.freeBytes + t.returnedBytes >= t.systemBytes / 4 &&
    t.systemBytes / FORCED_COALESCING != (t.systemBytes + (pages << PAGE_SHIFT)) / FORCED_COALESCING
  );
}

function findSpan(t: TcmallocState, pages: u64): u64 {
  const memory = t.memory;
  for (let length = pages; length <= MOST_LISTED; length++) {
    memory.step();
    const free = listOf(length, FREE);
    if (!isListEmpty(memory, free)) return carve(t, Span.next(memory, free), pages);
    const returned = listOf(length, RETURNED);
    if (!isListEmpty(memory, returned)) return carve(t, Span.next(memory, returned), pages);
  }
  return findLong(t, pages);
}

/** The best fit of the long free spans and the long returned ones, the lower one of two alike. */
function findLong(t: TcmallocState, pages: u64): u64 {
  const order = t.order;
  const free = order.atLeast(t.longFree, pages, 0);
  t.memory.steps += order.steps;
  const returned = order.atLeast(t.longReturned, pages, 0);
  t.memory.steps += order.steps;
  let best = free;
  if (returned != 0 && (free == 0 || isBefore(t, returned, free))) best = returned;
  return best == 0 ? 0 : carve(t, spanOf(t.memory, order.minor(best)), pages);
}

function isBefore(t: TcmallocState, a: u32, b: u32): bool {
  const order = t.order;
  const length = order.major(a);
  return length < order.major(b) || (length == order.major(b) && order.minor(a) < order.minor(b));
}

/** Takes the first `pages` of a free span, and puts the rest back. */
function carve(t: TcmallocState, span: u64, pages: u64): u64 {
  const memory = t.memory;
  const place = Span.place(memory, span);
  removeFree(t, span);
  Span.setPlace(memory, span, IN_USE);
  const extra = Span.pages(memory, span) - pages;
  if (extra == 0) return span;
  const rest = newSpan(t, Span.page(memory, span) + pages, extra);
  if (rest == 0) return span;
  Span.setPlace(memory, rest, place);
  mapEnds(memory, rest);
  insertFree(t, rest);
  Span.setPages(memory, span, pages);
  mapPage(memory, Span.page(memory, span) + pages - 1, span);
  return span;
}

/** Parts a span in use behind its first `pages`; the second part; 0: there is no memory. */
export function splitSpan(t: TcmallocState, span: u64, pages: u64): u64 {
  const memory = t.memory;
  const rest = newSpan(t, Span.page(memory, span) + pages, Span.pages(memory, span) - pages);
  if (rest == 0) return 0;
  mapEnds(memory, rest);
  mapPage(memory, Span.page(memory, span) + pages - 1, span);
  Span.setPages(memory, span, pages);
  return rest;
}

/** Frees a span that was in use. */
export function freeSpan(t: TcmallocState, span: u64): void {
  const memory = t.memory;
  const pages = Span.pages(memory, span);
  Span.setSizeClass(memory, span, 0);
  Span.setPlace(memory, span, FREE);
  mergeFree(t, span);
  scavenge(t, pages);
}

function mergeFree(t: TcmallocState, span: u64): void {
  const memory = t.memory;
  const page = Span.page(memory, span);
  const pages = Span.pages(memory, span);
  if (t.isAggressive && Span.place(memory, span) == FREE && releaseFrames(t, span))
    Span.setPlace(memory, span, RETURNED);
  const before = spanOf(memory, page - 1);
  if (takeNeighbour(t, span, before)) {
    const length = Span.pages(memory, before);
    deleteSpan(t, before);
    Span.setPage(memory, span, page - length);
    Span.setPages(memory, span, pages + length);
    mapPage(memory, page - length, span);
  }
  const after = spanOf(memory, page + pages);
  if (takeNeighbour(t, span, after)) {
    const length = Span.pages(memory, after);
    deleteSpan(t, after);
    Span.setPages(memory, span, Span.pages(memory, span) + length);
    mapPage(memory, page + pages + length - 1, span);
  }
  insertFree(t, span);
}

/** Takes a free neighbour of the same kind from its list; false: there is none. */
function takeNeighbour(t: TcmallocState, span: u64, other: u64): bool {
  const memory = t.memory;
  if (other == 0 || memory.hasStopped) return false;
  const place = Span.place(memory, span);
  const theirs = Span.place(memory, other);
  if (t.isAggressive && theirs == FREE && place == RETURNED) {
    if (!releaseFrames(t, other)) return false;
  } else if (theirs != place) return false;
  removeFree(t, other);
  return true;
}

function insertFree(t: TcmallocState, span: u64): void {
  const memory = t.memory;
  const pages = Span.pages(memory, span);
  const place = Span.place(memory, span);
  if (place == FREE) t.freeBytes += pages << PAGE_SHIFT;
  else t.returnedBytes += pages << PAGE_SHIFT;
  if (pages <= MOST_LISTED) {
    prepend(memory, listOf(pages, place), span);
    return;
  }
  // The set's node: its bytes are touched; its order is kept outside the process's memory.
  const node = takeFrom(t, t.nodes);
  memory.write<u64>(node, span);
  Span.setObjects(memory, span, node);
  const page = Span.page(memory, span);
  if (place == FREE) t.longFree = t.order.insert(t.longFree, pages, page);
  else t.longReturned = t.order.insert(t.longReturned, pages, page);
  if (t.order.hasFailed) memory.fail();
}

function removeFree(t: TcmallocState, span: u64): void {
  const memory = t.memory;
  const pages = Span.pages(memory, span);
  const place = Span.place(memory, span);
  if (place == FREE) t.freeBytes -= pages << PAGE_SHIFT;
  else t.returnedBytes -= pages << PAGE_SHIFT;
  if (pages <= MOST_LISTED) {
    unlink(memory, span);
    return;
  }
  freeTo(t, t.nodes, Span.objects(memory, span));
  Span.setObjects(memory, span, 0);
  const page = Span.page(memory, span);
  if (place == FREE) t.longFree = t.order.remove(t.longFree, pages, page);
  else t.longReturned = t.order.remove(t.longReturned, pages, page);
}

/** Pages were freed: perhaps it is time to return some frames. */
function scavenge(t: TcmallocState, pages: u64): void {
  t.scavengeCounter -= pages;
  if (t.scavengeCounter >= 0) return;
  const returned = t.releaseRate <= 1e-6 ? 0 : releaseAtLeast(t, 1);
  t.scavengeCounter =
    returned == 0
      ? DEFAULT_RELEASE_DELAY
      : <i64>min(<f64>MOST_RELEASE_DELAY, (1000.0 / t.releaseRate) * <f64>returned);
}

/** Returns spans, one of each length in turn, until they have so many pages; how many they have. */
function releaseAtLeast(t: TcmallocState, pages: u64): u64 {
  let released: u64 = 0;
  while (released < pages && t.freeBytes > 0 && !t.memory.hasStopped) {
    for (let n: u64 = 0; n <= MOST_LISTED && released < pages; n++, t.releaseIndex++) {
      if (t.releaseIndex > <u32>MOST_LISTED) t.releaseIndex = 0;
      const span = nextToReturn(t);
      if (span == 0) continue;
      const length = Span.pages(t.memory, span);
      if (!releaseFrames(t, span)) return released;
      removeFree(t, span);
      Span.setPlace(t.memory, span, RETURNED);
      mergeFree(t, span);
      released += length;
    }
  }
  return released;
}

/** The oldest free span of the length whose turn it is, the shortest of the long ones; 0: there is none. */
function nextToReturn(t: TcmallocState): u64 {
  t.memory.step();
  if (t.releaseIndex == <u32>MOST_LISTED) {
    const first = t.order.first(t.longFree);
    return first == 0 ? 0 : spanOf(t.memory, t.order.minor(first));
  }
  const list = listOf(t.releaseIndex + 1, FREE);
  return isListEmpty(t.memory, list) ? 0 : Span.prev(t.memory, list);
}

function releaseFrames(t: TcmallocState, span: u64): bool {
  return release(t, Span.page(t.memory, span) << PAGE_SHIFT, Span.pages(t.memory, span) << PAGE_SHIFT);
}

/** Gets at least `pages` from the system, as one free span; false: there are none. */
function grow(t: TcmallocState, pages: u64): bool {
  if (pages > MOST_PAGES) return false;
  let ask = max(pages, MOST_LISTED);
  let at = allocateFromSystem(t, ask << PAGE_SHIFT, PAGE);
  if (at == 0 && pages < ask) {
    ask = pages;
    at = allocateFromSystem(t, ask << PAGE_SHIFT, PAGE);
  }
  if (at == 0 || !recordGrowth(t, ask)) return false;
  t.systemBytes += ask << PAGE_SHIFT;
  const page = at >> PAGE_SHIFT;
  if (!t.extents.add(at, ask << PAGE_SHIFT, EXTENT_SPANS)) t.memory.fail();
  if (!ensureLeaves(t, page - 1, page + ask)) return false;
  const span = newSpan(t, page, ask);
  if (span == 0) return false;
  mapEnds(t.memory, span);
  freeSpan(t, span);
  return true;
}

/** Each growth leaves a stack trace behind, empty in the minimal library but for its length and its link. */
function recordGrowth(t: TcmallocState, pages: u64): bool {
  const trace = takeFrom(t, t.growths);
  if (trace == 0) return false;
  t.memory.write<u64>(trace, pages << PAGE_SHIFT);
  t.memory.write<u64>(trace + t.growths.bytes - 8, 0);
  return true;
}

function ensureLeaves(t: TcmallocState, first: u64, last: u64): bool {
  for (let page = first; page <= last; page = nextLeaf(page)) {
    if (hasLeaf(t.memory, page)) continue;
    const leaf = allocMetadata(t, LEAF_BYTES);
    if (leaf == 0) return false;
    setLeaf(t.memory, page, leaf);
  }
  return true;
}
