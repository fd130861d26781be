/**
 * One page fault of a process, as Linux serves it (mm/memory.c, handle_mm_fault): who may not, gets a signal; who may,
 * a page: the frame of zeros to read from, a private page, a page of its object, one from swap, or a copy of a shared one.
 *
 *   region? ── no ──> grows down to here? ── no ──> SIGSEGV, MAPERR
 *      │ allowed? ── no ──> SIGSEGV, ACCERR
 *      entry:  none ──────> private: zeros or a new page          object: fault around, read, or copy
 *              record ────> swap in                           guard: SIGSEGV, MAPERR
 *              read-only ─> reuse or copy on write
 *
 * A fault that waits for a disk is major, any other minor. From: Gorman (2004), chapter 4; what differs: no userfaultfd,
 * no NUMA, a copy costs no time of its own.
 */
import { KIND_FETCH, KIND_LOAD, KIND_STORE, NONE } from "../../abi";
import {
  BUS_ADRERR,
  OBJECT_SPECIAL,
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
} from "../../abi-process";
import { ACCESSED, DIRTY, EntryFormat, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { drop, dropRecord } from "../pages/drop";
import { isGuard } from "../pages/marker";
import { isOwn, put } from "../pages/page";
import { mayStoreUnseen, permissions, STORED } from "../pages/permissions";
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
import { hasBlock, serveHuge } from "./huge";
import { serveHugetlb } from "./hugetlb";
import { GUARDED, MAJOR, MINOR, NO_FRAME, NOTHING_THERE } from "./outcome";
import { allocKernelFrame, allocPage, balance } from "./reclaim";
import { swapIn } from "./swap-in";
import { makeTables, makeTablesFor } from "./tables";

/** Serves the fault of an access at `va`; 0, or the signal: number << 8 | code. */
export function serve(space: Space, va: u64, kind: u32): u32 {
  const region = regionFor(space, va);
  if (changetype<usize>(region) == 0) return (SIGSEGV << 8) | SEGV_MAPERR;
  if (!allows(space, region, va, kind)) return (SIGSEGV << 8) | SEGV_ACCERR;
  const ended = serveIn(space, region, va, kind);
  if (ended == NOTHING_THERE) return (SIGBUS << 8) | BUS_ADRERR;
  if (ended == GUARDED) return (SIGSEGV << 8) | SEGV_MAPERR;
  return ended == NO_FRAME ? SIGKILL << 8 : 0;
}

/** The region that `va` is in, grown to it if it is one that does; null for none. */
function regionFor(space: Space, va: u64): Region {
  const nothing = changetype<Region>(0);
  if (va >= space.taskSize) return nothing;
  const region = space.regions.find(va);
  if (changetype<usize>(region) == 0 || region.start <= va) return region;
  if (!region.has(VM_GROWSDOWN) || growStack(space, region, va) != 0) return nothing;
  return region;
}

/** On x86 a page that is not there is brought in for a fetch as for a load, and only then found not to be code. */
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
  if (ended == MINOR || ended == MAJOR) count(space, region, va, ended == MAJOR);
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
    if (ended != NOTHING_THERE) return ended;
    if (region.object != 0) return serveObject(space, region, va, kind);
    return makeTables(space, va, 1) != 0 ? servePrivate(space, region, va, kind) : NO_FRAME;
  }
  if (EntryFormat.isPresent(entry)) return servePresent(space, region, va, pte, kind);
  if (isGuard(entry)) return GUARDED;
  return swapIn(space, region, va, kind, <u32>(entry >> 1));
}

/** The first touch of private memory that is of no file. */
function servePrivate(space: Space, region: Region, va: u64, kind: u32): u32 {
  if (kind >= <u32>KIND_STORE) return newPage(space, region, va, kind);
  const zero = zeroFrame(space.system);
  if (zero == NONE) return NO_FRAME;
  return put(space, region, va, 1, zero, permissions(region) | ACCESSED) ? MINOR : NO_FRAME;
}

/** Maps a new private page at `va`, whose entry is empty. */
function newPage(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  assignAnon(space, region);
  const pfn = allocPage(system, system.newPrivate(), PRIVATE_PAGE, NONE, kind, 0);
  if (pfn == NONE) return NO_FRAME;
  return put(space, region, va, 1, pfn, permissions(region) | STORED) ? MINOR : NO_FRAME;
}

/** The frame that all read who read what was never written. */
function zeroFrame(system: System): u32 {
  if (system.zero == NONE) system.zero = allocKernelFrame(system, 0);
  return system.zero;
}

