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
 * the writes. Differences: one policy chooses victims among all pages, private and cached, one at a time; background
 * reclaim runs between two faults, since simulated time has no second thread; the reserve below `min` for the kernel
 * itself is not modelled.
 */
import { KIND_LOAD, NONE } from "../../abi/core";
import { PAGE, TABLE } from "../../frames/frames";
import { Machine } from "../../machine/machine";
import { allocForPolicy, allocFrame, EVICTED, evictExpired, evictOne, Pager } from "../../paging/pager";
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

  /** Direct reclaim: evicts a page, or calls the OOM killer. False when the allocating process was killed. */
  reclaim(): bool {
    const system = this.system;
    const before = this.machine.evictions;
    if (evictOne<SystemPager>(this) == EVICTED) {
      system.directReclaims += this.machine.evictions - before;
      system.watermarks.hasReclaimFailed = false;
      return true;
    }
    return !system.hasFailed && killOne(system);
  }

  evict(slot: u32): bool {
    const system = this.system;
    const pfn = system.policyPages.frameOf(slot);
    if (this.machine.frames.order(pfn) != 0) return splitFrame(system, pfn);
    if (system.pins.has(pfn)) return false;
    return evictFrame(system, pfn, this.machine.replacer.base.slots.isGhost(slot) ? slot : NONE);
  }

  frameOf(slot: u32): u32 {
    return this.system.policyPages.frameOf(slot);
  }

  putBack(pfn: u32): void {
    const system = this.system;
    const slot = this.machine.frames.slot(pfn);
    const content = this.machine.frames.content(pfn);
    system.policyPages.add(pfn, system.policyPages.ghostFor(slot, content, system.flags.of(pfn)), KIND_LOAD);
    this.machine.filter.reset();
  }

  /** Nothing to do: under processes, policies do not read the bits of entries. */
  @inline
  afterChoice(): void {}

  allocTable(asid: u32, level: u32): u32 {
    const machine = this.machine;
    const pfn = allocFrame<SystemPager>(this, 0, TABLE);
    if (pfn == NONE) return NONE;
    if (!machine.tables.init(pfn, level)) {
      machine.buddy.free(pfn);
      this.fail();
      return NONE;
    }
    spaceOf(this.system, asid).tablePages++;
    this.system.policyPages.updateCapacity();
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
 * A frame for a page with `content`, added to the policy and not mapped yet; NONE when no frame can be freed.
 * `marks`: PRIVATE_PAGE or 0; `ghost`: the slot under which the policy may remember the page.
 */
export function allocPage(system: System, content: u32, marks: u32, ghost: u32, kind: u32, order: u32): u32 {
  const machine = system.machine;
  const slot = system.policyPages.ghostFor(ghost, content, marks);
  system.policyPages.miss(slot, content, marks);
  const pfn = allocForPolicy<SystemPager>(changetype<SystemPager>(system), order);
  if (pfn == NONE) return NONE;
  machine.frames.clear(pfn);
  machine.frames.setContent(pfn, content);
  system.flags.set(pfn, marks);
  system.policyPages.add(pfn, slot, kind);
  return pfn;
}

/**
 * Background reclaim, called after each fault, and the evictions of a variable-space policy. After a failure the
 * background pauses until direct reclaim succeeds, like kswapd (kswapd_failures).
 */
export function balance(system: System): void {
  const machine = system.machine;
  if (!machine.limited) return;
  if (machine.replacer.isVariable) evictExpired<SystemPager>(changetype<SystemPager>(system));
  if (system.freeFrames >= system.watermarks.low || system.watermarks.hasReclaimFailed) return;
  const before = machine.evictions;
  while (system.freeFrames < system.watermarks.high && !system.watermarks.hasReclaimFailed)
    system.watermarks.hasReclaimFailed = evictOne<SystemPager>(changetype<SystemPager>(system)) != EVICTED;
  system.backgroundReclaims += machine.evictions - before;
}

/** A frame for the kernel, outside the policy and charged to no process; NONE when memory is out. */
export function allocKernelFrame(system: System, order: u32): u32 {
  const pfn = allocFrame<SystemPager>(changetype<SystemPager>(system), order, PAGE);
  if (pfn == NONE) return NONE;
  system.machine.frames.clear(pfn);
  system.policyPages.markKernel(pfn);
  return pfn;
}
