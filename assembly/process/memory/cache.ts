/**
 * The page cache: pages of files and of shared memory that are in memory, and the faults that use them.
 *
 * A read of a file's page that is not in memory reads the 32 pages around it (mm/filemap.c, do_sync_mmap_readahead).
 * A read fault maps those of the 16 pages around it that are in memory, so that they take no fault of their own
 * (mm/memory.c, do_fault_around). Unless the system is cold, files count as read before the start, and their pages
 * cost no read.
 */
import { KIND_LOAD, NONE } from "../../abi/core";
import { FEATURE_LAST_PAGE_APART, OBJECT_FILE, OBJECT_SPECIAL } from "../../abi/process";
import { ACCESSED, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { mapPage } from "../pages/page";
import { mayMapWritable, permissions } from "../pages/permissions";
import { entryAt, walk } from "../pages/walk";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { System } from "../system/system";
import { allocPage } from "./reclaim";
import { makeTablesFor } from "./tables";

/** Bytes mapped around a fault (fault_around_bytes: 64 KiB), and bytes read around one (read_ahead_kb: 128). */
const AROUND_BYTES: u64 = 65536;

const READ_BYTES: u64 = 131072;

/** The frame of a page of an object, which is read in if it is not in memory; NONE when no frame is available. */
export function cachedPage(system: System, object: u32, index: u64, kind: u32): u32 {
  const objects = system.objects;
  const entry = objects.entry(object, index);
  if (entry == NONE) {
    system.fail();
    return NONE;
  }
  const pfn = objects.pfn(entry);
  if (pfn != NONE) return pfn;
  const read = readPage(system, entry, kind);
  if (read == NONE || objects.kind(object) != OBJECT_FILE) return read;
  if (!system.isCold && !objects.mustRead(object, index, entry, system.machine.geometry.pageShift))
    return read;
  system.fileReads++;
  const pinned = system.pins.frame;
  system.pins.frame = read;
  readAround(system, object, index);
  system.pins.frame = pinned;
  return read;
}

/** Reads the entry's page into a frame: from swap, from its file, or as zeros. NONE when no frame is available. */
function readPage(system: System, entry: u32, kind: u32): u32 {
  const objects = system.objects;
  const swapEntry = objects.swapEntry(entry);
  const ghost = swapEntry == 0 ? objects.ghost(entry) : system.swap.ghost(swapEntry);
  const pfn = allocPage(system, entry, 0, ghost, kind, 0);
  if (pfn == NONE) return NONE;
  objects.setPfn(entry, pfn);
  if (objects.kind(objects.object(entry)) == OBJECT_SPECIAL) {
    system.policyPages.remove(pfn);
    system.policyPages.markKernel(pfn);
  }
  if (swapEntry == 0) return pfn;
  system.swapReads++;
  system.machine.swapIns++;
  objects.setSwapEntry(entry, 0);
  system.swap.setPfn(swapEntry, pfn);
  system.machine.frames.setSwapEntry(pfn, swapEntry);
  system.swap.setRefs(swapEntry, 0);
  return pfn;
}

/** Reads the pages around `index` that are not in memory, while free frames last. */
function readAround(system: System, object: u32, index: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  const window = max(<u64>READ_BYTES >> shift, 1);
  const pages = (objects.size(object) + (((<u64>1) << shift) - 1)) >> shift;
  const first = index > window >> 1 ? index - (window >> 1) : 0;
  const end = min(first + window, pages);
  for (let near = first; near < end; near++) {
    if (near == index) continue;
    if (system.isLow) return;
    const entry = objects.entry(object, near);
    if (entry == NONE || objects.pfn(entry) != NONE) continue;
    if (readPage(system, entry, KIND_LOAD) == NONE) return;
    system.readAhead++;
  }
}

/**
 * Maps the pages around `va` that are in memory. True when the page of `va` was among them. The window begins at a
 * multiple of its size or at the region's start, and ends with the page table at the latest. A missing page table is
 * made for the first page to map.
 */
export function faultAround(space: Space, region: Region, va: u64): bool {
  const system = space.system;
  const shift = space.pageShift;
  const window = max(<u64>AROUND_BYTES >> shift, 1) << shift;
  const from = max(va & ~(window - 1), region.start);
  const table = (<u64>1) << system.machine.geometry.shift(HUGE_LEVEL);
  const end = min(min(from + window, (va & ~(table - 1)) + table), region.end);
  const size = system.objects.size(region.object);
  let flags = permissions(region) | ACCESSED;
  if (mayMapWritable(system, region)) flags |= WRITE;
  let hasTable = false;
  let isMapped = false;
  for (let at = from; at < end; at += (<u64>1) << shift) {
    const index = region.index(at, shift);
    if (index << shift >= size) break;
    const pfn = residentPage(system, region.object, index);
    if (pfn == NONE) continue;
    hasTable = hasTable || ensureTable(space, region, va, index, pfn);
    if (!hasTable) return false;
    if (entryAt(space, at) != 0) continue;
    if (!mapPage(space, region, at, 1, pfn, flags)) return false;
    if (at == va) isMapped = true;
  }
  return isMapped;
}

/** The frame of the object's page; NONE when it is not in memory. */
function residentPage(system: System, object: u32, index: u64): u32 {
  const objects = system.objects;
  let entry = objects.find(object, index);
  const pfn = entry == NONE ? NONE : objects.pfn(entry);
  if (pfn != NONE || system.isCold || objects.kind(object) != OBJECT_FILE) return pfn;
  // A file that was read before the start is in memory as long as memory has room.
  if (system.isLow) return NONE;
  if (objects.mustRead(object, index, entry, system.machine.geometry.pageShift)) return NONE;
  entry = objects.entry(object, index);
  return entry == NONE ? NONE : readPage(system, entry, KIND_LOAD);
}

/**
 * Makes the page table at `va` if there is none, for the first page to map: page `index` of the object, in frame
 * `pfn`. False when there is none. Linux makes no table for the last page of a file (filemap_map_pages takes care not
 * to map a huge page past the end); for shared memory it does.
 */
function ensureTable(space: Space, region: Region, va: u64, index: u64, pfn: u32): bool {
  const system = space.system;
  const shift = space.pageShift;
  const pte = walk(space, va);
  if (pte != 0 && space.machine.tables.level(pte) < HUGE_LEVEL) return true;
  const isLast = (index + 1) << shift >= system.objects.size(region.object);
  const isFile = system.objects.kind(region.object) == OBJECT_FILE;
  if (isLast && isFile && system.hasFeature(FEATURE_LAST_PAGE_APART)) return false;
  return makeTablesFor(space, va, pfn);
}
