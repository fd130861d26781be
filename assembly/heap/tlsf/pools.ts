/**
 * The pools of TLSF: stretches of memory from the system, each with a block that cannot be used at its end.
 *
 *   +0            +8     +16                                         end
 *   ├ next pool ──┼ end ─┼ control, padding ┼ size │ block ┄ ┼ size ─┤
 *                          in the first one   chunks …         0, in use
 *
 *   next pool: in order of addresses.
 *
 * Memory that sbrk gives behind a pool makes that pool longer, up to what a block can be: its last size becomes the size of
 * a free block.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/linux";
import { make } from "../../core/arena";
import { HeapMemory, NO_MEMORY } from "../memory";
import { Block, OVERHEAD } from "./block";
import { MOST_SIZE } from "./control";

const NEXT: u64 = 0;
const END: u64 = 8;
const POOL_HEADER: u64 = 16;
const PAGE: u64 = 4096;

@final
@unmanaged
export class Pools {
  private memory: HeapMemory;
  private alignment: u64;
  /** Bytes got from the system at a time, at least. */
  private growth: u64;
  private usesMmap: bool;
  /** The one at the lowest address; 0: there is none. */
  first: u64;
  /** The one that sbrk gave last. */
  private last: u64;

  /** Null when Wasm's memory is out. */
  static create(memory: HeapMemory, alignment: u64, growth: u64, usesMmap: bool): Pools {
    const pools = make<Pools>();
    if (changetype<usize>(pools) == 0) return pools;
    pools.memory = memory;
    pools.alignment = alignment;
    pools.growth = growth;
    pools.usesMmap = usesMmap;
    return pools;
  }

  /** The same in another process's memory; null when Wasm's memory is out. */
  copy(memory: HeapMemory): Pools {
    const pools = Pools.create(memory, this.alignment, this.growth, this.usesMmap);
    if (changetype<usize>(pools) == 0) return pools;
    pools.first = this.first;
    pools.last = this.last;
    return pools;
  }

  /**
   * Gets memory for a block of `size` bytes and `control` bytes before it. The new block, in use, with the size that is to
   * be freed; 0 when the system has none.
   */
  grow(size: u64, control: u64): u64 {
    const memory = this.memory;
    const least = size + control + POOL_HEADER + 2 * OVERHEAD + this.alignment;
    const bytes = (max(least, this.growth) + PAGE - 1) & ~(PAGE - 1);
    const before = this.usesMmap ? 0 : memory.breakAddress;
    const padding = -before & (this.alignment - 1);
    const at = this.usesMmap
      ? memory.mmap(bytes, PROT_READ | PROT_WRITE)
      : memory.sbrk(<i64>(bytes + padding));
    if (at == NO_MEMORY) return 0;
    if (!this.usesMmap && this.canLengthen(at, bytes)) return this.lengthen(bytes);
    return this.add(at + padding, bytes, control);
  }

  @inline
  endOf(pool: u64): u64 {
    return this.memory.read<u64>(pool + END);
  }

  /** True if `bytes` at `at` are just behind the last pool, and the longer pool is not larger than a block may be. */
  private canLengthen(at: u64, bytes: u64): bool {
    const last = this.last;
    return last != 0 && this.endOf(last) == at && at + bytes - last < MOST_SIZE;
  }

  private lengthen(bytes: u64): u64 {
    const memory = this.memory;
    const end = this.endOf(this.last);
    const block = end - 2 * OVERHEAD;
    memory.write<u64>(this.last + END, end + bytes);
    memory.write<u64>(end - OVERHEAD, memory.read<u64>(end - OVERHEAD) | (bytes - OVERHEAD));
    this.endWith(end + bytes);
    return block;
  }

  private add(at: u64, bytes: u64, control: u64): u64 {
    const memory = this.memory;
    const end = at + bytes;
    memory.write<u64>(at + END, end);
    this.link(at);
    if (!this.usesMmap) this.last = at;
    const block = this.firstBlock(at, control);
    Block.setHeader(memory, block, end - 3 * OVERHEAD - block, false, false);
    this.endWith(end);
    return block;
  }

  /** The block that cannot be used is at the end. */
  private endWith(end: u64): void {
    Block.setHeader(this.memory, end - 2 * OVERHEAD, 0, false, false);
  }

  private link(pool: u64): void {
    const memory = this.memory;
    let previous: u64 = 0;
    let next = this.first;
    while (next != 0 && next < pool && !memory.hasStopped) {
      previous = next;
      next = memory.read<u64>(next + NEXT);
    }
    memory.write<u64>(pool + NEXT, next);
    if (previous == 0) this.first = pool;
    else memory.write<u64>(previous + NEXT, pool);
  }

  /** The first block of a pool with so many bytes of control structure. */
  firstBlock(pool: u64, control: u64): u64 {
    const payload = (pool + POOL_HEADER + control + OVERHEAD + this.alignment - 1) & ~(this.alignment - 1);
    return payload - 2 * OVERHEAD;
  }

  @inline
  controlOf(pool: u64): u64 {
    return pool + POOL_HEADER;
  }

  // As a debugger sees a pool, for walks.

  @inline
  peekNext(pool: u64): u64 {
    return this.memory.peek<u64>(pool + NEXT);
  }

  @inline
  peekEnd(pool: u64): u64 {
    return this.memory.peek<u64>(pool + END);
  }
}
