/**
 * Transparent huge pages, which the kernel gives by itself and takes apart again: leaves at level 2 of the page tables,
 * 2 MiB on x86-64.
 *
 * A transparent one is given at the first fault in an aligned range that lies wholly in one private region, has no table
 * yet and finds a free block; reads get the huge page of zeros (mm/huge_memory.c, do_huge_pmd_anonymous_page). With it a
 * page table is put by (a deposit), so that it can always fall apart: when part of it is unmapped, protected or moved,
 * when a shared one is stored to, and when it is to be evicted. From: Linux's Documentation/mm/transhuge.rst. What
 * differs: khugepaged does not collapse pages in the background (MADV_COLLAPSE does when asked: `collapse.ts`), no
 * compaction makes room, there are no sizes between, and a page that several processes share falls apart for all of
 * them at once.
 */
import { HUGE_ALWAYS, HUGE_MADVISE, KIND_STORE, NONE } from "../../abi";
import { VM_HUGEPAGE, VM_NOHUGEPAGE, VM_SHARED } from "../../abi-process";
import { PAGE } from "../../frames/frames";
import { ACCESSED, DIRTY } from "../../mmu/entry";
import { Key } from "../../mmu/key";
import { assignAnon } from "../space/merge";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE, System } from "../system";
import { MINOR, NO_FRAME, NOTHING_THERE, takeKernelFrame } from "./fault";
import { keyOf, makeTables, permissions, put, STORED, takeTable, walk } from "./page";
import { takePage } from "./reclaim";

/** The level of a huge page's leaf. */
export const HUGE: u32 = 2;

/** Serves the fault with a transparent huge page; `NOTHING_THERE` where none is to be had. `pte` is `va`'s empty entry. */
export function serveHuge(space: Space, region: Region, va: u64, pte: usize, kind: u32): u32 {
  const system = space.system;
  const machine = space.machine;
  const bytes = (<u64>1) << machine.geometry.shift(HUGE);
  const start = va & ~(bytes - 1);
  if (!wantsHuge(system, region) || start < region.start || start + bytes > region.end) return NOTHING_THERE;
  if (pte != 0 && machine.tables.level(pte) < HUGE) return NOTHING_THERE;
  const order = machine.geometry.order(HUGE);
  const isStore = kind >= <u32>KIND_STORE;
  const needsBlock = isStore || system.hugeZero == NONE;
  if (needsBlock && !hasBlock(system)) return NOTHING_THERE;
  if (makeTables(space, start, HUGE) == 0 || !deposit(space)) return NO_FRAME;
  // The tables may have taken a piece of the last block.
  if (needsBlock && !hasBlock(system)) {
    dropDeposit(space);
    return NOTHING_THERE;
  }
  assignAnon(space, region);
  let flags = permissions(region) | ACCESSED;
  let pfn: u32;
  if (isStore) {
    pfn = takePage(system, system.newPrivate(), PRIVATE_PAGE, NONE, kind, order);
    flags |= STORED;
  } else {
    if (system.hugeZero == NONE) system.hugeZero = takeKernelFrame(system, order);
    pfn = system.hugeZero;
  }
  if (pfn == NONE) return NO_FRAME;
  return put(space, region, start, HUGE, pfn, flags) ? MINOR : NO_FRAME;
}

function wantsHuge(system: System, region: Region): bool {
  if (region.object != 0 || region.has(VM_NOHUGEPAGE | VM_SHARED)) return false;
  return system.huge == HUGE_ALWAYS || (system.huge == HUGE_MADVISE && region.has(VM_HUGEPAGE));
}

/** Is a block for a huge page free, without reclaim for it? */
export function hasBlock(system: System): bool {
  const order = system.machine.geometry.order(HUGE);
  if (system.machine.limited && system.freeFrames < system.low + ((<u32>1) << order)) return false;
  return system.machine.buddy.has(order);
}

/** Puts a table by; false when memory is out. */
export function deposit(space: Space): bool {
  const table = takeTable(space, HUGE - 1);
  if (table == NONE) return false;
  putBy(space, table);
  return true;
}

/** Puts the table by, which is empty and hangs nowhere. */
export function putBy(space: Space, table: u32): void {
  space.machine.frames.setChain(table, space.deposits);
  space.deposits = table;
}

