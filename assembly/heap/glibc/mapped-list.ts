/**
 * Which chunks are mapped alone. glibc keeps no such list: this is a note of ours, for walks, that no reference reads or
 * writes. It lies among the library's data, so that a fork copies it.
 *
 *   list:    │ chunk u64 │ … │         `Ptmalloc.listed` of them, in no order
 *   places:  │ u32 │ u32 │ … │         by a chunk's page, modulo 2^28: where it is in the list
 */
import { NONE } from "../../abi/core";
import { CHUNK_MAPPED } from "../../abi/heap";
import { LIBRARY } from "../access";
import { ChunkView } from "../contract";
import { SIZE_BITS, SIZE_SZ } from "./chunk";
import { PAGE, Ptmalloc } from "./state";

const LIST: u64 = LIBRARY + 0x2000_0000;
const PLACES: u64 = LIBRARY + 0x8000_0000;
const PLACE_MASK: u64 = (1 << 28) - 1;
/** `view.group` in this part of a walk; no arena is there. */
const MAPPED_GROUP: u64 = 1;

export function enterMapped(m: Ptmalloc, p: u64): void {
  put(m, m.listed++, p);
}

export function leaveMapped(m: Ptmalloc, p: u64): void {
  const index = indexOf(m, p);
  if (index != NONE) put(m, index, m.memory.peek<u64>(entry(--m.listed)));
}

/** The chunk is elsewhere now. */
export function moveMapped(m: Ptmalloc, from: u64, to: u64): void {
  const index = from == to ? <u32>NONE : indexOf(m, from);
  if (index != NONE) put(m, index, to);
}

/** Goes on with the mapped chunks, once the others are behind; false behind the last. */
export function nextMapped(m: Ptmalloc, view: ChunkView): bool {
  const memory = m.memory;
  if (!isAmongMapped(view)) {
    view.group = MAPPED_GROUP;
    view.cursor = 0;
  }
  if (view.cursor >= m.listed) return false;
  const p = memory.peek<u64>(entry(<u32>view.cursor));
  view.cursor++;
  // The bytes that an alignment has skipped belong to it.
  const skipped = memory.peek<u64>(p);
  view.address = p - skipped;
  view.bytes = skipped + (memory.peek<u64>(p + SIZE_SZ) & ~SIZE_BITS);
  view.state = CHUNK_MAPPED;
  view.bin = NONE;
  view.arena = 0;
  return true;
}

export function isAmongMapped(view: ChunkView): bool {
  return view.group == MAPPED_GROUP;
}

function put(m: Ptmalloc, index: u32, p: u64): void {
  m.memory.note<u64>(entry(index), p);
  m.memory.note<u32>(placeOf(p), index);
}

/** Where the chunk is in the list; NONE: the program has made it up. Pages 1 TiB apart share a place, which may mislead. */
function indexOf(m: Ptmalloc, p: u64): u32 {
  const memory = m.memory;
  const place = memory.peek<u32>(placeOf(p));
  if (place < m.listed && memory.peek<u64>(entry(place)) == p) return place;
  for (let index: u32 = 0; index < m.listed; index++) if (memory.peek<u64>(entry(index)) == p) return index;
  return NONE;
}

function entry(index: u32): u64 {
  return LIST + ((<u64>index) << 3);
}

function placeOf(p: u64): u64 {
  return PLACES + (((p / PAGE) & PLACE_MASK) << 2);
}
