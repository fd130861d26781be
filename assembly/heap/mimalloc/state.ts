/**
 * The state of mimalloc for the whole process: segments that were freed and are kept, segments of threads that ended,
 * and time. From: src/segment-cache.c, src/segment.c, src/init.c of mimalloc 2.0.9.
 *
 *   LIBRARY + 64 KiB: the page that stands for none │ + 72 KiB: the first thread's heap │ + 4 MiB: threads' heaps
 *
 *   kept segment:  0         8        16            80
 *                  ├ address ┼ expire ┼ committed ──┼ to be given back ──┤      masks of 512 bits, a slice each
 */
import { allocate, copyBytes } from "../../core/arena";
import { Ordered } from "../../core/ordered";
import { LIBRARY } from "../access";
import { Allocator } from "../contract";

/** All zero: a page without free blocks, in place of none. */
export const EMPTY_PAGE: u64 = LIBRARY + (64 << 10);
export const MAIN_HEAP: u64 = LIBRARY + (72 << 10);
const HEAPS: u64 = LIBRARY + (4 << 20);

export const MASK_WORDS: u32 = 8;
export const KEPT_ADDRESS: usize = 0;
export const KEPT_EXPIRE: usize = 8;
export const KEPT_COMMITTED: usize = 16;
export const KEPT_EXPIRING: usize = 80;
const KEPT_BYTES: u32 = 144;
export const MOST_KEPT: u32 = 1024;
/** Structures of ended threads that are kept for others. */
export const MOST_SPARE: u32 = 8;

/** Properties of memory from the system, for walks. */
export const MAPPED_SEGMENT: u64 = 0;
export const MAPPED_KEPT: u64 = 1;
export const MAPPED_THREAD: u64 = 2;
export const MAPPED_KINDS: u64 = 3;

@unmanaged
export abstract class MimallocState extends Allocator {
  // options, in milliseconds but for the first
  /** Segments of a thread that begin without being committed. */
  lazySegments: u64;
  decommitDelay: u64;
  keptDelay: u64;
  callsPerSecond: u64;

  /** Where the next segment is to be. */
  nextHint: u64;
  threads: u32;
  /** Segments of ended threads: lists, those that were looked at in vain apart. */
  abandoned: u64;
  visited: u64;
  /** The memory from the system, by address. */
  mapped: Ordered;
  mappedRoot: u32;
  private kept: usize;
  private spare: usize; // u64[MOST_SPARE]

  // The result of `findRange` in commit.ts: slices of a segment.
  rangeFirst: u32;
  rangeCount: u32;

  // walks
  marks: usize;
  markedPage: u64;

  /** False when memory is out. */
  createState(): bool {
    this.mapped = Ordered.create();
    this.kept = allocate(KEPT_BYTES * MOST_KEPT);
    this.spare = allocate(MOST_SPARE << 3);
    this.threads = 1;
    return changetype<usize>(this.mapped) != 0 && this.kept != 0 && this.spare != 0;
  }

  /** Takes copies of what is a parent's still; false when memory is out. */
  copyState(): bool {
    this.mapped = this.mapped.copy();
    this.kept = copyBytes(this.kept, KEPT_BYTES * MOST_KEPT);
    this.spare = copyBytes(this.spare, MOST_SPARE << 3);
    return changetype<usize>(this.mapped) != 0 && this.kept != 0 && this.spare != 0;
  }

  /** The running thread's heap; 0: it has none yet. */
  @inline
  get heap(): u64 {
    return this.memory.read<u64>(HEAPS + ((<u64>this.memory.thread) << 3));
  }

  set heap(heap: u64) {
    this.memory.write<u64>(HEAPS + ((<u64>this.memory.thread) << 3), heap);
  }

  /** The running thread as segments have it; 0 is no thread. */
  @inline
  get owner(): u64 {
    return <u64>this.memory.thread + 1;
  }

  /** Milliseconds; time passes with calls. */
  get now(): u64 {
    const calls = <u64>this.memory.operation;
    return (
      1_000_000 +
      (calls / this.callsPerSecond) * 1000 +
      ((calls % this.callsPerSecond) * 1000) / this.callsPerSecond
    );
  }

  keptAt(index: u32): usize {
    return this.kept + index * KEPT_BYTES;
  }

  spareAt(index: u32): usize {
    return this.spare + (index << 3);
  }

  /** Enters memory from the system, for walks. */
  enterMapped(at: u64, bytes: u64, kind: u64): void {
    this.mappedRoot = this.mapped.insert(this.mappedRoot, at, bytes | kind);
    if (this.mapped.hasFailed) this.memory.fail();
  }

  leaveMapped(at: u64, bytes: u64, kind: u64): void {
    this.mappedRoot = this.mapped.remove(this.mappedRoot, at, bytes | kind);
  }
}
