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
 * or when pages were activated by refaults since the last batch. PG_referenced is set when R is found set, and survives
 * activation and deactivation: `folio_check_references` sets it in both cases, `shrink_active_list` leaves it. So a page that
 * was activated for its R bit is activated again for one R bit after it was deactivated.
 *
 * Differences: there is one page type (anonymous, with swap), no extra round for executable file pages, no cgroups and
 * zones, and no watermarks: kswapd does not run ahead, every fault reclaims one page. Linux scans the lists in batches of
 * 32 pages each (SWAP_CLUSTER_MAX); here a batch is 32 pages, or a 32nd of the frames if that is less. There are at most as
 * many ghosts as frames: an older one could not be activated anyway.
 */
import { NONE } from "../../abi/core";
import { BitPolicy } from "../contract";
import { Shadows } from "../parts/shadows";
import { SlotList } from "../parts/slot-list";

/** Numbers of lists. The front is the head, where pages are added; the back is scanned. */
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
  private inactive: SlotList;
  private active: SlotList;
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
    this.inactive = SlotList.create(this.slots, INACTIVE);
    this.active = SlotList.create(this.slots, ACTIVE);
    this.shadows = Shadows.create(this.slots, this.slots.count + GHOSTS, capacity);
    if (changetype<usize>(this.inactive) == 0 || changetype<usize>(this.active) == 0) return false;
    return changetype<usize>(this.shadows) != 0;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.bits.touch(slot, kind);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    this.shadows.request(slot, this.capacity);
  }

  insert(slot: u32, kind: u32): void {
    this.bits.enter(slot, kind);
    if (!this.slots.isGhost(slot)) this.add(this.inactive, slot, 0);
    else this.refault(slot);
  }

  /** workingset_refault. The eviction that freed a frame for the page has already advanced `age`. */
  private refault(slot: u32): void {
    const distance = this.age - this.shadows.remove(slot);
    if (distance <= this.active.length) {
      this.refaults++;
      this.activate(slot, 0);
    } else {
      this.add(this.inactive, slot, 0);
    }
  }

  @inline
  private add(list: SlotList, page: u32, mark: u32): void {
    list.push(page);
    this.slots.setMark(page, mark);
  }

  @inline
  private unlink(page: u32): void {
    if ((this.slots.mark(page) & PG_ACTIVE) != 0) this.active.remove(page);
    else this.inactive.remove(page);
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
      if (isReferenced) this.activate(page, PG_REFERENCED);
      else this.add(this.inactive, page, PG_REFERENCED);
      page = this.scan();
    }
    this.unlink(page);
    this.shadows.add(page, this.age++, this.capacity);
    return page;
  }

  /** The inactive page to scan next. */
  @inline
  private scan(): u32 {
    if (this.left == 0 || this.inactive.length == 0) this.startBatch();
    this.left--;
    return this.inactive.back;
  }

  /** `referenced`: PG_REFERENCED or 0. */
  private activate(page: u32, referenced: u32): void {
    this.add(this.active, page, PG_ACTIVE | referenced);
    this.age++;
  }

  /** prepare_scan_control and shrink_active_list. An empty inactive list is always refilled. */
  private startBatch(): void {
    const turn = max(min(CLUSTER, this.capacity / CLUSTER), 1);
    const deactivates = this.isInactiveLow() || this.refaults != 0 || this.inactive.length == 0;
    this.refaults = 0;
    this.left = turn;
    if (!deactivates) return;
    for (let left = min(turn, this.active.length); left > 0; left--) {
      const page = this.active.pop();
      this.bits.testAndClearAccessed(page);
      this.add(this.inactive, page, this.slots.mark(page) & PG_REFERENCED);
    }
  }

  private isInactiveLow(): bool {
    const gib = (this.inactive.length + this.active.length) >> PAGES_OF_GIB;
    const ratio = gib == 0 ? 1 : <u32>Math.sqrt(<f64>gib * 10);
    return <u64>this.inactive.length * ratio < this.active.length;
  }

  remove(slot: u32): void {
    this.unlink(slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    return (
      this.active.length + this.inactive.length == slots.residents &&
      this.shadows.isValid() &&
      this.inactive.isValid(slots, PG_ACTIVE, 0, false) &&
      this.active.isValid(slots, PG_ACTIVE, PG_ACTIVE, false)
    );
  }
}
