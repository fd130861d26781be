/**
 * Checks whether Wasm's memory has room for the pages that a call faults in. Filling WebAssembly's 4 GiB takes minutes,
 * so a call that can never be served is refused before it changes anything. The demand is what must exist at the end of
 * the call, less everything of its kind that was ever made: a lower bound. A refused call would not have fitted; a call
 * that passes may still run out of memory.
 *
 *   a page in memory        its frame's record; the zeros have one for all
 *   a mapped page           its share of a page table
 *   a page of an object     its entry in the page cache, which is never freed
 *
 * A limit of memory bounds frames and tables, and reclaim or the OOM killer enforce it. Only the entries of a file's
 * pages grow further, as long as there are frames for the tables that map them.
 */
import {
  VM_EXEC,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../abi/linux";
import { OBJECT_FILE } from "../../abi/process";
import { arenaRoom } from "../../core/arena";
import { FRAME_BYTES } from "../../frames/frames";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { isGuard } from "../pages/marker";
import { seek, span, walk } from "../pages/walk";
import { Region } from "../space/region";
import { Space } from "../space/space";

/** How pages are faulted in: by populate, a load, a store, a fetch, MADV_POPULATE_READ; or markers are set instead. */
export const AS_LOCKED: u32 = 0;
export const BY_LOAD: u32 = 1;
export const BY_STORE: u32 = 2;
export const BY_FETCH: u32 = 3;
export const BY_READING: u32 = 4;
export const BY_MARKER: u32 = 5;

const ACCESS: u32 = VM_READ | VM_WRITE | VM_EXEC;
/** Smaller calls are not checked: they end soon, one way or the other. */
const FEW_PAGES: u64 = 1 << 18;

/** The demand, in pages. */
@final
@unmanaged
class Demand {
  framed: u64;
  mapped: u64;
  cached: u64;
  /** Those of `cached` that belong to files. */
  filed: u64;
}

/** The demand of the current call; one call runs at a time. */
const DEMAND: usize = memory.data(32, 8);

/**
 * Is true when the range can be faulted in; otherwise the call is refused. With `isTolerant`, pages that cannot be
 * had are skipped.
 */
export function fits(space: Space, start: u64, end: u64, how: u32, isTolerant: bool): bool {
  if (end < start || (end - start) >> space.pageShift < FEW_PAGES) return true;
  addRange(space, start, end, how, isTolerant, false);
  if (hasRoom(space)) return true;
  // A guard page may end the call early.
  addRange(space, start, end, how, isTolerant, true);
  return hasRoom(space) || refuse(space);
}

/** The same for a region that is to be made, with these flags, at page `index` of the object, if it is populated. */
export function fitsNew(space: Space, flags: u32, object: u32, index: u64, pages: u64): bool {
  if (pages < FEW_PAGES || !isPopulated(flags)) return true;
  memory.fill(DEMAND, 0, offsetof<Demand>());
  add(space, flags, object, index, pages, AS_LOCKED);
  return hasRoom(space) || refuse(space);
}

/** The same for the pages of a file that are to be read ahead. */
export function fitsCached(space: Space, region: Region, start: u64, end: u64): bool {
  const shift = space.pageShift;
  const pages = min((end - start) >> shift, pagesFrom(space, region.object, region.index(start, shift)));
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

/**
 * Adds up the demand of the regions in the range, as far as the call would get; with `stopsAtGuard`, up to a guard
 * page.
 */
function addRange(space: Space, start: u64, end: u64, how: u32, isTolerant: bool, stopsAtGuard: bool): void {
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
    const stop = !allows(region, how)
      ? from
      : stopsAtGuard && how != BY_MARKER
        ? guardIn(space, from, to)
        : to;
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

/** Is true when populate faults in pages of a region with these flags. */
function isPopulated(flags: u32): bool {
  return (flags & (VM_IO | VM_PFNMAP | VM_LOCKONFAULT)) == 0 && (flags & ACCESS) != 0;
}

/** Adds pages of a region with these flags. True when the object has all of them. */
function add(space: Space, flags: u32, object: u32, index: u64, pages: u64, how: u32): bool {
  if ((flags & (VM_HUGETLB | VM_IO | VM_PFNMAP)) != 0) return true;
  const demand = changetype<Demand>(DEMAND);
  if (how == BY_MARKER) {
    demand.mapped += pages;
    return true;
  }
  const inside = object == 0 ? pages : min(pages, pagesFrom(space, object, index));
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
function pagesFrom(space: Space, object: u32, index: u64): u64 {
  const all = space.system.objects.pages(object, space.pageShift);
  return all - min(index, all);
}

/** The first guard page of the range; `end` when there is none. */
function guardIn(space: Space, start: u64, end: u64): u64 {
  for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
    const pte = walk(space, va);
    if (isGuard(space.machine.tables.read(pte))) return va;
    va += span(space, pte, va);
  }
  return end;
}

/** Is true when Wasm's 4 GiB have room for the demand. */
function hasRoom(space: Space): bool {
  const machine = space.machine;
  const demand = changetype<Demand>(DEMAND);
  const order = machine.geometry.order(HUGE_LEVEL);
  let cached = demand.cached;
  let bytes: u64 = 0;
  if (machine.limited) {
    cached = min(demand.filed, (<u64>machine.frames.limit) << order);
  } else {
    bytes += excess(demand.framed, machine.frames.count) * FRAME_BYTES;
    bytes += excess(demand.mapped >> order, machine.tables.peak) * machine.geometry.tableBytes();
  }
  const objects = space.system.objects;
  return cached <= objects.maxEntries && bytes + objects.bytesFor(cached) <= arenaRoom();
}

function excess(wanted: u64, made: u64): u64 {
  return wanted - min(wanted, made);
}
