/**
 * The state of jemalloc for the whole process. In the library's own data, and in threads' storage:
 *
 *   LIBRARY + 2 MiB: the radix tree's root │ + 16 MiB: threads' storage, 2 KiB each
 */
import { allocate, copyBytes } from "../../core/arena";
import { Chunks } from "../../core/chunks";
import { LIBRARY } from "../access";
import { Allocator } from "../contract";
import { Extents } from "../extents";
import { Arena, STEPS } from "./arena";
import { Heaps } from "./heaps";
import { MOST_REGIONS, Sizes } from "./sizes";

export const ROOT: u64 = LIBRARY + (2 << 20);
const STORAGE: u64 = LIBRARY + (16 << 20);
const STORAGE_SHIFT: u64 = 11;

/** Kinds of what there is from the system. */
export const EXTENT_HEAP: u32 = 0;
export const EXTENT_BASE: u32 = 1;

/** A base block: where its unused part begins and ends, its serial number, and the arena's block before it. */
export const BLOCK_NEXT: usize = 0;
export const BLOCK_END: usize = 8;
export const BLOCK_SERIAL: usize = 16;
export const BLOCK_BEFORE: usize = 24;
const BLOCK_BYTES: u32 = 32;

/** Blocks that are flushed at once, at most: the slots of a cache. */
const MOST_FLUSHED: u32 = 256;
/** The clock when the process begins, in seconds. */
const FIRST_SECOND: u64 = 1000;
const NANOSECONDS: u64 = 1_000_000_000;

@unmanaged
export abstract class JemallocState extends Allocator {
  sizes: Sizes;
  /** Arenas that threads may have; behind them is one for huge blocks. */
  arenaLimit: u32;
  decayMilliseconds: i64;
  callsPerSecond: u64;

  /** The first call has come, and the library is ready. */
  isReady: bool;
  /** A block that a library which jemalloc needs keeps for itself. */
  reserve: u64;
  private arenas: usize; // u32[arenaLimit + 1], 0: not there yet
  /** Nodes of all heaps. */
  heaps: Heaps;
  /** Base blocks by number, from 1. */
  blocks: Chunks;
  /** The memory from the system, for walks. */
  extents: Extents;
  /** Threads that have had storage: numbers below this. */
  threads: u32;
  curve: usize; // u64[STEPS]

  // Blocks that are being flushed, and their extents; slabs without blocks; extents whose frames are to be given back.
  flushed: usize; // u64[MOST_FLUSHED]
  flushedFrom: usize; // u64[MOST_FLUSHED]
  emptied: usize; // u64[MOST_FLUSHED]

  // walks
  marks: usize;
  markedSlab: u64;

  /** False when memory is out. */
  createState(): bool {
    this.sizes = Sizes.create();
    this.arenas = allocate((<u64>this.arenaLimit + 1) << 2);
    this.heaps = Heaps.create();
    this.blocks = Chunks.create(BLOCK_BYTES);
    this.extents = Extents.create();
    this.curve = allocate(STEPS << 3);
    return this.makeScratch() && this.isWhole() && changetype<usize>(this.sizes) != 0 && this.blocks.add();
  }

  private isWhole(): bool {
    return (
      this.arenas != 0 &&
      changetype<usize>(this.heaps) != 0 &&
      changetype<usize>(this.blocks) != 0 &&
      changetype<usize>(this.extents) != 0 &&
      this.curve != 0
    );
  }

  private makeScratch(): bool {
    this.flushed = allocate(MOST_FLUSHED << 3);
    this.flushedFrom = allocate(MOST_FLUSHED << 3);
    this.emptied = allocate(MOST_FLUSHED << 3);
    this.marks = allocate(MOST_REGIONS);
    this.markedSlab = 0;
    return this.flushed != 0 && this.flushedFrom != 0 && this.emptied != 0 && this.marks != 0;
  }

  /** Takes copies of what is a parent's still; false when memory is out. */
  copyState(): bool {
    this.arenas = copyBytes(this.arenas, (<u64>this.arenaLimit + 1) << 2);
    this.heaps = this.heaps.copy();
    this.blocks = this.blocks.copy();
    this.extents = this.extents.copy();
    if (!this.isWhole() || !this.makeScratch()) return false;
    for (let n: u32 = 0; n <= this.arenaLimit; n++) {
      const arena = this.arena(n);
      if (changetype<usize>(arena) == 0) continue;
      const copy = arena.copy();
      if (changetype<usize>(copy) == 0) return false;
      this.setArena(n, copy);
    }
    return true;
  }

  /** Arena `index`, at most `arenaLimit`; null: it is not there yet. */
  @inline
  arena(index: u32): Arena {
    return changetype<Arena>(<usize>load<u32>(this.arenas + (index << 2)));
  }

  setArena(index: u32, arena: Arena): void {
    store<u32>(this.arenas + (index << 2), <u32>changetype<usize>(arena));
  }

  /** The storage of thread `number`. */
  @inline
  storageOf(number: u32): u64 {
    return STORAGE + ((<u64>number) << STORAGE_SHIFT);
  }

  /** Nanoseconds; time passes with calls. */
  get now(): u64 {
    const calls = <u64>this.memory.operation;
    const rate = this.callsPerSecond;
    return (FIRST_SECOND + calls / rate) * NANOSECONDS + ((calls % rate) * NANOSECONDS) / rate;
  }

  /** Raises SIGSEGV: an address that was read is invalid. */
  crash(): void {
    this.memory.read<u64>(0);
  }
}
