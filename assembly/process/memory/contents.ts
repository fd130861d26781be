/**
 * Operations on an object itself, for all processes that map it: truncate, punch a hole, write, read, write back.
 * From: mm/truncate.c, unmap_mapping_range in mm/memory.c, folio_mkclean in mm/rmap.c.
 */
import { KIND_STORE, NONE } from "../../abi/core";
import { VM_SHARED } from "../../abi/linux";
import { OBJECT_FILE } from "../../abi/process";
import { DIRTY, WRITE } from "../../mmu/entry";
import { dropEntry, release } from "../pages/drop";
import { unmapAll } from "../pages/evict";
import { isPageDirty } from "../pages/page";
import { discardPages } from "../pages/zap";
import { Region } from "../space/region";
import { Space, spaceOf } from "../space/space";
import { ObjectPages } from "../system/objects";
import { DIRTY_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { cachedPage } from "./cache";

/** The walk of the current call; one call runs at a time. */
const PAGES: usize = memory.data(32, 8);
/** Holes of more pages are punched by a walk over the object's entries. */
const MAX_PUNCHED: u64 = 1 << 20;
/** The maximum number of bytes that one call reads or writes (INT_MAX & PAGE_MASK, linux/fs.h). */
const MAX_RW_COUNT: u64 = 0x7ffff000;

/**
 * Sets the object's size. Pages past the new end are unmapped, private copies too, and leave memory; the page that
 * contains the end stays.
 */
export function truncate(system: System, object: u32, sizeBytes: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  const isShorter = sizeBytes < objects.size(object);
  objects.setSize(object, sizeBytes);
  if (!isShorter) return;
  const end = (sizeBytes + (((<u64>1) << shift) - 1)) >> shift;
  for (let asid: u32 = 0; asid < system.spaces.count; asid++) unmapTail(spaceOf(system, asid), object, end);
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
    if (objects.index(entry) < end) continue;
    dropEntry(system, entry);
    objects.setEvicted(entry);
  }
  if (end << shift != sizeBytes) zeroPartial(system, object, end - 1);
}

/** Unmaps the object's pages from page `end` on in one space. */
function unmapTail(space: Space, object: u32, end: u64): void {
  if (!space.isAlive) return;
  const regions = space.regions;
  for (let region = regions.find(0); changetype<usize>(region) != 0; region = regions.next(region)) {
    if (region.object != object) continue;
    const kept = end > region.pgoff ? end - region.pgoff : 0;
    if (kept < (region.end - region.start) >> space.pageShift)
      discardPages(space, region.start + (kept << space.pageShift), region.end);
  }
}

/** Clears a part of the page if it is in memory, which makes it dirty. */
function zeroPartial(system: System, object: u32, index: u64): void {
  const entry = system.objects.find(object, index);
  const pfn = entry == NONE ? NONE : system.objects.pfn(entry);
  if (pfn != NONE) system.flags.set(pfn, DIRTY_PAGE);
}

/**
 * Punches a hole of `bytes` at `from`: whole pages inside it are removed, partial pages at its ends are cleared. In a
 * file, a hole that reaches past the end removes the last page as a whole, and a hole that begins there does nothing
 * (ext4_punch_hole in fs/ext4/inode.c).
 */
export function punchBytes(system: System, object: u32, from: u64, bytes: u64): void {
  const shift = system.machine.geometry.pageShift;
  const mask = ((<u64>1) << shift) - 1;
  let end = from + bytes;
  if (system.objects.kind(object) == OBJECT_FILE) {
    const size = system.objects.size(object);
    if (from >= size) return;
    if (end > size) end = (size + mask) & ~mask;
  }
  const first = (from + mask) >> shift;
  const last = end >> shift;
  if (first < last) punch(system, object, first, last);
  // When the hole ends within the first page, Linux unmaps everything from there to the end of the object
  // (truncate_pagecache_range, shmem_fallocate).
  if (last == 0) unmapFrom(system, object, first);
  if (first << shift != from) zeroPartial(system, object, first - 1);
  if (last << shift != end) zeroPartial(system, object, last);
}

/** Unmaps the object's pages from page `first` on, in all spaces. The pages stay in memory. */
function unmapFrom(system: System, object: u32, first: u64): void {
  const objects = system.objects;
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
    const pfn = objects.pfn(entry);
    if (pfn == NONE || objects.index(entry) < first) continue;
    if (isPageDirty(system, pfn)) system.flags.set(pfn, DIRTY_PAGE);
    unmapAll(system, pfn, 0);
    release(system, pfn);
  }
}

/**
 * Punches a hole from page `first` up to `end`: the object's pages there are unmapped and removed, private copies
 * stay. A file's pages must be read again, zeros or not.
 */
