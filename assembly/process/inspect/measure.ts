/**
 * The state of a process's pages: the numbers of smaps, mincore and pagemap. Nothing is changed.
 *
 * A page counts as shared when more than one entry maps it; its proportional share (PSS) is its size divided by that
 * number, summed in 1/4096 of a byte (fs/proc/task_mmu.c). Differences: the kernel's own pages (vdso, zero page) do
 * not count.
 */
import { NONE } from "../../abi/core";
import { VM_LOCKED } from "../../abi/linux";
import {
  CONTENT_ANONYMOUS,
  CONTENT_FILE,
  CONTENT_GUARD,
  CONTENT_KERNEL,
  CONTENT_NOTHING,
  CONTENT_SHARED,
  CONTENT_ZERO,
  MEASURE_ANON_HUGE,
  MEASURE_ANONYMOUS,
  MEASURE_BYTES,
  MEASURE_LAZY_FREE,
  MEASURE_LOCKED,
  MEASURE_PRIVATE_CLEAN,
  MEASURE_PRIVATE_DIRTY,
  MEASURE_PRIVATE_HUGETLB,
  MEASURE_PSS,
  MEASURE_PSS_DIRTY,
  MEASURE_REFERENCED,
  MEASURE_RSS,
  MEASURE_SHARED_CLEAN,
  MEASURE_SHARED_DIRTY,
  MEASURE_SHARED_HUGETLB,
  MEASURE_SWAP,
  MEASURE_SWAP_PSS,
  PAGE_CONTENT,
  PAGE_FLAGS,
  PAGE_LEVEL,
  PAGE_MAPPED,
  PAGE_PFN,
  PAGE_PLACE,
} from "../../abi/page";
import { OBJECT_FILE } from "../../abi/process";
import { ACCESSED, DIRTY, EntryFormat } from "../../mmu/entry";
import { isGuard } from "../pages/marker";
import { entryAt, seek, walk } from "../pages/walk";
import { Region } from "../space/region";
import { Space } from "../space/space";
import {
  DIRTY_PAGE,
  KERNEL_PAGE,
  LAZY_PAGE,
  POOL_PAGE,
  PRIVATE_PAGE,
  REFERENCED_PAGE,
} from "../system/page-flags";

const SHARE_SHIFT: u64 = 12;

function add(into: usize, at: usize, bytes: u64): void {
  store<u64>(into + at, load<u64>(into + at) + bytes);
}

/** Sums the pages of a region into `into`, a `MEASURE_…` struct. */
export function measure(space: Space, region: Region, into: usize): void {
  memory.fill(into, 0, MEASURE_BYTES);
  const geometry = space.machine.geometry;
  for (let va = seek(space, region.start, region.end); va < region.end; va = seek(space, va, region.end)) {
    const pte = walk(space, va);
    const entry = space.machine.tables.read(pte);
    const bytes = (<u64>1) << geometry.shift(space.machine.tables.level(pte));
    if (EntryFormat.isPresent(entry)) addPresent(space, region, pte, bytes, into);
    else if (!isGuard(entry)) addSwapped(space, <u32>(entry >> 1), bytes, into);
    va += bytes;
  }
}

function addPresent(space: Space, region: Region, pte: usize, bytes: u64, into: usize): void {
  const system = space.system;
  const pfn = space.machine.tables.frame(pte);
  if (system.flags.has(pfn, KERNEL_PAGE)) return;
  const mapped = <u64>space.machine.frames.mapped(pfn);
  if (system.flags.has(pfn, POOL_PAGE)) {
    add(into, mapped > 1 ? MEASURE_SHARED_HUGETLB : MEASURE_PRIVATE_HUGETLB, bytes);
    return;
  }
  const flags = space.machine.tables.flags(pte);
  const isDirty = (flags & DIRTY) != 0 || system.flags.has(pfn, DIRTY_PAGE);
  const share = (bytes << SHARE_SHIFT) / mapped;
  add(into, MEASURE_RSS, bytes);
  add(into, MEASURE_PSS, share);
  if (isDirty) add(into, MEASURE_PSS_DIRTY, share);
  if (mapped > 1) add(into, isDirty ? MEASURE_SHARED_DIRTY : MEASURE_SHARED_CLEAN, bytes);
  else add(into, isDirty ? MEASURE_PRIVATE_DIRTY : MEASURE_PRIVATE_CLEAN, bytes);
  if ((flags & ACCESSED) != 0 || system.flags.has(pfn, REFERENCED_PAGE)) add(into, MEASURE_REFERENCED, bytes);
  if (system.flags.has(pfn, PRIVATE_PAGE)) {
    add(into, MEASURE_ANONYMOUS, bytes);
    if (!isDirty && system.flags.has(pfn, LAZY_PAGE)) add(into, MEASURE_LAZY_FREE, bytes);
    if (space.machine.tables.level(pte) > 1) add(into, MEASURE_ANON_HUGE, bytes);
  }
  if (region.has(VM_LOCKED)) add(into, MEASURE_LOCKED, share);
}

