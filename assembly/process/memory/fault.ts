/**
 * One page fault of a process, as Linux serves it (mm/memory.c, handle_mm_fault). An access that the region does not
 * allow ends in a signal. Any other gets a page: the zero page for a read, a new private page, a page of the object, a
 * page from swap, or a copy of a shared page.
 *
 *   region? ── no ──> grows down to here? ── no ──> SIGSEGV, MAPERR
 *      │ allowed? ── no ──> SIGSEGV, ACCERR
 *      entry:  none ──────> private: zeros or a new page          object: fault around, read, or copy
 *              swap entry > swap in                           guard: SIGSEGV, MAPERR
 *              read-only ─> reuse or copy on write
 *
 * A fault that waits for a disk is major, any other is minor. From: Gorman (2004), chapter 4. Differences: no
 * userfaultfd, no NUMA, and a copy costs no time of its own.
 */
import { KIND_FETCH, KIND_LOAD, KIND_STORE, NONE } from "../../abi/core";
import {
  BUS_ADRERR,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SIGBUS,
  SIGKILL,
  SIGSEGV,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../abi/linux";
import { OBJECT_SPECIAL } from "../../abi/process";
import { ACCESSED, DIRTY, EntryFormat, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { drop, freeSwapCopy } from "../pages/drop";
import { isGuard } from "../pages/marker";
import { isExclusive, mapPage } from "../pages/page";
import { mayMapWritable, permissions, STORED } from "../pages/permissions";
import { splitAt } from "../pages/split";
import { entryAt, setFlags, walk } from "../pages/walk";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { growStack } from "../space/stack";
import { DIRTY_PAGE, FORKED_PAGE, KERNEL_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { cachedPage, faultAround } from "./cache";
import { copy } from "./copy";
import { hasFreeBlock, serveHuge } from "./huge";
import { serveHugetlb } from "./hugetlb";
import { FAULT_FALLBACK, FAULT_MAJOR, FAULT_MINOR, FAULT_OOM, FAULT_SIGBUS, FAULT_SIGSEGV } from "./outcome";
import { allocKernelFrame, allocPage, balance } from "./reclaim";
import { swapIn } from "./swap-in";
import { makeTables, makeTablesFor } from "./tables";

/** Serves the fault of an access at `va`; 0, or the signal: number << 8 | code. */
export function serve(space: Space, va: u64, kind: u32): u32 {
  const region = regionFor(space, va);
  if (changetype<usize>(region) == 0) return (SIGSEGV << 8) | SEGV_MAPERR;
  if (!allows(space, region, va, kind)) return (SIGSEGV << 8) | SEGV_ACCERR;
  const ended = serveIn(space, region, va, kind);
  if (ended == FAULT_SIGBUS) return (SIGBUS << 8) | BUS_ADRERR;
  if (ended == FAULT_SIGSEGV) return (SIGSEGV << 8) | SEGV_MAPERR;
  return ended == FAULT_OOM ? SIGKILL << 8 : 0;
}

/** The region that contains `va`, after a stack region has grown down to it; null when there is none. */
function regionFor(space: Space, va: u64): Region {
  const nothing = changetype<Region>(0);
  if (va >= space.taskSize) return nothing;
  const region = space.regions.find(va);
  if (changetype<usize>(region) == 0 || region.start <= va) return region;
  if (!region.has(VM_GROWSDOWN) || growStack(space, region, va) != 0) return nothing;
  return region;
}

/**
 * Is true when the region allows an access of `kind`. On x86 a fetch from an absent page is first served like a load;
 * only the repeated access finds that the page is not executable.
 */
function allows(space: Space, region: Region, va: u64, kind: u32): bool {
  if (kind >= <u32>KIND_STORE) return region.has(VM_WRITE);
  if (kind == KIND_FETCH && (!space.machine.geometry.isX86 || EntryFormat.isPresent(entryAt(space, va))))
    return region.has(VM_EXEC);
  return region.has(VM_READ | VM_WRITE | VM_EXEC);
}

/** Serves a fault that the region allows, and counts it. */
export function serveIn(space: Space, region: Region, va: u64, kind: u32): u32 {
  const page = va & ~(((<u64>1) << space.pageShift) - 1);
  const ended = servePage(space, region, page, kind);
  if (ended == FAULT_MINOR || ended == FAULT_MAJOR) count(space, region, va, ended == FAULT_MAJOR);
  balance(space.system);
  return ended;
}

function count(space: Space, region: Region, va: u64, isMajor: bool): void {
  const system = space.system;
  if (isMajor) {
    space.major++;
    region.major++;
  } else {
    space.minor++;
    region.minor++;
  }
  const cycles = isMajor ? system.majorFaultCost : system.minorFaultCost;
  space.faultCycles += cycles;
  region.cycles += cycles;
  const log = system.faultLog;
  if (changetype<usize>(log) == 0) return;
  if (!log.add(space.asid, space.references, space.call, va, region.start, region.call, isMajor))
    system.fail();
}

function servePage(space: Space, region: Region, va: u64, kind: u32): u32 {
  if (region.has(VM_HUGETLB)) return serveHugetlb(space, region, va, kind);
  const pte = walk(space, va);
  const entry = space.machine.tables.read(pte);
  if (entry == 0) {
    const ended = serveHuge(space, region, va, pte, kind);
    if (ended != FAULT_FALLBACK) return ended;
    if (region.object != 0) return serveObject(space, region, va, kind);
    return makeTables(space, va, 1) != 0 ? servePrivate(space, region, va, kind) : FAULT_OOM;
  }
  if (EntryFormat.isPresent(entry)) return servePresent(space, region, va, pte, kind);
  if (isGuard(entry)) return FAULT_SIGSEGV;
  return swapIn(space, region, va, kind, <u32>(entry >> 1));
}

/** The first touch of private anonymous memory. */
function servePrivate(space: Space, region: Region, va: u64, kind: u32): u32 {
  if (kind >= <u32>KIND_STORE) return newPage(space, region, va, kind);
  const zero = zeroFrame(space.system);
  if (zero == NONE) return FAULT_OOM;
  return mapPage(space, region, va, 1, zero, permissions(region) | ACCESSED) ? FAULT_MINOR : FAULT_OOM;
}

/** Maps a new private page at `va`, whose entry is empty. */
function newPage(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  assignAnon(space, region);
  const pfn = allocPage(system, system.newPrivate(), PRIVATE_PAGE, NONE, kind, 0);
  if (pfn == NONE) return FAULT_OOM;
  return mapPage(space, region, va, 1, pfn, permissions(region) | STORED) ? FAULT_MINOR : FAULT_OOM;
}

/** The zero page, mapped by all reads of memory that was never written. */
function zeroFrame(system: System): u32 {
  if (system.zero == NONE) system.zero = allocKernelFrame(system, 0);
  return system.zero;
}

/** The first touch of a page of an object. The lowest page table is made only when there is a page to map. */
function serveObject(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  const index = region.index(va, space.pageShift);
  const kindOf = system.objects.kind(region.object);
  const isStore = kind >= <u32>KIND_STORE;
  if (isStore && !region.has(VM_SHARED)) assignAnon(space, region);
  if (makeTables(space, va, HUGE_LEVEL) == 0) return FAULT_OOM;
  // The pages around `va` are mapped even when the object has no page at `va`.
  if (!isStore && kindOf != <u32>OBJECT_SPECIAL && faultAround(space, region, va)) return FAULT_MINOR;
  if (index << space.pageShift >= system.objects.size(region.object)) return FAULT_SIGBUS;
  const readsBefore = system.fileReads + system.swapReads;
  const pfn = cachedPage(system, region.object, index, kind);
  if (pfn == NONE || !makeTablesFor(space, va, pfn)) return FAULT_OOM;
  const ended = system.fileReads + system.swapReads != readsBefore ? FAULT_MAJOR : FAULT_MINOR;
  if (isStore && !region.has(VM_SHARED)) return copy(space, region, va, pfn, kind) ? ended : FAULT_OOM;
  let flags = permissions(region) | ACCESSED;
  if (isStore) {
    flags |= STORED;
    system.flags.set(pfn, DIRTY_PAGE);
  } else if (mayMapWritable(system, region)) {
    flags |= WRITE;
  }
  return mapPage(space, region, va, 1, pfn, flags) ? ended : FAULT_OOM;
}

/** A fault on a present page: `pte` maps `va` but does not allow the access yet. */
function servePresent(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const tables = space.machine.tables;
  const pfn = tables.frame(pte);
  const flags = tables.flags(pte);
  if (kind < <u32>KIND_STORE) {
    setFlags(space, va, pte, flags | permissions(region) | ACCESSED);
    return FAULT_MINOR;
  }
  if (!region.has(VM_SHARED)) {
    if (tables.level(pte) > 1) return storeToHuge(space, region, va, pte, kind);
    assignAnon(space, region);
    if (!isExclusive(system, pfn)) return copy(space, region, va, pfn, kind) ? FAULT_MINOR : FAULT_OOM;
    system.flags.clear(pfn, FORKED_PAGE);
    freeSwapCopy(system, pfn);
  } else {
    system.flags.set(pfn, DIRTY_PAGE);
  }
  setFlags(space, va, pte, flags | permissions(region) | STORED);
  return FAULT_MINOR;
}

/** A store to a huge page. The zero page and shared huge pages are split, and the fault is served for the base page. */
function storeToHuge(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const tables = space.machine.tables;
  const pfn = tables.frame(pte);
  if (system.flags.has(pfn, KERNEL_PAGE)) {
    if (hasFreeBlock(system)) drop(space, va, pte);
    else splitAt(space, va);
    return servePage(space, region, va, kind);
  }
  if (isExclusive(system, pfn)) {
    system.flags.clear(pfn, FORKED_PAGE);
    setFlags(space, va, pte, tables.flags(pte) | permissions(region) | STORED);
    return FAULT_MINOR;
  }
  splitAt(space, va);
  return servePresent(space, region, va, walk(space, va), kind);
}

/** Faults in the page at `va` on behalf of the kernel (mlock, MAP_POPULATE); the outcome. */
export function faultIn(space: Space, region: Region, va: u64, isStore: bool): u32 {
  const tables = space.machine.tables;
  let ended = FAULT_MINOR;
  let pte = walk(space, va);
  if (!tables.isLeaf(pte) || (isStore && (tables.flags(pte) & WRITE) == 0)) {
    ended = serveIn(space, region, va, isStore ? KIND_STORE : KIND_LOAD);
    if (ended != FAULT_MINOR && ended != FAULT_MAJOR) return ended;
    pte = walk(space, va);
  }
  if (tables.isLeaf(pte)) markUsed(space, va, pte, isStore);
  return ended;
}

/**
 * Records that the kernel used the page at `va` (mm/gup.c, FOLL_TOUCH): in the entry of a huge page, in the frame of
 * a base page.
 */
function markUsed(space: Space, va: u64, pte: usize, isStore: bool): void {
  const system = space.system;
  const tables = space.machine.tables;
  const pfn = tables.frame(pte);
  if (system.flags.has(pfn, KERNEL_PAGE | POOL_PAGE)) return;
  const flags = tables.flags(pte);
  if (tables.level(pte) > 1) {
    setFlags(space, va, pte, flags | ACCESSED | (isStore ? DIRTY : 0));
    return;
  }
  if (isStore && (flags & DIRTY) == 0) system.flags.set(pfn, DIRTY_PAGE);
  system.flags.markAccessed(pfn);
}
