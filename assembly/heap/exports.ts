/** Heaps as the host calls them: handles are addresses, 0 means out of memory. */
import { System } from "../process/system";
import { Heap } from "./heap";
import { createWalk, isAllocatorValid, nextChunkOf, restartWalk } from "./registry";

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
  const space = changetype<System>(system).space(asid);
  return changetype<usize>(Heap.create(space, id, parameters, mode, isUsed, byAddress));
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

export function isHeapValid(heap: usize): bool {
  const it = changetype<Heap>(heap);
  return isAllocatorValid(it.id, it.allocator);
}

/** Where block `number` of the log is in this heap; 0: it is not in use. */
export function blockAddress(heap: usize, number: u32): u64 {
  return changetype<Heap>(heap).addressOf(number);
}
