/**
 * Segments of threads that ended, which other threads take over when they need room. From: src/segment.c of mimalloc 2.0.9,
 * "Reclaim abandoned pages". Segments that were looked at in vain wait in a list of their own until the first one is empty.
 */
import { binFor } from "./bins";
import { decommitExpired } from "./commit";
import { Heap, pushPage } from "./heap";
import { collect, Page } from "./page";
import { DELAYED_BITS, Segment, SLICE_BYTES, USE_DELAYED } from "./segment";
import { clearPage, firstSlice, freeSegment, hasRoom } from "./segments";
import { coalesceSpan } from "./spans";
import { MimallocState } from "./state";

/** Segments that are looked at when room is wanted, and when a thread ends. */
const MOST_TRIES: u32 = 8;
const MOST_COLLECTED: u32 = 1024;
/** When memory is short. */
const MOST_FORCED: u32 = 16 << 10;
const MOST_VISITS: u64 = 3;

export const NOTHING: u32 = 0;
/** A segment was taken over that has room. */
export const ROOM: u32 = 1;
/** A page was taken over that has blocks of the size. */
export const BLOCKS: u32 = 2;

function popAbandoned(m: MimallocState): u64 {
  if (m.abandoned == 0) {
    m.abandoned = m.visited;
    m.visited = 0;
  }
  const segment = m.abandoned;
  if (segment == 0) return 0;
  m.abandoned = Segment.nextAbandoned(m.memory, segment);
  Segment.setNextAbandoned(m.memory, segment, 0);
  return segment;
}

function pushVisited(m: MimallocState, segment: u64): void {
  Segment.setNextAbandoned(m.memory, segment, m.visited);
  m.visited = segment;
}

/** Looks for an abandoned segment with room for `slices` or with such blocks, and takes it over. */
export function reclaimSome(m: MimallocState, heap: u64, slices: u64, blockBytes: u64): u32 {
  const memory = m.memory;
  for (let n: u32 = 0; n < MOST_TRIES; n++) {
    const segment = popAbandoned(m);
    if (segment == 0) break;
    memory.step();
    Segment.setVisits(memory, segment, Segment.visits(memory, segment) + 1);
    const isFound = hasRoom(m, heap, segment, slices, blockBytes);
    if (Segment.used(memory, segment) == 0) reclaim(m, heap, segment, 0);
    else if (isFound) return reclaim(m, heap, segment, blockBytes);
    else if (Segment.visits(memory, segment) > MOST_VISITS) reclaim(m, heap, segment, 0);
    else {
      decommitExpired(m, segment, true);
      pushVisited(m, segment);
    }
  }
  return NOTHING;
}

/** The running thread takes a segment over. */
function reclaim(m: MimallocState, heap: u64, segment: u64, blockBytes: u64): u32 {
  const memory = m.memory;
  Segment.setThread(memory, segment, m.owner);
  Segment.setVisits(memory, segment, 0);
  Heap.countSegments(memory, heap, 1);
  let found = ROOM;
  const end = Segment.slice(segment, Segment.entries(memory, segment));
  for (let slice = firstSlice(segment); slice < end && !memory.hasStopped; ) {
    if (Page.bytes(memory, slice) == 0) slice = coalesceSpan(m, heap, slice);
    else {
      Segment.setAbandoned(memory, segment, Segment.abandoned(memory, segment) - 1);
      Page.setHeap(memory, slice, heap);
      Page.setThreadFree(memory, slice, (Page.threadFree(memory, slice) & ~DELAYED_BITS) | USE_DELAYED);
      collect(memory, slice, false);
      if (Page.used(memory, slice) == 0) slice = clearPage(m, heap, slice);
      else {
        pushPage(memory, heap, binFor(Page.blockBytes(memory, slice)), slice);
        if (Page.bytes(memory, slice) == blockBytes && Page.hasAny(memory, slice)) found = BLOCKS;
      }
    }
    slice += max(Page.slices(memory, slice), 1) * SLICE_BYTES;
  }
  if (Segment.used(memory, segment) != 0) return found;
  freeSegment(m, heap, segment);
  return NOTHING;
}

/** A thread ends: abandoned segments that are free by now are freed. */
export function collectAbandoned(m: MimallocState, heap: u64, isForced: bool): void {
  if (isForced) revisit(m);
  const most = isForced ? MOST_FORCED : MOST_COLLECTED;
  for (let n: u32 = 0; n < most; n++) {
    const segment = popAbandoned(m);
    if (segment == 0) return;
    hasRoom(m, heap, segment, 0, 0);
    if (Segment.used(m.memory, segment) == 0) reclaim(m, heap, segment, 0);
    else {
      decommitExpired(m, segment, isForced);
      pushVisited(m, segment);
    }
  }
}

/** Those that were looked at in vain are looked at again, before the others. */
function revisit(m: MimallocState): void {
  const memory = m.memory;
  const first = m.visited;
  if (first == 0) return;
  let last = first;
  for (let next = first; next != 0 && !memory.hasStopped; next = Segment.nextAbandoned(memory, next))
    last = next;
  Segment.setNextAbandoned(memory, last, m.abandoned);
  m.abandoned = first;
  m.visited = 0;
}

/** Memory is out: the first thread takes all abandoned segments over. */
export function reclaimAll(m: MimallocState, heap: u64): void {
  for (let segment = popAbandoned(m); segment != 0; segment = popAbandoned(m)) reclaim(m, heap, segment, 0);
}
