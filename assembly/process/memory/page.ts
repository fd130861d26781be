/**
 * Entries of page tables as a process's memory uses them: finding, writing and dropping one, and what that does to the
 * frame behind it. A range is walked by `seek`, which passes over what no table covers.
 */
import { NONE } from "../../abi";
import { OBJECT_SHMEM, VM_EXEC, VM_LOCKED, VM_READ, VM_WRITE } from "../../abi-process";
import { TABLE } from "../../frames/frames";
import { ACCESSED, DIRTY, EntryFormat, EXECUTE, READ, USER, WRITE } from "../../mmu/entry";
import { ASID_SHIFT, Key } from "../../mmu/key";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { DIRTY_PAGE, KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE, System } from "../system";
import { isGuard } from "./guard";
import { dropDeposit, HUGE } from "./huge";
import { releasePool } from "./hugetlb";
import { dropRecord, takeFrame } from "./reclaim";

/** Counts a page of `pfn` in (1) or out (-1) of what the space has in memory, as Linux's mm counters do. */
export function countPage(space: Space, pfn: u32, sign: i64): void {
  const system = space.system;
  if (system.hasMark(pfn, KERNEL_PAGE)) return;
  // Linux counts explicit huge pages apart.
  if (system.hasMark(pfn, POOL_PAGE)) return;
  const frames = system.machine.frames;
  const pages = sign << frames.order(pfn);
  if (system.hasMark(pfn, PRIVATE_PAGE)) space.residentAnonymous += pages;
  else if (system.objects.kind(system.objects.object(frames.content(pfn))) == OBJECT_SHMEM)
    space.residentShared += pages;
  else space.residentFile += pages;
  if (space.resident > space.peakResident) space.peakResident = space.resident;
}

/** What an entry of the region allows; WRITE is left to the fault that knows whose page it is. */
export function permissions(region: Region): u32 {
  // No access is no user's: a leaf of RISC-V that may not even be read would point to a table.
  if (!region.has(VM_READ | VM_WRITE | VM_EXEC)) return READ;
  return READ | USER | (region.has(VM_EXEC) ? EXECUTE : 0);
}

/** The space's key of the page at `va` of `level`'s size. */
export function keyOf(space: Space, va: u64, level: u32): u64 {
  const machine = space.machine;
  return machine.tlbs.key((<u64>space.asid) << ASID_SHIFT, machine.geometry.truncate(va), level);
}

/**
 * The entry that decides about `va`: a leaf, one that is not present, or the one at level `lowest`. 0 where the space has
 * no tables.
 */
export function walk(space: Space, va: u64, lowest: u32 = 1): usize {
  const machine = space.machine;
  return machine.tables.walk(machine.rootOf(space.asid), machine.geometry.truncate(va), lowest);
}

/** The entry that decides about `va`; 0 for nothing. */
export function entryAt(space: Space, va: u64): u64 {
  return space.machine.tables.read(walk(space, va));
}

/** Bytes from `va` on that the entry at `pte` decides about. */
export function reach(space: Space, pte: usize, va: u64): u64 {
  const bytes = (<u64>1) << space.machine.geometry.shift(space.machine.tables.level(pte));
  return bytes - (va & (bytes - 1));
}

/** The first page from `va` on that has an entry; `end` when none has. */
export function seek(space: Space, va: u64, end: u64): u64 {
  while (va < end) {
    const pte = walk(space, va);
    if (pte == 0) return end;
    if (space.machine.tables.read(pte) != 0) return va;
    va += reach(space, pte, va);
  }
  return end;
}

/**
 * Makes the tables on the way to `va`'s entry at `level`; that entry, or the one in its way; 0 when memory is out. An
 * entry found before may be another's when it returns, since pages may be evicted for it.
 */
export function makeTables(space: Space, va: u64, level: u32): usize {
  const machine = space.machine;
  const tables = machine.tables;
  if (machine.rootOf(space.asid) == NONE) {
    const root = takeTable(space, machine.geometry.levels);
    if (root == NONE) return 0;
    machine.setRoot(space.asid, root);
  }
  let pte = walk(space, va, level);
  while (tables.level(pte) > level && tables.read(pte) == 0) {
    const table = takeTable(space, tables.level(pte) - 1);
    if (table == NONE) return 0;
    tables.attach(pte, table);
    pte = walk(space, va, level);
  }
  return pte;
}

