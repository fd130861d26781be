/**
 * Frames for whoever needs one, and where they come from when memory is full.
 *
 *   free frames
 *        │  ── high ──   reclaim in the background stops here …
 *        │  ── low ───   … and starts here (Linux's kswapd)
 *        │  ── 0 ─────   whoever needs a frame evicts by himself (direct reclaim); when nothing can go, the OOM killer
 *
 * A victim is written to swap, or to its file, if it was stored to; then every entry that maps it is changed and
 * every TLB forgets it. From: Gorman, "Understanding the Linux Virtual Memory Manager" (2004), chapters 10, 11 and 13;
 * mm/vmscan.c for what is written. What differs: victims are chosen by one policy over all pages, private and cached,
 * one at a time; simulated time has no second thread, so the background runs between two faults, and what is reserved
 * below `min` for the kernel itself is not modelled.
 */
import { KIND_LOAD, NONE } from "../../abi";
import { PAGE } from "../../frames/frames";
import { evictFrame } from "../pages/evict";
import { splitFrame } from "../pages/split";
import { System } from "../system/system";
import { killOne } from "./oom";

/**
 * A frame for a page of this content, in the policy's hands, not mapped yet; NONE when nothing can go. `marks`:
 * PRIVATE_PAGE or 0; `ghost`: the slot under which the policy may remember it.
 */
export function allocPage(system: System, content: u32, marks: u32, ghost: u32, kind: u32, order: u32): u32 {
  const machine = system.machine;
  const slot = system.rememberedAs(ghost, content, marks);
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
  system.manage(pfn, slot, kind);
  return pfn;
}

/** A block of 2^order frames, evicting, then killing, until there is one; NONE when that is of no use. */
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

/** Frees a frame while somebody waits, by the policy or by the OOM killer; false when the one who waits was killed. */
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
 * To be called after each fault: the background's work, and pages that the policy lets go by itself. Once nothing could
 * go the background rests until somebody who waited had success, as kswapd does (kswapd_failures).
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
    const pfn = system.home(slot);
    if (!evict(system, slot)) keep(system, pfn);
  }
}

/** Evicts the policy's victim, or the first further one that can go; those that cannot are set aside meanwhile. */
function evictOne(system: System): bool {
  const replacer = system.machine.replacer;
  const aside = system.machine.aside;
  let kept: u32 = 0;
  let gone = false;
  while (!gone) {
    const slot = replacer.evict();
    if (slot == NONE) break;
    const pfn = system.home(slot);
    gone = evict(system, slot);
    if (gone) break;
    store<u32>(aside + ((<usize>kept) << 2), pfn);
    kept++;
    if (system.hasFailed) break;
  }
  for (let n: u32 = 0; n < kept; n++) keep(system, load<u32>(aside + ((<usize>n) << 2)));
  return gone;
}

/** The page in `pfn`, a victim, stays after all, as a page that has just come in. */
function keep(system: System, pfn: u32): void {
  const slot = system.machine.frames.slot(pfn);
  const content = system.machine.frames.content(pfn);
  system.manage(pfn, system.rememberedAs(slot, content, system.marks(pfn)), KIND_LOAD);
  system.machine.resetFilter();
}

/** Evicts the page in the home of `slot`, which the policy has given up; false when it cannot go. */
function evict(system: System, slot: u32): bool {
  const pfn = system.home(slot);
  if (system.machine.frames.order(pfn) != 0) return splitFrame(system, pfn);
  if (system.isHeld(pfn)) return false;
  return evictFrame(system, pfn, system.machine.replacer.base.slots.isGhost(slot) ? slot : NONE);
}

/** A frame that no policy has in hand and nobody is charged for; NONE when there is none. */
export function allocKernelFrame(system: System, order: u32): u32 {
  const pfn = allocFrame(system, order, PAGE);
  if (pfn == NONE) return NONE;
  system.machine.frames.clear(pfn);
  system.markKernel(pfn);
  return pfn;
}
