/**
 * A chunk of glibc's heap, read and written in the process's memory. From: malloc/malloc.c of glibc 2.36, "malloc_chunk
 * details".
 *
 *   p ──> ├ size of the chunk before, if that is free ┤        prev_size
 *         ├ size of this chunk ────────────── A │ M │ P ┤        A: of another arena than the main one, M: mapped alone,
 *   mem ─>├ fd ── of a free chunk ────────────────────┤           P: the chunk before is in use
 *         ├ bk ───────────────────────────────────────┤
 *         ├ fd_nextsize ── of a free large chunk ─────┤
 *         ├ bk_nextsize ──────────────────────────────┤
 *         ┆                                           ┆
 *         ├ size again, if this chunk is free ────────┤        the next chunk's prev_size
 *
 * A block that is in use reaches into the next chunk's prev_size.
 */
import { HeapMemory } from "../memory";

export const SIZE_SZ: u64 = 8;
export const HEADER: u64 = 16;
export const ALIGNMENT: u64 = 16;
export const ALIGN_MASK: u64 = 15;
export const MINSIZE: u64 = 32;

export const PREV_INUSE: u64 = 1;
export const IS_MMAPPED: u64 = 2;
export const NON_MAIN_ARENA: u64 = 4;
export const SIZE_BITS: u64 = 7;

const FD: u64 = 16;
const BK: u64 = 24;
const FD_NEXTSIZE: u64 = 32;
const BK_NEXTSIZE: u64 = 40;

export class Chunk {
  @inline
  static mem(p: u64): u64 {
    return p + HEADER;
  }

  @inline
  static of(mem: u64): u64 {
    return mem - HEADER;
  }

  @inline
  static isMisaligned(p: u64): bool {
    return (p & ALIGN_MASK) != 0;
  }

  @inline
  static prevSize(memory: HeapMemory, p: u64): u64 {
    return memory.read<u64>(p);
  }

  @inline
  static setPrevSize(memory: HeapMemory, p: u64, size: u64): void {
    memory.write<u64>(p, size);
  }

  /** The size with its bits. */
  @inline
  static head(memory: HeapMemory, p: u64): u64 {
    return memory.read<u64>(p + SIZE_SZ);
  }

  @inline
  static setHead(memory: HeapMemory, p: u64, head: u64): void {
    memory.write<u64>(p + SIZE_SZ, head);
  }

  @inline
  static size(memory: HeapMemory, p: u64): u64 {
    return Chunk.head(memory, p) & ~SIZE_BITS;
  }

  /** Sets the size and keeps the bits; `size` may bring bits of its own. */
  @inline
  static setSize(memory: HeapMemory, p: u64, size: u64): void {
    Chunk.setHead(memory, p, (Chunk.head(memory, p) & SIZE_BITS) | size);
  }

  /** Writes the size of the free chunk `p` behind it. */
  @inline
  static setFoot(memory: HeapMemory, p: u64, size: u64): void {
    Chunk.setPrevSize(memory, p + size, size);
  }

  @inline
  static isMapped(memory: HeapMemory, p: u64): bool {
    return (Chunk.head(memory, p) & IS_MMAPPED) != 0;
  }

  @inline
  static isPrevInUse(memory: HeapMemory, p: u64): bool {
    return (Chunk.head(memory, p) & PREV_INUSE) != 0;
  }

  /** True if the chunk of that many bytes at `p` is in use, by the flag of the one behind it. */
  @inline
  static isInUse(memory: HeapMemory, p: u64, size: u64): bool {
    return Chunk.isPrevInUse(memory, p + size);
  }

  @inline
  static setInUse(memory: HeapMemory, p: u64, size: u64): void {
    Chunk.setHead(memory, p + size, Chunk.head(memory, p + size) | PREV_INUSE);
  }

  @inline
  static clearInUse(memory: HeapMemory, p: u64, size: u64): void {
    Chunk.setHead(memory, p + size, Chunk.head(memory, p + size) & ~PREV_INUSE);
  }

  @inline
  static fd(memory: HeapMemory, p: u64): u64 {
    return memory.read<u64>(p + FD);
  }

  @inline
  static setFd(memory: HeapMemory, p: u64, to: u64): void {
    memory.write<u64>(p + FD, to);
  }

  @inline
  static bk(memory: HeapMemory, p: u64): u64 {
    return memory.read<u64>(p + BK);
  }

  @inline
  static setBk(memory: HeapMemory, p: u64, to: u64): void {
    memory.write<u64>(p + BK, to);
  }

  @inline
  static fdNextsize(memory: HeapMemory, p: u64): u64 {
    return memory.read<u64>(p + FD_NEXTSIZE);
  }

  @inline
  static setFdNextsize(memory: HeapMemory, p: u64, to: u64): void {
    memory.write<u64>(p + FD_NEXTSIZE, to);
  }

  @inline
  static bkNextsize(memory: HeapMemory, p: u64): u64 {
    return memory.read<u64>(p + BK_NEXTSIZE);
  }

  @inline
  static setBkNextsize(memory: HeapMemory, p: u64, to: u64): void {
    memory.write<u64>(p + BK_NEXTSIZE, to);
  }

  /** Bytes that the program may use. */
  @inline
  static usable(memory: HeapMemory, p: u64): u64 {
    const head = Chunk.head(memory, p);
    return (head & ~SIZE_BITS) - HEADER + ((head & IS_MMAPPED) != 0 ? 0 : SIZE_SZ);
  }

  /** The chunk size for a request; 0: it is too large. */
  @inline
  static sizeFor(bytes: u64): u64 {
    if (bytes > <u64>i64.MAX_VALUE) return 0;
    return bytes + SIZE_SZ + ALIGN_MASK < MINSIZE ? MINSIZE : (bytes + SIZE_SZ + ALIGN_MASK) & ~ALIGN_MASK;
  }
}

/** `value` rounded up to a multiple of `unit`, a power of two. */
export function alignUp(value: u64, unit: u64): u64 {
  return (value + unit - 1) & ~(unit - 1);
}
