/**
 * A walk over mimalloc's heap: segments in order of address, in them pages block by block and free spans; and what is to be
 * true of them. A block in its page's list is free; one that waits in another list is cached.
 */
import { NONE } from "../../abi/core";
import { CHUNK_CACHED, CHUNK_FREE, CHUNK_META, CHUNK_TOP, CHUNK_USED } from "../../abi/heap";
import { ChunkView } from "../contract";
import { HeapMemory } from "../memory";
import { binFor, spanBinFor } from "./bins";
import { Heap } from "./heap";
import { Page } from "./page";
import { DELAYED_BITS, HUGE, Segment, SLICE_BYTES, SLICE_SHIFT } from "./segment";
import { firstSlice } from "./segments";
import { MAPPED_KEPT, MAPPED_KINDS, MAPPED_SEGMENT, MAPPED_THREAD, MimallocState } from "./state";

/** Blocks that a page may have. */
export const MOST_BLOCKS: u32 = 8192;
/** Numbers of the free spans' queues behind those of the blocks' bins; of kept segments. */
const SPAN_BINS: u32 = 128;
const KEPT_BIN: u32 = 255;

export function nextOf(m: MimallocState, view: ChunkView): bool {
  if (view.cursor == 0) m.markedPage = 0;
  const node = findMapped(m, view.cursor);
  if (node == 0) return false;
  const start = m.mapped.major(node);
  const kind = m.mapped.minor(node) & MAPPED_KINDS;
  const bytes = m.mapped.minor(node) & ~MAPPED_KINDS;
  const at = max(view.cursor, start);
  view.bin = NONE;
  view.arena = 0;
  if (kind == MAPPED_THREAD) show(view, at, bytes, CHUNK_META);
  else if (kind == MAPPED_KEPT) {
    view.bin = KEPT_BIN;
    show(view, at, bytes, CHUNK_FREE);
  } else showSlice(m, view, at, start);
  return !m.memory.hasStopped;
}

/** The mapping that `address` lies in, or the next one; 0: there is none. */
function findMapped(m: MimallocState, address: u64): u32 {
  const mapped = m.mapped;
  const before = mapped.atMost(m.mappedRoot, address);
  if (before != 0 && mapped.major(before) + (mapped.minor(before) & ~MAPPED_KINDS) > address) return before;
  return mapped.atLeast(m.mappedRoot, address, 0);
}

function show(view: ChunkView, at: u64, bytes: u64, state: u32): void {
  view.address = at;
  view.bytes = bytes;
  view.state = state;
  view.cursor = at + bytes;
}

function showSlice(m: MimallocState, view: ChunkView, at: u64, segment: u64): void {
  const memory = m.memory;
  view.arena = <u32>Segment.thread(memory, segment);
  const start = firstSlice(segment);
  const begin = segment + (Segment.indexOf(segment, start) << SLICE_SHIFT);
  if (at < begin) {
    show(view, at, begin - at, CHUNK_META);
    return;
  }
  const isHuge = Segment.kind(memory, segment) == HUGE;
  const page = isHuge ? start : Page.first(memory, Segment.slice(segment, (at - segment) >> SLICE_SHIFT));
  const first = segment + (Segment.indexOf(segment, page) << SLICE_SHIFT);
  const end = first + (Page.slices(memory, page) << SLICE_SHIFT);
  if (Page.bytes(memory, page) != 0) showBlock(m, view, at, page, end);
  else {
    view.bin = SPAN_BINS + spanBinFor(Page.slices(memory, page));
    show(view, at, end - at, CHUNK_FREE);
  }
}

