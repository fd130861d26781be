/** Heaps as the host calls them: handles are addresses, 0 means out of memory. */
import { spaceOf } from "../process/space/space";
import { System } from "../process/system/system";
import { Heap } from "./heap";
import { createWalk, figuresOf, isAllocatorValid, nextChunkOf, restartWalk } from "./registry";

/** A heap of process `asid`, by allocator `id`; `mode` is `HEAP_QUIET` and so on. */
export function createHeap(
  system: usize,
  asid: u32,
  id: u32,
  parameters: usize,
  mode: u32,
  isUsed: bool,
  byAddress: bool,
): usize {
  const space = spaceOf(changetype<System>(system), asid);
  return changetype<usize>(Heap.create(space, id, parameters, mode, isUsed, byAddress));
}

/** A copy of a heap for process `asid`, which `thread` of its process has forked. */
export function forkHeap(system: usize, asid: u32, heap: usize, thread: u32): usize {
  return changetype<usize>(changetype<Heap>(heap).fork(spaceOf(changetype<System>(system), asid), thread));
}

/** The heap's process has ended, or makes another: its memory goes to the next heap of the same number. */
export function releaseHeap(heap: usize): void {
  changetype<Heap>(heap).release();
}

/** The process continues after a signal in the allocator, because it has a handler. */
export function resumeHeap(heap: usize): void {
  const memory = changetype<Heap>(heap).memory;
  memory.stopped = 0;
  memory.message = 0;
}

/** Makes a walk over the chunks of a heap. */
export function walkHeap(heap: usize): usize {
  return createWalk(changetype<Heap>(heap).allocator);
}

/** The next chunk of the walk, a CHUNK_… struct; 0 behind the last. */
export function nextChunk(heap: usize, walk: usize): usize {
  return nextChunkOf(changetype<Heap>(heap).id, walk);
}

/** Begins a walk anew. */
export function rewindWalk(walk: usize): void {
  restartWalk(walk);
}

/** The heap's figures at FIGURES_…, without a reference; 0: its allocator has none, or is corrupt. */
export function heapFigures(heap: usize): usize {
  const it = changetype<Heap>(heap);
  return figuresOf(it.id, it.allocator);
}

export function isHeapValid(heap: usize): bool {
  const it = changetype<Heap>(heap);
  return isAllocatorValid(it.id, it.allocator);
}

/** Where block `number` of the log is in this heap; 0: it is not in use. */
export function blockAddress(heap: usize, number: u32): u64 {
  return changetype<Heap>(heap).blocks.addressOf(number);
}
