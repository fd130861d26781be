/**
 * Descriptors of chunks in a table outside of the heap, for heaps whose chunks have headers of any size or none. They lie
 * in mappings of their own.
 *
 *   descriptor:  0       8      16         24        32      40      48      56      64
 *                ├ bytes ┼ next ┼ previous ┼ address ┼ below ┼ above ┼ state ┼ chain ┤    u64 each
 *
 *   next, previous: in the list of free chunks. below, above: of the chunks before and behind it in memory.
 *   chain: the next one in its bucket of the hash table that finds chunks in use by address; in a spare descriptor, the
 *   next spare one.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/linux";
import { copyOf, make } from "../../core/arena";
import { HeapMemory, NO_MEMORY } from "../memory";
import { NODE_BYTES } from "./node";

const ADDRESS: u64 = 24;
const BELOW: u64 = 32;
const ABOVE: u64 = 40;
const STATE: u64 = 48;
const CHAIN: u64 = 56;
const DESCRIPTOR_BYTES: u64 = 64;

const STATE_NEW: u64 = 0;
const STATE_FREE: u64 = 1;
const STATE_USED: u64 = 2;
const STATE_FENCE: u64 = 3;

/** Descriptors are got from the system so many bytes at a time. */
const SLAB: u64 = 65536;
/** An operation makes no more descriptors than these. */
const MOST_NEW: u64 = 4;
const FIRST_BUCKETS: u64 = 512;

@final
@unmanaged
export class Table {
  private memory: HeapMemory;
  private last: u64;
  /** Spare descriptors: those that were used before, and how many; those that were not. */
  private spare: u64;
  private spares: u64;
  private fresh: u64;
  private freshEnd: u64;
  private buckets: u64;
  private bucketCount: u64;
  private used: u64;

  /** Null when memory is out. */
  static create(memory: HeapMemory): Table {
    const table = make<Table>();
    if (changetype<usize>(table) != 0) table.memory = memory;
    return table;
  }

  /** That of a heap that was forked, whose memory is `memory`; null when memory is out. */
  copy(memory: HeapMemory): Table {
    const table = copyOf<Table>(this);
    if (changetype<usize>(table) != 0) table.memory = memory;
    return table;
  }

  /** Gets descriptors for an operation if there are too few. False when the system has no memory. */
  isReady(): bool {
    if (this.spares + (this.freshEnd - this.fresh) / DESCRIPTOR_BYTES >= MOST_NEW) return this.buckets != 0;
    const memory = this.memory;
    if (this.buckets == 0 && !this.rehash(FIRST_BUCKETS)) return false;
    const slab = memory.mmap(SLAB, PROT_READ | PROT_WRITE);
    if (slab == NO_MEMORY) return false;
    for (; this.fresh < this.freshEnd; this.fresh += DESCRIPTOR_BYTES) this.discard(this.fresh);
    this.fresh = slab;
    this.freshEnd = slab + SLAB;
    return true;
  }

  private take(): u64 {
    const node = this.spare;
    if (node == 0) {
      const fresh = this.fresh;
      this.fresh += DESCRIPTOR_BYTES;
      return fresh;
    }
    this.spare = this.memory.read<u64>(node + CHAIN);
    this.spares--;
    return node;
  }

  private discard(node: u64): void {
    this.memory.write<u64>(node + CHAIN, this.spare);
    this.spare = node;
    this.spares++;
  }

  @inline
  address(node: u64): u64 {
    return this.memory.read<u64>(node + ADDRESS);
  }

  @inline
  above(node: u64): u64 {
    return this.memory.read<u64>(node + ABOVE);
  }

  @inline
  below(node: u64): u64 {
    return this.memory.read<u64>(node + BELOW);
  }

  @inline
  isFree(node: u64): bool {
    return this.memory.read<u64>(node + STATE) == STATE_FREE;
  }

  freeOr0(node: u64): u64 {
    return node != 0 && this.isFree(node) ? node : 0;
  }

  // As a debugger sees a descriptor, for walks.
  peekAddress(node: u64): u64 {
    return this.memory.peek<u64>(node + ADDRESS);
  }

  peekAbove(node: u64): u64 {
    return this.memory.peek<u64>(node + ABOVE);
  }

  peekIsFree(node: u64): bool {
    return this.memory.peek<u64>(node + STATE) == STATE_FREE;
  }

  peekIsFence(node: u64): bool {
    return this.memory.peek<u64>(node + STATE) == STATE_FENCE;
  }

