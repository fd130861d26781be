/**
 * Heaps of arenas other than the main one: 64 MiB of addresses each, aligned to their size, of which the beginning can be
 * used. From: malloc/arena.c of glibc 2.36, heap_info, new_heap, grow_heap, shrink_heap, heap_trim.
 *
 *   0       8          16     24               32          48
 *   ├ arena ┼ previous ┼ size ┼ mprotect size ─┼ page size ┼ the arena itself, in its first heap │ chunks … │ top │ PROT_NONE ┄
 *     u64     u64        u64     u64             u64
 *
 * Before 2.35 there was no page size, and the header had 32 bytes.
 */
import { MADV_DONTNEED, MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE, PROT_NONE } from "../../abi/linux";
import { HeapMemory, NO_MEMORY } from "../memory";
import { Arena } from "./arena";
import { unlink } from "./bins";
import { ALIGN_MASK, alignUp, Chunk, MINSIZE, PREV_INUSE, SIZE_SZ } from "./chunk";
import { DEFAULT_MMAP_THRESHOLD_MAX, PAGE, Ptmalloc } from "./state";

export const HEAP_MAX_SIZE: u64 = 2 * DEFAULT_MMAP_THRESHOLD_MAX;
const HEAP_MIN_SIZE: u64 = 32 << 10;

const ARENA: u64 = 0;
const PREVIOUS: u64 = 8;
const SIZE: u64 = 16;
const MPROTECT_SIZE: u64 = 24;
const PAGE_SIZE: u64 = 32;

export class HeapInfo {
  /** The heap that an address of another arena than the main one is in. */
  @inline
  static of(address: u64): u64 {
    return address & ~(HEAP_MAX_SIZE - 1);
  }

  /** Bytes of the header. */
  @inline
  static bytes(m: Ptmalloc): u64 {
    return m.version >= 35 ? 48 : 32;
  }

  @inline
  static arena(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + ARENA);
  }

  static setArena(memory: HeapMemory, heap: u64, av: u64): void {
    memory.write<u64>(heap + ARENA, av);
  }

  static previous(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + PREVIOUS);
  }

  static setPrevious(memory: HeapMemory, heap: u64, previous: u64): void {
    memory.write<u64>(heap + PREVIOUS, previous);
  }

  static size(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + SIZE);
  }

  static usableSize(memory: HeapMemory, heap: u64): u64 {
    return memory.read<u64>(heap + MPROTECT_SIZE);
  }
}

/** A heap of at least so many bytes; 0: there is none. */
export function newHeap(m: Ptmalloc, bytes: u64): u64 {
  const memory = m.memory;
  if (bytes + m.topPad < HEAP_MIN_SIZE) bytes = HEAP_MIN_SIZE;
  else if (bytes + m.topPad <= HEAP_MAX_SIZE) bytes += m.topPad;
  else if (bytes > HEAP_MAX_SIZE) return 0;
  else bytes = HEAP_MAX_SIZE;
  bytes = alignUp(bytes, PAGE);
  let heap = reserve(m);
  if (heap == 0) return 0;
  const recorded = memory.recorded;
  if (recorded != 0) heap = memory.relocate(heap, HeapInfo.of(recorded), HEAP_MAX_SIZE, PROT_NONE);
  if (!memory.unprotect(heap, bytes)) {
    memory.unreserve(heap, HEAP_MAX_SIZE);
    return 0;
  }
  memory.write<u64>(heap + SIZE, bytes);
  memory.write<u64>(heap + MPROTECT_SIZE, bytes);
  if (m.version >= 35) memory.write<u64>(heap + PAGE_SIZE, PAGE);
  return heap;
}

/** Addresses for a heap: where the last one left some, or twice as many, whose unaligned parts go back; 0: there are none. */
function reserve(m: Ptmalloc): u64 {
  const memory = m.memory;
  if (m.alignedHeapArea != 0) {
    const at = map(memory, m.alignedHeapArea, HEAP_MAX_SIZE);
    m.alignedHeapArea = 0;
    if (at != NO_MEMORY && HeapInfo.of(at) == at) return at;
    if (at != NO_MEMORY) memory.unreserve(at, HEAP_MAX_SIZE);
  }
  const twice = map(memory, 0, HEAP_MAX_SIZE << 1);
  if (twice != NO_MEMORY) {
    const heap = alignUp(twice, HEAP_MAX_SIZE);
    const before = heap - twice;
    if (before != 0) memory.unreserve(twice, before);
    else m.alignedHeapArea = heap + HEAP_MAX_SIZE;
    memory.unreserve(heap + HEAP_MAX_SIZE, HEAP_MAX_SIZE - before);
    return heap;
  }
  const once = map(memory, 0, HEAP_MAX_SIZE);
  if (once == NO_MEMORY) return 0;
  if (HeapInfo.of(once) == once) return once;
  memory.unreserve(once, HEAP_MAX_SIZE);
  return 0;
}

