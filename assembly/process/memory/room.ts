/**
 * Whether Wasm's memory has room for what a call is to bring in. Filling WebAssembly's 4 GiB takes minutes, so a call that
 * could never be served is refused before it changes anything. What is counted is what must be there at once when it is
 * done, less all that was ever made of its kind: a bound from below. Who is refused would not have fitted; who is not may
 * still meet the end of memory.
 *
 *   a page in memory        its frame's record; the zeros have one for all
 *   whatever has an entry   its share of a page table
 *   a page of an object     its entry in the page cache, for good
 *
 * Where memory is limited, it bounds frames and tables, and reclaim or the OOM killer answer. Only what is known of a
 * file's pages grows on, as long as there are frames for the tables that map them.
 */
import {
  OBJECT_FILE,
  VM_EXEC,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../abi-process";
import { arenaRoom } from "../../core/arena";
import { FRAME_BYTES } from "../../frames/frames";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { isGuard } from "../pages/marker";
import { reach, seek, walk } from "../pages/walk";
import { Region } from "../space/region";
import { Space } from "../space/space";

/** How pages are brought in: as populate does, by a load, a store or a fetch, MADV_POPULATE_READ; or markers instead. */
export const AS_LOCKED: u32 = 0;
export const BY_LOAD: u32 = 1;
export const BY_STORE: u32 = 2;
export const BY_FETCH: u32 = 3;
export const BY_READING: u32 = 4;
export const BY_MARKER: u32 = 5;

const ACCESS: u32 = VM_READ | VM_WRITE | VM_EXEC;
/** Fewer pages than these are brought in, or meet the end of memory, soon enough. */
const FEW_PAGES: u64 = 1 << 18;

/** What is asked for, in pages. */
@final
@unmanaged
class Demand {
  framed: u64;
  mapped: u64;
  cached: u64;
  /** Those of `cached` that are of files. */
  filed: u64;
}

/** Of the call that runs: one at a time. */
const DEMAND: usize = memory.data(32, 8);

/** Can the range be brought in? Where not, the call is refused. `isTolerant`: what cannot be had is passed over. */
export function fits(space: Space, start: u64, end: u64, how: u32, isTolerant: bool): bool {
  if (end < start || (end - start) >> space.pageShift < FEW_PAGES) return true;
  sum(space, start, end, how, isTolerant, false);
  if (hasRoom(space)) return true;
  // A guard ends it early, perhaps.
  sum(space, start, end, how, isTolerant, true);
  return hasRoom(space) || refuse(space);
}

/** The same for pages of a region that is to be: its flags, object and place there; populate brings them in. */
export function fitsNew(space: Space, flags: u32, object: u32, index: u64, pages: u64): bool {
  if (pages < FEW_PAGES || !isPopulated(flags)) return true;
  memory.fill(DEMAND, 0, offsetof<Demand>());
  add(space, flags, object, index, pages, AS_LOCKED);
  return hasRoom(space) || refuse(space);
}

/** The same for what of a file's pages is to be read ahead. */
export function fitsCached(space: Space, region: Region, start: u64, end: u64): bool {
  const shift = space.pageShift;
  const pages = min((end - start) >> shift, pagesBehind(space, region.object, region.index(start, shift)));
  if (pages < FEW_PAGES) return true;
  const demand = changetype<Demand>(DEMAND);
  memory.fill(DEMAND, 0, offsetof<Demand>());
  demand.cached = pages;
  demand.filed = pages;
  demand.framed = pages;
  return hasRoom(space) || refuse(space);
}

function refuse(space: Space): bool {
  space.system.refuse();
  return false;
}

/** Adds up what the regions of the range ask for, as far as the call would come; with `looks` up to a guard. */
function sum(space: Space, start: u64, end: u64, how: u32, isTolerant: bool, looks: bool): void {
  memory.fill(DEMAND, 0, offsetof<Demand>());
  let region = space.regions.find(start);
  for (
    ;
    changetype<usize>(region) != 0 && max(region.start, start) < end;
    region = space.regions.find(start)
  ) {
    const from = max(region.start, start);
    if (!isTolerant && from != start) return;
    const to = min(region.end, end);
    const stop = !allows(region, how) ? from : looks && how != BY_MARKER ? guardIn(space, from, to) : to;
    const pages = (stop - from) >> space.pageShift;
    const isDone = add(space, region.flags, region.object, region.index(from, space.pageShift), pages, how);
    if (!isTolerant && (!isDone || stop != to)) return;
    start = to;
  }
}

function allows(region: Region, how: u32): bool {
  if (how == BY_STORE) return region.has(VM_WRITE);
  if (how == BY_FETCH) return region.has(VM_EXEC);
  if (how == BY_READING) return region.has(VM_READ);
  return how == BY_MARKER ? !region.has(VM_LOCKED) : region.has(ACCESS);
}

/** Does populate bring anything in, in a region with these flags? */
function isPopulated(flags: u32): bool {
  return (flags & (VM_IO | VM_PFNMAP | VM_LOCKONFAULT)) == 0 && (flags & ACCESS) != 0;
}

/** Adds pages of a region with these flags; are they all there to be had? */
function add(space: Space, flags: u32, object: u32, index: u64, pages: u64, how: u32): bool {
  if ((flags & (VM_HUGETLB | VM_IO | VM_PFNMAP)) != 0) return true;
  const demand = changetype<Demand>(DEMAND);
  if (how == BY_MARKER) {
    demand.mapped += pages;
    return true;
  }
  const inside = object == 0 ? pages : min(pages, pagesBehind(space, object, index));
  const isStore = how == AS_LOCKED ? (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE : how == BY_STORE;
  const isCached = object != 0 || (flags & VM_SHARED) != 0;
  demand.mapped += inside;
  if (isCached) demand.cached += inside;
  if (isFile(space, object)) demand.filed += inside;
  if (isCached || isStore) demand.framed += inside;
  return inside == pages;
}

function isFile(space: Space, object: u32): bool {
  return object != 0 && space.system.objects.kind(object) == OBJECT_FILE;
}

/** Pages of the object from `index` on. */
function pagesBehind(space: Space, object: u32, index: u64): u64 {
  const all = space.system.objects.pages(object, space.pageShift);
  return all - min(index, all);
}

/** The first guard of the range; its end for none. */
function guardIn(space: Space, start: u64, end: u64): u64 {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walk(space, va);
    if (isGuard(space.machine.tables.read(pte))) return va;
    va += reach(space, pte, va);
  }
  return end;
}

/** Do Wasm's 4 GiB have room for the demand? */
function hasRoom(space: Space): bool {
  const machine = space.machine;
  const demand = changetype<Demand>(DEMAND);
  const order = machine.geometry.order(HUGE_LEVEL);
  let cached = demand.cached;
  let bytes: u64 = 0;
  if (machine.limited) {
    cached = min(demand.filed, (<u64>machine.frames.limit) << order);
  } else {
    bytes += beyond(demand.framed, machine.frames.count) * FRAME_BYTES;
    bytes += beyond(demand.mapped >> order, machine.tables.peak) * machine.geometry.tableBytes();
  }
  const objects = space.system.objects;
  return cached <= objects.most && bytes + objects.bytesFor(cached) <= arenaRoom();
}

function beyond(wanted: u64, made: u64): u64 {
  return wanted - min(wanted, made);
}