/** The table that was put by last. */
function withdraw(space: Space): u32 {
  const table = space.deposits;
  assert(table != NONE, "a huge page has no table put by");
  space.deposits = space.machine.frames.chain(table);
  return table;
}

/** A huge leaf of the space has gone as a whole: so may its table. */
export function dropDeposit(space: Space): void {
  space.machine.tables.end(withdraw(space));
  space.tablePages--;
  space.system.resize();
}

/** Takes the huge page at `va` apart, for all who map it. */
export function splitAt(space: Space, va: u64): void {
  const pte = walk(space, va);
  const pfn = space.machine.tables.frame(pte);
  if (space.system.hasMark(pfn, KERNEL_PAGE)) splitZeros(space, va, pte);
  else splitFrame(space.system, pfn);
}

/** A region ends, or begins, at `va`: no transparent huge page reaches across (vma_adjust_trans_huge). */
export function partAt(space: Space, va: u64): void {
  const machine = space.machine;
  if ((va & (((<u64>1) << machine.geometry.shift(HUGE)) - 1)) == 0) return;
  const pte = walk(space, va);
  if (!isHuge(space, pte)) return;
  if (!space.system.hasMark(machine.tables.frame(pte), POOL_PAGE)) splitAt(space, va);
}

/** The huge page of zeros at `va`, mapped by `pte`, becomes base pages of zeros. */
function splitZeros(space: Space, va: u64, pte: usize): void {
  const system = space.system;
  const key = keyOf(space, va, HUGE);
  if (system.zero == NONE) {
    // The entries fall back to nothing: the next read finds zeros again.
    space.machine.tables.set(pte, 0);
    system.shoot(key);
    dropDeposit(space);
    return;
  }
  hangTable(space, key, pte, system.zero, 0);
}

/**
 * Takes the block headed by `pfn` apart into base pages, each with the marks of the whole. The policy has given the
 * whole up, or gives it up here.
 */
export function splitFrame(system: System, pfn: u32): bool {
  const machine = system.machine;
  const frames = machine.frames;
  const order = frames.order(pfn);
  const marks = system.marks(pfn);
  const isManaged = machine.limited && (marks & (LOCKED_PAGE | KERNEL_PAGE)) == 0;
  if (isManaged && machine.replacer.base.slots.isResident(frames.slot(pfn))) system.unmanage(pfn);
  const owner = frames.owner(pfn);
  const chain = frames.chain(pfn);
  const mapped = frames.mapped(pfn);
  for (let page = pfn; page < pfn + ((<u32>1) << order); page++) {
    frames.setState(page, PAGE, 0);
    frames.clear(page);
    frames.setContent(page, system.newPrivate());
    system.mark(page, marks);
    if (!isManaged) continue;
    machine.replacer.miss(NONE);
    system.manage(page, NONE, KIND_STORE);
  }
  // The head's mappings are taken over one by one.
  let node = chain;
  let key = owner;
  for (let n: u32 = 0; n < mapped; n++) {
    hangTable(system.space(Key.asid(key)), key, machine.walkKey(key), pfn, 1);
    if (node == 0) break;
    key = system.mappings.key(node);
    node = system.mappings.spend(node);
  }
  return true;
}

/** Puts a table of base pages in place of the huge leaf of `key` at `pte`: frames from `pfn`, `step` apart. */
function hangTable(space: Space, key: u64, pte: usize, pfn: u32, step: u32): void {
  const system = space.system;
  const machine = space.machine;
  const tables = machine.tables;
  const table = withdraw(space);
  const entries = <usize>machine.frames.owner(table);
  const count = (<u32>1) << machine.geometry.order(HUGE);
  const vpn = Key.vpn(key) << machine.geometry.order(HUGE);
  const kept = tables.flags(pte) & ~(step == 0 ? DIRTY : 0);
  for (let n: u32 = 0; n < count; n++) {
    const frame = pfn + n * step;
    tables.set(entries + ((<usize>n) << machine.geometry.entryShift), machine.format.leaf(frame, 1, kept));
    if (step == 0) continue;
    const base = Key.of((<u64>space.asid) << 48, vpn + n, 1);
    if (!system.mappings.add(frame, base)) system.fail();
  }
  tables.attach(pte, table);
  system.shoot(key);
}

/** Is the entry at `pte` a huge leaf? */
export function isHuge(space: Space, pte: usize): bool {
  return pte != 0 && space.machine.tables.level(pte) > 1 && space.machine.tables.isLeaf(pte);
}
