/** A page, which is its first slice; its picture is in segment.ts. From: src/page.c of mimalloc 2.0.9. */
import { HeapMemory } from "../memory";
import {
  DELAYED_BITS,
  HAS_ALIGNED,
  HUGE_BYTES,
  IN_FULL,
  Segment,
  SLICE,
  SLICE_BYTES,
  SLICE_SHIFT,
} from "./segment";

const COUNT: u64 = 0;
const OFFSET: u64 = 4;
const CAPACITY: u64 = 10;
const RESERVED: u64 = 12;
const FLAGS: u64 = 14;
const EXPIRE: u64 = 15;
const FREE: u64 = 16;
const USED: u64 = 24;
const BYTES: u64 = 28;
const LOCAL_FREE: u64 = 32;
const THREAD_FREE: u64 = 40;
const HEAP: u64 = 48;
const NEXT: u64 = 56;
const PREV: u64 = 64;
/** Blocks up to this size do not begin at their page's start, so that pages' first blocks meet in other cache lines. */
const MOST_SHIFTED: u64 = 1024;
const SHIFT: u64 = 384;

export class Page {
  /** The page that `address` lies in. */
  @inline
  static of(memory: HeapMemory, segment: u64, address: u64): u64 {
    return Page.first(memory, Segment.slice(segment, (address - segment) >> SLICE_SHIFT));
  }

  /** The first slice of the page that `slice` belongs to. */
  @inline
  static first(memory: HeapMemory, slice: u64): u64 {
    return slice - memory.read<u32>(slice + OFFSET);
  }

  /** Slices of the page or the free span. */
  @inline
  static slices(memory: HeapMemory, page: u64): u64 {
    return memory.read<u32>(page + COUNT);
  }

  static setSlices(memory: HeapMemory, page: u64, slices: u64): void {
    memory.write<u32>(page + COUNT, <u32>slices);
  }

  /** A slice that is not its page's first: how far that is. */
  static setOffset(memory: HeapMemory, slice: u64, distance: u64, bytes: u32): void {
    memory.write<u32>(slice + COUNT, 0);
    memory.write<u32>(slice + OFFSET, <u32>distance);
    memory.write<u32>(slice + BYTES, bytes);
  }

  static begin(memory: HeapMemory, page: u64, slices: u64): void {
    memory.write<u32>(page + COUNT, <u32>slices);
    memory.write<u32>(page + OFFSET, 0);
  }

  /** Clears everything but where the page is. */
  static clear(memory: HeapMemory, page: u64): void {
    memory.fill(page + CAPACITY, 0, SLICE_BYTES - CAPACITY);
    Page.setBytes(memory, page, 1);
  }

  /** Blocks that are in lists or in use; of as many as there is room for. */
  static capacity(memory: HeapMemory, page: u64): u32 {
    return memory.read<u16>(page + CAPACITY);
  }

  static setCapacity(memory: HeapMemory, page: u64, blocks: u32): void {
    memory.write<u16>(page + CAPACITY, <u16>blocks);
  }

  static reserved(memory: HeapMemory, page: u64): u32 {
    return memory.read<u16>(page + RESERVED);
  }

  static setReserved(memory: HeapMemory, page: u64, blocks: u32): void {
    memory.write<u16>(page + RESERVED, <u16>blocks);
  }

  /** `IN_FULL`, `HAS_ALIGNED`. */
  @inline
  static flags(memory: HeapMemory, page: u64): u32 {
    return memory.read<u8>(page + FLAGS);
  }

  static isInFull(memory: HeapMemory, page: u64): bool {
    return (Page.flags(memory, page) & IN_FULL) != 0;
  }

  static setInFull(memory: HeapMemory, page: u64, is: bool): void {
    memory.write<u8>(page + FLAGS, <u8>((Page.flags(memory, page) & ~IN_FULL) | (is ? IN_FULL : 0)));
  }

  static setHasAligned(memory: HeapMemory, page: u64, has: bool): void {
    memory.write<u8>(page + FLAGS, <u8>((Page.flags(memory, page) & ~HAS_ALIGNED) | (has ? HAS_ALIGNED : 0)));
  }

  /** Rounds of collecting that a retired page has left; 0: it is not retired. */
  static expire(memory: HeapMemory, page: u64): u32 {
    return memory.read<u8>(page + EXPIRE);
  }

  static setExpire(memory: HeapMemory, page: u64, rounds: u32): void {
    memory.write<u8>(page + EXPIRE, <u8>rounds);
  }

