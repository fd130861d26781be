/**
 * Linux's active and inactive list, for mapped pages. From: mm/vmscan.c and mm/workingset.c of Linux 6.1 to 6.12.
 *
 *              refault within the active list's length
 *          ┌───────────────────────────────────────────────────┐
 *          │                                                   v
 *   fault ─┴─> inactive ── R = 1 for the second time ──>  active
 *      ^          │  ^  ^                                      │
 *      │          │  │  └──── deactivated, R = 0 or 1 ─────────┘
 *      │   R = 0  │  └─ R = 1 for the first time: another round, PG_referenced
 *      └─ ghost <─┘
 *
 * Refault distance: a clock (`nonresident_age`) counts evictions and activations, and a ghost stores its time. A page that
 * refaults after at most as many ticks as the active list has pages would have stayed as an active page, so it is
 * activated. Active pages are deactivated while the inactive list is low, active > inactive * int_sqrt(10 * GiB of both),
 * or when pages were activated by refaults since the last batch.
 *
 * What differs: there is one page type (anonymous, with swap), no extra round for executable file pages, no cgroups and
 * zones, and no watermarks: kswapd does not run ahead, every fault reclaims one page. Linux scans the lists in batches of
 * 32 pages each (SWAP_CLUSTER_MAX); here a batch is 32 pages, or a 32nd of the frames if that is less. There are at most as
 * many ghosts as frames: an older one could not be activated anyway.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";
import { Shadows } from "../parts/shadows";

/** Lists, with sentinels `count + list`. The front is the head, where pages are added; the back is scanned. */
const INACTIVE: u32 = 0;
const ACTIVE: u32 = 1;
const GHOSTS: u32 = 2;
/** Marks of resident pages: two of Linux's page flags. */
const PG_ACTIVE: u32 = 1;
const PG_REFERENCED: u32 = 2;

const CLUSTER: u32 = 32;
const PAGES_OF_GIB: u32 = 18; // as a power of two, of 4 KiB

@final
@unmanaged
export class LinuxLru extends BitPolicy {
  private inactive: u32;
  private active: u32;
  /** `nonresident_age`: evictions and activations so far. */
  private age: u64;
  /** The evicted pages, with `age` at their eviction. */
  private shadows: Shadows;
  /** Pages activated by refaults since the last batch started. */
  private refaults: u32;
  /** Inactive pages that this batch has still to scan. */
  private left: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, capacity, 3)) return false;
    this.shadows = Shadows.create(this.slots, this.slots.count + GHOSTS, capacity);
    return changetype<usize>(this.shadows) != 0;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.bits.touch(slot, kind);
  }

  @inline
  miss(slot: u32): void {
    this.shadows.request(slot, this.capacity);
  }

  insert(slot: u32, kind: u32): void {
    this.bits.enter(slot, kind);
    if (!this.slots.isGhost(slot)) this.add(INACTIVE, slot, 0);
    else this.refault(slot);
  }

  /** workingset_refault. The eviction that freed a frame for the page has already advanced `age`. */
  private refault(slot: u32): void {
    const distance = this.age - this.shadows.remove(slot);
    if (distance <= this.active) {
      this.refaults++;
      this.activate(slot);
    } else {
      this.add(INACTIVE, slot, 0);
    }
  }

  @inline
  private add(list: u32, page: u32, mark: u32): void {
    const slots = this.slots;
    List.insertAfter(slots.nodes, slots.count + list, page);
    slots.setMark(page, mark);
    if (list == ACTIVE) this.active++;
    else this.inactive++;
  }

  @inline
  private unlink(page: u32): void {
    const slots = this.slots;
    List.remove(slots.nodes, page);
    if ((slots.mark(page) & PG_ACTIVE) != 0) this.active--;
    else this.inactive--;
  }

  /**
   * shrink_lruvec: scans the end of the inactive list, alternating with batches of the active list, until a page can
   * be evicted.
   */
  evict(): u32 {
    const slots = this.slots;
    if (slots.residents == 0) return NONE;
    let page = this.scan();
    while (this.bits.testAndClearAccessed(page)) {
      const isReferenced = (slots.mark(page) & PG_REFERENCED) != 0;
      this.unlink(page);
      if (isReferenced) this.activate(page);
      else this.add(INACTIVE, page, PG_REFERENCED);
      page = this.scan();
    }
    this.unlink(page);
    this.shadows.add(page, this.age++, this.capacity);
    return page;
  }

  /** The inactive page to scan next. */
  @inline
  private scan(): u32 {
    if (this.left == 0 || this.inactive == 0) this.startBatch();
    this.left--;
    return List.back(this.slots.nodes, this.slots.count + INACTIVE);
  }

  private activate(page: u32): void {
    this.add(ACTIVE, page, PG_ACTIVE);
    this.age++;
  }

  /** prepare_scan_control and shrink_active_list. An empty inactive list is always refilled. */
  private startBatch(): void {
    const slots = this.slots;
    const turn = max(min(CLUSTER, this.capacity / CLUSTER), 1);
    const deactivates = this.isInactiveLow() || this.refaults != 0 || this.inactive == 0;
    this.refaults = 0;
    this.left = turn;
    if (!deactivates) return;
    for (let left = min(turn, this.active); left > 0; left--) {
      const page = List.back(slots.nodes, slots.count + ACTIVE);
      this.bits.testAndClearAccessed(page);
      this.unlink(page);
      this.add(INACTIVE, page, 0);
    }
  }

  private isInactiveLow(): bool {
    const gib = (this.inactive + this.active) >> PAGES_OF_GIB;
    const ratio = gib == 0 ? 1 : <u32>Math.sqrt(<f64>gib * 10);
    return <u64>this.inactive * ratio < this.active;
  }

  remove(slot: u32): void {
    this.unlink(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.active + this.inactive != slots.residents || !this.shadows.isValid()) return false;
    return this.isListValid(INACTIVE, this.inactive) && this.isListValid(ACTIVE, this.active);
  }

  /** Is true when `list` has this length and its pages have the right marks. */
  private isListValid(list: u32, length: u32): bool {
    const slots = this.slots;
    const sentinel = slots.count + list;
    if (List.length(slots.nodes, sentinel, length) != length) return false;
    for (
      let page = List.front(slots.nodes, sentinel);
      page != sentinel;
      page = List.next(slots.nodes, page)
    ) {
      if (slots.isGhost(page) || ((slots.mark(page) & PG_ACTIVE) != 0) != (list == ACTIVE)) return false;
    }
    return true;
  }
}
