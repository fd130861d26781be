/**
 * Pages of blocks: where a block of some size comes from when its page has none left. From: src/page.c of mimalloc 2.0.9.
 *
 *   queue of a size:  first page ─> … ─> last page      looked through from the first; what is full goes to the full queue
 *
 * A page makes blocks only as they are needed, 4 KiB of them at a time.
 */

import { BLOCKS, NOTHING, reclaimSome } from "./abandoned";
import { BIN_FULL, BIN_HUGE, binBytes, binFor, MOST_MEDIUM } from "./bins";
import { binOf, Heap, movePage, pushPage, removePage } from "./heap";
import { collect, Page } from "./page";
import { SEGMENT, SLICE, SLICE_SHIFT } from "./segment";
import { freePage, newHugePage, newSegment, pageFromSegments } from "./segments";
import { MimallocState } from "./state";
import { alignUp, goodBytes } from "./system";

const MOST_SMALL: u64 = 16 << 10;
export const MEDIUM_PAGE: u64 = 512 << 10;
const MOST_LARGE: u64 = SEGMENT / 2;
export const MOST_ALIGNMENT: u64 = SEGMENT / 2;
const EXTENSION: u64 = 4096;
const LEAST_EXTENSION: u64 = 4;
const RETIRED_ROUNDS: u32 = 8;

/** A page for blocks of `bytes` with one free; 0: there is no memory. */
export function findPage(m: MimallocState, heap: u64, bytes: u64, alignment: u64): u64 {
  if (bytes > MOST_MEDIUM || alignment > 0)
    return bytes > <u64>i64.MAX_VALUE ? 0 : freshPage(m, heap, BIN_HUGE, goodBytes(bytes), alignment);
  const memory = m.memory;
  const bin = binFor(bytes);
  const page = Heap.first(memory, Heap.queue(heap, bin));
  if (page != 0) {
    collect(memory, page, false);
    if (Page.free(memory, page) != 0) {
      Page.setExpire(memory, page, 0);
      return page;
    }
  }
  return searchQueue(m, heap, bin, true);
}

function searchQueue(m: MimallocState, heap: u64, bin: u32, isFirst: bool): u64 {
  const memory = m.memory;
  for (let page = Heap.first(memory, Heap.queue(heap, bin)); page != 0 && !memory.hasStopped; ) {
    memory.step();
    const next = Page.next(memory, page);
    collect(memory, page, false);
    if (Page.free(memory, page) != 0 || extend(m, page)) {
      Page.setExpire(memory, page, 0);
      return page;
    }
    movePage(memory, heap, bin, BIN_FULL, page);
    collect(memory, page, false);
    page = next;
  }
  collectRetired(m, heap, false);
  const page = freshPage(m, heap, bin, binBytes(bin), 0);
  // None: memory is out, or a page was taken over from a thread that ended, and is in the queue.
  return page != 0 || !isFirst ? page : searchQueue(m, heap, bin, false);
}

/** A new page for blocks of `bytes`, first in the bin's queue; 0: there is none. */
function freshPage(m: MimallocState, heap: u64, bin: u32, bytes: u64, alignment: u64): u64 {
  const memory = m.memory;
  const page = pageFor(m, heap, bytes, alignment);
  if (page == 0) return 0;
  const blockBytes = bin == BIN_HUGE ? Page.blockBytes(memory, page) : bytes;
  Page.setHeap(memory, page, heap);
  if (bin != BIN_HUGE) Page.setBytes(memory, page, blockBytes);
  Page.setReserved(memory, page, <u32>(Page.room(memory, page) / blockBytes));
  extend(m, page);
  pushPage(memory, heap, bin, page);
  return page;
}

function pageFor(m: MimallocState, heap: u64, bytes: u64, alignment: u64): u64 {
  if (alignment > MOST_ALIGNMENT) return newHugePage(m, heap, bytes, max(alignment, SEGMENT));
  if (bytes <= MOST_SMALL) return pageOfSlices(m, heap, bytes, bytes);
  if (bytes <= MOST_MEDIUM) return pageOfSlices(m, heap, MEDIUM_PAGE, bytes);
  return bytes <= MOST_LARGE ? pageOfSlices(m, heap, bytes, bytes) : newHugePage(m, heap, bytes, 0);
}