export function punch(system: System, object: u32, first: u64, end: u64): void {
  const objects = system.objects;
  const isFile = objects.kind(object) == OBJECT_FILE;
  if (end - first > MAX_PUNCHED) {
    punchMany(system, object, first, end);
    return;
  }
  for (let index = first; index < end; index++) {
    const entry = isFile ? objects.entry(object, index) : objects.find(object, index);
    if (entry != NONE) {
      punchEntry(system, entry);
    } else if (isFile) {
      system.fail();
      return;
    }
  }
}

/** Punches a large hole. Pages that have no entry yet count as unread from the hole's start to the end of the file. */
function punchMany(system: System, object: u32, first: u64, end: u64): void {
  const objects = system.objects;
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
    if (objects.index(entry) >= first && objects.index(entry) < end) punchEntry(system, entry);
  }
  objects.setCachedBytes(
    object,
    min(objects.cachedBytes(object), first << system.machine.geometry.pageShift),
  );
}

function punchEntry(system: System, entry: u32): void {
  const objects = system.objects;
  const pfn = objects.pfn(entry);
  if (pfn != NONE) unmapAll(system, pfn, 0);
  dropEntry(system, entry);
  objects.setEvicted(entry);
}

/**
 * write(2): writes `bytes`, at most MAX_RW_COUNT, at `from`. The object grows as needed, and the pages written are in
 * memory afterwards.
 */
export function write(system: System, object: u32, from: u64, bytes: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  if (bytes == 0) return;
  const end = from + min(bytes, MAX_RW_COUNT);
  if (end > objects.size(object)) objects.setSize(object, end);
  if (objects.kind(object) == OBJECT_FILE) {
    cacheRange(system, object, from, end);
    return;
  }
  for (let index = from >> shift; index << shift < end; index++) {
    if (!writeShared(system, object, index)) return;
  }
}

/** read(2): reads `bytes`, at most MAX_RW_COUNT, at `from`. The pages of a file are in memory afterwards. */
export function read(system: System, object: u32, from: u64, bytes: u64): void {
  const end = min(from + min(bytes, MAX_RW_COUNT), system.objects.size(object));
  if (system.objects.kind(object) == OBJECT_FILE && from < end) cacheRange(system, object, from, end);
}

/** Marks the file's pages as cached by a call. Data that a call writes reaches the file at once. */
function cacheRange(system: System, object: u32, from: u64, end: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  const known = objects.cachedBytes(object);
  if (from <= known && end > known) objects.setCachedBytes(object, end);
  for (let index = from >> shift; index << shift < end; index++) {
    let entry = objects.find(object, index);
    if (!objects.mustRead(object, index, entry, shift)) continue;
    if (entry == NONE) entry = objects.entry(object, index);
    if (entry == NONE) {
      system.fail();
      return;
    }
    objects.setCached(entry);
  }
}

/** Writes a page of shared memory, which must have a frame; false when none is available. */
function writeShared(system: System, object: u32, index: u64): bool {
  const pfn = cachedPage(system, object, index, KIND_STORE);
  if (pfn != NONE) system.flags.set(pfn, DIRTY_PAGE);
  return pfn != NONE;
}

/**
 * Writes the file's page in `pfn` back. All its entries become clean and read-only, so that the next store faults
 * (folio_mkclean).
 */
function writeBack(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) != 0) makeClean(system, frames.owner(pfn));
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node))
    makeClean(system, system.mappings.key(node));
  system.flags.clear(pfn, DIRTY_PAGE);
  system.fileWrites++;
}

function makeClean(system: System, key: u64): void {
  const tables = system.machine.tables;
  const pte = system.machine.walkKey(key);
  tables.setFlags(pte, tables.flags(pte) & ~(DIRTY | WRITE));
  system.flushTlb(key);
}

/** fsync(2): writes all dirty pages of the file back. */
export function syncObject(system: System, object: u32): void {
  const objects = system.objects;
  if (objects.kind(object) != OBJECT_FILE) return;
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry))
    syncEntry(system, entry);
}

function syncEntry(system: System, entry: u32): void {
  const pfn = system.objects.pfn(entry);
  if (pfn != NONE && isPageDirty(system, pfn)) writeBack(system, pfn);
}

/** msync(MS_SYNC): writes the dirty pages of the range back to their file. */
export function syncPages(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const objects = system.objects;
  const shift = space.pageShift;
  if (!region.has(VM_SHARED) || region.object == 0 || objects.kind(region.object) != OBJECT_FILE) return;
  const pages = changetype<ObjectPages>(PAGES);
  const last = min(region.index(end, shift), objects.pages(region.object, shift));
  pages.begin(objects, region.object, region.index(start, shift), last);
  for (let entry = pages.next(); entry != NONE; entry = pages.next()) syncEntry(system, entry);
}
