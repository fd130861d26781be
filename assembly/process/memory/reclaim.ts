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
import { PAGE, TABLE } from "../../frames/frames";
import { Machine } from "../../machine/machine";
import { allocFrame, allocManaged, EVICTED, evictExpired, evictOne, Pager } from "../../paging/pager";
import { evictFrame } from "../pages/evict";
import { splitFrame } from "../pages/split";
import { spaceOf } from "../space/space";
import { System } from "../system/system";
import { killOne } from "./oom";

/** The pager of processes, at the address of their system. */
@final
@unmanaged
export class SystemPager extends Pager {
  @inline
  private get system(): System {
    return changetype<System>(this);
  }

  @inline
  get machine(): Machine {
    return this.system.machine;
  }

  /** Direct reclaim, by the policy or by the OOM killer; false when the space that runs was killed. */
  reclaim(): bool {
    const system = this.system;
    const before = this.machine.evictions;
    if (evictOne<SystemPager>(this) == EVICTED) {
      system.directReclaims += this.machine.evictions - before;
      system.hasReclaimFailed = false;
      return true;
    }
    return !system.hasFailed && killOne(system);
  }

  evict(slot: u32): bool {
    const system = this.system;
    const pfn = system.home(slot);
    if (this.machine.frames.order(pfn) != 0) return splitFrame(system, pfn);
    if (system.isHeld(pfn)) return false;
    return evictFrame(system, pfn, this.machine.replacer.base.slots.isGhost(slot) ? slot : NONE);
  }

  frameOf(slot: u32): u32 {
    return this.system.home(slot);
  }

  keep(pfn: u32): void {
    const system = this.system;
    const slot = this.machine.frames.slot(pfn);
    const content = this.machine.frames.content(pfn);
    system.manage(pfn, system.rememberedAs(slot, content, system.marks(pfn)), KIND_LOAD);
    this.machine.resetFilter();
  }

  /** The system's policies read no bits of entries. */
  @inline
  chosen(): void {}

  allocTable(asid: u32, level: u32): u32 {
    const machine = this.machine;
    const pfn = allocFrame<SystemPager>(this, 0, TABLE);
    if (pfn == NONE) return NONE;
    if (!machine.tables.begin(pfn, level)) {
      machine.buddy.free(pfn);
      this.fail();
      return NONE;
    }
    spaceOf(this.system, asid).tablePages++;
    this.system.resize();
    return pfn;
  }

  fail(): void {
    this.system.fail();
  }

  get hasFailed(): bool {
    return this.system.hasFailed;
  }
}

/**
 * A frame for a page of this content, in the policy's hands, not mapped yet; NONE when nothing can go. `marks`:
 * PRIVATE_PAGE or 0; `ghost`: the slot under which the policy may remember it.
 */
export function allocPage(system: System, content: u32, marks: u32, ghost: u32, kind: u32, order: u32): u32 {
  const machine = system.machine;
  const slot = system.rememberedAs(ghost, content, marks);
  if (machine.limited) machine.replacer.miss(slot);
  const pfn = allocManaged<SystemPager>(changetype<SystemPager>(system), order);
  if (pfn == NONE) return NONE;
  machine.frames.clear(pfn);
  machine.frames.setContent(pfn, content);
  system.mark(pfn, marks);
  system.manage(pfn, slot, kind);
  return pfn;
}

/**
 * To be called after each fault: the background's work, and pages that the policy lets go by itself. Once nothing could
 * go the background rests until somebody who waited had success, as kswapd does (kswapd_failures).
 */
export function balance(system: System): void {
  const machine = system.machine;
  if (!machine.limited) return;
  if (machine.replacer.isVariable) evictExpired<SystemPager>(changetype<SystemPager>(system));
  if (system.freeFrames >= system.low || system.hasReclaimFailed) return;
  const before = machine.evictions;
  while (system.freeFrames < system.high && !system.hasReclaimFailed)
    system.hasReclaimFailed = evictOne<SystemPager>(changetype<SystemPager>(system)) != EVICTED;
  system.backgroundReclaims += machine.evictions - before;
}

/** A frame that no policy has in hand and nobody is charged for; NONE when there is none. */
export function allocKernelFrame(system: System, order: u32): u32 {
  const pfn = allocFrame<SystemPager>(changetype<SystemPager>(system), order, PAGE);
  if (pfn == NONE) return NONE;
  system.machine.frames.clear(pfn);
  system.markKernel(pfn);
  return pfn;
}
