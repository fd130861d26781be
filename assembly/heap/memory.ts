/**
 * A process's memory as an allocator has it: its accesses (`MemoryAccess`), and system calls for more memory, counted.
 */

import { HEAP_WATCHED } from "../abi/heap";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from "../abi/linux";
import { allocate } from "../core/arena";
import { DEBUG } from "../core/checks";
import { madvise } from "../process/calls/advise";
import { brk } from "../process/calls/break";
import { mmap } from "../process/calls/map";
import { mprotect } from "../process/calls/protect";
import { mremap } from "../process/calls/remap";
import { munmap } from "../process/calls/unmap";
import { Bytes, MOST_ADDRESS } from "../process/space/bytes";
import { RECENT_PAGES_BYTES, RECENT_PAGES_DISTANCE } from "../process/space/recent-pages";
import { Space } from "../process/space/space";
import { LIBRARY, LINE_TABLE_BYTES, MemoryAccess } from "./access";

/** The result of a call for memory that fails, as MAP_FAILED and MORECORE_FAILURE. */
export const NO_MEMORY: u64 = u64.MAX_VALUE;

@final
@unmanaged
export class HeapMemory extends MemoryAccess {
  /** In the place of `spare` where there is one; null when memory is out. */
  static create(spare: HeapMemory, space: Space, mode: u32): HeapMemory {
    const nothing = changetype<HeapMemory>(0);
    if (DEBUG) assert(offsetof<HeapMemory>() <= RECENT_PAGES_DISTANCE);
    const memory =
      changetype<usize>(spare) != 0 ? spare : changetype<HeapMemory>(allocate(RECENT_PAGES_BYTES));
    if (changetype<usize>(memory) == 0) return nothing;
    if (changetype<usize>(space.bytes) == 0) space.bytes = Bytes.create();
    if (changetype<usize>(space.bytes) == 0) return nothing;
    if (!memory.clear()) return nothing;
    memory.space = space;
    memory.bytes = space.bytes;
    memory.mode = mode;
    memory.remembers = mode != HEAP_WATCHED;
    memory.forgetAll();
    space.bytes.recent = memory;
    return memory;
  }

  /** All fields are zero, and the table of lines is empty; false when memory is out. */
  private clear(): bool {
    const lineTable = this.lineTable != 0 ? this.lineTable : allocate(LINE_TABLE_BYTES);
    const nowhere = this.nowhere != 0 ? this.nowhere : allocate(64);
    if (lineTable == 0 || nowhere == 0) return false;
    memory.fill(changetype<usize>(this), 0, offsetof<HeapMemory>());
    memory.fill(lineTable, 0, <usize>LINE_TABLE_BYTES);
    this.lineTable = lineTable;
    this.nowhere = nowhere;
    return true;
  }

  /** Goes on with the counts of the heap of the process that has forked, its operations among them. */
  inherit(parent: HeapMemory): void {
    this.operation = parent.operation;
    memory.copy(changetype<usize>(this), changetype<usize>(parent), offsetof<HeapMemory>("stopped"));
  }

  /** The library's data are all zero, as a program begins with them. */
  clearLibrary(): void {
    this.bytes.discard(LIBRARY, MOST_ADDRESS);
  }

  /** sbrk(2): the old end of the heap; `NO_MEMORY`. */
  sbrk(delta: i64): u64 {
    const space = this.space;
    const before = space.brk;
    if (delta == 0) return before;
    this.brkCalls++;
    this.charge();
    const wanted = before + <u64>delta;
    if (brk(space, wanted) != wanted) return NO_MEMORY;
    this.commit(delta);
    return before;
  }

  /** The end of the heap, as sbrk(0) returns it. */
  @inline
  get breakAddress(): u64 {
    return this.space.brk;
  }

  /** mmap(2) of private anonymous memory at an address that the kernel chooses; `protection` PROT_…; `NO_MEMORY`. */
  mmap(count: u64, protection: u32): u64 {
    return this.map(
      0,
      count,
      protection,
      MAP_PRIVATE | MAP_ANONYMOUS | (protection == PROT_NONE ? MAP_NORESERVE : 0),
    );
  }

  /** mmap(2) with a hint and flags of its own; `NO_MEMORY`. */
  map(hint: u64, count: u64, protection: u32, flags: u32): u64 {
    this.mmapCalls++;
    this.charge();
    const at = mmap(this.space, hint, count, protection, flags, 0, 0);
    if (at < 0) return NO_MEMORY;
    if (protection != PROT_NONE) this.commit(<i64>count);
    return <u64>at;
  }

  /**
   * A mapping just made at `at` goes to `wanted`, where the log shows that it was, unless something is there: then the
   * difference is another. Where it then is. Nothing was stored to it yet.
   */
  relocate(at: u64, wanted: u64, count: u64, protection: u32): u64 {
    if (at == wanted) return at;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | (protection == PROT_NONE ? MAP_NORESERVE : 0);
    munmap(this.space, at, count);
    const moved = mmap(this.space, wanted, count, protection, flags | MAP_FIXED_NOREPLACE, 0, 0);
    if (moved >= 0) {
      this.taken++;
      return <u64>moved;
    }
    mmap(this.space, at, count, protection, flags | MAP_FIXED, 0, 0);
    return at;
  }

  /** A mapping that mremap has put at `at` goes to `wanted`, likewise. */
  relocateUsed(at: u64, wanted: u64, count: u64): u64 {
    if (at == wanted || this.isMappedWithin(wanted, wanted + count)) return at;
    const moved = mremap(this.space, at, count, count, MREMAP_MAYMOVE | MREMAP_FIXED, wanted);
    if (moved < 0) return at;
    this.taken++;
    return <u64>moved;
  }

  private isMappedWithin(start: u64, end: u64): bool {
    const region = this.space.regions.find(start);
    return changetype<usize>(region) != 0 && region.start < end;
  }

  /** munmap(2) of memory that can be used; false when it failed. */
  munmap(va: u64, count: u64): bool {
    this.munmapCalls++;
    this.charge();
    if (munmap(this.space, va, count) != 0) return false;
    this.commit(-(<i64>count));
    return true;
  }

  /** munmap(2) of memory that was PROT_NONE. */
  unreserve(va: u64, count: u64): bool {
    this.munmapCalls++;
    this.charge();
    return munmap(this.space, va, count) == 0;
  }

  /** mremap(2) with MREMAP_MAYMOVE or 0; `NO_MEMORY`. */
  mremap(va: u64, before: u64, after: u64, mayMove: bool): u64 {
    this.mremapCalls++;
    this.charge();
    const at = mremap(this.space, va, before, after, mayMove ? MREMAP_MAYMOVE : 0, 0);
    if (at < 0) return NO_MEMORY;
    this.commit(<i64>after - <i64>before);
    return <u64>at;
  }

  /** mprotect(2) that makes PROT_NONE memory readable and writable. */
  unprotect(va: u64, count: u64): bool {
    this.mprotectCalls++;
    this.charge();
    if (mprotect(this.space, va, count, PROT_READ | PROT_WRITE) != 0) return false;
    this.commit(<i64>count);
    return true;
  }

  /** madvise(2); false when it failed. */
  madvise(va: u64, count: u64, advice: u32): bool {
    this.madviseCalls++;
    this.charge();
    return madvise(this.space, va, count, advice) == 0;
  }

  /** Counts bytes that were got or given back without a call of this class. */
  commit(delta: i64): void {
    this.committed += <u64>delta;
    if (this.committed > this.peakCommitted) this.peakCommitted = this.committed;
  }

  private charge(): void {
    this.space.callCycles += this.space.system.callCost;
  }
}
