/**
 * Threads' heaps: the first thread's lies in the library's data, the others' are mapped. From: src/init.c and src/heap.c of
 * mimalloc 2.0.9. The pages of a thread that ends, where blocks are in use, are abandoned with their segments.
 */
import { collectAbandoned, reclaimAll } from "./abandoned";
import { BINS } from "./bins";
import { freeDelayed } from "./free";
import { HEAP_BYTES, Heap, removePage } from "./heap";
import { collect, Page } from "./page";
import { collectRetired, releasePage } from "./pages";
import { DELAYED_BITS, NEVER_DELAYED } from "./segment";
import { freeCached, purgeCached } from "./segment-cache";
import { abandonPage } from "./segments";
import { MAIN_HEAP, MAPPED_THREAD, MimallocState, MOST_SPARE } from "./state";
import { goodBytes, mapStructure, unmap } from "./system";

/** Makes the running thread's heap; 0: there is no memory. */
export function newHeap(m: MimallocState): u64 {
  const isFirst = m.memory.thread == 0;
  const heap = isFirst ? MAIN_HEAP : allocStructure(m);
  if (heap == 0) return 0;
  Heap.init(m.memory, heap);
  m.heap = heap;
  if (!isFirst) m.threads++;
  return heap;
}

function allocStructure(m: MimallocState): u64 {
  for (let n: u32 = 0; n < MOST_SPARE; n++) {
    const spare = load<u64>(m.spareAt(n));
    if (spare == 0) continue;
    store<u64>(m.spareAt(n), 0);
    return spare;
  }
  const heap = mapStructure(m, HEAP_BYTES);
  if (heap != 0) m.enterMapped(heap, goodBytes(HEAP_BYTES), MAPPED_THREAD);
  return heap;
}

function freeStructure(m: MimallocState, heap: u64): void {
  for (let n: u32 = 0; n < MOST_SPARE; n++) {
    if (load<u64>(m.spareAt(n)) != 0) continue;
    store<u64>(m.spareAt(n), heap);
    return;
  }
  m.leaveMapped(heap, goodBytes(HEAP_BYTES), MAPPED_THREAD);
  unmap(m, heap, goodBytes(HEAP_BYTES));
}

/** The running thread ends. */
export function endThread(m: MimallocState): void {
  const heap = m.heap;
  if (heap == 0) return;
  if (m.memory.thread == 0) return;
  // One for the thread, one more since its end sets a thread-specific value, which ends the thread again.
  m.threads -= 2;
  refuseDelayed(m, heap);
  freeDelayed(m, heap);
  collectRetired(m, heap, true);
  collectPages(m, heap, true);
  collectAbandoned(m, heap, false);
  purgeCached(m);
  freeStructure(m, heap);
  m.heap = 0;
}

/** Memory is out: everything that can be freed is. */
export function collectAll(m: MimallocState, heap: u64): void {
  if (m.memory.thread == 0) reclaimAll(m, heap);
  freeDelayed(m, heap);
  collectRetired(m, heap, true);
  collectPages(m, heap, false);
  collectAbandoned(m, heap, true);
  freeCached(m);
}

/** Blocks that other threads free go to their pages from now on, no more to the heap. */
function refuseDelayed(m: MimallocState, heap: u64): void {
  const memory = m.memory;
  for (let bin: u32 = 0; bin < BINS; bin++) {
    let page = Heap.first(memory, Heap.queue(heap, bin));
    for (; page != 0 && !memory.hasStopped; page = Page.next(memory, page))
      Page.setThreadFree(memory, page, (Page.threadFree(memory, page) & ~DELAYED_BITS) | NEVER_DELAYED);
  }
}

/** Frees pages without blocks in use; abandons the others. */
function collectPages(m: MimallocState, heap: u64, isEnd: bool): void {
  const memory = m.memory;
  for (let bin: u32 = 0; bin < BINS; bin++) {
    for (let page = Heap.first(memory, Heap.queue(heap, bin)); page != 0 && !memory.hasStopped; ) {
      const next = Page.next(memory, page);
      collect(memory, page, true);
      if (Page.used(memory, page) == 0) releasePage(m, heap, bin, page);
      else if (isEnd) {
        removePage(memory, heap, bin, page);
        Page.setHeap(memory, page, 0);
        abandonPage(m, heap, page);
      }
      page = next;
    }
  }
}
