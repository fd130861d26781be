/**
 * Free extents, filed by page class and by age. From: src/eset.c of jemalloc 5.3.0. Of all classes that are large enough,
 * the extent of the oldest mapping is taken, and of that the lowest; but none of which a small part alone would be used
 * while it is dirty.
 */
import { FreeExtents } from "./arena";
import { Edata } from "./edata";
import { filedUnder, PAGE, PAGE_CLASSES, pageClassBytes, searchedFrom } from "./sizes";
import { JemallocState } from "./state";
import { alignUp } from "./system";
import { edataAt } from "./tree";

/** log2 of how many times as large as what is wanted a dirty extent may be. */
const MOST_SPLIT: u64 = 6;

/** Files the extent, as the youngest. */
export function insertFree(j: JemallocState, free: FreeExtents, edata: u64): void {
  const memory = j.memory;
  const bytes = Edata.bytes(memory, edata);
  const index = filedUnder(bytes);
  Edata.setState(memory, edata, free.state);
  const root = j.order.insert(free.root(index), Edata.serial(memory, edata), Edata.start(memory, edata));
  if (j.order.hasFailed) memory.fail();
  free.setRoot(index, root);
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
  free.setRoot(
    index,
    j.order.remove(free.root(index), Edata.serial(memory, edata), Edata.start(memory, edata)),
  );
  const next = Edata.next(memory, edata);
  const prev = Edata.prev(memory, edata);
  if (next != 0) Edata.setPrev(memory, next, prev);
  else free.last = prev;
  if (prev != 0) Edata.setNext(memory, prev, next);
  else free.first = next;
  free.bytes -= bytes;
}

/** The extent to take `bytes` at a multiple of `alignment` from; 0: there is none. */
export function findFree(j: JemallocState, free: FreeExtents, bytes: u64, alignment: u64): u64 {
  const most = bytes + alignUp(alignment, PAGE) - PAGE;
  if (most < bytes) return 0;
  const found = findFirst(j, free, most);
  return found == 0 && alignment > PAGE ? findAligned(j, free, bytes, most, alignment) : found;
}

function findFirst(j: JemallocState, free: FreeExtents, bytes: u64): u64 {
  const order = j.order;
  let best: u32 = 0;
  for (
    let index = free.classFrom(searchedFrom(bytes));
    index < PAGE_CLASSES;
    index = free.classFrom(index + 1)
  ) {
    j.memory.step();
    if (free.isDelayed && pageClassBytes(index) >> MOST_SPLIT > bytes) break;
    const first = order.first(free.root(index));
    if (best == 0 || isBefore(j, first, best)) best = first;
  }
  return best == 0 ? 0 : edataAt(j, order.minor(best));
}

function isBefore(j: JemallocState, a: u32, b: u32): bool {
  const order = j.order;
  const serial = order.major(a);
  return serial < order.major(b) || (serial == order.major(b) && order.minor(a) < order.minor(b));
}

/** Of the extents that may be too short for any place, one that is aligned well: the first of each class is tried. */
function findAligned(j: JemallocState, free: FreeExtents, bytes: u64, most: u64, alignment: u64): u64 {
  const end = searchedFrom(most);
  for (let index = free.classFrom(searchedFrom(bytes)); index < end; index = free.classFrom(index + 1)) {
    j.memory.step();
    const edata = edataAt(j, j.order.minor(j.order.first(free.root(index))));
    const start = Edata.start(j.memory, edata);
    const length = Edata.bytes(j.memory, edata);
    const skipped = alignUp(start, alignment) - start;
    if (skipped < length && length - skipped >= bytes) return edata;
  }
  return 0;
}
