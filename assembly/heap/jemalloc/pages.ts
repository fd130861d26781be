/**
 * The page allocator of an arena: extents are split and become one again; what was used last is used first. From: src/pac.c
 * and src/extent.c of jemalloc 5.3.0.
 *
 *   wanted ──> dirty ──> retained ──> a mapping of 2, 2.5, 3, 3.5, 4, 5 … MiB
 *                 ↑ freed    ↑ decayed: its frames go back, its addresses stay
 *
 * Differences: extents are never muzzy (MADV_FREE), as by default, where muzzy_decay_ms is 0; no guard pages, no huge-page
 * allocator, which are off by default.
 */
import { roundUp } from "../parts";
import { Arena, FreeExtents } from "./arena";
import { allocEdata, freeEdata } from "./base";
import { Edata, HEAD, NO_CLASS, SLAB, ZEROED } from "./edata";
import { findFree, insertFree, removeFree } from "./free-extents";
import { LEAST_LARGE, MOST_LARGE, PAGE, pageClassBytes, pageClassOf } from "./sizes";
import { EXTENT_HEAP, JemallocState } from "./state";
import { mapAligned, releaseFrames } from "./system";
import { clearPage, clearSlab, edataAt, register, setBlock, setEnds, setSlab } from "./tree";

/** Free extents of so many bytes go back to the system at once. */
export const OVERSIZE: u64 = 8 << 20;

/** An extent in use for a block or for a slab of class `index`; 0: there is no memory. */
export function allocateExtent(
  j: JemallocState,
  arena: Arena,
  bytes: u64,
  alignment: u64,
  index: u32,
  isSlab: bool,
  isZero: bool,
): u64 {
  let edata = recycle(j, arena, arena.dirty, bytes, alignment, isZero);
  if (edata == 0) edata = recycle(j, arena, arena.retained, bytes, alignment, isZero);
  if (edata == 0) edata = grow(j, arena, bytes, alignment);
  if (edata == 0) edata = map(j, arena, bytes, alignment);
  if (edata == 0 || j.memory.hasStopped) return 0;
  Edata.setSizeClass(j.memory, edata, index);
  Edata.set(j.memory, edata, SLAB, isSlab);
  if (isSlab) setSlab(j, edata, index);
  else setBlock(j, edata, index);
  return edata;
}

/** Frees an extent that was in use. */
export function freeExtent(j: JemallocState, arena: Arena, edata: u64): void {
  const memory = j.memory;
  if (Edata.has(memory, edata, SLAB)) clearSlab(j, edata);
  else setBlock(j, edata, NO_CLASS);
  Edata.set(memory, edata, SLAB, false);
  Edata.setSizeClass(memory, edata, NO_CLASS);
  putDirty(j, arena, edata);
}

function putDirty(j: JemallocState, arena: Arena, edata: u64): void {
  Edata.setAddress(j.memory, edata, Edata.start(j.memory, edata));
  Edata.set(j.memory, edata, ZEROED, false);
  recordFree(j, arena, arena.dirty, edata);
}

/** Takes `bytes` of a free extent; 0: there is none. */
function recycle(
  j: JemallocState,
  arena: Arena,
  free: FreeExtents,
  bytes: u64,
  alignment: u64,
  isZero: bool,
): u64 {
  const found = findFree(j, free, bytes, alignment);
  if (found == 0) return 0;
  removeFree(j, free, found);
  const edata = splitAround(j, arena, free, found, bytes, alignment);
  if (edata != 0 && isZero && !Edata.has(j.memory, edata, ZEROED))
    releaseFrames(j, Edata.start(j.memory, edata), bytes);
  return edata;
}

