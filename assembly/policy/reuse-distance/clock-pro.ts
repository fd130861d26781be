/**
 * CLOCK-Pro: LIRS with reference bits instead of moves. Pages are hot or cold. A cold page has a test period, during which
 * it is remembered even when it is evicted, and becomes hot when it is requested. Jiang, Chen and Zhang, "CLOCK-Pro: an
 * effective improvement of the CLOCK replacement", USENIX Annual Technical Conference (2005), section 4.
 *
 *   front: inserted or moved last                                                      back
 *   ┌──────────────────────────────────────────────────────────────────────────────────────┐
 *   │ hot, cold, ghosts     HANDtest           HANDcold             HANDhot     cold, no test │
 *   └─────────────────────────│───────────────────│────────────────────│─────────────────────┘
 *                         last in test    last cold resident        last hot
 *
 * Each hand points to the last page of its kind and advances towards the front; pages that it keeps move to the front.
 * HANDhot ends the test of every cold page that it passes. Before a page that was requested in its test becomes hot, HANDhot
 * makes room for it. If the hand meets this page first, so that every hot page behind it was requested again, the page stays
 * cold and begins a new test. A test that ends with a request adds one to the frames for cold pages (`cold`); one that ends
 * without a request subtracts one. With a share `cold` above 0 their number is fixed, as in section 4.2 of the paper.
 *
 * Differences: until all but `cold` frames are full, pages enter hot, as in the author's program and in LIRS. The adaptive
 * number starts at 1 % and stays between 1 % and 99 % of the frames, and at least one is cold. HANDcold spares a page that
 * was requested after its test, which begins a new one; with `spare=0` the page is evicted, as in the author's program. A
 * request for the page requested just before sets its bit; with `repeats=0` it is a hit and nothing else, as in that program.
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { FixedPolicy } from "../contract";

/** Bits of a mark. Ghosts are cold and in test. */
const HOT: u32 = 1;
const IN_TEST: u32 = 2;
const REFERENCED: u32 = 4;

@final
@unmanaged
export class ClockPro extends FixedPolicy {
  private ring: u32; // sentinel of the list; a hand that points to it has no page
  private handHot: u32;
  private handCold: u32;
  private handTest: u32;
  private hot: u32;
  /** Target number of resident cold pages, and the share of the frames at which it is fixed; 0 if it adapts. */
  private cold: u32;
  private fixed: f64;
  /** HANDcold keeps pages that were requested after their test. */
  private spares: bool;
  /** The ghost being requested, or NONE. It stays in the list when its test ends. */
  private requested: u32;
  /** A request for the page requested just before counts. */
  private repeats: bool;
  /** The page requested last; NONE while repeats count, and when it left. */
  private last: u32;

  create(capacity: u32, parameters: usize): bool {
    if (!this.createSlots(capacity, <u64>capacity + 1, 1)) return false;
    this.ring = this.slots.count;
    this.handHot = this.ring;
    this.handCold = this.ring;
    this.handTest = this.ring;
    this.fixed = load<f64>(parameters);
    this.spares = load<f64>(parameters, 8) != 0;
    this.repeats = load<f64>(parameters, 16) != 0;
    this.adjust(0);
    this.requested = NONE;
    this.last = NONE;
    return true;
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    if (slot == this.last) return;
    if (!this.repeats) this.last = slot;
    this.slots.setMark(slot, this.slots.mark(slot) | REFERENCED);
  }

  @inline
  miss(slot: u32, _key: u64): void {
    if (this.requested != slot) this.abandon();
    this.requested = slot;
  }

  /** Frees the ghost whose request failed, if its test has ended. */
  @inline
  private abandon(): void {
    const page = this.requested;
    if (page == NONE || this.isInTest(page)) return;
    this.unlink(page);
    this.slots.free(page);
  }

  /** Runs HANDcold. */
  evict(): u32 {
    const slots = this.slots;
    if (slots.residents == 0) return NONE;
    while (true) {
      const page = this.lastCold();
      const mark = slots.mark(page);
      const isInTest = (mark & IN_TEST) != 0;
      if ((mark & REFERENCED) == 0 || !(isInTest || this.spares)) return this.evictCold(page, mark);
      if (isInTest && this.makeRoom(page)) this.promote(page);
      else if (this.spares) this.moveToFront(page, IN_TEST);
    }
  }

  /** The page at HANDcold. If all pages are hot, one becomes cold first. */
  @inline
  private lastCold(): u32 {
    const slots = this.slots;
    if (this.hot == slots.residents) this.demoteHot(NONE);
    let page = this.handCold;
    while ((slots.mark(page) & HOT) != 0 || slots.isGhost(page)) page = List.previous(slots.nodes, page);
    this.handCold = page;
    return page;
  }

  @inline
  private evictCold(victim: u32, mark: u32): u32 {
    const slots = this.slots;
    if ((mark & IN_TEST) != 0) {
      slots.remember(victim);
      while (this.ghostsInTest() > this.capacity) this.runHandTest();
    } else {
      this.unlink(victim);
      slots.free(victim);
    }
    return victim;
  }

  @inline
  private ghostsInTest(): u32 {
    const requested = this.requested;
    const hasEnded = requested != NONE && (this.slots.mark(requested) & IN_TEST) == 0;
    return this.slots.ghosts - <u32>hasEnded;
  }

  /**
   * Makes hot pages cold until another fits. False when HANDhot meets `page`, which is to become hot: its test ends.
   */
  private makeRoom(page: u32): bool {
    this.adjust(1);
    this.slots.setMark(page, IN_TEST);
    while (this.hot + this.cold >= this.capacity) {
      if (!this.isInTest(page) || !this.demoteHot(page)) return false;
    }
    return true;
  }

