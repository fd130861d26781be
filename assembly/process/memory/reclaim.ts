/**
 * Allocation of frames, and reclaim when memory is full.
 *
 *   free frames
 *        │  ── high ──   reclaim in the background stops here …
 *        │  ── low ───   … and starts here (Linux's kswapd)
 *        │  ── 0 ─────   an allocation that finds no frame evicts directly (direct reclaim), or calls the OOM killer
 *
 * A dirty victim is written to swap or to its file; then every entry that maps it is changed and flushed from every
 * TLB. From: Gorman, "Understanding the Linux Virtual Memory Manager" (2004), chapters 10, 11 and 13; mm/vmscan.c for
 * the writes. What differs: one policy chooses victims among all pages, private and cached, one at a time; background
 * reclaim runs between two faults, since simulated time has no second thread; the reserve below `min` for the kernel
 * itself is not modelled.
 */
import { KIND_LOAD, NONE } from "../../abi";
import { PAGE } from "../../frames/frames";
import { evictFrame } from "../pages/evict";
import { splitFrame } from "../pages/split";
import { System } from "../system/system";
import { killOne } from "./oom";

/**
 * A frame for a page with `content`, added to the policy and not mapped yet; NONE when no frame can be freed.
 * `marks`: PRIVATE_PAGE or 0; `ghost`: the slot under which the policy may remember the page.
 */
export function allocPage(system: System, content: u32, marks: u32, ghost: u32, kind: u32, order: u32): u32 {
  const machine = system.machine;
  const slot = system.ghostFor(ghost, content, marks);
  if (machine.limited) machine.replacer.miss(slot);
  const pfn = allocFrame(system, order, PAGE);
  if (pfn == NONE) return NONE;
  while (machine.limited && machine.replacer.base.slots.residents >= machine.replacer.base.capacity) {
    if (reclaim(system)) continue;
    machine.buddy.free(pfn);
    return NONE;
  }
  machine.frames.clear(pfn);
  machine.frames.setContent(pfn, content);
  system.mark(pfn, marks);
  system.addToPolicy(pfn, slot, kind);
  return pfn;
}

/** A block of 2^order frames. Reclaims until one is free; NONE when that fails. */
export function allocFrame(system: System, order: u32, state: u8): u32 {
  const machine = system.machine;
  while (true) {
    const pfn = machine.buddy.alloc(order, state);
    if (pfn != NONE) return pfn;
    if (!machine.limited) {
      system.fail();
      return NONE;
    }
    if (!reclaim(system)) return NONE;
  }
}

/** Direct reclaim: evicts a page, or calls the OOM killer. False when the allocating process was killed. */
function reclaim(system: System): bool {
  const before = system.machine.evictions;
  if (evictOne(system)) {
    system.directReclaims += system.machine.evictions - before;
    system.hasReclaimFailed = false;
    return true;
  }
  return !system.hasFailed && killOne(system);
}

/**
 * Background reclaim, called after each fault, and the evictions that a working-set policy asks for. After a failure
 * the background pauses until direct reclaim succeeds, like kswapd (kswapd_failures).
 */
export function balance(system: System): void {
  const machine = system.machine;
  if (!machine.limited) return;
  if (machine.replacer.isVariable) evictExpired(system);
  if (system.freeFrames >= system.low || system.hasReclaimFailed) return;
  const before = machine.evictions;
  while (system.freeFrames < system.high && !system.hasReclaimFailed)
    system.hasReclaimFailed = !evictOne(system);
  system.backgroundReclaims += machine.evictions - before;
}

function evictExpired(system: System): void {
  const replacer = system.machine.replacer;
  for (let tries = replacer.base.slots.residents; tries > 0; tries--) {
    const slot = replacer.expired();
    if (slot == NONE) return;
    const pfn = system.frameOf(slot);
    if (!evict(system, slot)) putBack(system, pfn);
  }
}

/**
 * Evicts the policy's victim, or the next one that can be evicted. Those that cannot are skipped and put back
 * afterwards.
 */
function evictOne(system: System): bool {
  const replacer = system.machine.replacer;
  const skipped = system.machine.skipped;
  let count: u32 = 0;
  let isEvicted = false;
  while (!isEvicted) {
    const slot = replacer.evict();
    if (slot == NONE) break;
    const pfn = system.frameOf(slot);
    isEvicted = evict(system, slot);
    if (isEvicted) break;
    store<u32>(skipped + ((<usize>count) << 2), pfn);
    count++;
    if (system.hasFailed) break;
  }
  for (let n: u32 = 0; n < count; n++) putBack(system, load<u32>(skipped + ((<usize>n) << 2)));
  return isEvicted;
}

/** Puts a victim that cannot be evicted back into the policy, as a new page. */
function putBack(system: System, pfn: u32): void {
  const slot = system.machine.frames.slot(pfn);
  const content = system.machine.frames.content(pfn);
  system.addToPolicy(pfn, system.ghostFor(slot, content, system.marks(pfn)), KIND_LOAD);
  system.machine.resetFilter();
}

/** Evicts the page of `slot`, which the policy has removed; false when it cannot be evicted. */
function evict(system: System, slot: u32): bool {
  const pfn = system.frameOf(slot);
  if (system.machine.frames.order(pfn) != 0) return splitFrame(system, pfn);
  if (system.isPinned(pfn)) return false;
  return evictFrame(system, pfn, system.machine.replacer.base.slots.isGhost(slot) ? slot : NONE);
}

/** A frame for the kernel, outside the policy and charged to no process; NONE when memory is out. */
export function allocKernelFrame(system: System, order: u32): u32 {
  const pfn = allocFrame(system, order, PAGE);
  if (pfn == NONE) return NONE;
  system.machine.frames.clear(pfn);
  system.markKernel(pfn);
  return pfn;
}