function addSwapped(space: Space, swapEntry: u32, bytes: u64, into: usize): void {
  add(into, MEASURE_SWAP, bytes);
  add(into, MEASURE_SWAP_PSS, (bytes << SHARE_SHIFT) / max(<u64>space.system.swap.refs(swapEntry), 1));
}

/** mincore's byte for each page of the range: 1 when an access would not wait for a disk. */
export function residency(space: Space, start: u64, end: u64, bytes: usize): void {
  const system = space.system;
  const shift = space.pageShift;
  for (let va = start; va < end; va += (<u64>1) << shift) {
    store<u8>(bytes + <usize>((va - start) >> shift), <u8>isResident(space, system.isCold, va));
  }
}

function isResident(space: Space, isCold: bool, va: u64): bool {
  const objects = space.system.objects;
  const entry = entryAt(space, va);
  if (entry != 0 && !isGuard(entry))
    return EntryFormat.isPresent(entry) || space.system.swap.pfn(<u32>(entry >> 1)) != NONE;
  const region = space.regions.find(va);
  if (region.object == 0) return false;
  const index = region.index(va, space.pageShift);
  if (index << space.pageShift >= objects.size(region.object)) return false;
  const cached = objects.find(region.object, index);
  if (cached != NONE && objects.pfn(cached) != NONE) return true;
  if (isCold || objects.kind(region.object) != OBJECT_FILE) return false;
  return !objects.mustRead(region.object, index, cached, space.pageShift);
}

/** Describes the page at `va` in `into`, a `PAGE_…` struct. */
export function inspectPage(space: Space, va: u64, into: usize): void {
  const system = space.system;
  const pte = walk(space, va);
  const entry = space.machine.tables.read(pte);
  store<u32>(into, NONE, PAGE_PFN);
  store<u32>(into, 0, PAGE_FLAGS);
  store<u32>(into, pte == 0 ? space.machine.geometry.levels : space.machine.tables.level(pte), PAGE_LEVEL);
  store<u32>(into, 0, PAGE_MAPPED);
  store<u32>(into, NONE, PAGE_PLACE);
  store<u32>(into, CONTENT_NOTHING, PAGE_CONTENT);
  if (entry == 0) return;
  if (isGuard(entry)) {
    store<u32>(into, CONTENT_GUARD, PAGE_CONTENT);
    return;
  }
  if (!EntryFormat.isPresent(entry)) {
    store<u32>(into, system.swap.place(<u32>(entry >> 1)), PAGE_PLACE);
    store<u32>(into, system.swap.refs(<u32>(entry >> 1)), PAGE_MAPPED);
    store<u32>(into, CONTENT_ANONYMOUS, PAGE_CONTENT);
    return;
  }
  const pfn = space.machine.format.frame(entry);
  store<u32>(into, pfn, PAGE_PFN);
  store<u32>(into, space.machine.tables.flags(pte), PAGE_FLAGS);
  store<u32>(into, space.machine.frames.mapped(pfn), PAGE_MAPPED);
  store<u32>(into, contentOf(space, pfn), PAGE_CONTENT);
}

function contentOf(space: Space, pfn: u32): u32 {
  const system = space.system;
  if (system.flags.has(pfn, PRIVATE_PAGE)) return CONTENT_ANONYMOUS;
  if (system.flags.has(pfn, KERNEL_PAGE))
    return pfn == system.zero || pfn == system.hugeZero ? CONTENT_ZERO : CONTENT_KERNEL;
  const object = system.objects.object(space.machine.frames.content(pfn));
  return system.objects.kind(object) == OBJECT_FILE ? CONTENT_FILE : CONTENT_SHARED;
}
