/**
 * The heap of a process: an allocator, its memory, and where it put the log's blocks. Operations come in batches of
 * records (abi-heap). A record names blocks by dense numbers, so that a log of one allocator's addresses can be replayed
 * through another; with `byAddress` its addresses are taken as they stand instead.
 */

import { make } from "../core/arena";
import { Chunks } from "../core/chunks";
import { Space } from "../process/space/space";
import { HeapMemory } from "./memory";
import { createAllocator } from "./registry";

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
  /** Pages that were in memory before the heap was. */
  private residentBefore: u64;
  /** The batch that is being served. */
  records: usize;
  count: u32;

  /** Null when memory is out. */
  static create(space: Space, id: u32, parameters: usize, mode: u32, isUsed: bool, byAddress: bool): Heap {
    const nothing = changetype<Heap>(0);
    const heap = make<Heap>();
    if (changetype<usize>(heap) == 0) return nothing;
    heap.memory = HeapMemory.create(space, mode);
    if (changetype<usize>(heap.memory) == 0) return nothing;
    heap.id = id;
    heap.due = NEVER;
    heap.residentBefore = space.resident;
    heap.isUsed = isUsed;
    heap.byAddress = byAddress;
    heap.blocks = Chunks.create(BLOCK_BYTES);
    heap.allocator = createAllocator(id, heap.memory, parameters);
    if (changetype<usize>(heap.blocks) == 0 || heap.allocator == 0) return nothing;
    return heap;
  }

  /** Bytes in memory that were not before the heap was made. */
  get residentBytes(): u64 {
    const space = this.memory.space;
    return space.resident <= this.residentBefore
      ? 0
      : (space.resident - this.residentBefore) << space.pageShift;
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

  /** Block `number` is at `address` from now on; false when memory is out. */
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
