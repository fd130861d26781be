/**
 * Segments that were freed: up to 1024 are kept for all threads, in the lowest places, and lose their frames after a delay.
 * From: src/segment-cache.c of mimalloc 2.0.9.
 */
import { HeapMemory } from "../memory";
import { Mask } from "./commit";
import { SEGMENT, SEGMENT_SLICES, Segment, SLICE_SHIFT } from "./segment";
import {
  KEPT_ADDRESS,
  KEPT_COMMITTED,
  KEPT_EXPIRE,
  KEPT_EXPIRING,
  MAPPED_KEPT,
  MAPPED_SEGMENT,
  MASK_WORDS,
  MimallocState,
  MOST_KEPT,
} from "./state";
import { decommitRange, unmap } from "./system";

/** Places that are looked at each time that one is taken, from a random one on, and expired ones that are purged then. */
const PROBES: u32 = 16;
const MOST_PURGED: u32 = 4;

function copyOut(memory: HeapMemory, mask: u64, to: usize): void {
  for (let n: u32 = 0; n < MASK_WORDS; n++) store<u64>(to + (n << 3), Mask.word(memory, mask, n));
}

function copyIn(memory: HeapMemory, from: usize, mask: u64): void {
  for (let n: u32 = 0; n < MASK_WORDS; n++) Mask.setWord(memory, mask, n, load<u64>(from + (n << 3)));
}

function isEmpty(mask: usize): bool {
  for (let n: u32 = 0; n < MASK_WORDS; n++) if (load<u64>(mask + (n << 3)) != 0) return false;
  return true;
}

/** Keeps a segment; false: there is no place. */
export function cacheSegment(m: MimallocState, segment: u64): bool {
  purgeSome(m);
  const place = placeOf(m, false);
  if (place == 0) return false;
  store<u64>(place, segment, KEPT_ADDRESS);
  store<u64>(place, 0, KEPT_EXPIRE);
  copyOut(m.memory, Segment.committed(segment), place + KEPT_COMMITTED);
  copyOut(m.memory, Segment.expiring(segment), place + KEPT_EXPIRING);
  m.leaveMapped(segment, SEGMENT, MAPPED_SEGMENT);
  m.enterMapped(segment, SEGMENT, MAPPED_KEPT);
  if (isEmpty(place + KEPT_COMMITTED)) return true;
  if (m.keptDelay == 0) decommitKept(m, place);
  else store<u64>(place, m.now + m.keptDelay, KEPT_EXPIRE);
  return true;
}

/** A kept segment with its masks; 0: there is none. */
export function takeCached(m: MimallocState): u64 {
  const place = placeOf(m, true);
  if (place == 0) return 0;
  const segment = load<u64>(place, KEPT_ADDRESS);
  store<u64>(place, 0, KEPT_ADDRESS);
  store<u64>(place, 0, KEPT_EXPIRE);
  m.leaveMapped(segment, SEGMENT, MAPPED_KEPT);
  m.enterMapped(segment, SEGMENT, MAPPED_SEGMENT);
  copyIn(m.memory, place + KEPT_COMMITTED, Segment.committed(segment));
  copyIn(m.memory, place + KEPT_EXPIRING, Segment.expiring(segment));
  return segment;
}

/** Gives all kept segments back to the system. */
export function freeCached(m: MimallocState): void {
  for (let index: u32 = 0; index < MOST_KEPT; index++) {
    const place = m.keptAt(index);
    const segment = load<u64>(place, KEPT_ADDRESS);
    if (segment == 0) continue;
    store<u64>(place, 0, KEPT_ADDRESS);
    store<u64>(place, 0, KEPT_EXPIRE);
    m.leaveMapped(segment, SEGMENT, MAPPED_KEPT);
    unmap(m, segment, SEGMENT);
  }
}

/** The lowest place that has a segment, or has none; 0: there is no such place. */
function placeOf(m: MimallocState, isTaken: bool): usize {
  for (let index: u32 = 0; index < MOST_KEPT; index++) {
    m.memory.step();
    const place = m.keptAt(index);
    if ((load<u64>(place, KEPT_ADDRESS) != 0) == isTaken) return place;
  }
  return 0;
}

/** All places are looked at for segments whose time is over. */
export function purgeCached(m: MimallocState): void {
  const now = m.now;
  for (let index: u32 = 0; index < MOST_KEPT; index++) purge(m, m.keptAt(index), now);
}

function purgeSome(m: MimallocState): void {
  const now = m.now;
  let index = <u32>(shuffle(now) % MOST_KEPT);
  let purged: u32 = 0;
  for (let n: u32 = 0; n < PROBES && purged <= MOST_PURGED; n++, index++) {
    if (index >= MOST_KEPT) index = 0;
    if (purge(m, m.keptAt(index), now)) purged++;
  }
}

function purge(m: MimallocState, place: usize, now: u64): bool {
  const expire = load<u64>(place, KEPT_EXPIRE);
  if (expire == 0 || now < expire) return false;
  store<u64>(place, 0, KEPT_EXPIRE);
  decommitKept(m, place);
  return true;
}

function decommitKept(m: MimallocState, place: usize): void {
  const segment = load<u64>(place, KEPT_ADDRESS);
  for (let first: u32 = 0; first < <u32>SEGMENT_SLICES; first++) {
    if (!isCommitted(place, first)) continue;
    const start = first;
    while (first < <u32>SEGMENT_SLICES && isCommitted(place, first)) first++;
    decommitRange(m, segment + ((<u64>start) << SLICE_SHIFT), (<u64>(first - start)) << SLICE_SHIFT);
  }
  memory.fill(place + KEPT_COMMITTED, 0, MASK_WORDS << 3);
  memory.fill(place + KEPT_EXPIRING, 0, MASK_WORDS << 3);
}

function isCommitted(place: usize, slice: u32): bool {
  return ((load<u64>(place + ((slice >> 6) << 3), KEPT_COMMITTED) >> (slice & 63)) & 1) != 0;
}

/** SplitMix64's finalizer. */
function shuffle(x: u64): u64 {
  if (x == 0) x = 17;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
