/**
 * The heap of a process: an allocator, its memory, and where it put the log's blocks. Operations come in batches of
 * records (abi-heap). A record names blocks by dense numbers, so that a log of one allocator's addresses can be replayed
 * through another; with `byAddress` its addresses are taken as they stand instead.
 */

import { HEAP_PAGES } from "../abi-heap";
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";
import { Space } from "../process/space/space";
import { HeapMemory } from "./memory";
import { copyAllocator, createAllocator } from "./registry";

/** A block in the table: where it is, 0 where it is not; how many bytes were asked for; how many it takes in the heap. */
const BLOCK_ADDRESS: usize = 0;
const BLOCK_REQUEST: usize = 8;
const BLOCK_FOOTPRINT: usize = 16;
const BLOCK_BYTES: u32 = 24;
/** A count of operations that is not reached. */
export const NEVER: u64 = u64.MAX_VALUE;

@final
@unmanaged
export class Heap {
  // The host reads these, at abi-heap's HEAP_LIVE….
  /** Bytes asked for by blocks in use, how many blocks they are, and what they take in the heap; their peaks. */
  liveBytes: u64;
  liveBlocks: u64;
  liveFootprint: u64;
  peakLiveBytes: u64;
  peakLiveBlocks: u64;
  /** Of what the blocks took, and of what the heap had, when most bytes were in use. */
  footprintAtPeak: u64;
  committedAtPeak: u64;
  operations: u64;
  failed: u64;
  mismatched: u64;
  memory: HeapMemory;
  /** A `Recorder`, null: nothing is kept. */
  recorder: usize;
  /** The count of operations from which on the recorder wants to see the heap. */
  due: u64;
  allocator: usize;
  id: u32;
  /** The program stores to what it gets. */
  isUsed: bool;
  /** Addresses in records are this allocator's own. */
  byAddress: bool;
  private blocks: Chunks;
  /** Pages that were in memory, and faults, before the heap was. */
  private residentBefore: u64;
  private faultsBefore: u64;
  /** The batch that is being served. */
  records: usize;
  count: u32;

  /** Null when memory is out. */
  static create(space: Space, id: u32, parameters: usize, mode: u32, isUsed: bool, byAddress: bool): Heap {
    const heap = Heap.on(space, id, mode);
    if (changetype<usize>(heap) == 0) return heap;
    heap.isUsed = isUsed;
    heap.byAddress = byAddress;
    heap.memory.isOwn = mode == HEAP_PAGES && !byAddress;
    heap.allocator = createAllocator(id, heap.allocator, heap.memory, parameters);
    return heap.allocator == 0 ? changetype<Heap>(0) : heap;
  }

  /** With no allocator but a spare one, where there is one; null when memory is out. */
  private static on(space: Space, id: u32, mode: u32): Heap {
    const nothing = changetype<Heap>(0);
    const spare = changetype<Heap>(space.spareHeap);
    const isSpare = changetype<usize>(spare) != 0 && spare.id == id;
    const heap = isSpare ? spare : make<Heap>();
    if (changetype<usize>(heap) == 0) return nothing;
    if (isSpare) space.spareHeap = 0;
    const blocks = isSpare ? heap.blocks : Chunks.create(BLOCK_BYTES);
    const memory = HeapMemory.create(heap.memory, space, mode);
    const allocator = heap.allocator;
    if (changetype<usize>(blocks) == 0 || changetype<usize>(memory) == 0) return nothing;
    heap.clear();
    heap.id = id;
    heap.memory = memory;
    heap.allocator = allocator;
    heap.blocks = blocks;
    heap.due = NEVER;
    heap.residentBefore = space.resident;
    heap.faultsBefore = space.minor + space.major;
    blocks.clear();
    return heap;
  }

  /** Bytes in memory that were not before the heap was made. */
  get residentBytes(): u64 {
    const space = this.memory.space;
    return space.resident <= this.residentBefore
      ? 0
      : (space.resident - this.residentBefore) << space.pageShift;
  }

  private clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Heap>());
  }

  /** A copy for a process that `thread` of this one's has forked, whose memory is a copy already; null when memory is out. */
  fork(space: Space, thread: u32): Heap {
    const nothing = changetype<Heap>(0);
    const heap = Heap.on(space, this.id, this.memory.mode);
    if (changetype<usize>(heap) == 0) return nothing;
    memory.copy(changetype<usize>(heap), changetype<usize>(this), offsetof<Heap>("memory"));
    heap.isUsed = this.isUsed;
    heap.byAddress = this.byAddress;
    heap.memory.inherit(this.memory);
    heap.memory.isOwn = this.memory.isOwn;
    heap.memory.thread = thread;
    if (!heap.blocks.copyFrom(this.blocks)) return nothing;
    heap.allocator = copyAllocator(this.id, heap.allocator, this.allocator, heap.memory);
    return heap.allocator == 0 ? nothing : heap;
  }

  /** Nobody needs it any more; its memory is for the next one. */
  release(): void {
    this.memory.space.spareHeap = changetype<usize>(this);
  }

  /** Faults of the process since the heap was made. */
  get faults(): u64 {
    const space = this.memory.space;
    return space.minor + space.major - this.faultsBefore;
  }

  /** Where block `number` is; 0: it is not. */
  @inline
  addressOf(number: u32): u64 {
    return number < this.blocks.count ? load<u64>(this.blocks.at(number), BLOCK_ADDRESS) : 0;
  }

  @inline
  requestOf(number: u32): u64 {
    return load<u64>(this.blocks.at(number), BLOCK_REQUEST);
  }

  footprintOf(number: u32): u64 {
    return load<u64>(this.blocks.at(number), BLOCK_FOOTPRINT);
  }

  /** Numbers that blocks have had so far. */
  get blockCount(): u32 {
    return this.blocks.count;
  }

  /** Block `number` is at `address` from now on; false when memory is out. */
  @inline
  enter(number: u32, address: u64, request: u64, footprint: u64): bool {
    while (this.blocks.count <= number) if (!this.blocks.add()) return false;
    const block = this.blocks.at(number);
    store<u64>(block, address, BLOCK_ADDRESS);
    store<u64>(block, request, BLOCK_REQUEST);
    store<u64>(block, footprint, BLOCK_FOOTPRINT);
    this.liveBytes += request;
    this.liveBlocks++;
    this.liveFootprint += footprint;
    if (this.liveBytes > this.peakLiveBytes) this.notePeak();
    return true;
  }

  private notePeak(): void {
    this.peakLiveBytes = this.liveBytes;
    this.peakLiveBlocks = this.liveBlocks;
    this.footprintAtPeak = this.liveFootprint;
    this.committedAtPeak = this.memory.committed;
  }

  /** Block `number` is in use no more. */
  @inline
  leave(number: u32): void {
    if (number >= this.blocks.count) return;
    const block = this.blocks.at(number);
    if (load<u64>(block, BLOCK_ADDRESS) == 0) return;
    this.liveBytes -= load<u64>(block, BLOCK_REQUEST);
    this.liveBlocks--;
    this.liveFootprint -= load<u64>(block, BLOCK_FOOTPRINT);
    store<u64>(block, 0, BLOCK_ADDRESS);
  }
}
