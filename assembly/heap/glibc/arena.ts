/**
 * An arena, glibc's `malloc_state`, in the process's memory: the main one among the library's data, others behind the
 * header of their first heap. From: malloc/malloc.c of glibc 2.36.
 *
 *   0       4       8            16         96    104              112     2144      2160   2168        2176       2184         2192
 *   ├ mutex ┼ flags ┼ have fast ─┼ fast[10] ┼ top ┼ last remainder ┼ bins ─┼ binmap ──┼ next ┼ next free ┼ attached ┼ system mem ┼ max ┤
 *      u32     u32      u32        u64 each  u64    u64              u64×254  u32 × 4    u64    u64         u64        u64          u64
 *
 * Bin i is a pair of links, used as if it were a chunk: bin 1 is unsorted, 2 to 63 hold one size each, from 64 on sizes
 * in order. The binmap's bit i may be set though bin i is empty.
 */
import { LIBRARY } from "../access";
import { HeapMemory } from "../memory";
import { Chunk, HEADER, PREV_INUSE } from "./chunk";

export const MAIN_ARENA: u64 = LIBRARY;
export const ARENA_BYTES: u64 = 2200;

const FLAGS: u64 = 4;
const HAVE_FAST: u64 = 8;
const FAST: u64 = 16;
const TOP: u64 = 96;
const LAST_REMAINDER: u64 = 104;
const BINS: u64 = 112;
const BINMAP: u64 = 2144;
const NEXT: u64 = 2160;
const NEXT_FREE: u64 = 2168;
const ATTACHED: u64 = 2176;
const SYSTEM_MEM: u64 = 2184;
const MAX_SYSTEM_MEM: u64 = 2192;

export const NBINS: u32 = 128;
export const BINMAP_WORDS: u32 = 4;
export const NFASTBINS: u32 = 10;
export const MIN_LARGE_SIZE: u64 = 1024;
/** Bits of `flags`. */
const NONCONTIGUOUS: u32 = 2;

export class Arena {
  @inline
  static isMain(av: u64): bool {
    return av == MAIN_ARENA;
  }

  /** Makes empty bins; an initial top of no size, the unsorted bin. */
  static initialise(memory: HeapMemory, av: u64): void {
    for (let i: u32 = 1; i < NBINS; i++) {
      const bin = Arena.bin(av, i);
      Chunk.setFd(memory, bin, bin);
      Chunk.setBk(memory, bin, bin);
    }
    if (!Arena.isMain(av)) Arena.setNoncontiguous(memory, av);
    Arena.setTop(memory, av, Arena.unsorted(av));
  }

  @inline
  static isContiguous(memory: HeapMemory, av: u64): bool {
    return (memory.read<u32>(av + FLAGS) & NONCONTIGUOUS) == 0;
  }

  static setNoncontiguous(memory: HeapMemory, av: u64): void {
    memory.write<u32>(av + FLAGS, memory.read<u32>(av + FLAGS) | NONCONTIGUOUS);
  }

  @inline
  static hasFast(memory: HeapMemory, av: u64): bool {
    return memory.read<u32>(av + HAVE_FAST) != 0;
  }

  @inline
  static setHasFast(memory: HeapMemory, av: u64, has: bool): void {
    memory.write<u32>(av + HAVE_FAST, has ? 1 : 0);
  }

  /** The place of fast bin `index`'s first chunk. */
  @inline
  static fast(av: u64, index: u32): u64 {
    return av + FAST + ((<u64>index) << 3);
  }

  @inline
  static top(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + TOP);
  }

  @inline
  static setTop(memory: HeapMemory, av: u64, top: u64): void {
    memory.write<u64>(av + TOP, top);
  }

  /** Sets the top chunk and its size. */
  static newTop(memory: HeapMemory, av: u64, top: u64, size: u64): void {
    Arena.setTop(memory, av, top);
    Chunk.setHead(memory, top, size | PREV_INUSE);
  }

  @inline
  static lastRemainder(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + LAST_REMAINDER);
  }

  @inline
  static setLastRemainder(memory: HeapMemory, av: u64, chunk: u64): void {
    memory.write<u64>(av + LAST_REMAINDER, chunk);
  }

  /** Bin `i` as a chunk. */
  @inline
  static bin(av: u64, i: u32): u64 {
    return av + BINS - HEADER + ((<u64>(i - 1)) << 4);
  }

  @inline
  static unsorted(av: u64): u64 {
    return av + BINS - HEADER;
  }

  @inline
  static map(memory: HeapMemory, av: u64, word: u32): u32 {
    return memory.read<u32>(av + BINMAP + ((<u64>word) << 2));
  }

  @inline
  static setMap(memory: HeapMemory, av: u64, word: u32, bits: u32): void {
    memory.write<u32>(av + BINMAP + ((<u64>word) << 2), bits);
  }

  @inline
  static markBin(memory: HeapMemory, av: u64, i: u32): void {
    Arena.setMap(memory, av, i >> 5, Arena.map(memory, av, i >> 5) | ((<u32>1) << (i & 31)));
  }

  @inline
  static next(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + NEXT);
  }

  static setNext(memory: HeapMemory, av: u64, next: u64): void {
    memory.write<u64>(av + NEXT, next);
  }

  static nextFree(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + NEXT_FREE);
  }

  static setNextFree(memory: HeapMemory, av: u64, next: u64): void {
    memory.write<u64>(av + NEXT_FREE, next);
  }

  static attached(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + ATTACHED);
  }

  static setAttached(memory: HeapMemory, av: u64, threads: u64): void {
    memory.write<u64>(av + ATTACHED, threads);
  }

  @inline
  static systemMem(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + SYSTEM_MEM);
  }

  /** So many bytes more, or fewer, came from the system; the most that ever did is left as it is. */
  static addSystemMem(memory: HeapMemory, av: u64, bytes: i64): void {
    memory.write<u64>(av + SYSTEM_MEM, Arena.systemMem(memory, av) + <u64>bytes);
  }

  static maxSystemMem(memory: HeapMemory, av: u64): u64 {
    return memory.read<u64>(av + MAX_SYSTEM_MEM);
  }

  /** Keeps the most that ever came from the system. */
  static noteSystemMem(memory: HeapMemory, av: u64): void {
    const bytes = Arena.systemMem(memory, av);
    if (bytes > Arena.maxSystemMem(memory, av)) memory.write<u64>(av + MAX_SYSTEM_MEM, bytes);
  }

  @inline
  static isSmall(size: u64): bool {
    return size < MIN_LARGE_SIZE;
  }

  @inline
  static fastIndex(size: u64): u32 {
    return (<u32>size >> 4) - 2;
  }

  /** The bin of chunks of so many bytes. */
  @inline
  static binIndex(size: u64): u32 {
    return Arena.isSmall(size) ? <u32>size >> 4 : Arena.largeIndex(size);
  }

  /** 64 bytes apart, then 512, 4096, 32,768 and 262,144; the last bin has the rest. */
  static largeIndex(size: u64): u32 {
    if (size >> 6 <= 48) return 48 + <u32>(size >> 6);
    if (size >> 9 <= 20) return 91 + <u32>(size >> 9);
    if (size >> 12 <= 10) return 110 + <u32>(size >> 12);
    if (size >> 15 <= 4) return 119 + <u32>(size >> 15);
    if (size >> 18 <= 2) return 124 + <u32>(size >> 18);
    return 126;
  }
}
