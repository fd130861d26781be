/**
 * Segments and their pages, in the process's memory. From: include/mimalloc-types.h of mimalloc 2.0.9.
 *
 *   segment, aligned to 32 MiB:   slices of 64 KiB
 *   ├ 0: the structures below ─┼ 1 ┼ 2 ┼ … ┼ 511 ┤      a page has one or more slices, a free span too
 *
 *   segment:  16      24         32     40        48         112
 *             ├ alignment ┼ offset ┼ may ┼ expire ─┼ expiring ─┼ committed ─┤     decommit: may it, when, what; masks
 *             176      184    192         200      208    224      232    240    248       256      264
 *             ├ next ──┼ … ───┼ abandoned ┼ visits ┼ used ┼ slices ┼ info ─┼ kind ┼ entries ┼ thread ─┼ slice × 513 ┤
 *
 *   slice:  0       4        8       10         12         14      15       16     24     28      32           40
 *           ├ count ┼ offset ┼ flags ┼ capacity ┼ reserved ┼ flags ┼ expire ┼ free ┼ used ┼ bytes ┼ local free ┼ …
 *           40            48     56     64       80 bytes; a page's first slice is the page
 *           ├ thread free ┼ heap ┼ next ┼ prev ┤
 *
 * `bytes` is a block's size, 0 of a free span. `offset` leads from a slice to its page's first. Blocks freed by another
 * thread go to `thread free`, whose low bits tell where the next one is to go.
 */
import { HeapMemory } from "../memory";

export const SLICE_SHIFT: u64 = 16;
export const SLICE: u64 = 1 << SLICE_SHIFT;
export const SEGMENT: u64 = 32 << 20;
export const SEGMENT_SLICES: u64 = SEGMENT >> SLICE_SHIFT;
export const SLICES: u64 = 264;
export const SLICE_BYTES: u64 = 80;
/** Slices that lead to their page's first: alignments up to half a segment need no more. */
export const MOST_OFFSET: u64 = SEGMENT / 2 / SLICE - 1;

export const NORMAL: u32 = 0;
export const HUGE: u32 = 1;

export const IN_FULL: u32 = 1;
export const HAS_ALIGNED: u32 = 2;

/** Where a block that another thread frees goes: to the heap's list, to the page's. */
export const USE_DELAYED: u64 = 0;
export const NO_DELAYED: u64 = 2;
export const NEVER_DELAYED: u64 = 3;
export const DELAYED_BITS: u64 = 3;
/** `bytes` of a page whose one block is larger. */
export const HUGE_BYTES: u64 = 2 << 30;

const ALIGNMENT: u64 = 16;
const OFFSET: u64 = 24;
const MAY_DECOMMIT: u64 = 32;
const EXPIRE: u64 = 40;
const EXPIRING: u64 = 48;
const COMMITTED: u64 = 112;
const NEXT_ABANDONED: u64 = 176;
const CLEARED: u64 = 184;
const ABANDONED: u64 = 192;
const VISITS: u64 = 200;
const USED: u64 = 208;
const SLICE_COUNT: u64 = 224;
const INFO: u64 = 232;
const KIND: u64 = 240;
const ENTRIES: u64 = 248;
const THREAD: u64 = 256;

export class Segment {
  /** The segment that `address` lies in, an address behind its first byte. */
  @inline
  static of(address: u64): u64 {
    return (address - 1) & ~(SEGMENT - 1);
  }

  @inline
  static slice(segment: u64, index: u64): u64 {
    return segment + SLICES + index * SLICE_BYTES;
  }

  @inline
  static indexOf(segment: u64, slice: u64): u64 {
    return (slice - segment - SLICES) / SLICE_BYTES;
  }

  /** The mask of slices that are committed. */
  @inline
  static committed(segment: u64): u64 {
    return segment + COMMITTED;
  }

  /** The mask of slices that are to be given back. */
  @inline
  static expiring(segment: u64): u64 {
    return segment + EXPIRING;
  }

  /** Clears what has to be zero in a segment that was used before. */
  static clear(memory: HeapMemory, segment: u64, slices: u64): void {
    memory.fill(segment + CLEARED, 0, SLICES - CLEARED + SLICE_BYTES * (slices + 1));
  }

  static alignment(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + ALIGNMENT);
  }

  static offset(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + OFFSET);
  }

  static setAlignment(memory: HeapMemory, segment: u64, alignment: u64, offset: u64): void {
    memory.write<u64>(segment + ALIGNMENT, alignment);
    memory.write<u64>(segment + OFFSET, offset);
  }

  static setMayDecommit(memory: HeapMemory, segment: u64): void {
    memory.write<u8>(segment + MAY_DECOMMIT, 1);
  }

  /** When what expires is to be given back; 0: nothing expires. */
  static expire(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + EXPIRE);
  }

  static setExpire(memory: HeapMemory, segment: u64, at: u64): void {
    memory.write<u64>(segment + EXPIRE, at);
  }

  static nextAbandoned(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + NEXT_ABANDONED);
  }

  static setNextAbandoned(memory: HeapMemory, segment: u64, next: u64): void {
    memory.write<u64>(segment + NEXT_ABANDONED, next);
  }

  static abandoned(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + ABANDONED);
  }

  static setAbandoned(memory: HeapMemory, segment: u64, pages: u64): void {
    memory.write<u64>(segment + ABANDONED, pages);
  }

  static visits(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + VISITS);
  }

  static setVisits(memory: HeapMemory, segment: u64, visits: u64): void {
    memory.write<u64>(segment + VISITS, visits);
  }

  /** Pages in use. */
  static used(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + USED);
  }

  static setUsed(memory: HeapMemory, segment: u64, pages: u64): void {
    memory.write<u64>(segment + USED, pages);
  }

  static slices(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + SLICE_COUNT);
  }

  static setSlices(memory: HeapMemory, segment: u64, slices: u64, info: u64): void {
    memory.write<u64>(segment + SLICE_COUNT, slices);
    memory.write<u64>(segment + INFO, info);
    memory.write<u64>(segment + ENTRIES, min(slices, SEGMENT_SLICES));
  }

  /** Slices of the structures themselves. */
  static info(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + INFO);
  }

  static entries(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + ENTRIES);
  }

  static kind(memory: HeapMemory, segment: u64): u32 {
    return memory.read<u32>(segment + KIND);
  }

  static setKind(memory: HeapMemory, segment: u64, kind: u32): void {
    memory.write<u32>(segment + KIND, kind);
  }

  /** The thread that owns it; 0: it ended. */
  @inline
  static thread(memory: HeapMemory, segment: u64): u64 {
    return memory.read<u64>(segment + THREAD);
  }

  static setThread(memory: HeapMemory, segment: u64, thread: u64): void {
    memory.write<u64>(segment + THREAD, thread);
  }
}