function showBlock(m: MimallocState, view: ChunkView, at: u64, page: u64, end: u64): void {
  const memory = m.memory;
  const start = Page.start(memory, page);
  const bytes = Page.blockBytes(memory, page);
  if (m.markedPage != page) markPage(m, page);
  const number: u32 = at < start ? 0 : <u32>((at - start) / bytes);
  if (at < start) show(view, at, start - at, CHUNK_META);
  else if (number < Page.capacity(memory, page)) {
    const state = load<u8>(m.marks + number);
    if (state != CHUNK_USED) view.bin = binFor(bytes);
    show(view, at, bytes, state);
  } else if (number < Page.reserved(memory, page))
    show(view, at, start + <u64>Page.reserved(memory, page) * bytes - at, CHUNK_TOP);
  else show(view, at, end - at, CHUNK_META);
}

/** Enters each block's state in `marks`. */
function markPage(m: MimallocState, page: u64): void {
  const memory = m.memory;
  m.markedPage = page;
  for (let n: u32 = 0; n < MOST_BLOCKS; n++) store<u8>(m.marks + n, <u8>CHUNK_USED);
  markList(m, page, Page.free(memory, page), CHUNK_FREE);
  markList(m, page, Page.localFree(memory, page), CHUNK_CACHED);
  markList(m, page, Page.threadFree(memory, page) & ~DELAYED_BITS, CHUNK_CACHED);
  const heap = Page.heap(memory, page);
  if (heap != 0) markList(m, page, Heap.delayed(memory, heap), CHUNK_CACHED);
}

function markList(m: MimallocState, page: u64, block: u64, state: u32): void {
  const memory = m.memory;
  const start = Page.start(memory, page);
  const bytes = Page.blockBytes(memory, page);
  // A list that a block is in twice leads back into itself (Brent's algorithm).
  let seen: u64 = 0;
  for (let n: u32 = 1; block != 0 && block != seen && !memory.hasStopped; n++) {
    if (block >= start && block < start + <u64>Page.capacity(memory, page) * bytes)
      store<u8>(m.marks + <u32>((block - start) / bytes), <u8>state);
    if ((n & (n - 1)) == 0) seen = block;
    block = memory.read<u64>(block);
  }
}

/** Pages and spans tile each segment, free spans have no free neighbours, pages count their blocks right. */
export function isSound(m: MimallocState): bool {
  const mapped = m.mapped;
  if (!mapped.isValid(m.mappedRoot)) return false;
  for (
    let node = mapped.first(m.mappedRoot);
    node != 0;
    node = mapped.atLeast(m.mappedRoot, mapped.major(node) + 1, 0)
  ) {
    if (
      (mapped.minor(node) & MAPPED_KINDS) == MAPPED_SEGMENT &&
      !isSegmentSound(m.memory, mapped.major(node))
    )
      return false;
  }
  return true;
}

function isSegmentSound(memory: HeapMemory, segment: u64): bool {
  if (Segment.kind(memory, segment) == HUGE) return true;
  const end = Segment.slice(segment, Segment.entries(memory, segment));
  let used: u64 = 0;
  let wasFree = false;
  for (let slice = firstSlice(segment); slice < end; slice += Page.slices(memory, slice) * SLICE_BYTES) {
    const count = Page.slices(memory, slice);
    const isFree = Page.bytes(memory, slice) == 0;
    if (count == 0 || slice + count * SLICE_BYTES > end || Page.first(memory, slice) != slice) return false;
    if (isFree && wasFree) return false;
    if (!isFree && (++used == 0 || !isPageSound(memory, slice))) return false;
    wasFree = isFree;
  }
  return used == Segment.used(memory, segment);
}

function isPageSound(memory: HeapMemory, page: u64): bool {
  const capacity = Page.capacity(memory, page);
  if (capacity > Page.reserved(memory, page)) return false;
  const free = countList(memory, Page.free(memory, page), capacity);
  const local = countList(memory, Page.localFree(memory, page), capacity);
  return free + local + Page.used(memory, page) == capacity;
}

/** Blocks of a list, no more than one beyond `most`. */
function countList(memory: HeapMemory, block: u64, most: u32): u32 {
  let count: u32 = 0;
  for (; block != 0 && count <= most; block = memory.read<u64>(block)) count++;
  return count;
}
