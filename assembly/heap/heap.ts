/**
 * The heap of a process: an allocator, its memory, and where it put the log's blocks. Operations come in batches of
 * records (abi/heap). A record names blocks by dense numbers, so that a log of one allocator's addresses can be replayed
 * through another; with `byAddress` its addresses are taken as they stand instead.
 */

import { HEAP_PAGES } from "../abi/heap";
import { make } from "../core/arena";
import { Space } from "../process/space/space";
import { BlockTable } from "./block-table";
import { HeapMemory } from "./memory";
import { copyAllocator, createAllocator } from "./registry";

/** A count of operations that is not reached. */
export const NEVER: u64 = u64.MAX_VALUE;

@final
@unmanaged
export class Heap {
  // The host reads these, at abi/heap's HEAP_LIVE….
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
  blocks: BlockTable;
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
    const blocks = isSpare ? heap.blocks : BlockTable.empty();
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

  /** Block `number` is at `address` from now on; false when memory is out. */
  @inline
  enter(number: u32, address: u64, request: u64, footprint: u64): bool {
    if (!this.blocks.enter(number, address, request, footprint)) return false;
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
    const blocks = this.blocks;
    if (blocks.addressOf(number) == 0) return;
    this.liveBytes -= blocks.requestOf(number);
    this.liveBlocks--;
    this.liveFootprint -= blocks.footprintOf(number);
    blocks.leave(number);
  }
}
