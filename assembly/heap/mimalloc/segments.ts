/**
 * Segments: 32 MiB of pages of any size for one thread, or one huge page alone. From: src/segment.c of mimalloc 2.0.9. The
 * first segment of a thread that is not the first is committed a MiB at a time; all others at once.
 */
import { HeapMemory } from "../memory";
import { decommitExpired, Mask } from "./commit";
import { Heap } from "./heap";
import { collect, Page } from "./page";
import {
  HUGE,
  HUGE_BYTES,
  NORMAL,
  SEGMENT,
  SEGMENT_SLICES,
  Segment,
  SLICE,
  SLICE_BYTES,
  SLICE_SHIFT,
  SLICES,
} from "./segment";
import { cacheSegment, takeCached } from "./segment-cache";
import { allocateSpan, coalesceSpan, findSpan, freeSpan, removeSpan } from "./spans";
import { MAPPED_SEGMENT, MimallocState } from "./state";
import { alignUp, commitRange, decommitRange, goodBytes, mapAligned, unmap } from "./system";

const SYSTEM_PAGE: u64 = 4096;
/** Slices of a segment's structures. */
const INFO_SLICES: u64 = (SLICES + SLICE_BYTES * (SEGMENT_SLICES + 1) + SLICE - 1) / SLICE;

/** Bytes before a segment whose one page is aligned more than a segment is. */
function leadOf(alignment: u64, offset: u64): u64 {
  return alignUp(offset, alignment) - offset;
}

/** Makes a normal segment, or, for `required` bytes, a huge one; 0: there is no memory. */
export function newSegment(m: MimallocState, heap: u64, required: u64, alignment: u64): u64 {
  const memory = m.memory;
  const isLazy = m.threads > 1 && Heap.segments(memory, heap) < m.lazySegments && required == 0;
  let slices = required == 0 ? SEGMENT_SLICES : alignUp(required + INFO_SLICES * SLICE, SLICE) >> SLICE_SHIFT;
  let offset: u64 = 0;
  if (alignment > 0) {
    offset = SEGMENT;
    slices = alignUp(required + SEGMENT, SLICE) >> SLICE_SHIFT;
  }
  const bytes = slices << SLICE_SHIFT;
  let segment = alignment == 0 && slices == SEGMENT_SLICES ? takeCached(m) : 0;
  const isKept = segment != 0;
  if (isKept) {
    if (!Mask.hasAll(memory, Segment.committed(segment), 0, <u32>INFO_SLICES)) commitInfo(m, segment);
  } else segment = mapSegment(m, bytes, max(alignment, SEGMENT), offset, !isLazy);
  if (segment == 0) return 0;
  // Memory that was committed separately counts as used before.
  if (isKept || isLazy) Segment.clear(memory, segment, slices);
  Heap.countSegments(memory, heap, 1);
  Segment.setNextAbandoned(memory, segment, 0);
  Segment.setAlignment(memory, segment, max(alignment, SEGMENT), offset);
  Segment.setMayDecommit(memory, segment);
  Segment.setExpire(memory, segment, 0);
  Segment.setSlices(memory, segment, slices, INFO_SLICES);
  Segment.setThread(memory, segment, m.owner);
  Segment.setKind(memory, segment, required == 0 ? NORMAL : HUGE);
  allocateSpan(m, segment, 0, INFO_SLICES);
  Segment.setUsed(memory, segment, 0);
  if (required == 0) freeSpan(m, heap, segment, INFO_SLICES, SEGMENT_SLICES - INFO_SLICES, false);
  return segment;
}

function mapSegment(m: MimallocState, bytes: u64, alignment: u64, offset: u64, isCommitted: bool): u64 {
  const lead = leadOf(alignment, offset);
  const start = mapAligned(m, bytes + lead, alignment, isCommitted);
  if (start == 0) return 0;
  const segment = start + lead;
  m.enterMapped(segment, bytes, MAPPED_SEGMENT);
  if (isCommitted && lead > SYSTEM_PAGE) decommitRange(m, start, lead);
  if (isCommitted) Mask.fill(m.memory, Segment.committed(segment), u64.MAX_VALUE);
  else if (!commitInfo(m, segment)) return 0;
  return segment;
}

/** Makes the structures' slices accessible. */
function commitInfo(m: MimallocState, segment: u64): bool {
  if (!commitRange(m, segment, INFO_SLICES * SLICE)) return false;
  Mask.set(m.memory, Segment.committed(segment), 0, <u32>INFO_SLICES);
  return true;
}

/** A huge page for `bytes`, aligned to more than half a segment where `alignment` is not 0; 0: there is no memory. */
export function newHugePage(m: MimallocState, heap: u64, bytes: u64, alignment: u64): u64 {
  const memory = m.memory;
  const segment = newSegment(m, heap, bytes, alignment);
  if (segment == 0) return 0;
  const page = allocateSpan(m, segment, INFO_SLICES, Segment.slices(memory, segment) - INFO_SLICES);
  if (page == 0) return 0;
  Page.setBytes(memory, page, min(Page.room(memory, page), HUGE_BYTES));
  if (alignment > 0) {
    const start = Page.start(memory, page);
    decommitRange(m, start + 8, alignUp(start, alignment) - start - 8);
  }
  return page;
}

