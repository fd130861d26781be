/** Memory from the system, when the top is too small. From: malloc/malloc.c of glibc 2.36, sysmalloc. */
import { ENOMEM, PROT_READ, PROT_WRITE } from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import { Arena } from "./arena";
import { ALIGN_MASK, alignUp, Chunk, HEADER, MINSIZE, NON_MAIN_ARENA, PREV_INUSE, SIZE_BITS } from "./chunk";
import { freeChunk } from "./free";
import { growHeap, HeapInfo, newHeap } from "./heaps";
import { mapChunk } from "./mapped";
import { PAGE, Ptmalloc } from "./state";

const TOP_ASSERTION =
  "Fatal glibc error: malloc assertion failure in sysmalloc: (old_top == initial_top (av) && old_size == 0) || ((unsigned long) (old_size) >= MINSIZE && prev_inuse (old_top) && ((unsigned long) old_end & (pagesize - 1)) == 0)";
const ROOM_ASSERTION =
  "Fatal glibc error: malloc assertion failure in sysmalloc: (unsigned long) (old_size) < (unsigned long) (nb + MINSIZE)";
/** The least that is mapped where the heap cannot grow. */
const MMAP_AS_MORECORE_SIZE: u64 = 1 << 20;

/** A block for a chunk of `nb` bytes, which the top of `av` has no room for; `av` 0: there is no arena. 0: no memory. */
export function fromSystem(m: Ptmalloc, nb: u64, av: u64): u64 {
  let hasTried = false;
  if (av == 0 || (nb >= m.mmapThreshold && <i32>m.mapped < m.mappedMax)) {
    const block = mapChunk(m, nb);
    if (block != 0) return block;
    hasTried = true;
  }
  if (av != 0) {
    if (!isTopSound(m, av, nb)) return 0;
    const block = Arena.isMain(av) ? growMain(m, nb, av) : growArena(m, nb, av, hasTried);
    if (block != 0) return block;
    Arena.noteSystemMem(m.memory, av);
    if (m.memory.hasStopped) return 0;
    const carved = carveTop(m, av, nb);
    if (carved != 0) return carved;
  }
  m.memory.errno = ENOMEM;
  return 0;
}

/** glibc's assertions about a top that it wants to grow. */
function isTopSound(m: Ptmalloc, av: u64, nb: u64): bool {
  const memory = m.memory;
  const top = Arena.top(memory, av);
  const head = Chunk.head(memory, top);
  const size = head & ~SIZE_BITS;
  const isInitial = top == Arena.unsorted(av) && size == 0;
  const isWhole = size >= MINSIZE && (head & PREV_INUSE) != 0 && ((top + size) & (PAGE - 1)) == 0;
  if (!isInitial && !isWhole) memory.abort(TOP_ASSERTION);
  else if (size >= nb + MINSIZE) memory.abort(ROOM_ASSERTION);
  return !memory.hasStopped;
}

/** Takes a chunk of `nb` bytes from the top, which keeps at least `MINSIZE`; its block, 0: the top is too small. */
export function carveTop(m: Ptmalloc, av: u64, nb: u64): u64 {
  const memory = m.memory;
  const p = Arena.top(memory, av);
  const size = Chunk.size(memory, p);
  if (size < nb + MINSIZE) return 0;
  const rest = p + nb;
  Arena.setTop(memory, av, rest);
  Chunk.setHead(memory, p, nb | PREV_INUSE | (Arena.isMain(av) ? 0 : NON_MAIN_ARENA));
  Chunk.setHead(memory, rest, (size - nb) | PREV_INUSE);
  return Chunk.mem(p);
}

/** Grows an arena's heap, or begins a new one; a block where it was mapped alone instead, else 0. */
function growArena(m: Ptmalloc, nb: u64, av: u64, hasTried: bool): u64 {
  const memory = m.memory;
  const oldTop = Arena.top(memory, av);
  const oldSize = Chunk.size(memory, oldTop);
  const oldHeap = HeapInfo.of(oldTop);
  const had = HeapInfo.size(memory, oldHeap);
  if (<i64>(MINSIZE + nb - oldSize) > 0 && growHeap(m, oldHeap, MINSIZE + nb - oldSize)) {
    const size = HeapInfo.size(memory, oldHeap);
    Arena.addSystemMem(memory, av, <i64>(size - had));
    Chunk.setHead(memory, oldTop, (oldHeap + size - oldTop) | PREV_INUSE);
    return 0;
  }
  const heap = newHeap(m, nb + MINSIZE + HeapInfo.bytes(m));
  if (heap == 0) return hasTried ? 0 : mapChunk(m, nb);
  HeapInfo.setArena(memory, heap, av);
  HeapInfo.setPrevious(memory, heap, oldHeap);
  const size = HeapInfo.size(memory, heap);
  Arena.addSystemMem(memory, av, <i64>size);
  Arena.newTop(memory, av, heap + HeapInfo.bytes(m), size - HeapInfo.bytes(m));
  fenceOff(m, av, oldTop, oldSize);
  return 0;
}

