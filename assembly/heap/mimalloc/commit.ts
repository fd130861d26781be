/**
 * Which slices of a segment are committed, and which are to be given back once a delay is over that each new one makes
 * longer. From: src/segment.c of mimalloc 2.0.9.
 *
 *   mask:  512 bits in 8 words, bit n: slice n
 *
 * A commit takes whole MiB, a decommit whole slices.
 */
import { HeapMemory } from "../memory";
import { HUGE, SEGMENT, SEGMENT_SLICES, Segment, SLICE, SLICE_SHIFT } from "./segment";
import { MASK_WORDS, MimallocState } from "./state";
import { alignUp, commitRange, decommitRange } from "./system";

const LEAST_COMMIT: u64 = 1 << 20;
/** Each further slice that expires makes the delay longer by so many milliseconds. */
const EXTENSION: u64 = 1;

/** Slices of word `n` of a mask that are in a range, as bits. */
function bitsOf(n: u32, first: u32, count: u32): u64 {
  const start = max(n << 6, first);
  const end = min((n + 1) << 6, first + count);
  if (start >= end) return 0;
  const ones = end - start == 64 ? u64.MAX_VALUE : ((<u64>1) << (end - start)) - 1;
  return ones << (start & 63);
}

export class Mask {
  @inline
  static word(memory: HeapMemory, mask: u64, n: u32): u64 {
    return memory.read<u64>(mask + ((<u64>n) << 3));
  }

  @inline
  static setWord(memory: HeapMemory, mask: u64, n: u32, word: u64): void {
    memory.write<u64>(mask + ((<u64>n) << 3), word);
  }

  static isFull(memory: HeapMemory, mask: u64): bool {
    for (let n: u32 = 0; n < MASK_WORDS; n++) if (Mask.word(memory, mask, n) != u64.MAX_VALUE) return false;
    return true;
  }

  static isEmpty(memory: HeapMemory, mask: u64): bool {
    for (let n: u32 = 0; n < MASK_WORDS; n++) if (Mask.word(memory, mask, n) != 0) return false;
    return true;
  }

  static hasAll(memory: HeapMemory, mask: u64, first: u32, count: u32): bool {
    for (let n = first >> 6; n <= (first + count - 1) >> 6; n++) {
      const bits = bitsOf(n, first, count);
      if ((Mask.word(memory, mask, n) & bits) != bits) return false;
    }
    return true;
  }

  static hasAny(memory: HeapMemory, mask: u64, first: u32, count: u32): bool {
    for (let n = first >> 6; n <= (first + count - 1) >> 6; n++)
      if ((Mask.word(memory, mask, n) & bitsOf(n, first, count)) != 0) return true;
    return false;
  }

  static set(memory: HeapMemory, mask: u64, first: u32, count: u32): void {
    for (let n = first >> 6; n <= (first + count - 1) >> 6; n++)
      Mask.setWord(memory, mask, n, Mask.word(memory, mask, n) | bitsOf(n, first, count));
  }

  static unset(memory: HeapMemory, mask: u64, first: u32, count: u32): void {
    for (let n = first >> 6; n <= (first + count - 1) >> 6; n++)
      Mask.setWord(memory, mask, n, Mask.word(memory, mask, n) & ~bitsOf(n, first, count));
  }

  static fill(memory: HeapMemory, mask: u64, word: u64): void {
    for (let n: u32 = 0; n < MASK_WORDS; n++) Mask.setWord(memory, mask, n, word);
  }
}

/** The slices to commit for a range, or those to decommit within it, in `rangeFirst` and `rangeCount`; false: none. */
function findRange(m: MimallocState, segment: u64, isCommit: bool, offset: u64, bytes: u64): bool {
  const memory = m.memory;
  const end = Segment.slices(memory, segment) << SLICE_SHIFT;
  if (bytes == 0 || bytes > SEGMENT || Segment.kind(memory, segment) == HUGE || offset >= end) return false;
  const info = Segment.info(memory, segment) << SLICE_SHIFT;
  let from = isCommit ? offset & ~(LEAST_COMMIT - 1) : alignUp(offset, SLICE);
  const to = min(isCommit ? alignUp(offset + bytes, LEAST_COMMIT) : (offset + bytes) & ~(SLICE - 1), end);
  if (offset >= info && from < info) from = info;
  if (to <= from) return false;
  m.rangeFirst = <u32>(from >> SLICE_SHIFT);
  m.rangeCount = <u32>((to - from) >> SLICE_SHIFT);
  return true;
}