/** Files what is before the first multiple of `alignment`, and what is behind `bytes` of it; 0: there is no memory. */
function splitAround(
  j: JemallocState,
  arena: Arena,
  free: FreeExtents,
  whole: u64,
  bytes: u64,
  alignment: u64,
): u64 {
  const memory = j.memory;
  const start = Edata.start(memory, whole);
  const skipped = roundUp(start, roundUp(alignment, PAGE)) - start;
  let edata = whole;
  if (skipped != 0) {
    edata = split(j, arena, whole, skipped);
    if (edata == 0) return 0;
  }
  const rest = Edata.bytes(memory, edata) > bytes ? split(j, arena, edata, bytes) : 0;
  if (skipped != 0) insertFree(j, free, whole);
  if (rest != 0) insertFree(j, free, rest);
  Edata.setState(memory, edata, 0);
  return edata;
}

/** Parts an extent behind its first `bytes`; the second part; 0: there is no memory. */
function split(j: JemallocState, arena: Arena, edata: u64, bytes: u64): u64 {
  const memory = j.memory;
  const rest = allocEdata(j, arena);
  if (rest == 0) return 0;
  const start = Edata.start(memory, edata);
  const length = Edata.bytes(memory, edata);
  const flags = Edata.flags(memory, edata) & ZEROED;
  Edata.init(memory, rest, arena.index, start + bytes, length - bytes, Edata.serial(memory, edata), flags);
  if (!register(j, rest)) return 0;
  Edata.setBytes(memory, edata, bytes);
  setEnds(j, edata);
  return rest;
}

/** Makes `a` and `b`, which follows it, one. */
function merge(j: JemallocState, arena: Arena, a: u64, b: u64): void {
  const memory = j.memory;
  const border = Edata.start(memory, b);
  clearPage(j, border - PAGE);
  clearPage(j, border);
  Edata.setBytes(memory, a, Edata.bytes(memory, a) + Edata.bytes(memory, b));
  if (Edata.serial(memory, b) < Edata.serial(memory, a)) Edata.setSerial(memory, a, Edata.serial(memory, b));
  if (!Edata.has(memory, b, ZEROED)) Edata.set(memory, a, ZEROED, false);
  setEnds(j, a);
  freeEdata(j, arena, b);
}

/** The extent behind, in such a state, that may become one with it; 0: there is none. */
function neighbourBehind(j: JemallocState, edata: u64, state: u32): u64 {
  const memory = j.memory;
  const next = edataAt(j, Edata.end(memory, edata));
  return next != 0 && !Edata.has(memory, next, HEAD) && Edata.state(memory, next) == state ? next : 0;
}

function neighbourBefore(j: JemallocState, edata: u64, state: u32): u64 {
  const memory = j.memory;
  if (Edata.has(memory, edata, HEAD)) return 0;
  const prev = edataAt(j, Edata.start(memory, edata) - 1);
  return prev != 0 && Edata.state(memory, prev) == state ? prev : 0;
}

/** An extent with a free neighbour, the one behind first; the two as one; 0: there is none. */
function mergeOnce(j: JemallocState, arena: Arena, free: FreeExtents, edata: u64): u64 {
  const next = neighbourBehind(j, edata, free.state);
  if (next != 0) {
    removeFree(j, free, next);
    merge(j, arena, edata, next);
    return edata;
  }
  const prev = neighbourBefore(j, edata, free.state);
  if (prev == 0) return 0;
  removeFree(j, free, prev);
  merge(j, arena, prev, edata);
  return prev;
}

/** Files a free extent, with its neighbours where that is not put off; one of 8 MiB goes back to the system. */
export function recordFree(j: JemallocState, arena: Arena, free: FreeExtents, edata: u64): void {
  const memory = j.memory;
  if (!free.isDelayed || Edata.bytes(memory, edata) >= LEAST_LARGE) {
    for (let both = mergeOnce(j, arena, free, edata); both != 0 && !memory.hasStopped; ) {
      edata = both;
      both = mergeOnce(j, arena, free, edata);
    }
  }
  if (free.isDelayed && Edata.bytes(memory, edata) >= OVERSIZE && arena.decay.milliseconds >= 0)
    retain(j, arena, edata);
  else insertFree(j, free, edata);
}

