/**
 * Linux's multi-generational LRU, as mm/vmscan.c of Linux 6.1 to 6.12 has it for pages mapped into a process
 * (Documentation/mm/multigen_lru.rst). Pages are in two to four generations, numbered by a sequence that grows:
 *
 *     min                                  max
 *   oldest <─── generation ───────── youngest
 *     │  │                               ^  ^
 *     v  └── R = 1 when it was to go ────┘  └── faults, and what the aging finds requested
 *   ghosts
 *
 * Aging, a walk of all page tables: pages whose R is set join the youngest generation, R is cleared, and a new
 * youngest one begins. It runs when there are only two generations; with three, also when the youngest has more than
 * half of the pages or the oldest less than a quarter. Eviction takes the oldest generation's pages from its end.
 *
 * Tiers: a page that comes back while the generation that it went from is still the oldest is of tier 1, others are
 * of tier 0. A PID controller (policy/refaults) compares how often pages of each come back; as long as tier 1 does so
 * more often, its pages are moved on to the second oldest generation instead of going. Once.
 *
 * Lists are sorted lazily, as in Linux: the aging only writes the generation's number to the page, and the eviction
 * moves pages that it finds in a list no longer theirs.
 *
 * What is left out: the other page type (these are anonymous, with swap) and with it the choice between types, tiers
 * of pages read through file descriptors, looking around a page that is kept at its neighbours' R, Bloom filters that
 * spare the walk, cgroups, zones, and watermarks: every fault reclaims one page. At most as many ghosts as frames.
 */
import { NONE } from "../abi";
import { allocate } from "../core/arena";
import { List } from "../core/list";
import { BitPolicy } from "./contract";
import { Refaults } from "./refaults";

const MIN_GENERATIONS: u64 = 2;
/** Lists: their sentinels are `count + list`; list n has the generations of sequence numbers n modulo 4. */
const GENERATIONS: u32 = 4;
const GHOSTS: u32 = 4;
/** A mark: the generation's list in bits 0 and 1, the tier in bit 2. */
const GENERATION: u32 = 3;
const TIER_SHIFT: u32 = 2;

@final
@unmanaged
export class Mglru extends BitPolicy {
  private min: u64;
  private max: u64;
  private refaults: Refaults;
  /** Pages marked as of each generation, u32[GENERATIONS]. */
  private sizes: usize;
  /** `min` when each ghost was evicted, u64 by slot. */
  private tokens: usize;
  /** Most ghosts. */
  private memory: u32;
  /** The ghost whose page has been asked for last: not to be forgotten before it comes in. */
  private wanted: u32;

  create(capacity: u32, _parameters: usize): bool {
    if (!this.createSlotsAndBits(capacity, capacity, GENERATIONS + 1)) return false;
    this.memory = capacity;
    this.wanted = NONE;
    this.max = MIN_GENERATIONS - 1;
    this.refaults = Refaults.create();
    this.sizes = allocate(GENERATIONS << 2);
    this.tokens = allocate((<u64>this.slots.count) << 3);
    return changetype<usize>(this.refaults) != 0 && this.sizes != 0 && this.tokens != 0;
  }

  @inline
  hit(slot: u32, kind: u32): void {
    this.bits.touch(slot, kind);
  }

  @inline
  miss(slot: u32): void {
    this.wanted = slot;
    this.forget(this.memory);
  }

  insert(slot: u32, kind: u32): void {
    const slots = this.slots;
    let tier: u32 = 0;
    if (slots.isGhost(slot)) {
      List.remove(slots.nodes, slot);
      if (load<u64>(this.tokens + ((<usize>slot) << 3)) == this.min) {
        this.refaults.count(slots.mark(slot) >> TIER_SHIFT);
        tier = 1;
      }
    }
    this.bits.enter(slot, kind);
    this.join(slot, this.max, tier);
    this.putFirst(slot);
  }

  @inline
  private size(list: u32): u32 {
    return load<u32>(this.sizes + ((<usize>list) << 2));
  }

  @inline
  private resize(list: u32, by: i32): void {
    const at = this.sizes + ((<usize>list) << 2);
    store<u32>(at, load<u32>(at) + by);
  }

  /** Marks the page as of a generation; it stays in its list. */
  @inline
  private join(page: u32, sequence: u64, tier: u32): void {
    const list = <u32>sequence & GENERATION;
    this.resize(list, 1);
    this.slots.setMark(page, list | (tier << TIER_SHIFT));
  }

