/** Memory for a buddy heap, by sbrk. What is new becomes free blocks, each as large as its place in the region lets it be. */
import { NO_MEMORY } from "../memory";
import { powerOfTwoFrom, roundUp } from "../parts";
import { Region } from "./regions";
import { BuddyHeap } from "./state";

const PAGE: u64 = 4096;

/** Makes the heap larger by a block of that order at least; false when the system has no memory. */
export function growBuddies(heap: BuddyHeap, order: u32): bool {
  const region = heap.region;
  if (changetype<usize>(region) == 0 || (region.end != heap.memory.breakAddress && heap.fixedBytes == 0)) {
    if (!beginRegion(heap)) return false;
  }
  const had = heap.region.end - heap.region.base;
  if (heap.fixedBytes != 0) return had == 0 && extend(heap, heap.fixedBytes) && heap.filled >> order != 0;
  const block = (<u64>1) << order;
  const needed = roundUp(had, block) + block;
  const wanted = heap.doubles
    ? powerOfTwoFrom(max(max(had << 1, heap.growth), needed))
    : roundUp(needed, heap.growth);
  // Doubling may ask for much more than is needed.
  return extend(heap, wanted) || (wanted != needed && extend(heap, needed));
}

/** A region without memory, at the break, which has to be at a page's start. */
function beginRegion(heap: BuddyHeap): bool {
  const memory = heap.memory;
  const at = memory.breakAddress;
  const base = roundUp(at, PAGE);
  if (base != at && memory.sbrk(<i64>(base - at)) == NO_MEMORY) return false;
  const region = Region.create(memory, heap.leastOrder, heap.isMapped, base, heap.region);
  if (changetype<usize>(region) == 0) {
    memory.fail();
    return false;
  }
  heap.region = region;
  return true;
}

/** The region has `bytes` in all from now on. */
function extend(heap: BuddyHeap, bytes: u64): bool {
  const region = heap.region;
  const from = region.end;
  const more = region.base + bytes - from;
  if (!region.reserve(bytes) || heap.memory.sbrk(<i64>more) == NO_MEMORY) return false;
  const end = region.base + ((bytes >> heap.leastOrder) << heap.leastOrder);
  // A block is joined with what is new before it, and nothing above it yet.
  for (let at = from; at < end; ) {
    const fits = 63 - <u32>clz(end - at);
    const order = at == region.base ? fits : min(fits, <u32>ctz(at - region.base));
    region.end = at + ((<u64>1) << order);
    heap.release(region, at, order);
    at = region.end;
  }
  return true;
}
