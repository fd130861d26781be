/**
 * Free extents, filed by page class and by age. From: src/eset.c of jemalloc 5.3.0. Of all classes that are large enough,
 * the extent of the oldest mapping is taken, and of that the lowest; but none of which a small part alone would be used
 * while it is dirty.
 */
import { roundUp } from "../parts";
import { FreeExtents } from "./arena";
import { Edata } from "./edata";
import { filedUnder, PAGE, PAGE_CLASSES, pageClassBytes, searchedFrom } from "./sizes";
import { JemallocState } from "./state";

/** log2 of how many times as large as what is wanted a dirty extent may be. */
const MOST_SPLIT: u64 = 6;

/** Files the extent, as the youngest. */
export function insertFree(j: JemallocState, free: FreeExtents, edata: u64): void {
  const memory = j.memory;
  const bytes = Edata.bytes(memory, edata);
  const index = filedUnder(bytes);
  const serial = Edata.serial(memory, edata);
  const start = Edata.start(memory, edata);
  Edata.setState(memory, edata, free.state);
  if (free.isEmpty(index) || isBefore(serial, start, free.leastSerial(index), free.leastAddress(index)))
    free.setLeast(index, serial, start);
  free.note(index, true);
  Edata.setNode(memory, edata, j.heaps.insert(free.heap(index), free.tag | index, serial, start, edata));
  if (j.heaps.hasFailed) memory.fail();
  Edata.setNext(memory, edata, 0);
  Edata.setPrev(memory, edata, free.last);
  if (free.last != 0) Edata.setNext(memory, free.last, edata);
  else free.first = edata;
  free.last = edata;
  free.bytes += bytes;
}

/** Takes the extent out. */
export function removeFree(j: JemallocState, free: FreeExtents, edata: u64): void {
  const memory = j.memory;
  const bytes = Edata.bytes(memory, edata);
  const index = filedUnder(bytes);
  const node = Edata.node(memory, edata);
  if (!j.heaps.isOf(node, free.tag | index, edata)) {
    j.crash();
    return;
  }
  removeFiled(j, free, index, node);
  const next = Edata.next(memory, edata);
  const prev = Edata.prev(memory, edata);
  if (next != 0) Edata.setPrev(memory, next, prev);
  else free.last = prev;
  if (prev != 0) Edata.setNext(memory, prev, next);
  else free.first = next;
  free.bytes -= bytes;
}

/** Takes a node out of its heap, of which the least may be another now. */
function removeFiled(j: JemallocState, free: FreeExtents, index: u32, node: u32): void {
  const heaps = j.heaps;
  const isLeast =
    heaps.major(node) == free.leastSerial(index) && heaps.minor(node) == free.leastAddress(index);
  heaps.remove(free.heap(index), node);
  if (free.isEmpty(index)) free.note(index, false);
  else if (isLeast) {
    const first = heaps.first(free.heap(index));
    free.setLeast(index, heaps.major(first), heaps.minor(first));
  }
}

/** The extent to take `bytes` at a multiple of `alignment` from; 0: there is none. */
export function findFree(j: JemallocState, free: FreeExtents, bytes: u64, alignment: u64): u64 {
  const most = bytes + roundUp(alignment, PAGE) - PAGE;
  if (most < bytes) return 0;
  const found = findFirst(j, free, most);
  return found == 0 && alignment > PAGE ? findAligned(j, free, bytes, most, alignment) : found;
}

function findFirst(j: JemallocState, free: FreeExtents, bytes: u64): u64 {
  let best: u64 = 0;
  let bestClass: u32 = 0;
  for (
    let index = free.classFrom(searchedFrom(bytes));
    index < PAGE_CLASSES;
    index = free.classFrom(index + 1)
  ) {
    j.memory.step();
    if (free.isDelayed && pageClassBytes(index) >> MOST_SPLIT > bytes) break;
    if (best != 0 && !isLeastBefore(free, index, bestClass)) continue;
    best = j.heaps.edata(j.heaps.first(free.heap(index)));
    bestClass = index;
  }
  return best;
}

function isLeastBefore(free: FreeExtents, a: u32, b: u32): bool {
  return isBefore(free.leastSerial(a), free.leastAddress(a), free.leastSerial(b), free.leastAddress(b));
}

function isBefore(serial: u64, address: u64, otherSerial: u64, otherAddress: u64): bool {
  return serial < otherSerial || (serial == otherSerial && address < otherAddress);
}

/** Of the extents that may be too short for any place, one that is aligned well: the first of each class is tried. */
function findAligned(j: JemallocState, free: FreeExtents, bytes: u64, most: u64, alignment: u64): u64 {
  const end = searchedFrom(most);
  for (let index = free.classFrom(searchedFrom(bytes)); index < end; index = free.classFrom(index + 1)) {
    j.memory.step();
    const edata = j.heaps.edata(j.heaps.first(free.heap(index)));
    const start = Edata.start(j.memory, edata);
    const length = Edata.bytes(j.memory, edata);
    const skipped = roundUp(start, alignment) - start;
    if (skipped < length && length - skipped >= bytes) return edata;
  }
  return 0;
}
