/**
 * Freeing: by the thread whose page it is, and by others, whose blocks wait until that thread looks for them. From:
 * src/alloc.c of mimalloc 2.0.9.
 */
import { BIN_FULL, binFor } from "./bins";
import { Heap, movePage } from "./heap";
import { collect, Page } from "./page";
import { retire } from "./pages";
import { DELAYED_BITS, HUGE, NEVER_DELAYED, NO_DELAYED, Segment, USE_DELAYED } from "./segment";
import { MimallocState } from "./state";
import { decommitRange } from "./system";

/** Frees the block at `address`. */
export function freeBlock(m: MimallocState, address: u64): void {
  const memory = m.memory;
  const segment = Segment.of(address);
  const isLocal = Segment.thread(memory, segment) == m.owner;
  if (memory.hasStopped) return;
  const page = Page.of(memory, segment, address);
  const block = Page.block(memory, page, address);
  if (!isLocal) freeFromOther(m, segment, page, block);
  else freeLocal(m, page, block);
}

function freeLocal(m: MimallocState, page: u64, block: u64): void {
  const memory = m.memory;
  memory.write<u64>(block, Page.localFree(memory, page));
  Page.setLocalFree(memory, page, block);
  const used = Page.used(memory, page) - 1;
  Page.setUsed(memory, page, used);
  if (used == 0) retire(m, page);
  else if (Page.isInFull(memory, page)) leaveFull(m, page);
}

/** A block of a full page was freed: it goes back to the queue of its size. */
function leaveFull(m: MimallocState, page: u64): void {
  const heap = Page.heap(m.memory, page);
  movePage(m.memory, heap, BIN_FULL, binFor(Page.bytes(m.memory, page)), page);
}

/** The first block of a page goes to its heap's list, further ones to the page's own. */
function freeFromOther(m: MimallocState, segment: u64, page: u64, block: u64): void {
  const memory = m.memory;
  if (Segment.kind(memory, segment) == HUGE)
    decommitRange(m, block + 8, Page.blockBytes(memory, page) - (block - Page.start(memory, page)) - 8);
  const threadFree = Page.threadFree(memory, page);
  if ((threadFree & DELAYED_BITS) != USE_DELAYED) {
    memory.write<u64>(block, threadFree & ~DELAYED_BITS);
    Page.setThreadFree(memory, page, block | (threadFree & DELAYED_BITS));
    return;
  }
  const heap = Page.heap(memory, page);
  if (heap != 0) {
    memory.write<u64>(block, Heap.delayed(memory, heap));
    Heap.setDelayed(memory, heap, block);
  }
  Page.setThreadFree(memory, page, (threadFree & ~DELAYED_BITS) | NO_DELAYED);
}

/** Frees what other threads have put in the heap's list. */
export function freeDelayed(m: MimallocState, heap: u64): void {
  const memory = m.memory;
  let block = Heap.delayed(memory, heap);
  if (block == 0) return;
  Heap.setDelayed(memory, heap, 0);
  while (block != 0 && !memory.hasStopped) {
    const next = memory.read<u64>(block);
    const page = Page.of(memory, Segment.of(block), block);
    const threadFree = Page.threadFree(memory, page);
    if ((threadFree & DELAYED_BITS) != NEVER_DELAYED)
      Page.setThreadFree(memory, page, (threadFree & ~DELAYED_BITS) | USE_DELAYED);
    collect(memory, page, false);
    freeLocal(m, page, block);
    block = next;
  }
}