  /** Makes a cold page hot. */
  private promote(page: u32): void {
    this.hot++;
    this.moveToFront(page, HOT);
  }

  /** Runs HANDhot until a hot page becomes cold; false when the hand meets `page` before, or when no page is hot. */
  private demoteHot(page: u32): bool {
    while (this.hot > 0) {
      this.findHot();
      if (page != NONE && !this.isInTest(page)) return false;
      const last = this.handHot;
      if ((this.slots.mark(last) & REFERENCED) == 0) {
        this.hot--;
        this.moveToFront(last, 0);
        this.findHot();
        return true;
      }
      this.moveToFront(last, HOT);
    }
    return false;
  }

  @inline
  private isInTest(page: u32): bool {
    return (this.slots.mark(page) & IN_TEST) != 0;
  }

  /** Moves HANDhot to the last hot page, and ends the tests of the pages that it passes. */
  private findHot(): void {
    if (this.hot == 0) {
      this.handHot = this.ring;
      return;
    }
    if (this.handHot == this.ring) this.handHot = List.back(this.slots.nodes, this.ring);
    while ((this.slots.mark(this.handHot) & HOT) == 0) {
      const page = this.handHot;
      this.handHot = List.previous(this.slots.nodes, page);
      this.endTest(page);
    }
  }

  private runHandTest(): void {
    const slots = this.slots;
    let page = this.handTest;
    while ((slots.mark(page) & IN_TEST) == 0) page = List.previous(slots.nodes, page);
    this.handTest = List.previous(slots.nodes, page);
    this.endTest(page);
  }

  private endTest(page: u32): void {
    const slots = this.slots;
    const mark = slots.mark(page);
    if ((mark & IN_TEST) == 0) return;
    this.adjust((mark & REFERENCED) != 0 ? 1 : -1);
    slots.setMark(page, mark & ~IN_TEST);
    if (slots.isGhost(page) && page != this.requested) {
      this.unlink(page);
      slots.free(page);
    }
  }

  /** Adds to the target number of cold pages, within its bounds. */
  @inline
  private adjust(by: i32): void {
    const share = this.fixed > 0 ? this.fixed : 0.01;
    const least = max(<u32>(share * <f64>this.capacity), 1);
    const most = this.fixed > 0 ? least : this.capacity - min(this.capacity, least);
    this.cold = max(min(this.cold + by, most), least);
  }

  /** Moves a page to the front and sets its mark. */
  private moveToFront(page: u32, mark: u32): void {
    this.unlink(page);
    this.enter(page, mark);
  }

  /** Inserts a page at the front. Hands without a page may get it. */
  @inline
  private enter(page: u32, mark: u32): void {
    const ring = this.ring;
    this.slots.setMark(page, mark);
    List.insertAfter(this.slots.nodes, ring, page);
    if (this.handCold == ring) this.handCold = page;
    if (this.handTest == ring) this.handTest = page;
  }

  /** Unlinks a page. Hands that point to it advance. */
  @inline
  private unlink(page: u32): void {
    const next = List.previous(this.slots.nodes, page);
    if (this.handHot == page) this.handHot = next;
    if (this.handCold == page) this.handCold = next;
    if (this.handTest == page) this.handTest = next;
    List.remove(this.slots.nodes, page);
  }

  insert(slot: u32, _kind: u32): void {
    if (!this.repeats) this.last = slot;
    if (this.slots.isGhost(slot)) this.insertGhost(slot);
    else if (this.slots.residents + this.cold < this.capacity) {
      this.hot++;
      this.enter(slot, HOT);
    } else this.enter(slot, IN_TEST);
    this.findHot();
  }

  /** A ghost that is requested in its test becomes hot. One whose test ended meanwhile, or that is put back, does not. */
  private insertGhost(slot: u32): void {
    const isRequested = slot == this.requested;
    if (isRequested && this.isInTest(slot) && this.makeRoom(slot)) this.promote(slot);
    else this.moveToFront(slot, IN_TEST);
    if (isRequested) this.requested = NONE;
  }

  remove(slot: u32): void {
    if (slot == this.last) this.last = NONE;
    if ((this.slots.mark(slot) & HOT) != 0) this.hot--;
    this.unlink(slot);
    this.slots.free(slot);
    this.findHot();
  }

  isValid(): bool {
    const slots = this.slots;
    const nodes = slots.nodes;
    const pages = slots.residents + slots.ghosts;
    if (List.length(nodes, this.ring, pages) != pages) return false;
    let hot: u32 = 0;
    // From the back: before its hand, there is no page of a hand's kind.
    let coldSeen = this.handCold == this.ring;
    let testSeen = this.handTest == this.ring;
    for (let page = List.back(nodes, this.ring); page != this.ring; page = List.previous(nodes, page)) {
      const mark = slots.mark(page);
      const isHot = (mark & HOT) != 0;
      if (page == this.handCold) coldSeen = true;
      if (page == this.handTest) testSeen = true;
      if (isHot && (slots.isGhost(page) || (mark & IN_TEST) != 0)) return false;
      if (slots.isGhost(page) && (mark & IN_TEST) == 0 && page != this.requested) return false;
      if (!isHot && !slots.isGhost(page) && !coldSeen) return false;
      if ((mark & IN_TEST) != 0 && !testSeen) return false;
      if (isHot) hot++;
    }
    return hot == this.hot && coldSeen && testSeen;
  }
}
