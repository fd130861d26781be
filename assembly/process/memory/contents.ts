/**
 * What calls do to an object itself, whoever maps it: it becomes shorter or longer, gets holes, is written to, is written
 * back. From: mm/truncate.c, unmap_mapping_range in mm/memory.c, folio_mkclean in mm/rmap.c.
 */
import { KIND_STORE, NONE } from "../../abi";
import { OBJECT_FILE, VM_SHARED } from "../../abi-process";
import { DIRTY, WRITE } from "../../mmu/entry";
import { dropEntry, release } from "../pages/drop";
import { unmapAll } from "../pages/evict";
import { gatherDirty } from "../pages/page";
import { discardPages } from "../pages/zap";
import { Region } from "../space/region";
import { Space, spaceOf } from "../space/space";
import { KnownPages } from "../system/objects";
import { DIRTY_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { cachedPage } from "./cache";

/** Of the call that runs: one at a time. */
const PAGES: usize = memory.data(32, 8);
/** Pages of a hole that are looked at one by one. */
const MOST_PUNCHED: u64 = 1 << 20;

/**
 * The object is so long from now on. What lies behind its end leaves memory, and whatever is mapped there goes, private
 * copies too; the page that the end is in stays.
 */
export function truncate(system: System, object: u32, sizeBytes: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  const isShorter = sizeBytes < objects.size(object);
  objects.setSize(object, sizeBytes);
  if (!isShorter) return;
  const end = (sizeBytes + (((<u64>1) << shift) - 1)) >> shift;
  for (let asid: u32 = 0; asid < system.spaceCount; asid++) unmapBehind(spaceOf(system, asid), object, end);
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
    if (objects.index(entry) < end) continue;
    dropEntry(system, entry);
    objects.setEvicted(entry);
  }
  if (end << shift != sizeBytes) clearPart(system, object, end - 1);
}

/** Unmaps what the space has of the object from page `end` on. */
function unmapBehind(space: Space, object: u32, end: u64): void {
  if (!space.isAlive) return;
  const regions = space.regions;
  for (let region = regions.find(0); changetype<usize>(region) != 0; region = regions.next(region)) {
    if (region.object != object) continue;
    const kept = end > region.pgoff ? end - region.pgoff : 0;
    if (kept < (region.end - region.start) >> space.pageShift)
      discardPages(space, region.start + (kept << space.pageShift), region.end);
  }
}

/** Zeros are written to a part of the page, if it is in memory. */
function clearPart(system: System, object: u32, index: u64): void {
  const entry = system.objects.find(object, index);
  const pfn = entry == NONE ? NONE : system.objects.pfn(entry);
  if (pfn != NONE) system.mark(pfn, DIRTY_PAGE);
}

/**
 * A hole of so many bytes: pages that lie in it as a whole go, those at its ends are cleared in part. One beyond a file's
 * end has its last page as a whole, and what begins there is none (ext4_punch_hole in fs/ext4/inode.c).
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
  // Where a hole ends within the first page Linux takes mappings away up to the end (truncate_pagecache_range, shmem_fallocate).
  if (last == 0) unmapFrom(system, object, first);
  if (first << shift != from) clearPart(system, object, first - 1);
  if (last << shift != end) clearPart(system, object, last);
}

/** Nobody maps the object's pages any more from page `first` on; they stay in memory. */
function unmapFrom(system: System, object: u32, first: u64): void {
  const objects = system.objects;
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
    const pfn = objects.pfn(entry);
    if (pfn == NONE || objects.index(entry) < first) continue;
    if (gatherDirty(system, pfn)) system.mark(pfn, DIRTY_PAGE);
    unmapAll(system, pfn, 0);
    release(system, pfn);
  }
}

/**
 * A hole from page `first` up to `end`: nobody maps the object's pages there any more, while private copies stay. A file's
 * have to be read again, zeros or not.
 */
