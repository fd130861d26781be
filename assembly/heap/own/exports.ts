/** Own allocators as the host calls them, operation by operation. */
import { NONE } from "../../abi/core";
import {
  HEAP_FREED,
  HEAP_MADE,
  OWN_DONE,
  OWN_FREE,
  OWN_NO_MEMORY,
  OWN_NOTHING,
  OWN_OUTSIDE,
  OWN_OVERLAP,
  OWN_REALLOC,
  OWN_USABLE_SIZE,
} from "../../abi/heap";
import { VM_READ, VM_WRITE } from "../../abi/linux";
import { switchToSpace } from "../../process/references/access";
import { Space } from "../../process/space/space";
import { Heap } from "../heap";
import { Recorder } from "../recorder";
import { serveHeap } from "../serve";
import { Own } from "./own";

/** What a record comes to, OWN_MALLOC and so on; its arguments are in the allocator's fields. */
export function askOwn(heap: usize, record: usize): u32 {
  const it = changetype<Heap>(heap);
  switchToSpace(it.memory.space);
  return ownOf(it).ask(it.blocks, record);
}

/**
 * Serves the record for which the host's allocator gave `answer`, a block of `bytes` that takes `taken` in the heap, having
 * looked at `steps` nodes: OWN_DONE, or what is wrong with the block. `call`: what `askOwn` said.
 */
export function serveOwn(
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
  const own = ownOf(it);
  it.memory.steps += steps;
  if (it.memory.stopped == 0) {
    const status = settle(it, own, record, call, <u64>answer, <u64>bytes);
    if (status != OWN_DONE) return status;
  }
  own.take(answer, call == OWN_NOTHING ? takenBefore(it, record) : taken, errno);
  serveHeap(heap, record, 1);
  return OWN_DONE;
}

/** What the block takes that the call was given, and that stays as it was. */
function takenBefore(heap: Heap, record: usize): f64 {
  const number = load<u32>(record, HEAP_FREED);
  return number == NONE ? 0 : <f64>heap.blocks.footprintOf(number);
}

/** Notes whose memory is whose from now on. */
function settle(heap: Heap, own: Own, record: usize, call: u32, address: u64, bytes: u64): u32 {
  if (call == OWN_USABLE_SIZE) return OWN_DONE;
  const freed = load<u32>(record, HEAP_FREED);
  const isGone = call == OWN_FREE || (call == OWN_REALLOC && (address != 0 || bytes == 0));
  if (isGone && freed != NONE && !own.forget(<u64>own.address, <u64>own.had)) return OWN_NO_MEMORY;
  const made = load<u32>(record, HEAP_MADE);
  if (address == 0 || made == NONE) return OWN_DONE;
  if (!isWritable(heap.memory.space, address, address + max(bytes, 1))) return OWN_OUTSIDE;
  const holder = own.holderOf(address, bytes);
  if (holder != NONE) {
    own.other = <f64>heap.blocks.addressOf(holder);
    return OWN_OVERLAP;
  }
  return own.own(address, bytes, made) ? OWN_DONE : OWN_NO_MEMORY;
}

/** Has the process memory from `start` to `end` that it can read and write? */
function isWritable(space: Space, start: u64, end: u64): bool {
  while (start < end) {
    const region = space.regions.at(start);
    if (changetype<usize>(region) == 0 || !region.has(VM_READ) || !region.has(VM_WRITE)) return false;
    start = region.end;
  }
  return true;
}

/** Will the recorder walk over the heap when the next operation is served, or, at the end, `isLast`? */
export function wantsOwnChunks(heap: usize, isLast: bool): bool {
  const it = changetype<Heap>(heap);
  return it.recorder != 0 && changetype<Recorder>(it.recorder).mayWalk(it, isLast);
}

/** `count` chunks at `chunks`, OWN_CHUNK_BYTES each, for the next walk. */
export function showOwnChunks(heap: usize, chunks: usize, count: u32): void {
  ownOf(changetype<Heap>(heap)).show(chunks, count);
}

function ownOf(heap: Heap): Own {
  return changetype<Own>(heap.allocator);
}