/** A page of `required` bytes from the thread's segments, from an abandoned one, or from a new one. */
function pageOfSlices(m: MimallocState, heap: u64, required: u64, blockBytes: u64): u64 {
  const slices = alignUp(required, required > MEDIUM_PAGE ? MEDIUM_PAGE : SLICE) >> SLICE_SHIFT;
  while (!m.memory.hasStopped) {
    const page = pageFromSegments(m, heap, slices);
    if (page != 0) return page;
    const found = reclaimSome(m, heap, slices, blockBytes);
    if (found == BLOCKS) return 0;
    if (found == NOTHING && newSegment(m, heap, 0, 0) == 0) return 0;
  }
  return 0;
}

/** Makes more blocks in the page's room, linked in order of address; false: it has no room left. */
function extend(m: MimallocState, page: u64): bool {
  const memory = m.memory;
  const capacity = Page.capacity(memory, page);
  const reserved = Page.reserved(memory, page);
  if (capacity >= reserved) return false;
  const bytes = Page.blockBytes(memory, page);
  const most = bytes >= EXTENSION ? LEAST_EXTENSION : max(EXTENSION / bytes, LEAST_EXTENSION);
  const count = <u32>min(most, reserved - capacity);
  const start = Page.start(memory, page) + <u64>capacity * bytes;
  const last = start + <u64>(count - 1) * bytes;
  for (let block = start; block < last; block += bytes) memory.write<u64>(block, block + bytes);
  memory.write<u64>(last, Page.free(memory, page));
  Page.setFree(memory, page, start);
  Page.setCapacity(memory, page, capacity + count);
  return true;
}

/** The last block of a page was freed: the page stays for a while where it is the only one of its size. */
export function retire(m: MimallocState, page: u64): void {
  const memory = m.memory;
  const heap = Page.heap(memory, page);
  const bin = binOf(memory, page);
  Page.setHasAligned(memory, page, false);
  const queue = Heap.queue(heap, bin);
  if (bin >= BIN_HUGE || Heap.first(memory, queue) != page || Heap.last(memory, queue) != page) {
    releasePage(m, heap, bin, page);
    return;
  }
  const isSmall = Page.bytes(memory, page) <= MOST_SMALL;
  Page.setExpire(memory, page, 1 + (isSmall ? RETIRED_ROUNDS : RETIRED_ROUNDS / 4));
  const from = min(Heap.retiredFrom(memory, heap), bin);
  Heap.setRetired(memory, heap, from, max(Heap.retiredTo(memory, heap), bin));
}

/** Frees a page of which no block is in use. */
export function releasePage(m: MimallocState, heap: u64, bin: u32, page: u64): void {
  const memory = m.memory;
  Page.setHasAligned(memory, page, false);
  removePage(memory, heap, bin, page);
  Page.setHeap(memory, page, 0);
  freePage(m, heap, page);
}

/** Frees retired pages whose rounds are over. */
export function collectRetired(m: MimallocState, heap: u64, force: bool): void {
  const memory = m.memory;
  let from: u64 = BIN_FULL;
  let to: u64 = 0;
  const last = Heap.retiredTo(memory, heap);
  for (let bin = Heap.retiredFrom(memory, heap); bin <= last; bin++) {
    const page = Heap.first(memory, Heap.queue(heap, <u32>bin));
    if (page == 0) continue;
    const rounds = Page.expire(memory, page);
    if (rounds == 0) continue;
    if (Page.used(memory, page) != 0) {
      Page.setExpire(memory, page, 0);
      continue;
    }
    Page.setExpire(memory, page, rounds - 1);
    if (force || rounds == 1) releasePage(m, heap, <u32>bin, page);
    else {
      from = min(from, bin);
      to = max(to, bin);
    }
  }
  Heap.setRetired(memory, heap, from, to);
}
