/**
 * Linux's multi-generational LRU, as mm/vmscan.c, mm/workingset.c and include/linux/mm_inline.h of Linux 6.14 to 6.18
 * have it for pages mapped into a process. Pages are in two to four generations, numbered by a sequence that grows:
 *
 *     min ─────────────────── max - 1 ─────── max
 *   oldest                       ^         youngest
 *     │  └─ R = 1 for the first ─┤             ^
 *     v     time; faults ────────┘             ├── R = 1 again, as the aging or the eviction finds it
 *   ghosts ── comes back to the working set ───┘
 *
 * A page whose R is found set for the first time is marked (PG_referenced), after that it joins the youngest generation
 * and is of the working set (PG_workingset). Aging, a walk of all page tables, looks at every R and begins a new
 * youngest generation; it runs when there are only two, since those are not evicted from. Eviction takes the oldest
 * generation's pages from its end.
 *
 * Tiers: pages of the working set are of tier 1 here, Linux's last; others of tier 0. A PID controller
 * (policy/refaults) compares how often pages of each come back; while tier 1 does so more often, its pages are moved on
 * to the second oldest generation instead of going.
 *
 * Lists are sorted lazily, as in Linux: the aging only writes the generation's number to the page, and the eviction
 * moves pages that it finds in a list no longer theirs.
 *
 * What is left out: the other page type (these are anonymous, not in the swap cache) and with it the choice between
 * types, the tiers between of pages read through file descriptors, looking around a page at its neighbours' R, Bloom
 * filters that spare the walk, cgroups, zones, and watermarks: every fault reclaims one page, at the default priority.
 * At most as many ghosts as frames are kept, the last ones.
 */
import { NONE } from "../abi";
import { List } from "../core/list";
import { BitPolicy } from "./contract";
import { Refaults } from "./refaults";
import { Shadows } from "./shadows";

const MIN_GENERATIONS: u64 = 2;
/** Lists: their sentinels are `count + list`; list n has the generations of sequence numbers n modulo 4. */
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
  /** Of pages that went, with `min` at that time. */
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
  miss(slot: u32): void {
    this.shadows.want(slot, this.capacity);
  }

  insert(slot: u32, kind: u32): void {
    const flags = this.slots.isGhost(slot) ? this.refault(slot) : 0;
    this.bits.enter(slot, kind);
    this.join(slot, this.max - (flags == 0 ? 1 : 0), flags);
    this.putFirst(slot);
  }

  /** lru_gen_refault: PG_workingset, if the page had it when it went and that was lately. */
  private refault(slot: u32): u32 {
    if (this.max - this.shadows.take(slot) >= MAX_GENERATIONS) return 0;
    this.refaults.count(this.tier(slot));
    return this.slots.mark(slot) & PG_WORKINGSET;
  }

  @inline
  private tier(page: u32): u32 {
    return (this.slots.mark(page) & PG_WORKINGSET) != 0 ? 1 : 0;
  }

  /** Marks the page as of a generation; it stays in its list. */
  @inline
  private join(page: u32, sequence: u64, flags: u32): void {
    this.slots.setMark(page, (<u32>sequence & GENERATION) | flags);
  }

  /** Puts the page, in no list, at the head of its generation's. */
  @inline
  private putFirst(page: u32): void {
    const slots = this.slots;
    List.insertAfter(slots.nodes, slots.count + (slots.mark(page) & GENERATION), page);
  }

  evict(): u32 {
    if (this.slots.residents == 0) return NONE;
    let page = this.takeOldest();
    while (this.sort(page)) page = this.takeOldest();
    this.refaults.countEvicted(this.tier(page));
    this.shadows.add(page, this.min, this.capacity);
    return page;
  }

  /** The page at the end of the oldest generation's list, out of it; ages where that is not to be evicted from. */
  private takeOldest(): u32 {
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

  /** sort_folio, and the check of R before the page goes: true when it is to stay, and was put where it belongs. */
  private sort(page: u32): bool {
    const slots = this.slots;
    const mark = slots.mark(page);
    if ((mark & GENERATION) == (<u32>this.min & GENERATION)) {
      if ((mark & PG_WORKINGSET) != 0 && this.refaults.protect()) {
        this.refaults.countProtected();
        this.join(page, this.min + 1, PG_WORKINGSET);
      } else if (!this.bits.takeAccessed(page)) {
        return false;
      } else if (!this.promote(page)) {
        this.join(page, this.max - 1, PG_REFERENCED);
      }
    }
    this.putFirst(page);
    return true;
  }

  /** Its R was set. From the second time on the page joins the youngest generation; false for the first time. */
  @inline
  private promote(page: u32): bool {
    const mark = this.slots.mark(page);
    if ((mark & (PG_REFERENCED | PG_WORKINGSET)) == 0) return false;
    this.join(page, this.max, PG_WORKINGSET);
    return true;
  }

  /** try_to_inc_min_seq: oldest generations without pages end, but two stay. */
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
      if (!slots.isResident(slot) || !bits.takeAccessed(slot)) continue;
      if (!this.promote(slot)) slots.setMark(slot, slots.mark(slot) | PG_REFERENCED);
    }
    this.max++;
  }

  remove(slot: u32): void {
    List.remove(this.slots.nodes, slot);
    this.slots.release(slot);
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

  /** Is the list one of a generation from `min` to `max`? */
  private isLive(list: u32): bool {
    return ((list - <u32>this.min) & GENERATION) <= <u32>(this.max - this.min);
  }
}