  setFree(node: u64): void {
    const memory = this.memory;
    if (memory.read<u64>(node + STATE) == STATE_USED) this.leave(node);
    memory.write<u64>(node + STATE, STATE_FREE);
  }

  setUsed(node: u64): void {
    const memory = this.memory;
    if (memory.read<u64>(node + STATE) == STATE_USED) return;
    memory.write<u64>(node + STATE, STATE_USED);
    this.enter(node);
  }

  /** A chunk at the end of memory. */
  append(address: u64, bytes: u64, isFence: bool): u64 {
    const last = this.last;
    const node = this.describe(address, bytes, last, 0);
    if (last != 0) this.memory.write<u64>(last + ABOVE, node);
    this.last = node;
    if (isFence) this.memory.write<u64>(node + STATE, STATE_FENCE);
    return node;
  }

  private describe(address: u64, bytes: u64, below: u64, above: u64): u64 {
    const memory = this.memory;
    const node = this.take();
    memory.write<u64>(node + NODE_BYTES, bytes);
    memory.write<u64>(node + ADDRESS, address);
    memory.write<u64>(node + BELOW, below);
    memory.write<u64>(node + ABOVE, above);
    memory.write<u64>(node + STATE, STATE_NEW);
    return node;
  }

  cut(node: u64, bytes: u64): u64 {
    const memory = this.memory;
    const above = this.above(node);
    const rest = memory.read<u64>(node + NODE_BYTES) - bytes;
    const other = this.describe(this.address(node) + bytes, rest, node, above);
    memory.write<u64>(node + NODE_BYTES, bytes);
    memory.write<u64>(node + ABOVE, other);
    if (above == 0) this.last = other;
    else memory.write<u64>(above + BELOW, other);
    return other;
  }

  join(node: u64, next: u64): void {
    const memory = this.memory;
    const above = this.above(next);
    if (memory.read<u64>(next + STATE) == STATE_USED) this.leave(next);
    memory.write<u64>(
      node + NODE_BYTES,
      memory.read<u64>(node + NODE_BYTES) + memory.read<u64>(next + NODE_BYTES),
    );
    memory.write<u64>(node + ABOVE, above);
    if (above == 0) this.last = node;
    else memory.write<u64>(above + BELOW, node);
    this.discard(next);
  }

  /** The chunk in use that begins at `address`; 0: there is none. */
  find(address: u64): u64 {
    if (this.buckets == 0) return 0;
    const memory = this.memory;
    let node = memory.read<u64>(this.bucket(address));
    while (node != 0 && this.address(node) != address && !memory.hasStopped)
      node = memory.read<u64>(node + CHAIN);
    return node;
  }

  private bucket(address: u64): u64 {
    return this.buckets + (((address * 0x9e3779b97f4a7c15) >> 32) & (this.bucketCount - 1)) * 8;
  }

  private enter(node: u64): void {
    if (this.used >= this.bucketCount) this.rehash(this.bucketCount * 2);
    this.used++;
    this.link(node);
  }

  private link(node: u64): void {
    const memory = this.memory;
    const bucket = this.bucket(this.address(node));
    memory.write<u64>(node + CHAIN, memory.read<u64>(bucket));
    memory.write<u64>(bucket, node);
  }

  private leave(node: u64): void {
    const memory = this.memory;
    let at = this.bucket(this.address(node));
    for (let other = memory.read<u64>(at); other != node; other = memory.read<u64>(at)) {
      if (other == 0 || memory.hasStopped) return;
      at = other + CHAIN;
    }
    memory.write<u64>(at, memory.read<u64>(node + CHAIN));
    this.used--;
  }

  /** So many buckets from now on; false when the system has no memory for them. */
  private rehash(count: u64): bool {
    const memory = this.memory;
    const buckets = memory.mmap(count * 8, PROT_READ | PROT_WRITE);
    if (buckets == NO_MEMORY) return false;
    const had = this.buckets;
    const hadCount = this.bucketCount;
    this.buckets = buckets;
    this.bucketCount = count;
    for (let n: u64 = 0; n < hadCount; n++) {
      let node = memory.read<u64>(had + n * 8);
      while (node != 0 && !memory.hasStopped) {
        const next = memory.read<u64>(node + CHAIN);
        this.link(node);
        node = next;
      }
    }
    if (had != 0) memory.munmap(had, hadCount * 8);
    return true;
  }
}