/** The first touch of a page of an object. The last of its tables is made once there is something to put into it. */
function serveObject(space: Space, region: Region, va: u64, kind: u32): u32 {
  const system = space.system;
  const index = region.index(va, space.pageShift);
  const kindOf = system.objects.kind(region.object);
  const isStore = kind >= <u32>KIND_STORE;
  if (isStore && !region.has(VM_SHARED)) assignAnon(space, region);
  if (makeTables(space, va, HUGE_LEVEL) == 0) return NO_FRAME;
  // Pages around it are mapped even where there is none at that place.
  if (!isStore && kindOf != <u32>OBJECT_SPECIAL && faultAround(space, region, va)) return MINOR;
  if (index << space.pageShift >= system.objects.size(region.object)) return NOTHING_THERE;
  const hadRead = system.fileReads + system.swapReads;
  const pfn = cachedPage(system, region.object, index, kind);
  if (pfn == NONE || !makeTablesFor(space, va, pfn)) return NO_FRAME;
  const ended = system.fileReads + system.swapReads != hadRead ? MAJOR : MINOR;
  if (isStore && !region.has(VM_SHARED)) return copy(space, region, va, pfn, kind) ? ended : NO_FRAME;
  let flags = permissions(region) | ACCESSED;
  if (isStore) {
    flags |= STORED;
    system.mark(pfn, DIRTY_PAGE);
  } else if (mayStoreUnseen(system, region)) {
    flags |= WRITE;
  }
  return put(space, region, va, 1, pfn, flags) ? ended : NO_FRAME;
}

/** `pte` maps a page at `va`, and does not allow the access yet. */
function servePresent(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const tables = space.machine.tables;
  const pfn = tables.frame(pte);
  const flags = tables.flags(pte);
  if (kind < <u32>KIND_STORE) {
    setFlags(space, va, pte, flags | permissions(region) | ACCESSED);
    return MINOR;
  }
  if (!region.has(VM_SHARED)) {
    if (tables.level(pte) > 1) return storeToHuge(space, region, va, pte, kind);
    assignAnon(space, region);
    if (!isOwn(system, pfn)) return copy(space, region, va, pfn, kind) ? MINOR : NO_FRAME;
    system.unmark(pfn, FORKED_PAGE);
    dropRecord(system, pfn);
  } else {
    system.mark(pfn, DIRTY_PAGE);
  }
  setFlags(space, va, pte, flags | permissions(region) | STORED);
  return MINOR;
}

/** A store to a huge page: the zeros and shared ones fall apart, and the base page is served. */
function storeToHuge(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const tables = space.machine.tables;
  const pfn = tables.frame(pte);
  if (system.hasMark(pfn, KERNEL_PAGE)) {
    if (hasBlock(system)) drop(space, va, pte);
    else splitAt(space, va);
    return servePage(space, region, va, kind);
  }
  if (isOwn(system, pfn)) {
    system.unmark(pfn, FORKED_PAGE);
    setFlags(space, va, pte, tables.flags(pte) | permissions(region) | STORED);
    return MINOR;
  }
  splitAt(space, va);
  return servePresent(space, region, va, walk(space, va), kind);
}

/** Faults in the page at `va` as the kernel does for itself (mlock, MAP_POPULATE); how it ended. */
export function faultIn(space: Space, region: Region, va: u64, isStore: bool): u32 {
  const tables = space.machine.tables;
  let ended = MINOR;
  let pte = walk(space, va);
  if (!tables.isLeaf(pte) || (isStore && (tables.flags(pte) & WRITE) == 0)) {
    ended = serveIn(space, region, va, isStore ? KIND_STORE : KIND_LOAD);
    if (ended != MINOR && ended != MAJOR) return ended;
    pte = walk(space, va);
  }
  if (tables.isLeaf(pte)) use(space, va, pte, isStore);
  return ended;
}

/** Notes that the kernel used the page at `va` (mm/gup.c, FOLL_TOUCH): in a huge page's entry, in a base page's frame. */
function use(space: Space, va: u64, pte: usize, isStore: bool): void {
  const system = space.system;
  const tables = space.machine.tables;
  const pfn = tables.frame(pte);
  if (system.hasMark(pfn, KERNEL_PAGE | POOL_PAGE)) return;
  const flags = tables.flags(pte);
  if (tables.level(pte) > 1) {
    setFlags(space, va, pte, flags | ACCESSED | (isStore ? DIRTY : 0));
    return;
  }
  if (isStore && (flags & DIRTY) == 0) system.mark(pfn, DIRTY_PAGE);
  system.markAccessed(pfn);
}