/** Frees a segment of which no page is in use. */
export function freeSegment(m: MimallocState, heap: u64, segment: u64): void {
  const memory = m.memory;
  if (Segment.kind(memory, segment) == NORMAL) unqueueSpans(memory, heap, segment, false);
  Segment.setThread(memory, segment, 0);
  Heap.countSegments(memory, heap, -1);
  if (Segment.kind(memory, segment) == NORMAL && cacheSegment(m, segment)) return;
  const bytes = Segment.slices(memory, segment) << SLICE_SHIFT;
  const lead = leadOf(Segment.alignment(memory, segment), Segment.offset(memory, segment));
  m.leaveMapped(segment, bytes, MAPPED_SEGMENT);
  unmap(m, segment - lead, goodBytes(bytes + lead));
}

/** Takes the free spans of a segment from their queues; they may stay free. */
function unqueueSpans(memory: HeapMemory, heap: u64, segment: u64, staysFree: bool): void {
  const end = Segment.slice(segment, Segment.entries(memory, segment));
  for (let slice = Segment.slice(segment, 0); slice < end && !memory.hasStopped; ) {
    if (Page.bytes(memory, slice) == 0) {
      removeSpan(memory, heap, slice);
      if (staysFree) Page.setBytes(memory, slice, 0);
    }
    slice += max(Page.slices(memory, slice), 1) * SLICE_BYTES;
  }
}

/** Makes a page of which no block is in use a free span; the span. */
export function clearPage(m: MimallocState, heap: u64, page: u64): u64 {
  const memory = m.memory;
  const segment = Segment.of(page);
  Page.clear(memory, page);
  const span = coalesceSpan(m, heap, page);
  Segment.setUsed(memory, segment, Segment.used(memory, segment) - 1);
  return span;
}

/** Frees a page of which no block is in use, and its segment with its last page. */
export function freePage(m: MimallocState, heap: u64, page: u64): void {
  const memory = m.memory;
  const segment = Segment.of(page);
  clearPage(m, heap, page);
  const used = Segment.used(memory, segment);
  if (used == 0) freeSegment(m, heap, segment);
  else if (used == Segment.abandoned(memory, segment)) abandonSegment(m, heap, segment);
}

/** The page's thread ends, and blocks of it are in use. */
export function abandonPage(m: MimallocState, heap: u64, page: u64): void {
  const memory = m.memory;
  const segment = Segment.of(page);
  const abandoned = Segment.abandoned(memory, segment) + 1;
  Segment.setAbandoned(memory, segment, abandoned);
  if (abandoned == Segment.used(memory, segment)) abandonSegment(m, heap, segment);
}

function abandonSegment(m: MimallocState, heap: u64, segment: u64): void {
  const memory = m.memory;
  unqueueSpans(memory, heap, segment, true);
  decommitExpired(m, segment, false);
  Heap.countSegments(memory, heap, -1);
  Segment.setThread(memory, segment, 0);
  Segment.setVisits(memory, segment, 1);
  Segment.setNextAbandoned(memory, segment, m.abandoned);
  m.abandoned = segment;
}

/** A page of `slices` from the thread's segments; 0: there is none. */
export function pageFromSegments(m: MimallocState, heap: u64, slices: u64): u64 {
  const page = findSpan(m, heap, slices);
  if (page != 0) decommitExpired(m, Segment.of(page), false);
  return page;
}

/** Frees the unused pages of an abandoned segment. True if it has room for `slices`, or a page for blocks of that size. */
export function hasRoom(m: MimallocState, heap: u64, segment: u64, slices: u64, blockBytes: u64): bool {
  const memory = m.memory;
  let found = false;
  const end = Segment.slice(segment, Segment.entries(memory, segment));
  for (let slice = Segment.slice(segment, INFO_SLICES); slice < end && !memory.hasStopped; ) {
    if (Page.bytes(memory, slice) != 0) {
      collect(memory, slice, false);
      if (Page.used(memory, slice) == 0) {
        Segment.setAbandoned(memory, segment, Segment.abandoned(memory, segment) - 1);
        slice = clearPage(m, heap, slice);
      } else if (Page.bytes(memory, slice) == blockBytes && Page.hasAny(memory, slice)) found = true;
    }
    if (Page.bytes(memory, slice) == 0 && Page.slices(memory, slice) >= slices) found = true;
    slice += max(Page.slices(memory, slice), 1) * SLICE_BYTES;
  }
  return found;
}

/** The first page or span of a segment behind its structures. */
export function firstSlice(segment: u64): u64 {
  return Segment.slice(segment, INFO_SLICES);
}
