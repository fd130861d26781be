/**
 * Linux's multi-generational LRU, for mapped pages. From: mm/vmscan.c, mm/workingset.c and include/linux/mm_inline.h of
 * Linux 6.14 to 6.18. Pages are in two to four generations, numbered by a growing sequence:
 *
 *     min ─────────────────── max - 1 ─────── max
 *   oldest                       ^         youngest
 *     │  └─ R = 1 for the first ─┤             ^
 *     v     time; faults ────────┘             ├── R = 1 again, found by aging or eviction
 *   ghosts ── refault in the working set ──────┘
 *
 * A page whose R is found set for the first time is marked (PG_referenced). The next time it joins the youngest generation
 * and the working set (PG_workingset). Aging walks all page tables, checks every R and starts a new youngest generation; it
 * runs when there are only two generations, since those are not evicted from. Eviction scans the oldest generation from its
 * end.
 *
 * Tiers: pages of the working set are in tier 1 here, Linux's last; others in tier 0. A PID controller (refaults.ts)
 * compares the refault rates of both. While tier 1's is higher, its pages are moved to the second oldest generation instead
 * of being evicted.
 *
 * Lists are sorted lazily, as in Linux: aging only writes the generation's number to the page, and eviction moves pages
 * that it finds in the wrong list.
 *
 * Differences: there is one page type (anonymous, not in the swap cache), no tiers of pages read through file descriptors,
 * no check of the neighbours' R around a page, no Bloom filters to skip parts of the walk, no cgroups and zones, and no
 * watermarks: every fault reclaims one page, at the default priority. There are at most as many ghosts as frames, the last
 * ones.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { BitPolicy } from "../contract";
import { Shadows } from "../parts/shadows";
import { Refaults } from "./refaults";

const MIN_GENERATIONS: u64 = 2;
/** Lists, with sentinels `count + list`; list n has the generations of sequence numbers n modulo 4. */
const MAX_GENERATIONS: u32 = 4;
const GHOSTS: u32 = 4;
/** A mark: the generation's list in bits 0 and 1, and two of Linux's page flags. */
const GENERATION: u32 = 3;
const PG_REFERENCED: u32 = 4;
const PG_WORKINGSET: u32 = 8;

@final
@unmanaged
export class Mglru extends BitPolicy {
  private min: u64;
  private max: u64;
  private refaults: Refaults;
  /** The evicted pages, with `min` at their eviction. */
  private shadows: Shadows;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, capacity, MAX_GENERATIONS + 1)) return false;
    this.max = MIN_GENERATIONS - 1;
    this.refaults = Refaults.create();
    this.shadows = Shadows.create(this.slots, this.slots.count + GHOSTS, capacity);
    return changetype<usize>(this.refaults) != 0 && changetype<usize>(this.shadows) != 0;
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
    const flags = this.slots.isGhost(slot) ? this.refault(slot) : 0;
    this.bits.enter(slot, kind);
    this.setGeneration(slot, this.max - (flags == 0 ? 1 : 0), flags);
    this.addToHead(slot);
  }

  /** lru_gen_refault: PG_workingset, if the page had it and was evicted recently. */
  private refault(slot: u32): u32 {
    if (this.max - this.shadows.remove(slot) >= MAX_GENERATIONS) return 0;
    this.refaults.count(this.tier(slot));
    return this.slots.mark(slot) & PG_WORKINGSET;
  }

  @inline
  private tier(page: u32): u32 {
    return (this.slots.mark(page) & PG_WORKINGSET) != 0 ? 1 : 0;
  }

  /** Sets the page's generation; it stays in its list. */
  @inline
  private setGeneration(page: u32, sequence: u64, flags: u32): void {
    this.slots.setMark(page, (<u32>sequence & GENERATION) | flags);
  }

  /** Adds the page, which is in no list, to the head of its generation's list. */
  @inline
  private addToHead(page: u32): void {
    const slots = this.slots;
    List.insertAfter(slots.nodes, slots.count + (slots.mark(page) & GENERATION), page);
  }

  evict(): u32 {
    if (this.slots.residents == 0) return NONE;
    let page = this.unlinkOldest();
    while (this.sort(page)) page = this.unlinkOldest();
    this.refaults.countEvicted(this.tier(page));
    this.shadows.add(page, this.min, this.capacity);
    return page;
  }

  /** Unlinks the page at the end of the oldest generation. Ages first when there are only two generations. */
  private unlinkOldest(): u32 {
    const slots = this.slots;
    this.advance();
    while (this.max < this.min + MIN_GENERATIONS) {
      this.age();
      this.advance();
    }
    const page = List.back(slots.nodes, slots.count + (<u32>this.min & GENERATION));
    List.remove(slots.nodes, page);
    return page;
  }

  /** sort_folio, and the check of R before eviction. True when the page stays and was moved to its generation. */
  private sort(page: u32): bool {
    const slots = this.slots;
    const mark = slots.mark(page);
    if ((mark & GENERATION) == (<u32>this.min & GENERATION)) {
      if ((mark & PG_WORKINGSET) != 0 && this.refaults.protect()) {
        this.refaults.countProtected();
        this.setGeneration(page, this.min + 1, PG_WORKINGSET);
      } else if (!this.bits.testAndClearAccessed(page)) {
        return false;
      } else if (!this.promote(page)) {
        this.setGeneration(page, this.max - 1, PG_REFERENCED);
      }
    }
    this.addToHead(page);
    return true;
  }

  /**
   * Handles a page whose R was set: from the second time on it joins the youngest generation; false for the first
   * time.
   */
  @inline
  private promote(page: u32): bool {
    const mark = this.slots.mark(page);
    if ((mark & (PG_REFERENCED | PG_WORKINGSET)) == 0) return false;
    this.setGeneration(page, this.max, PG_WORKINGSET);
    return true;
  }

  /** try_to_inc_min_seq: removes the oldest generations while they are empty, but keeps two. */
  private advance(): void {
    const slots = this.slots;
    const before = this.min;
    while (
      this.min + MIN_GENERATIONS <= this.max &&
      List.isEmpty(slots.nodes, slots.count + (<u32>this.min & GENERATION))
    ) {
      this.min++;
    }
    if (this.min != before) this.refaults.carryOver();
  }

  /** try_to_inc_max_seq, and folio_update_gen for each page whose R is set. */
  private age(): void {
    const slots = this.slots;
    const bits = this.bits;
    for (let slot: u32 = 0; slot < slots.count; slot++) {
      if (!slots.isResident(slot) || !bits.testAndClearAccessed(slot)) continue;
      if (!this.promote(slot)) slots.setMark(slot, slots.mark(slot) | PG_REFERENCED);
    }
    this.max++;
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.free(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.max < this.min + MIN_GENERATIONS - 1 || this.max >= this.min + MAX_GENERATIONS) return false;
    if (!this.shadows.isValid()) return false;
    let listed: u32 = 0;
    for (let list: u32 = 0; list < MAX_GENERATIONS; list++) {
      const sentinel = slots.count + list;
      const length = List.length(slots.nodes, sentinel, slots.residents);
      if (!this.isLive(list) && length != 0) return false;
      listed += length;
      for (
        let page = List.front(slots.nodes, sentinel);
        page != sentinel;
        page = List.next(slots.nodes, page)
      ) {
        if (!slots.isResident(page) || !this.isLive(slots.mark(page) & GENERATION)) return false;
      }
    }
    return listed == slots.residents;
  }

  /** Is true when the list belongs to a generation from `min` to `max`. */
  private isLive(list: u32): bool {
    return ((list - <u32>this.min) & GENERATION) <= <u32>(this.max - this.min);
  }
}
