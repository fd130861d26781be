/**
 * The state of glibc outside its arenas: `malloc_par` with its statistics, the list of free arenas, and each thread's cache
 * and arena. From: malloc/malloc.c and malloc/arena.c of glibc 2.36. Numbers are fields here; what fork has to copy by
 * address lies among the library's data.
 *
 *   thread n:  0        8       16
 *              ├ tcache ┼ arena ┼ shut down ┤        32 bytes a thread, behind the main arena
 */

import { LIBRARY } from "../access";
import { Allocator } from "../contract";

export const PAGE: u64 = 4096;
export const DEFAULT_MMAP_THRESHOLD: u64 = 128 << 10;
export const DEFAULT_MMAP_THRESHOLD_MAX: u64 = 32 << 20;
/** `tcache_perthread_struct`: how many bins. */
export const TCACHE_BINS: u32 = 64;

const THREADS: u64 = LIBRARY + 4096;
const THREAD_SHIFT: u64 = 5;
/** Where the main arena's segments begin, u64 each, in order of their making: a note of ours, which glibc does not keep. */
const SEGMENTS: u64 = LIBRARY + 0x1000_0000;
const THREAD_TCACHE: u64 = 0;
const THREAD_ARENA: u64 = 8;
const THREAD_SHUT_DOWN: u64 = 16;

@unmanaged
export abstract class Ptmalloc extends Allocator {
  // malloc_par
  trimThreshold: u64;
  topPad: u64;
  mmapThreshold: u64;
  arenaTest: u64;
  arenaMax: u64;
  mapped: u32;
  mappedMax: i32;
  mostMapped: u32;
  /** Chunks in the list of mapped-list.ts. */
  listed: u32;
  /** The threshold was set, and moves no more. */
  hasFixedThreshold: bool;
  mappedBytes: u64;
  mostMappedBytes: u64;
  sbrkBase: u64;
  tcacheBins: u64;
  tcacheCount: u32;
  tcacheUnsortedLimit: u64;
  /** The largest chunk for a fast bin. */
  maxFast: u64;
  perturb: u8;
  /** The mark of a chunk in a tcache: random in reality; no address depends on it. */
  tcacheKey: u64;

  // arena.c
  arenas: u64;
  arenasLimit: u64;
  freeList: u64;
  nextToUse: u64;
  alignedHeapArea: u64;
  /** Processors, by which the number of arenas is limited. */
  cores: u64;

  /** Another thread than the first has allocated. */
  hasThreads: bool;
  /** The version of glibc, its minor number. */
  version: u32;

  /** Threads that have made a call, by their highest number. */
  threads: u32;
  /** Contiguous pieces of the main arena: more than one where the break was moved by others, or memory mapped instead. */
  segments: u32;
  // Filled by walk.ts.
  binned: usize;
  binnedRoom: u32;
  binnedCount: u32;
  isBinnedTwice: bool;
  view: usize;
  // Filled by figures.ts, and the number of arenas that it has room for.
  figures: usize;
  figuresRoom: u64;

  /** The thread whose cache and arena the next two are: what its data in memory say, read when threads change. */
  private known: u32;
  private knownTcache: u64;
  private knownArena: u64;

  private thread(): u64 {
    return THREADS + ((<u64>this.memory.thread) << THREAD_SHIFT);
  }

  /** Takes up the running thread. */
  @inline
  turn(): void {
    if (this.known != this.memory.thread) this.turnTo();
  }

  private turnTo(): void {
    this.known = this.memory.thread;
    this.hasThreads = true;
    if (this.known >= this.threads) this.threads = this.known + 1;
    this.knownTcache = this.memory.read<u64>(this.thread() + THREAD_TCACHE);
    this.knownArena = this.memory.read<u64>(this.thread() + THREAD_ARENA);
  }

  /** The cache of any thread; 0: it has none. */
  tcacheOf(thread: u32): u64 {
    return this.memory.read<u64>(THREADS + ((<u64>thread) << THREAD_SHIFT) + THREAD_TCACHE);
  }

  segment(index: u32): u64 {
    return this.memory.read<u64>(SEGMENTS + ((<u64>index) << 3));
  }

  addSegment(start: u64): void {
    this.memory.write<u64>(SEGMENTS + ((<u64>this.segments) << 3), start);
    this.segments++;
  }

  /** The number of the segment that an address is in: the one that begins last below it. */
  segmentOf(address: u64): u32 {
    let found: u32 = 0;
    let start: u64 = 0;
    for (let index: u32 = 0; index < this.segments; index++) {
      const at = this.segment(index);
      if (at > address || at < start) continue;
      start = at;
      found = index;
    }
    return found;
  }

  /** The running thread's cache; 0: it has none. */
  @inline
  get tcache(): u64 {
    return this.knownTcache;
  }

  set tcache(at: u64) {
    this.knownTcache = at;
    this.memory.write<u64>(this.thread() + THREAD_TCACHE, at);
  }

  /** The running thread's arena; 0: it has none yet. */
  @inline
  get threadArena(): u64 {
    return this.knownArena;
  }

  set threadArena(av: u64) {
    this.knownArena = av;
    this.memory.write<u64>(this.thread() + THREAD_ARENA, av);
  }

  /** The running thread is ending: it gets no cache any more. */
  get isShutDown(): bool {
    return this.memory.read<u64>(this.thread() + THREAD_SHUT_DOWN) != 0;
  }

  set isShutDown(is: bool) {
    this.memory.write<u64>(this.thread() + THREAD_SHUT_DOWN, is ? 1 : 0);
  }

  /** Are links of single lists masked by their address (since 2.32)? */
  @inline
  get hasSafeLinking(): bool {
    return this.version >= 32;
  }

  /** A link to `to` that is stored at `at` (PROTECT_PTR), and back. */
  @inline
  masked(at: u64, to: u64): u64 {
    return this.hasSafeLinking ? (at >> 12) ^ to : to;
  }

  /** Fills a new block, with M_PERTURB. */
  perturbNew(mem: u64, bytes: u64): void {
    if (this.perturb != 0) this.memory.fill(mem, this.perturb ^ 0xff, bytes);
  }

  /** Fills a freed one. */
  perturbFreed(mem: u64, bytes: u64): void {
    if (this.perturb != 0) this.memory.fill(mem, this.perturb, bytes);
  }

  noteMapped(bytes: i64): void {
    this.mappedBytes += <u64>bytes;
    if (this.mappedBytes > this.mostMappedBytes) this.mostMappedBytes = this.mappedBytes;
  }
}
