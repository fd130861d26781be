/** Splits transparent huge pages into base pages. This needs no frame, since the table was deposited. */
import { KIND_STORE, NONE } from "../../abi/core";
import { PAGE } from "../../frames/frames";
import { DIRTY } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { Key } from "../../mmu/key";
import { Space, spaceOf } from "../space/space";
import { KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE } from "../system/page-flags";
import { System } from "../system/system";
import { freeDeposit, withdraw } from "./deposit";
import { isHuge, keyOf, walk } from "./walk";

/** Splits the huge page at `va`, in all spaces that map it. */
export function splitAt(space: Space, va: u64): void {
  const pte = walk(space, va);
  const pfn = space.machine.tables.frame(pte);
  if (space.system.flags.has(pfn, KERNEL_PAGE)) splitZeros(space, va, pte);
  else splitFrame(space.system, pfn);
}

/**
 * Splits the transparent huge page that reaches across `va`, where a region is about to end or begin
 * (vma_adjust_trans_huge).
 */
export function splitHugeAt(space: Space, va: u64): void {
  const machine = space.machine;
  if ((va & (((<u64>1) << machine.geometry.shift(HUGE_LEVEL)) - 1)) == 0) return;
  const pte = walk(space, va);
  if (!isHuge(space, pte)) return;
  if (!space.system.flags.has(machine.tables.frame(pte), POOL_PAGE)) splitAt(space, va);
}

/** Splits the mapping of the huge zero page at `va` into base pages of zeros. */
function splitZeros(space: Space, va: u64, pte: usize): void {
  const system = space.system;
  const key = keyOf(space, va, HUGE_LEVEL);
  if (system.zero == NONE) {
    // The entry is cleared; the next read maps zeros again.
    space.machine.tables.set(pte, 0);
    system.flushTlb(key);
    freeDeposit(space);
    return;
  }
  splitEntry(space, key, pte, system.zero, 0);
}

/**
 * Splits the block at `pfn` into base pages, each with the marks of the whole. Removes the whole from the policy, if
 * it is there, and adds the base pages.
 */
export function splitFrame(system: System, pfn: u32): bool {
  const machine = system.machine;
  const frames = machine.frames;
  const order = frames.order(pfn);
  const marks = system.flags.of(pfn);
  const isInPolicy = machine.limited && (marks & (LOCKED_PAGE | KERNEL_PAGE)) == 0;
  if (isInPolicy && machine.replacer.base.slots.isResident(frames.slot(pfn))) system.policyPages.remove(pfn);
  const owner = frames.owner(pfn);
  const chain = frames.chain(pfn);
  const mapped = frames.mapped(pfn);
  for (let page = pfn; page < pfn + ((<u32>1) << order); page++) {
    frames.setState(page, PAGE, 0);
    frames.clear(page);
    frames.setContent(page, system.newPrivate());
    system.flags.set(page, marks);
    if (!isInPolicy) continue;
    system.policyPages.readmit(page, KIND_STORE);
  }
  // Each mapping of the block is split.
  let node = chain;
  let key = owner;
  for (let n: u32 = 0; n < mapped; n++) {
    splitEntry(spaceOf(system, Key.asid(key)), key, machine.walkKey(key), pfn, 1);
    if (node == 0) break;
    key = system.mappings.key(node);
    node = system.mappings.popNode(node);
  }
  return true;
}

/** Replaces the huge leaf of `key` at `pte` with a table of base pages: frames from `pfn` on, `step` apart. */
function splitEntry(space: Space, key: u64, pte: usize, pfn: u32, step: u32): void {
  const system = space.system;
  const machine = space.machine;
  const tables = machine.tables;
  const table = withdraw(space);
  const entries = <usize>machine.frames.owner(table);
  const count = (<u32>1) << machine.geometry.order(HUGE_LEVEL);
  const vpn = Key.vpn(key) << machine.geometry.order(HUGE_LEVEL);
  const kept = tables.flags(pte) & ~(step == 0 ? DIRTY : 0);
  for (let n: u32 = 0; n < count; n++) {
    const frame = pfn + n * step;
    tables.set(entries + ((<usize>n) << machine.geometry.entryShift), machine.format.leaf(frame, 1, kept));
    if (step == 0) continue;
    const base = Key.of((<u64>space.asid) << 48, vpn + n, 1);
    if (!system.mappings.add(frame, base)) system.fail();
  }
  tables.attach(pte, table);
  system.flushTlb(key);
}
