/** Custom allocators as the host calls them, operation by operation. */
import { NONE } from "../../abi/core";
import {
  CUSTOM_DONE,
  CUSTOM_FREE,
  CUSTOM_NO_MEMORY,
  CUSTOM_NOTHING,
  CUSTOM_OUTSIDE,
  CUSTOM_OVERLAP,
  CUSTOM_REALLOC,
  CUSTOM_USABLE_SIZE,
  HEAP_FREED,
  HEAP_MADE,
} from "../../abi/heap";
import { VM_READ, VM_WRITE } from "../../abi/linux";
import { switchToSpace } from "../../process/references/access";
import { Space } from "../../process/space/space";
import { Heap } from "../heap";
import { Recorder } from "../recorder";
import { serveHeap } from "../serve";
import { Custom } from "./custom";

/** The call that serves a record: CUSTOM_MALLOC or another. Its arguments are in the allocator's fields. */
export function askCustom(heap: usize, record: usize): u32 {
  const it = changetype<Heap>(heap);
  switchToSpace(it.memory.space);
  return customOf(it).ask(it.blocks, record);
}

/**
 * Serves the record for which the host's allocator gave `answer`, a block of `bytes` that takes `taken` in the heap, having
 * looked at `steps` nodes: CUSTOM_DONE, or what is wrong with the block. `call`: what `askCustom` said.
 */
export function serveCustom(
  heap: usize,
  record: usize,
  call: u32,
  answer: f64,
  bytes: f64,
  taken: f64,
  steps: u32,
  errno: u32,
): u32 {
  const it = changetype<Heap>(heap);
  const custom = customOf(it);
  it.memory.steps += steps;
  if (it.memory.stopped == 0) {
    const status = settle(it, custom, record, call, <u64>answer, <u64>bytes);
    if (status != CUSTOM_DONE) return status;
  }
  custom.take(answer, call == CUSTOM_NOTHING ? takenBefore(it, record) : taken, errno);
  serveHeap(heap, record, 1);
  return CUSTOM_DONE;
}

/** Returns the footprint of the block that the call was given and leaves as it was; 0 if there is none. */
function takenBefore(heap: Heap, record: usize): f64 {
  const number = load<u32>(record, HEAP_FREED);
  return number == NONE ? 0 : <f64>heap.blocks.footprintOf(number);
}

/** Records the owners of the memory after the call. */
function settle(heap: Heap, custom: Custom, record: usize, call: u32, address: u64, bytes: u64): u32 {
  if (call == CUSTOM_USABLE_SIZE) return CUSTOM_DONE;
  const freed = load<u32>(record, HEAP_FREED);
  const isGone = call == CUSTOM_FREE || (call == CUSTOM_REALLOC && (address != 0 || bytes == 0));
  if (isGone && freed != NONE && !custom.forget(<u64>custom.address, <u64>custom.had))
    return CUSTOM_NO_MEMORY;
  const made = load<u32>(record, HEAP_MADE);
  if (address == 0 || made == NONE) return CUSTOM_DONE;
  if (!isWritable(heap.memory.space, address, address + max(bytes, 1))) return CUSTOM_OUTSIDE;
  const holder = custom.holderOf(address, bytes);
  if (holder != NONE) {
    custom.other = <f64>heap.blocks.addressOf(holder);
    return CUSTOM_OVERLAP;
  }
  return custom.addBlock(address, bytes, made) ? CUSTOM_DONE : CUSTOM_NO_MEMORY;
}

/** True if the process can read and write all memory from `start` to `end`. */
function isWritable(space: Space, start: u64, end: u64): bool {
  while (start < end) {
    const region = space.regions.at(start);
    if (changetype<usize>(region) == 0 || !region.has(VM_READ) || !region.has(VM_WRITE)) return false;
    start = region.end;
  }
  return true;
}

/** True if the recorder walks over the heap after the next operation or, with `isLast`, at the end. */
export function wantsCustomChunks(heap: usize, isLast: bool): bool {
  const it = changetype<Heap>(heap);
  return it.recorder != 0 && changetype<Recorder>(it.recorder).mayWalk(it, isLast);
}

/** `count` chunks at `chunks`, CUSTOM_CHUNK_BYTES each, for the next walk. */
export function showCustomChunks(heap: usize, chunks: usize, count: u32): void {
  customOf(changetype<Heap>(heap)).show(chunks, count);
}

function customOf(heap: Heap): Custom {
  return changetype<Custom>(heap.allocator);
}