export function punch(system: System, object: u32, first: u64, end: u64): void {
  const objects = system.objects;
  const isFile = objects.kind(object) == OBJECT_FILE;
  if (end - first > MOST_PUNCHED) {
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

/** Pages of a large hole that nobody has asked for yet are as if they reached to the file's end. */
function punchMany(system: System, object: u32, first: u64, end: u64): void {
  const objects = system.objects;
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry)) {
    if (objects.index(entry) >= first && objects.index(entry) < end) punchEntry(system, entry);
  }
  objects.setKnown(object, min(objects.known(object), first << system.machine.geometry.pageShift));
}

function punchEntry(system: System, entry: u32): void {
  const objects = system.objects;
  const pfn = objects.pfn(entry);
  if (pfn != NONE) unmapAll(system, pfn, 0);
  dropEntry(system, entry);
  objects.setEvicted(entry);
}

/** A call writes so many bytes, and the object grows as far as that needs. What was written is in memory. */
export function write(system: System, object: u32, from: u64, bytes: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  if (bytes == 0) return;
  const end = from + bytes;
  if (end > objects.size(object)) objects.setSize(object, end);
  if (objects.kind(object) == OBJECT_FILE) {
    keep(system, object, from, end);
    return;
  }
  for (let index = from >> shift; index << shift < end; index++) {
    if (!writeShared(system, object, index)) return;
  }
}

/** A call reads so many bytes: of a file, what it read is in memory. */
export function read(system: System, object: u32, from: u64, bytes: u64): void {
  const end = min(from + bytes, system.objects.size(object));
  if (system.objects.kind(object) == OBJECT_FILE && from < end) keep(system, object, from, end);
}

/** The file's pages are in memory, by a call that needed them. What was written is written back at once. */
function keep(system: System, object: u32, from: u64, end: u64): void {
  const objects = system.objects;
  const shift = system.machine.geometry.pageShift;
  const known = objects.known(object);
  if (from <= known && end > known) objects.setKnown(object, end);
  for (let index = from >> shift; index << shift < end; index++) {
    let entry = objects.find(object, index);
    if (!objects.mustRead(object, index, entry, shift)) continue;
    if (entry == NONE) entry = objects.entry(object, index);
    if (entry == NONE) {
      system.fail();
      return;
    }
    objects.setKept(entry);
  }
}

/** Shared memory is nowhere else; false where there is none to be had. */
function writeShared(system: System, object: u32, index: u64): bool {
  const pfn = cachedPage(system, object, index, KIND_STORE);
  if (pfn != NONE) system.mark(pfn, DIRTY_PAGE);
  return pfn != NONE;
}

/** The file's page in `pfn` is written; whoever maps it is told apart from then on who stores again (folio_mkclean). */
function writeBack(system: System, pfn: u32): void {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) != 0) makeClean(system, frames.owner(pfn));
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node))
    makeClean(system, system.mappings.key(node));
  system.unmark(pfn, DIRTY_PAGE);
  system.fileWrites++;
}

function makeClean(system: System, key: u64): void {
  const tables = system.machine.tables;
  const pte = system.machine.walkKey(key);
  tables.setFlags(pte, tables.flags(pte) & ~(DIRTY | WRITE));
  system.flushTlb(key);
}

/** fsync: all pages of the file that were stored to are written. */
export function syncObject(system: System, object: u32): void {
  const objects = system.objects;
  if (objects.kind(object) != OBJECT_FILE) return;
  for (let entry = objects.first(object); entry != NONE; entry = objects.next(entry))
    syncEntry(system, entry);
}

function syncEntry(system: System, entry: u32): void {
  const pfn = system.objects.pfn(entry);
  if (pfn != NONE && gatherDirty(system, pfn)) writeBack(system, pfn);
}

/** msync(MS_SYNC): pages of the file that were stored to are written; the next store has to say so again, whoever makes it. */
export function syncPages(space: Space, region: Region, start: u64, end: u64): void {
  const system = space.system;
  const objects = system.objects;
  const shift = space.pageShift;
  if (!region.has(VM_SHARED) || region.object == 0 || objects.kind(region.object) != OBJECT_FILE) return;
  const pages = changetype<KnownPages>(PAGES);
  const last = min(region.index(end, shift), objects.pages(region.object, shift));
  pages.begin(objects, region.object, region.index(start, shift), last);
  for (let entry = pages.next(); entry != NONE; entry = pages.next()) syncEntry(system, entry);
}
