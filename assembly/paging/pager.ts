/**
 * What `replay` and `run` do alike when memory is short: find a frame, evict a victim, grow page tables. What differs is
 * a `Pager`, of a concrete type, so that nothing is dispatched.
 *
 *   allocFrame ──> free frame? ── no ──> pager.reclaim ──> evictOne ──> pager.evict ──> frame
 *                                              │
 *                                              └── nothing can be evicted: an error, or the OOM killer
 */
import { NONE } from "../abi";
import { PAGE } from "../frames/frames";
import { Machine } from "../machine/machine";

/** An operating system; its functions are called on the address of its state. */
@unmanaged
export abstract class Pager {
  abstract get machine(): Machine;
  /** Frees a frame; false when that cannot be. */
  abstract reclaim(): bool;
  /** Evicts the page in `slot`, which the policy has given up; false when it must stay. */
  abstract evict(slot: u32): bool;
  /** The frame of that page. */
  abstract frameOf(slot: u32): u32;
  /** Gives the page in `pfn` back to the policy, as one that has just come in. */
  abstract keep(pfn: u32): void;
  /** Called when the policy has chosen, before the victim is evicted. */
  abstract chosen(): void;
  /** A frame with an empty table of `level`; NONE when there is none. */
  abstract allocTable(asid: u32, level: u32): u32;
  /** WebAssembly's memory is out. */
  abstract fail(): void;
  abstract get hasFailed(): bool;
}

/** How `evictOne` ends: a page was evicted; the policy named none; those that it named must stay. */
export const EVICTED: u32 = 0;
export const NO_VICTIM: u32 = 1;
export const ALL_STAY: u32 = 2;

/** A block of 2^order frames in `state`, reclaimed if need be; NONE when there is none. */
export function allocFrame<P extends Pager>(pager: P, order: u32, state: u8): u32 {
  const machine = pager.machine;
  while (true) {
    const pfn = machine.buddy.alloc(order, state);
    if (pfn != NONE) return pfn;
    if (!machine.limited) {
      pager.fail();
      return NONE;
    }
    if (!pager.reclaim()) return NONE;
  }
}

/** A block for a page that the policy is to hold, which has room for it then; NONE when there is none. */
export function allocManaged<P extends Pager>(pager: P, order: u32): u32 {
  const machine = pager.machine;
  const pfn = allocFrame<P>(pager, order, PAGE);
  if (pfn == NONE || !machine.limited) return pfn;
  const policy = machine.replacer.base;
  while (policy.slots.residents >= policy.capacity) {
    if (pager.reclaim()) continue;
    machine.buddy.free(pfn);
    return NONE;
  }
  return pfn;
}

/**
 * Evicts the policy's victim, or the first further one that may be evicted. Those that must stay are set aside meanwhile,
 * since the policy might name them again.
 */
export function evictOne<P extends Pager>(pager: P): u32 {
  const replacer = pager.machine.replacer;
  const aside = pager.machine.aside;
  let kept: u32 = 0;
  let isEvicted = false;
  while (true) {
    const slot = replacer.evict();
    pager.chosen();
    if (slot == NONE) break;
    isEvicted = pager.evict(slot);
    if (isEvicted) break;
    store<u32>(aside + ((<usize>kept) << 2), pager.frameOf(slot));
    kept++;
    if (pager.hasFailed) break;
  }
  for (let n: u32 = 0; n < kept; n++) pager.keep(load<u32>(aside + ((<usize>n) << 2)));
  if (isEvicted) return EVICTED;
  return kept == 0 ? NO_VICTIM : ALL_STAY;
}

/** Evicts the pages that a variable-space policy gives up by itself. One that must stay is asked about once. */
export function evictExpired<P extends Pager>(pager: P): void {
  const replacer = pager.machine.replacer;
  for (let tries = replacer.base.slots.residents; tries > 0; tries--) {
    const slot = replacer.expired();
    if (slot == NONE) return;
    if (pager.evict(slot)) continue;
    if (pager.hasFailed) return;
    pager.keep(pager.frameOf(slot));
  }
}

/**
 * Makes the tables on the way to `va`'s entry at `level`; that entry, or the one in its way; 0 when there is no frame. An
 * entry found before may have changed when it returns, since pages may be evicted for it. No table is freed by that.
 */
export function growTables<P extends Pager>(pager: P, asid: u32, va: u64, level: u32): usize {
  const machine = pager.machine;
  const tables = machine.tables;
  let root = machine.rootOf(asid);
  if (root == NONE) {
    root = pager.allocTable(asid, machine.geometry.levels);
    if (root == NONE) return 0;
    machine.setRoot(asid, root);
  }
  let pte = tables.walk(root, va, level);
  while (tables.level(pte) > level && tables.read(pte) == 0) {
    const table = pager.allocTable(asid, tables.level(pte) - 1);
    if (table == NONE) return 0;
    tables.attach(pte, table);
    pte = tables.walk(root, va, level);
  }
  return pte;
}
