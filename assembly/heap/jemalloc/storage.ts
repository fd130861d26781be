/**
 * A thread's storage: its cache of free blocks by class, and what it counts. From: include/jemalloc/internal/tsd.h,
 * tcache_structs.h and cache_bin.h of jemalloc 5.3.0.
 *
 *   0       8       12      16       24     32          40     48            56      60       64
 *   ├ slots ┼ arena ┼ ticks ┼ random ┼ made ┼ next made ┼ freed ┼ next freed ┼ turn ─┼        ┤     arena: its number + 1
 *   64                                   64 + 41 × 24 = 1048             1048 + 41 = 1089
 *   ├ bin of class 0 ┼ 1 ┼ … ────────────┼ log2 of the share to fill ────┼ was filled ─┤        a byte a class
 *   bin:    0      8     16
 *           ├ head ┼ low ┼ end ┤     where the last cached block's address is, the highest since the last collection, none
 *
 *   slots:  ├ word ┼ class 0: … free │ cached ─┤ class 1: …  ├ word ┤     a large block of the first arena's
 *                                    head      end
 */
import { HeapMemory } from "../memory";
import { CACHED_CLASSES } from "./sizes";

const ARENA: u64 = 8;
const TICKS: u64 = 12;
const RANDOM: u64 = 16;
const MADE: u64 = 24;
const NEXT_MADE: u64 = 32;
const FREED: u64 = 40;
const NEXT_FREED: u64 = 48;
const TURN: u64 = 56;
const BINS: u64 = 64;
const BIN_BYTES: u64 = 24;
const SHARES: u64 = BINS + BIN_BYTES * CACHED_CLASSES;
const FILLED: u64 = SHARES + CACHED_CLASSES;
export const STORAGE_BYTES: u64 = FILLED + CACHED_CLASSES;
const LOW: u64 = 8;
const END: u64 = 16;

export class Storage {
  /** The block with the slots; 0: the thread has no cache. */
  @inline
  static slots(memory: HeapMemory, storage: u64): u64 {
    return memory.read<u64>(storage);
  }

  @inline
  static setSlots(memory: HeapMemory, storage: u64, slots: u64): void {
    memory.write<u64>(storage, slots);
  }

  /** The number of its arena, and 1; 0: it has none yet. */
  @inline
  static arena(memory: HeapMemory, storage: u64): u32 {
    return memory.read<u32>(storage + ARENA);
  }

  @inline
  static setArena(memory: HeapMemory, storage: u64, arena: u32): void {
    memory.write<u32>(storage + ARENA, arena);
  }

  /** Calls until the clock is looked at. */
  @inline
  static ticks(memory: HeapMemory, storage: u64): i32 {
    return memory.read<i32>(storage + TICKS);
  }

  @inline
  static setTicks(memory: HeapMemory, storage: u64, ticks: i32): void {
    memory.write<i32>(storage + TICKS, ticks);
  }

  @inline
  static random(memory: HeapMemory, storage: u64): u64 {
    return memory.read<u64>(storage + RANDOM);
  }

  @inline
  static setRandom(memory: HeapMemory, storage: u64, random: u64): void {
    memory.write<u64>(storage + RANDOM, random);
  }

  /** Counts bytes of blocks made; true: it is time to collect, and `every` bytes later again. */
  @inline
  static countMade(memory: HeapMemory, storage: u64, bytes: u64, every: u64): bool {
    return count(memory, storage + MADE, storage + NEXT_MADE, bytes, every);
  }

  /** Bytes of blocks freed, likewise. */
  @inline
  static countFreed(memory: HeapMemory, storage: u64, bytes: u64, every: u64): bool {
    return count(memory, storage + FREED, storage + NEXT_FREED, bytes, every);
  }

  /** Begins both counts. */
  static beginCounts(memory: HeapMemory, storage: u64, every: u64): void {
    memory.write<u64>(storage + MADE, 0);
    memory.write<u64>(storage + NEXT_MADE, every);
    memory.write<u64>(storage + FREED, 0);
    memory.write<u64>(storage + NEXT_FREED, every);
    memory.write<u32>(storage + TURN, 0);
  }

  /** The class to collect next. */
  @inline
  static turn(memory: HeapMemory, storage: u64): u32 {
    return memory.read<u32>(storage + TURN);
  }

  @inline
  static setTurn(memory: HeapMemory, storage: u64, turn: u32): void {
    memory.write<u32>(storage + TURN, turn);
  }

  @inline
  static bin(storage: u64, index: u32): u64 {
    return storage + BINS + <u64>index * BIN_BYTES;
  }

  /** log2 of the part of its slots that is filled at once. */
  @inline
  static share(memory: HeapMemory, storage: u64, index: u32): u32 {
    return memory.read<u8>(storage + SHARES + index);
  }

  @inline
  static setShare(memory: HeapMemory, storage: u64, index: u32, share: u32): void {
    memory.write<u8>(storage + SHARES + index, <u8>share);
  }

  /** True if it was filled since it was collected. */
  @inline
  static isFilled(memory: HeapMemory, storage: u64, index: u32): bool {
    return memory.read<u8>(storage + FILLED + index) != 0;
  }

  @inline
  static setFilled(memory: HeapMemory, storage: u64, index: u32, isFilled: bool): void {
    memory.write<u8>(storage + FILLED + index, <u8>isFilled);
  }
}

function count(memory: HeapMemory, sum: u64, next: u64, bytes: u64, every: u64): bool {
  const after = memory.read<u64>(sum) + bytes;
  memory.write<u64>(sum, after);
  if (after < memory.read<u64>(next)) return false;
  memory.write<u64>(next, after + every);
  return true;
}

/** The cache of a class: a stack that grows down. */
export class Bin {
  @inline
  static head(memory: HeapMemory, bin: u64): u64 {
    return memory.read<u64>(bin);
  }

  @inline
  static setHead(memory: HeapMemory, bin: u64, head: u64): void {
    memory.write<u64>(bin, head);
  }

  /** Where the head was highest: what is behind it was not needed since the last collection. */
  @inline
  static low(memory: HeapMemory, bin: u64): u64 {
    return memory.read<u64>(bin + LOW);
  }

  @inline
  static setLow(memory: HeapMemory, bin: u64, low: u64): void {
    memory.write<u64>(bin + LOW, low);
  }

  @inline
  static end(memory: HeapMemory, bin: u64): u64 {
    return memory.read<u64>(bin + END);
  }

  static init(memory: HeapMemory, bin: u64, end: u64): void {
    Bin.setHead(memory, bin, end);
    Bin.setLow(memory, bin, end);
    memory.write<u64>(bin + END, end);
  }

  /** Blocks that are cached. */
  @inline
  static count(memory: HeapMemory, bin: u64): u32 {
    return <u32>((Bin.end(memory, bin) - Bin.head(memory, bin)) >> 3);
  }
}