function map(memory: HeapMemory, hint: u64, bytes: u64): u64 {
  return memory.map(hint, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
}

/** Makes so many bytes more of the heap usable; false when they do not fit. */
export function growHeap(m: Ptmalloc, heap: u64, bytes: u64): bool {
  const memory = m.memory;
  bytes = alignUp(bytes, PAGE);
  const had = HeapInfo.size(memory, heap);
  const size = had + bytes;
  if (size > HEAP_MAX_SIZE || size < had) return false;
  const usable = HeapInfo.usableSize(memory, heap);
  if (size > usable) {
    if (!memory.unprotect(heap + usable, size - usable)) return false;
    memory.commit(<i64>(usable - had));
    memory.write<u64>(heap + MPROTECT_SIZE, size);
  } else {
    memory.commit(<i64>bytes);
  }
  memory.write<u64>(heap + SIZE, size);
  return true;
}

/** Gives the contents of the heap's last bytes back; they stay usable. */
function shrinkHeap(m: Ptmalloc, heap: u64, bytes: u64): bool {
  const memory = m.memory;
  const size = HeapInfo.size(memory, heap) - bytes;
  if (<i64>size < <i64>HeapInfo.bytes(m)) return false;
  memory.madvise(heap + size, bytes, MADV_DONTNEED);
  memory.commit(-(<i64>bytes));
  memory.write<u64>(heap + SIZE, size);
  return true;
}

/** Gives back what is free at the end of an arena's last heap, and heaps that are free as a whole. */
export function trimHeap(m: Ptmalloc, av: u64): void {
  const memory = m.memory;
  const pad = m.topPad;
  let heap = HeapInfo.of(Arena.top(memory, av));
  while (Arena.top(memory, av) == heap + HeapInfo.bytes(m) && !memory.hasStopped) {
    const previous = HeapInfo.previous(memory, heap);
    if (!returnToPrevious(m, av, heap, previous)) break;
    heap = previous;
  }
  const top = Arena.top(memory, av);
  const topSize = Chunk.size(memory, top);
  if (topSize < m.trimThreshold || topSize < MINSIZE + 1) return;
  const area = topSize - MINSIZE - 1;
  if (area <= pad) return;
  const extra = (area - pad) & ~(PAGE - 1);
  if (extra == 0 || !shrinkHeap(m, heap, extra)) return;
  Arena.addSystemMem(memory, av, -(<i64>extra));
  Chunk.setHead(memory, top, (topSize - extra) | PREV_INUSE);
}

/** Unmaps the heap, of which nothing is in use, and makes the end of the previous one the top; false: too little is free there. */
function returnToPrevious(m: Ptmalloc, av: u64, heap: u64, previous: u64): bool {
  const memory = m.memory;
  const previousBytes = HeapInfo.size(memory, previous);
  const fence = previous + previousBytes - (MINSIZE - 2 * SIZE_SZ);
  const misalign = fence & ALIGN_MASK;
  let p = fence - misalign;
  p -= Chunk.prevSize(memory, p);
  let size = Chunk.size(memory, p) + (MINSIZE - 2 * SIZE_SZ) + misalign;
  const hasFreeBefore = !Chunk.isPrevInUse(memory, p);
  if (hasFreeBefore) size += Chunk.prevSize(memory, p);
  if (size + (HEAP_MAX_SIZE - previousBytes) < m.topPad + MINSIZE + PAGE) return false;
  const bytes = HeapInfo.size(memory, heap);
  Arena.addSystemMem(memory, av, -(<i64>bytes));
  if (heap + HEAP_MAX_SIZE == m.alignedHeapArea) m.alignedHeapArea = 0;
  memory.unreserve(heap, HEAP_MAX_SIZE);
  memory.commit(-(<i64>bytes));
  if (hasFreeBefore) {
    p -= Chunk.prevSize(memory, p);
    unlink(memory, p);
  }
  Arena.newTop(memory, av, p, size);
  return true;
}