/** Ends the arena's old heap by a chunk that is never free, and frees what was its top. */
function fenceOff(m: Ptmalloc, av: u64, top: u64, size: u64): void {
  const memory = m.memory;
  const rest = (size - MINSIZE) & ~ALIGN_MASK;
  Chunk.setHead(memory, top + rest + HEADER, PREV_INUSE);
  if (rest >= MINSIZE) {
    Chunk.setHead(memory, top + rest, HEADER | PREV_INUSE);
    Chunk.setFoot(memory, top + rest, HEADER);
    Chunk.setHead(memory, top, rest | PREV_INUSE | NON_MAIN_ARENA);
    freeChunk(m, av, top);
  } else {
    Chunk.setHead(memory, top, (rest + HEADER) | PREV_INUSE);
    Chunk.setFoot(memory, top, rest + HEADER);
  }
}

/** Moves the break, or maps memory in its place, and makes it the top. */
function growMain(m: Ptmalloc, nb: u64, av: u64): u64 {
  const memory = m.memory;
  const oldTop = Arena.top(memory, av);
  const oldSize = Chunk.size(memory, oldTop);
  let size = nb + m.topPad + MINSIZE;
  if (Arena.isContiguous(memory, av)) size -= oldSize;
  size = alignUp(size, PAGE);
  let start = <i64>size > 0 ? memory.sbrk(<i64>size) : NO_MEMORY;
  let end = NO_MEMORY;
  if (start == NO_MEMORY) {
    if (Arena.isContiguous(memory, av)) size = alignUp(size + oldSize, PAGE);
    if (size < MMAP_AS_MORECORE_SIZE) size = MMAP_AS_MORECORE_SIZE;
    start = size > nb ? memory.mmap(size, PROT_READ | PROT_WRITE) : NO_MEMORY;
    if (start == NO_MEMORY) return 0;
    Arena.setNoncontiguous(memory, av);
    end = start + size;
  }
  if (m.sbrkBase == 0) m.sbrkBase = start;
  Arena.addSystemMem(memory, av, <i64>size);
  const oldEnd = oldTop + oldSize;
  if (start == oldEnd && end == NO_MEMORY) Chunk.setHead(memory, oldTop, (size + oldSize) | PREV_INUSE);
  else if (Arena.isContiguous(memory, av) && oldSize != 0 && start < oldEnd)
    memory.abort("break adjusted to free malloc space");
  else beginTop(m, av, start, end, size, oldTop, oldSize);
  return 0;
}

/**
 * The top begins anew at `start`: for the first time, or where somebody else has moved the break, or in a mapping, which
 * ends at `end`.
 */
function beginTop(m: Ptmalloc, av: u64, start: u64, end: u64, size: u64, oldTop: u64, oldSize: u64): void {
  const memory = m.memory;
  let correction: u64 = 0;
  let top = start;
  if (Arena.isContiguous(memory, av)) {
    if (oldSize != 0) Arena.addSystemMem(memory, av, <i64>(start - (oldTop + oldSize)));
    const misalign = Chunk.mem(start) & ALIGN_MASK;
    if (misalign != 0) {
      correction = HEADER - misalign;
      top += correction;
    }
    correction += oldSize;
    const reach = start + size + correction;
    correction += alignUp(reach, PAGE) - reach;
    end = memory.sbrk(<i64>correction);
    if (end == NO_MEMORY) {
      correction = 0;
      end = memory.breakAddress;
    }
  } else if (end == NO_MEMORY) {
    end = memory.breakAddress;
  }
  Arena.newTop(memory, av, top, end - top + correction);
  m.addSegment(top);
  Arena.addSystemMem(memory, av, <i64>correction);
  if (oldSize != 0) fenceOffMain(m, av, oldTop, oldSize);
}

/** Two chunks that are never free keep the old top apart from what follows it, which is not ours. */
function fenceOffMain(m: Ptmalloc, av: u64, top: u64, size: u64): void {
  const memory = m.memory;
  const rest = (size - 2 * HEADER) & ~ALIGN_MASK;
  Chunk.setHead(memory, top, rest | PREV_INUSE);
  Chunk.setHead(memory, top + rest, HEADER | PREV_INUSE);
  Chunk.setHead(memory, top + rest + HEADER, HEADER | PREV_INUSE);
  if (rest >= MINSIZE) freeChunk(m, av, top);
}
