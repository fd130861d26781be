/**
 * The radix tree that finds the extent of an address. From: include/jemalloc/internal/rtree.h and src/emap.c of jemalloc
 * 5.3.0.
 *
 *   va:  47     30 29     12 11     0            element:  63   48 47              7 6     0
 *        ├─ root ─┼─ leaf ─┼────────┤                      ├ class ┼ description ──┼────── slab
 *
 * A leaf, for 1 GiB, has 2 MiB and is made when an extent there is registered. An extent is found from its first and last
 * page; a slab from all of its pages. The state of an extent is not in its elements but in its description alone.
 */
import { allocateBase } from "./base";
import { Edata, NO_CLASS } from "./edata";
import { CACHE_LINE, MOST_SLAB, PAGE } from "./sizes";
import { JemallocState, ROOT } from "./state";

const LEAF_BITS: u64 = 18;
const LEAF_MASK: u64 = (1 << LEAF_BITS) - 1;
const LEAF_BYTES: u64 = 8 << LEAF_BITS;
const LEAF_SHIFT: u64 = 12;
const ROOT_SHIFT: u64 = LEAF_SHIFT + LEAF_BITS;
const MOST_ADDRESS: u64 = (1 << 48) - 1;
const CLASS_SHIFT: u64 = 48;
const EDATA_MASK: u64 = 0xffff_ffff_ff80;
const IS_SLAB: u64 = 1;

/** The element for the page of `va`; 0: there is no leaf. */
function elementOf(j: JemallocState, va: u64): u64 {
  if (va > MOST_ADDRESS) return 0;
  const leaf = j.memory.read<u64>(ROOT + ((va >> ROOT_SHIFT) << 3));
  return leaf == 0 ? 0 : leaf + (((va >> LEAF_SHIFT) & LEAF_MASK) << 3);
}

/** Returns the entry of the page of `va`; 0: none. */
export function lookUp(j: JemallocState, va: u64): u64 {
  const element = elementOf(j, va);
  return element == 0 ? 0 : j.memory.read<u64>(element);
}

/** Of what `lookUp` gave: the extent's description. */
export function edataIn(found: u64): u64 {
  return found & EDATA_MASK;
}

export function isSlabIn(found: u64): bool {
  return (found & IS_SLAB) != 0;
}

export function classIn(found: u64): u32 {
  return <u32>(found >> CLASS_SHIFT);
}

/** The extent of the page of `va`; 0: there is none. */
export function edataAt(j: JemallocState, va: u64): u64 {
  return edataIn(lookUp(j, va));
}

function enter(j: JemallocState, va: u64, element: u64): void {
  const at = elementOf(j, va);
  if (at == 0) j.crash();
  else j.memory.write<u64>(at, element);
}

function elementFor(edata: u64, index: u32, isSlab: bool): u64 {
  return ((<u64>index) << CLASS_SHIFT) | edata | (isSlab ? IS_SLAB : 0);
}

/** Makes the leaf for `va`, where there is none; false: there is no memory. */
function ensureLeaf(j: JemallocState, va: u64): bool {
  const at = ROOT + ((va >> ROOT_SHIFT) << 3);
  if (j.memory.read<u64>(at) != 0) return true;
  const leaf = allocateBase(j, j.arena(0), LEAF_BYTES, CACHE_LINE);
  j.memory.write<u64>(at, leaf);
  return leaf != 0;
}

/** The extent is found by its ends from now on; false: there is no memory. */
export function register(j: JemallocState, edata: u64): bool {
  const start = Edata.start(j.memory, edata);
  const last = Edata.end(j.memory, edata) - PAGE;
  // Where its size was overwritten it may be any.
  if (last > MOST_ADDRESS || last < start) {
    j.crash();
    return false;
  }
  for (let va = start; va < last; va += (<u64>1) << ROOT_SHIFT) if (!ensureLeaf(j, va)) return false;
  if (!ensureLeaf(j, last)) return false;
  setEnds(j, edata);
  return true;
}

/** Enters an extent of no class at its ends. */
export function setEnds(j: JemallocState, edata: u64): void {
  const element = elementFor(edata, NO_CLASS, false);
  enter(j, Edata.start(j.memory, edata), element);
  enter(j, Edata.end(j.memory, edata) - PAGE, element);
}

/** Removes the entry of the page of `va`, which no longer begins or ends an extent. */
export function clearPage(j: JemallocState, va: u64): void {
  enter(j, va, 0);
}

/** The extent has a block of class `index`, or none (`NO_CLASS`). */
export function setBlock(j: JemallocState, edata: u64, index: u32): void {
  enter(j, Edata.start(j.memory, edata), elementFor(edata, index, false));
}

/** The extent is a slab of class `index`: all of its pages are entered. */
export function setSlab(j: JemallocState, edata: u64, index: u32): void {
  const element = elementFor(edata, index, true);
  const start = Edata.start(j.memory, edata);
  const bytes = min(Edata.bytes(j.memory, edata), MOST_SLAB);
  for (let va = start; va < start + bytes; va += PAGE) enter(j, va, element);
}

/** The extent is a slab no more; at its ends it is found still. */
export function clearSlab(j: JemallocState, edata: u64): void {
  const start = Edata.start(j.memory, edata);
  const last = start + min(Edata.bytes(j.memory, edata), MOST_SLAB) - PAGE;
  for (let va = start + PAGE; va < last; va += PAGE) enter(j, va, 0);
  setEnds(j, edata);
}