/** Gives back the frames of an extent that is filed nowhere, and keeps its addresses. */
export function retain(j: JemallocState, arena: Arena, edata: u64): void {
  releaseFrames(j, Edata.start(j.memory, edata), Edata.bytes(j.memory, edata));
  Edata.set(j.memory, edata, ZEROED, true);
  recordFree(j, arena, arena.retained, edata);
}

/** The oldest dirty extent, its neighbours with it, filed nowhere; 0: no more than `bytes` are dirty. */
export function evictOldest(j: JemallocState, arena: Arena, bytes: u64): u64 {
  const free = arena.dirty;
  while (free.first != 0 && free.bytes > bytes && !j.memory.hasStopped) {
    const edata = free.first;
    removeFree(j, free, edata);
    const both = mergeOnce(j, arena, free, edata);
    if (both == 0) {
      Edata.setState(j.memory, edata, 0);
      return edata;
    }
    insertFree(j, free, both);
  }
  return 0;
}

/** Maps the next size of a series, and takes the extent from it; 0: there is no memory. */
function grow(j: JemallocState, arena: Arena, bytes: u64, alignment: u64): u64 {
  const least = bytes + roundUp(alignment, PAGE) - PAGE;
  if (least < bytes) return 0;
  let index = arena.growth;
  while (pageClassBytes(index) < least) if (++index >= pageClassOf(MOST_LARGE)) return 0;
  const whole = mapExtent(j, arena, pageClassBytes(index), PAGE);
  if (whole == 0) return 0;
  const memory = j.memory;
  const start = Edata.start(memory, whole);
  const skipped = roundUp(start, roundUp(alignment, PAGE)) - start;
  const edata = skipped == 0 ? whole : split(j, arena, whole, skipped);
  const rest = edata != 0 && Edata.bytes(memory, edata) > bytes ? split(j, arena, edata, bytes) : 0;
  if (skipped != 0) recordFree(j, arena, arena.retained, whole);
  if (rest != 0) recordFree(j, arena, arena.retained, rest);
  arena.growth = min(index + 1, pageClassOf(MOST_LARGE));
  return edata;
}

/** Maps just what is wanted: the last resort. */
function map(j: JemallocState, arena: Arena, bytes: u64, alignment: u64): u64 {
  return mapExtent(j, arena, bytes, roundUp(alignment, PAGE));
}

function mapExtent(j: JemallocState, arena: Arena, bytes: u64, alignment: u64): u64 {
  const edata = allocEdata(j, arena);
  if (edata == 0) return 0;
  const at = mapAligned(j, bytes, alignment, EXTENT_HEAP);
  if (at == 0) {
    freeEdata(j, arena, edata);
    return 0;
  }
  Edata.init(j.memory, edata, arena.index, at, bytes, arena.serial++, ZEROED | HEAD);
  return register(j, edata) ? edata : 0;
}

/** Makes an extent in use longer where it is; false: what is behind it is not free, or not enough. */
export function expandExtent(j: JemallocState, arena: Arena, edata: u64, more: u64): bool {
  let behind = takeBehind(j, arena, arena.dirty, edata, more);
  if (behind == 0) behind = takeBehind(j, arena, arena.retained, edata, more);
  if (behind == 0) return false;
  merge(j, arena, edata, behind);
  return !j.memory.hasStopped;
}

function takeBehind(j: JemallocState, arena: Arena, free: FreeExtents, edata: u64, bytes: u64): u64 {
  const next = neighbourBehind(j, edata, free.state);
  if (next == 0 || Edata.bytes(j.memory, next) < bytes) return 0;
  removeFree(j, free, next);
  return splitAround(j, arena, free, next, bytes, PAGE);
}

/** Makes an extent in use shorter; false: there is no memory for the rest's description. */
export function shrinkExtent(j: JemallocState, arena: Arena, edata: u64, bytes: u64): bool {
  const rest = split(j, arena, edata, bytes);
  if (rest == 0) return false;
  putDirty(j, arena, rest);
  return true;
}
