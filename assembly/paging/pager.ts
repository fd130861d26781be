/**
 * Frames, reclaim and page tables, shared by `replay` and `run`. The differences are in a `Pager` of a concrete type, for
 * which these functions are compiled, so there is no dispatch.
 *
 *   allocFrame ──> free frame? ── no ──> pager.reclaim ──> evictOne ──> pager.evict ──> frame
 *                                              │
 *                                              └── nothing can be evicted: an error, or the OOM killer
 */
import { NONE } from "../abi/core";
import { PAGE } from "../frames/frames";
import { Machine } from "../machine/machine";

/** An operating system. Its methods are called on the address of its state. */
@unmanaged
export abstract class Pager {
  abstract get machine(): Machine;
  /** Frees a frame; false when nothing can be evicted. */
  abstract reclaim(): bool;
  /** Evicts the page in `slot`, which the policy has removed; false when it cannot be evicted. */
  abstract evict(slot: u32): bool;
  /** The frame of the page in `slot`. */
  abstract frameOf(slot: u32): u32;
  /** Puts the page in `pfn` back into the policy as a new page. */
  abstract putBack(pfn: u32): void;
  /** Called after the policy has chosen a victim, before it is evicted. */
  abstract afterChoice(): void;
  /** Allocates an empty table of `level`; its frame, or NONE when memory is full. */
  abstract allocTable(asid: u32, level: u32): u32;
  /** Records that WebAssembly's memory is out. */
  abstract fail(): void;
  abstract get hasFailed(): bool;
}

/** Results of `evictOne`: a page was evicted; the policy has no victim; no victim can be evicted. */
export const EVICTED: u32 = 0;
export const NO_VICTIM: u32 = 1;
export const NONE_EVICTABLE: u32 = 2;

/** Allocates a block of 2^order frames in `state`. Reclaims until one is free; NONE when that fails. */
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

/** Allocates a block for a page of the policy, and evicts until the policy has room for it; NONE when that fails. */
export function allocForPolicy<P extends Pager>(pager: P, order: u32): u32 {
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
 * Evicts the policy's victim, or the next one that can be evicted. Those that cannot are skipped and put back
 * afterwards; otherwise the policy might return them again.
 */
export function evictOne<P extends Pager>(pager: P): u32 {
  const replacer = pager.machine.replacer;
  const skipped = pager.machine.skipped;
  let count: u32 = 0;
  let isEvicted = false;
  while (true) {
    const slot = replacer.evict();
    pager.afterChoice();
    if (slot == NONE) break;
    isEvicted = pager.evict(slot);
    if (isEvicted) break;
    store<u32>(skipped + ((<usize>count) << 2), pager.frameOf(slot));
    count++;
    if (pager.hasFailed) break;
  }
  for (let n: u32 = 0; n < count; n++) pager.putBack(load<u32>(skipped + ((<usize>n) << 2)));
  if (isEvicted) return EVICTED;
  return count == 0 ? NO_VICTIM : NONE_EVICTABLE;
}

/** Evicts the expired pages of a variable-space policy. A page that cannot be evicted is tried only once. */
export function evictExpired<P extends Pager>(pager: P): void {
  const replacer = pager.machine.replacer;
  for (let tries = replacer.base.slots.residents; tries > 0; tries--) {
    const slot = replacer.expired();
    if (slot == NONE) return;
    if (pager.evict(slot)) continue;
    if (pager.hasFailed) return;
    pager.putBack(pager.frameOf(slot));
  }
}

/**
 * Makes the tables on the way to `va`'s entry at `level`. The result is that entry, or a huge leaf above it; 0 when
 * there is no frame. The allocation may evict pages, so entries found before the call must be looked up again; no
 * table is freed.
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