  @inline
  static free(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + FREE);
  }

  @inline
  static setFree(memory: HeapMemory, page: u64, block: u64): void {
    memory.write<u64>(page + FREE, block);
  }

  @inline
  static used(memory: HeapMemory, page: u64): u32 {
    return memory.read<u32>(page + USED);
  }

  @inline
  static setUsed(memory: HeapMemory, page: u64, blocks: u32): void {
    memory.write<u32>(page + USED, blocks);
  }

  /** A block's size as it stands there; 0: a free span. */
  @inline
  static bytes(memory: HeapMemory, page: u64): u64 {
    return memory.read<u32>(page + BYTES);
  }

  static setBytes(memory: HeapMemory, page: u64, bytes: u64): void {
    memory.write<u32>(page + BYTES, <u32>bytes);
  }

  @inline
  static localFree(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + LOCAL_FREE);
  }

  @inline
  static setLocalFree(memory: HeapMemory, page: u64, block: u64): void {
    memory.write<u64>(page + LOCAL_FREE, block);
  }

  /** With its low bits. */
  static threadFree(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + THREAD_FREE);
  }

  static setThreadFree(memory: HeapMemory, page: u64, block: u64): void {
    memory.write<u64>(page + THREAD_FREE, block);
  }

  static heap(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + HEAP);
  }

  static setHeap(memory: HeapMemory, page: u64, heap: u64): void {
    memory.write<u64>(page + HEAP, heap);
  }

  static next(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + NEXT);
  }

  static setNext(memory: HeapMemory, page: u64, next: u64): void {
    memory.write<u64>(page + NEXT, next);
  }

  static prev(memory: HeapMemory, page: u64): u64 {
    return memory.read<u64>(page + PREV);
  }

  static setPrev(memory: HeapMemory, page: u64, prev: u64): void {
    memory.write<u64>(page + PREV, prev);
  }

  /** Where the first block begins. */
  static start(memory: HeapMemory, page: u64): u64 {
    const segment = Segment.of(page);
    return segment + (Segment.indexOf(segment, page) << SLICE_SHIFT) + Page.shift(memory, page);
  }

  /** Bytes for blocks. */
  static room(memory: HeapMemory, page: u64): u64 {
    return Page.slices(memory, page) * SLICE - Page.shift(memory, page);
  }

  private static shift(memory: HeapMemory, page: u64): u64 {
    const bytes = Page.bytes(memory, page);
    return bytes >= 8 && bytes <= MOST_SHIFTED ? SHIFT : 0;
  }

  /** A block's size. */
  static blockBytes(memory: HeapMemory, page: u64): u64 {
    const bytes = Page.bytes(memory, page);
    return bytes < HUGE_BYTES ? bytes : Page.room(memory, page);
  }

  /** The block that `address`, perhaps inside of it for its alignment, belongs to. */
  static block(memory: HeapMemory, page: u64, address: u64): u64 {
    if ((Page.flags(memory, page) & HAS_ALIGNED) == 0) return address;
    return address - ((address - Page.start(memory, page)) % Page.blockBytes(memory, page));
  }

  /** True if a block is free, as far as is known without collecting. */
  static hasAny(memory: HeapMemory, page: u64): bool {
    return (
      Page.used(memory, page) < Page.reserved(memory, page) ||
      (Page.threadFree(memory, page) & ~DELAYED_BITS) != 0
    );
  }
}

/** Makes blocks that were freed available; those freed here only when none is available, or by force. */
export function collect(memory: HeapMemory, page: u64, force: bool): void {
  if ((Page.threadFree(memory, page) & ~DELAYED_BITS) != 0) collectThreads(memory, page);
  const local = Page.localFree(memory, page);
  if (local == 0) return;
  const free = Page.free(memory, page);
  if (free != 0) {
    if (!force) return;
    memory.write<u64>(lastOf(memory, page, local), free);
  }
  Page.setFree(memory, page, local);
  Page.setLocalFree(memory, page, 0);
}

/** Blocks that other threads freed join those freed here. */
function collectThreads(memory: HeapMemory, page: u64): void {
  const head = Page.threadFree(memory, page);
  const first = head & ~DELAYED_BITS;
  Page.setThreadFree(memory, page, head & DELAYED_BITS);
  const most = Page.capacity(memory, page);
  let count: u32 = 1;
  let last = first;
  for (let next = memory.read<u64>(last); next != 0; next = memory.read<u64>(last)) {
    last = next;
    // More than there are: a block was freed twice.
    if (++count > most || memory.hasStopped) return;
  }
  memory.write<u64>(last, Page.localFree(memory, page));
  Page.setLocalFree(memory, page, first);
  Page.setUsed(memory, page, Page.used(memory, page) - count);
}

function lastOf(memory: HeapMemory, page: u64, block: u64): u64 {
  let left = Page.capacity(memory, page);
  for (let next = memory.read<u64>(block); next != 0 && left-- > 0; next = memory.read<u64>(block))
    block = next;
  return block;
}