/**
 * Makes tables from `to` on as `source` has them from `from` on, whatever is in them: fork and mremap find one and make
 * the other before they look for pages (copy_page_range in mm/memory.c, move_page_tables in mm/mremap.c). False when
 * memory is out.
 */
export function copyTables(source: Space, from: u64, target: Space, to: u64, bytes: u64): bool {
  for (let done: u64 = 0; done < bytes; ) {
    const pte = walk(source, from + done);
    if (pte == 0) return true;
    const level = source.machine.tables.level(pte);
    const mask = ((<u64>1) << source.machine.geometry.shift(max(level, HUGE))) - 1;
    if (makeTables(target, to + done, level) == 0) return false;
    done += min(mask - ((from + done) & mask), mask - ((to + done) & mask)) + 1;
  }
  return true;
}

/** Makes the tables for the page in `pfn`, which stays meanwhile, whoever else has to go. */
export function makeTablesFor(space: Space, va: u64, pfn: u32): bool {
  const system = space.system;
  const pinned = system.pinned;
  system.pinned = pfn;
  const isMade = makeTables(space, va, 1) != 0;
  system.pinned = pinned;
  return isMade;
}

/** A frame with an empty table of `level`; NONE when memory is out. */
export function takeTable(space: Space, level: u32): u32 {
  const system = space.system;
  const machine = system.machine;
  const pfn = takeFrame(system, 0, TABLE);
  if (pfn == NONE) return NONE;
  if (!machine.tables.begin(pfn, level)) {
    machine.buddy.give(pfn);
    system.fail();
    return NONE;
  }
  space.tablePages++;
  system.resize();
  return pfn;
}

/** Takes away the tables that hold nothing around `va` and reach no further than `floor` and `ceiling`. */
function prune(space: Space, va: u64, floor: u64, ceiling: u64): void {
  const machine = space.machine;
  const pruned = machine.tables.prune(
    machine.rootOf(space.asid),
    machine.geometry.truncate(va),
    floor,
    ceiling,
  );
  if (pruned == 0) return;
  space.tablePages -= pruned;
  machine.walker.forget();
  space.system.resize();
}

/**
 * A region from `start` to `end` has gone: so do the tables that no other one needs, of which `floor` is the end of the
 * one below and `ceiling` the start of the one above (free_pgtables in mm/memory.c). Others stay, with nothing in them.
 */
export function freeTables(space: Space, start: u64, end: u64, floor: u64, ceiling: u64): void {
  const machine = space.machine;
  for (let va = start; va < end; ) {
    const pte = walk(space, va);
    if (pte == 0) return;
    // A table of the lowest level is looked at as a whole.
    const level = max(machine.tables.level(pte), HUGE);
    prune(space, va, floor, ceiling);
    va = (va | (((<u64>1) << machine.geometry.shift(level)) - 1)) + 1;
  }
}

/** Tables of the lowest level whose every entry the range has emptied go (try_to_free_pte in mm/pt_reclaim.c). */
export function freeWholeTables(space: Space, start: u64, end: u64): void {
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE);
  for (let va = (start + bytes - 1) & ~(bytes - 1); va + bytes <= end; va += bytes)
    freeTables(space, va, va + bytes, va, va + bytes);
}

/** Maps `pfn` at `va`, whose tables are there, with `flags`, in place of nothing; false when memory is out. */
export function put(space: Space, region: Region, va: u64, level: u32, pfn: u32, flags: u32): bool {
  const system = space.system;
  const machine = system.machine;
  if (!system.hasMark(pfn, KERNEL_PAGE)) {
    if (!system.mappings.add(pfn, keyOf(space, va, level))) {
      system.fail();
      return false;
    }
    countPage(space, pfn, 1);
    if (region.has(VM_LOCKED) && !system.hasMark(pfn, POOL_PAGE)) system.lock(pfn);
  }
  machine.tables.set(walk(space, va, level), machine.format.leaf(pfn, level, flags));
  machine.tlbs.sizes |= (<u32>1) << level;
  return true;
}