/** Makes a range of a segment accessible, and takes it from what expires; false: there is no memory. */
export function ensureCommitted(m: MimallocState, segment: u64, offset: u64, bytes: u64): bool {
  const memory = m.memory;
  const committed = Segment.committed(segment);
  const expiring = Segment.expiring(segment);
  if (Mask.isFull(memory, committed) && Mask.isEmpty(memory, expiring)) return true;
  if (!findRange(m, segment, true, offset, bytes)) return true;
  const first = m.rangeFirst;
  const count = m.rangeCount;
  if (!Mask.hasAll(memory, committed, first, count)) {
    if (!commitRange(m, segment + ((<u64>first) << SLICE_SHIFT), (<u64>count) << SLICE_SHIFT)) return false;
    Mask.set(memory, committed, first, count);
  }
  if (Mask.hasAny(memory, expiring, first, count))
    Segment.setExpire(memory, segment, m.now + m.decommitDelay);
  Mask.unset(memory, expiring, first, count);
  return true;
}

function decommit(m: MimallocState, segment: u64, first: u32, count: u32): void {
  const memory = m.memory;
  if (Mask.hasAny(memory, Segment.committed(segment), first, count)) {
    decommitRange(m, segment + ((<u64>first) << SLICE_SHIFT), (<u64>count) << SLICE_SHIFT);
    Mask.unset(memory, Segment.committed(segment), first, count);
  }
  Mask.unset(memory, Segment.expiring(segment), first, count);
}

/** A range of a segment is free: it is given back after the delay. */
export function expireRange(m: MimallocState, segment: u64, offset: u64, bytes: u64): void {
  const memory = m.memory;
  if (!findRange(m, segment, false, offset, bytes)) return;
  if (m.decommitDelay == 0) {
    decommit(m, segment, m.rangeFirst, m.rangeCount);
    return;
  }
  for (let n = m.rangeFirst >> 6; n <= (m.rangeFirst + m.rangeCount - 1) >> 6; n++) {
    const bits = bitsOf(n, m.rangeFirst, m.rangeCount) & Mask.word(memory, Segment.committed(segment), n);
    const expiring = Segment.expiring(segment);
    Mask.setWord(memory, expiring, n, Mask.word(memory, expiring, n) | bits);
  }
  const now = m.now;
  const expire = Segment.expire(memory, segment);
  if (expire == 0) Segment.setExpire(memory, segment, now + m.decommitDelay);
  else if (expire > now) Segment.setExpire(memory, segment, expire + EXTENSION);
  else if (expire + EXTENSION <= now) decommitExpired(m, segment, true);
  else Segment.setExpire(memory, segment, now + EXTENSION);
}

/** Gives back what has expired, or what ever is to be given back. */
export function decommitExpired(m: MimallocState, segment: u64, force: bool): void {
  const memory = m.memory;
  const expiring = Segment.expiring(segment);
  if (Mask.isEmpty(memory, expiring)) return;
  if (!force && m.now < Segment.expire(memory, segment)) return;
  Segment.setExpire(memory, segment, 0);
  for (let first: u32 = 0; first < <u32>SEGMENT_SLICES; ) {
    if (!Mask.hasAny(memory, expiring, first, 1)) {
      first++;
      continue;
    }
    const count = runAt(memory, expiring, first);
    decommit(m, segment, first, count);
    first += count;
  }
}

/** How many slices from `first` on are in a mask without a gap. */
export function runAt(memory: HeapMemory, mask: u64, first: u32): u32 {
  let count: u32 = 1;
  while (first + count < <u32>SEGMENT_SLICES && Mask.hasAny(memory, mask, first + count, 1)) count++;
  return count;
}
