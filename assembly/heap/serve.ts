/** Serves batches of heap operations: the loop, compiled once per allocator. */
import { NONE } from "../abi/core";
import {
  HEAP_A,
  HEAP_ALIGNED_ALLOC,
  HEAP_ANSWER,
  HEAP_B,
  HEAP_BYTES,
  HEAP_C,
  HEAP_CALLOC,
  HEAP_ERRNO,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OP,
  HEAP_POSIX_MEMALIGN,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_RESULT,
  HEAP_THREAD,
  HEAP_USABLE_SIZE,
  HEAP_VALLOC,
  HEAP_WATCHED,
} from "../abi/heap";
import { ENOMEM } from "../abi/linux";
import { DEBUG } from "../core/checks";
import { switchToSpace } from "../process/references/access";
import { Allocator } from "./contract";
import { Heap } from "./heap";
import { PAGE, wholePages } from "./parts";
import { Recorder } from "./recorder";
import { isAllocatorValid, withAllocator } from "./registry";

@final
@unmanaged
class Service {
  visit<A extends Allocator>(_signature: string): usize {
    const heap = changetype<Heap>(this);
    return serveBatch<A>(heap, changetype<A>(heap.allocator));
  }
}

/** Serves records in turn; how many were, fewer where one ended the process, which counts as served. */
export function serveHeap(heap: usize, records: usize, count: u32): u32 {
  const it = changetype<Heap>(heap);
  const space = it.memory.space;
  if (!space.isAlive || it.memory.hasStopped) return 0;
  switchToSpace(space);
  it.records = records;
  it.count = count;
  return <u32>withAllocator<Service>(it.id, heap);
}

function serveBatch<A extends Allocator>(heap: Heap, allocator: A): usize {
  const memory = heap.memory;
  let record = heap.records;
  const count = heap.count;
  for (let done: u32 = 0; done < count; done++, record += HEAP_BYTES) {
    // Another allocator's addresses tell nothing of this one's mappings.
    memory.begin(load<u32>(record, HEAP_THREAD), heap.byAddress ? load<u64>(record, HEAP_RESULT) : 0);
    const answer = serveOne<A>(heap, allocator, record);
    store<u64>(record, answer, HEAP_ANSWER);
    store<u32>(record, memory.errno, HEAP_ERRNO);
    if (++heap.operations >= heap.due) changetype<Recorder>(heap.recorder).record<A>(heap, allocator);
    // By addresses a program can free what it never had, and corrupt the heap.
    if (DEBUG && !heap.byAddress && !memory.hasStopped) assert(isAllocatorValid(heap.id, heap.allocator));
    if (memory.hasStopped) return done + 1;
  }
  return count;
}

function serveOne<A extends Allocator>(heap: Heap, allocator: A, record: usize): u64 {
  const op = load<u32>(record, HEAP_OP);
  const a = load<u64>(record, HEAP_A);
  const b = load<u64>(record, HEAP_B);
  switch (op) {
    case HEAP_MALLOC:
      return made<A>(heap, allocator, record, a, allocator.malloc(a));
    case HEAP_CALLOC:
      return made<A>(heap, allocator, record, a * b, allocator.calloc(a, b));
    case HEAP_FREE:
      return freed<A>(heap, allocator, record);
    case HEAP_REALLOC:
      return resized<A>(heap, allocator, record, b);
    case HEAP_REALLOCARRAY: {
      const c = load<u64>(record, HEAP_C);
      if (c == 0 || b <= u64.MAX_VALUE / c) return resized<A>(heap, allocator, record, b * c);
      allocator.memory.errno = ENOMEM;
      heap.failed++;
      return 0;
    }
    case HEAP_MEMALIGN:
    case HEAP_ALIGNED_ALLOC:
    case HEAP_POSIX_MEMALIGN:
      return made<A>(heap, allocator, record, b, allocator.memalign(op, a, b));
    case HEAP_VALLOC:
      return made<A>(heap, allocator, record, a, allocator.memalign(op, PAGE, a));
    case HEAP_PVALLOC: {
      const bytes = wholePages(a);
      return made<A>(heap, allocator, record, bytes, allocator.memalign(op, PAGE, bytes));
    }
    case HEAP_USABLE_SIZE: {
      const address = given(heap, record);
      return address == 0 ? 0 : allocator.usableSize(address);
    }
    default:
      return allocator.control(op, a, b);
  }
}

/** The address of the block that the operation was given; 0: NULL, or none that is in use. */
function given(heap: Heap, record: usize): u64 {
  if (heap.byAddress) return load<u64>(record, HEAP_A);
  const number = load<u32>(record, HEAP_FREED);
  return number == NONE ? 0 : heap.blocks.addressOf(number);
}

/** An allocation of `request` bytes gave `address`; it again. */
function made<A extends Allocator>(heap: Heap, allocator: A, record: usize, request: u64, address: u64): u64 {
  if (address == 0) {
    heap.failed++;
    return 0;
  }
  const number = load<u32>(record, HEAP_MADE);
  if (number != NONE) enter<A>(heap, allocator, number, address, request);
  if (heap.isUsed) heap.memory.use(address, request);
  return address;
}

function enter<A extends Allocator>(heap: Heap, allocator: A, number: u32, address: u64, request: u64): void {
  const memory = heap.memory;
  const isWatched = memory.mode == HEAP_WATCHED;
  if (isWatched) memory.hide();
  const footprint = allocator.footprint(address);
  if (isWatched) memory.show();
  if (!heap.enter(number, address, request, footprint)) memory.fail();
}

function freed<A extends Allocator>(heap: Heap, allocator: A, record: usize): u64 {
  const address = given(heap, record);
  const number = load<u32>(record, HEAP_FREED);
  if (number != NONE) heap.leave(number);
  if (address != 0) allocator.free(address);
  return 0;
}

function resized<A extends Allocator>(heap: Heap, allocator: A, record: usize, bytes: u64): u64 {
  const address = given(heap, record);
  const number = load<u32>(record, HEAP_FREED);
  const request = number == NONE ? 0 : heap.blocks.requestOf(number);
  if (number != NONE) heap.leave(number);
  const moved = allocator.realloc(address, bytes);
  // A block that could not be resized is unchanged, unless a size of 0 freed it.
  if (moved == 0 && bytes != 0 && number != NONE && !heap.memory.hasStopped)
    enter<A>(heap, allocator, number, address, request);
  if (moved == 0 && bytes == 0 && address != 0) return 0;
  return made<A>(heap, allocator, record, bytes, moved);
}