  @inline
  private quit(page: u32): void {
    this.resize(this.slots.mark(page) & GENERATION, -1);
  }

  /** Puts the page, in no list, at the head of its generation's. */
  @inline
  private putFirst(page: u32): void {
    const slots = this.slots;
    List.insertAfter(slots.nodes, slots.count + (slots.mark(page) & GENERATION), page);
  }

  evict(): u32 {
    if (this.slots.residents == 0) return NONE;
    this.advance();
    if (this.isUneven()) this.age();
    let page = this.takeOldest();
    while (this.sort(page)) page = this.takeOldest();
    return this.shadow(page);
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
    if ((mark & GENERATION) != (<u32>this.min & GENERATION)) {
      this.putFirst(page);
      return true;
    }
    if (mark >> TIER_SHIFT != 0 && this.refaults.protect()) {
      this.refaults.countProtected();
      this.quit(page);
      this.join(page, this.min + 1, 0);
      const sentinel = slots.count + (<u32>(this.min + 1) & GENERATION);
      List.insertAfter(slots.nodes, List.back(slots.nodes, sentinel), page);
      return true;
    }
    if (!this.bits.takeAccessed(page)) return false;
    this.quit(page);
    this.join(page, this.max, 0);
    this.putFirst(page);
    return true;
  }

  /** lru_gen_eviction. */
  private shadow(page: u32): u32 {
    const slots = this.slots;
    this.quit(page);
    this.refaults.countEvicted(slots.mark(page) >> TIER_SHIFT);
    store<u64>(this.tokens + ((<usize>page) << 3), this.min);
    this.forget(this.memory - 1);
    List.insertAfter(slots.nodes, slots.count + GHOSTS, page);
    slots.remember(page);
    return page;
  }

  /** Leaves at most so many ghosts, and the one that is wanted. */
  private forget(most: u32): void {
    const slots = this.slots;
    while (slots.ghosts > most) {
      const sentinel = slots.count + GHOSTS;
      let oldest = List.back(slots.nodes, sentinel);
      if (oldest == this.wanted) oldest = List.previous(slots.nodes, oldest);
      if (oldest == sentinel) return;
      List.remove(slots.nodes, oldest);
      slots.release(oldest);
    }
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

  /** should_run_aging where there are three generations. */
  private isUneven(): bool {
    if (this.min + MIN_GENERATIONS != this.max) return false;
    const total = <u64>this.slots.residents;
    const young = <u64>this.size(<u32>this.max & GENERATION);
    const old = <u64>this.size(<u32>this.min & GENERATION);
    return young * MIN_GENERATIONS > total || old * (MIN_GENERATIONS + 2) < total;
  }

  /** try_to_inc_max_seq. */
  private age(): void {
    const slots = this.slots;
    const bits = this.bits;
    for (let slot: u32 = 0; slot < slots.count; slot++) {
      if (!slots.isResident(slot) || !bits.takeAccessed(slot)) continue;
      this.quit(slot);
      this.join(slot, this.max, 0);
    }
    this.max++;
  }

  remove(slot: u32): void {
    this.quit(slot);
    List.remove(this.slots.nodes, slot);
    this.slots.release(slot);
  }

  isValid(): bool {
    const slots = this.slots;
    if (this.max < this.min + MIN_GENERATIONS - 1 || this.max >= this.min + GENERATIONS) return false;
    if (!this.refaults.isValid() || slots.ghosts > this.memory + 1) return false;
    if (List.length(slots.nodes, slots.count + GHOSTS, slots.ghosts) != slots.ghosts) return false;
    let marked: u32 = 0;
    let listed: u32 = 0;
    for (let list: u32 = 0; list < GENERATIONS; list++) {
      const sentinel = slots.count + list;
      const length = List.length(slots.nodes, sentinel, slots.residents);
      if (!this.isLive(list) && (length != 0 || this.size(list) != 0)) return false;
      marked += this.size(list);
      listed += length;
      for (
        let page = List.front(slots.nodes, sentinel);
        page != sentinel;
        page = List.next(slots.nodes, page)
      ) {
        if (!slots.isResident(page) || !this.isLive(slots.mark(page) & GENERATION)) return false;
      }
    }
    return marked == slots.residents && listed == slots.residents;
  }

  /** Is the list one of a generation from `min` to `max`? */
  private isLive(list: u32): bool {
    return ((list - <u32>this.min) & GENERATION) <= <u32>(this.max - this.min);
  }
}