/** Gives the leaf at `pte`, which maps `va`, these flags, and drops the old ones from every TLB. */
export function setFlags(space: Space, va: u64, pte: usize, flags: u32): void {
  const tables = space.machine.tables;
  tables.setFlags(pte, flags);
  space.system.shoot(keyOf(space, va, tables.level(pte)));
}

/** Clears the entry at `pte`, which is `va`'s, whatever it is. */
export function drop(space: Space, va: u64, pte: usize): void {
  const tables = space.machine.tables;
  const entry = tables.read(pte);
  if (!EntryFormat.isPresent(entry)) {
    tables.set(pte, 0);
    if (!isGuard(entry)) dropSwapped(space, <u32>(entry >> 1));
    return;
  }
  const hasDeposit = tables.level(pte) > 1 && !space.system.hasMark(tables.frame(pte), POOL_PAGE);
  dropLeaf(space, va, pte);
  if (hasDeposit) dropDeposit(space);
}

function dropLeaf(space: Space, va: u64, pte: usize): void {
  const system = space.system;
  const machine = space.machine;
  const pfn = machine.tables.frame(pte);
  const key = keyOf(space, va, machine.tables.level(pte));
  const isDirty = (machine.tables.flags(pte) & DIRTY) != 0;
  machine.tables.set(pte, 0);
  system.shoot(key);
  if (system.hasMark(pfn, KERNEL_PAGE)) return;
  countPage(space, pfn, -1);
  // Of a private page that is nowhere else only entries tell; it is written for the first time in any case.
  const isKnown = system.hasMark(pfn, PRIVATE_PAGE) && machine.frames.evicted(pfn) == 0;
  if (isDirty && !isKnown) system.mark(pfn, DIRTY_PAGE);
  system.mappings.remove(pfn, key);
  release(system, pfn);
}

/** A mapping of `pfn` has gone: a private page that nobody maps goes with it; a lock may have. */
export function release(system: System, pfn: u32): void {
  if (system.hasMark(pfn, POOL_PAGE)) {
    releasePool(system, pfn);
  } else if (system.machine.frames.mapped(pfn) == 0 && system.hasMark(pfn, PRIVATE_PAGE)) {
    const record = system.machine.frames.evicted(pfn);
    if (record == 0 || system.swap.refs(record) == 0 || system.hasMark(pfn, LOCKED_PAGE)) {
      dropRecord(system, pfn);
      system.giveFrame(pfn);
    }
  } else if (system.hasMark(pfn, LOCKED_PAGE) && !isLocked(system, pfn)) {
    system.unlock(pfn);
  }
}

/** Does a locked region map the page in `pfn`? */
export function isLocked(system: System, pfn: u32): bool {
  const frames = system.machine.frames;
  if (frames.mapped(pfn) == 0) return false;
  if (locks(system, frames.owner(pfn))) return true;
  for (let node = frames.chain(pfn); node != 0; node = system.mappings.next(node)) {
    if (locks(system, system.mappings.key(node))) return true;
  }
  return false;
}

function locks(system: System, key: u64): bool {
  const geometry = system.machine.geometry;
  const va = geometry.extend(Key.vpn(key) << geometry.shift(Key.level(key)));
  const region = system.space(Key.asid(key)).regions.find(va);
  return changetype<usize>(region) != 0 && region.start <= va && region.has(VM_LOCKED);
}

function dropSwapped(space: Space, record: u32): void {
  space.swappedPages--;
  forgetSwapped(space.system, record);
}

/** One entry less holds the record. */
export function forgetSwapped(system: System, record: u32): void {
  const swap = system.swap;
  const refs = swap.refs(record) - 1;
  swap.setRefs(record, refs);
  if (refs != 0) return;
  const pfn = swap.pfn(record);
  if (pfn == NONE) {
    swap.give(record);
  } else if (system.machine.frames.mapped(pfn) == 0) {
    // In memory by readahead alone, or for one who has gone.
    dropRecord(system, pfn);
    system.giveFrame(pfn);
  }
}

/** Flags of an entry whose page was just stored to. */
export const STORED: u32 = WRITE | DIRTY | ACCESSED;
