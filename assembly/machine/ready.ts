/**
 * A page block's dictionary, with the state of its pages in the TLBs of level 1. A touch of a page that level 1 has
 * changes only the order of use in its set, and that order matters only when a lookup in the set misses. So the loop
 * only records when each symbol was touched last, and `order` updates a set before anything else changes it.
 *
 *   symbol ──> 0            8       12      16
 *              ├ wanted tag ┼─ set ─┼─ TLB ─┤     wanted: the page's key, with D; NEVER: not bound
 *                  u64         u32     u32        set, TLB: addresses; no TLB: not bound
 *
 *   setNumbers u32 by symbol: number of its set, fetch sets before data sets; NONE: not bound
 *   present    u8 by symbol: 1 while level 1 has the page
 *   last       u32 by symbol: when it was touched last, from 1; 0: not since its set was ordered
 *
 * The symbols of each set are chained, since a miss changes which of them are present:
 *
 *   heads[set] ──> symbol ──> next[symbol] ──> … NONE
 *
 * Replaying only the last touch of each page, in order, leaves any TLB in the same state as all touches: true LRU by
 * definition, a PLRU tree because each node points away from the last touch below it, and the others because hits do
 * not change them.
 *
 * With many misses or large sets, walking chains costs more than it saves. Then `paysOff` turns false, and the touches
 * of this block and of the next few look up the TLBs one by one (`touch`).
 *
 * D is not compared: the first touch of a writing symbol in a block goes through the machine, which sets D in the page
 * table, and D stays set, since nothing is evicted.
 */
import { NONE, SIDE_DATA, SIDE_FETCH } from "../abi/core";
import { TLB_ENTRY, TLB_LRU, TLB_PLRU } from "../abi/mmu";
import { allocate, make } from "../core/arena";
import { DIRTY_KEY, Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { Tlbs } from "../mmu/tlbs";

export const READY_BYTES: usize = 16;
const SET: usize = 8;
const TLB: usize = 12;
/** A tag that no entry has, with D or without. */
const NEVER: u64 = 0xfffffffffffffff0;
/** Blocks without tracking after one in which tracking did not pay off. */
const PAUSE: u32 = 15;
/** Entries of chains and sets that a block may visit, in addition to one per touch, before tracking stops. */
const FREE_WORK: u64 = 65536;

@final
@unmanaged
export class Ready {
  /** u8 by symbol. */
  present: usize;
  /** The entries drawn above, by symbol. */
  entries: usize;
  last: usize;
  /** Is true while `last` and `present` are maintained in this block. */
  isTracking: bool;
  private work: u64;
  private pause: u32;
  private next: usize; // u32 by symbol
  private heads: usize; // u32 by set number
  private setCount: u32;
  private setNumbers: usize;
  private capacity: u32;
  private fetch: Tlb;
  private data: Tlb;
  /** One of the TLBs uses tree PLRU, which every touch must reach, even of way 0. */
  hasTree: bool;

  /** For the first level of `tlbs`, which is split by side; null when memory is out. */
  static create(tlbs: Tlbs): Ready {
    const nothing = changetype<Ready>(0);
    const ready = make<Ready>();
    if (changetype<usize>(ready) == 0) return nothing;
    ready.fetch = tlbs.at(SIDE_FETCH, 1, 1);
    ready.data = tlbs.at(SIDE_DATA, 1, 1);
    ready.hasTree = ready.fetch.replacement == TLB_PLRU || ready.data.replacement == TLB_PLRU;
    ready.setCount = ready.fetch.sets + ready.data.sets;
    ready.heads = allocate((<u64>ready.setCount) << 2);
    return ready.heads == 0 ? nothing : ready;
  }

  /** Starts a block of `entries` symbols, none bound yet; false when memory is out. */
  begin(entries: u32): bool {
    if (entries > this.capacity && !this.grow(entries)) return false;
    this.isTracking = this.pause == 0;
    if (this.pause > 0) this.pause--;
    this.work = 0;
    memory.fill(this.heads, 0xff, (<usize>this.setCount) << 2);
    memory.fill(this.present, 0, entries);
    memory.fill(this.last, 0, (<usize>entries) << 2);
    memory.fill(this.setNumbers, 0xff, (<usize>entries) << 2);
    for (let symbol: u32 = 0; symbol < entries; symbol++) {
      store<u64>(this.at(symbol), NEVER);
      store<u32>(this.at(symbol), <u32>this.fetch.entries, SET);
      store<u32>(this.at(symbol), 0, TLB);
    }
    return true;
  }

  private grow(entries: u32): bool {
    const capacity = max(entries, this.capacity << 1);
    this.entries = allocate(<u64>capacity * READY_BYTES);
    this.last = allocate((<u64>capacity) << 2);
    this.setNumbers = allocate((<u64>capacity) << 2);
    this.next = allocate((<u64>capacity) << 2);
    this.present = allocate(capacity);
    this.capacity = capacity;
    return this.entries != 0 && this.last != 0 && this.setNumbers != 0 && this.next != 0 && this.present != 0;
  }

  @inline
  private at(symbol: u32): usize {
    return this.entries + <usize>symbol * READY_BYTES;
  }

  @inline
  private key(symbol: u32): u64 {
    return load<u64>(this.at(symbol)) & ~DIRTY_KEY;
  }

  @inline
  private tlb(number: u32): Tlb {
    return number < this.fetch.sets ? this.fetch : this.data;
  }

  /** The number of the set where level 1 holds `key`. */
  setNumber(side: u32, key: u64): u32 {
    const tlb = side == SIDE_FETCH ? this.fetch : this.data;
    return (side == SIDE_FETCH ? 0 : this.fetch.sets) + (<u32>Key.vpn(key) & tlb.setMask);
  }

  /** Binds `symbol` to the page with `key`. */
  bind(symbol: u32, side: u32, key: u64): void {
    const number = this.setNumber(side, key);
    const entry = this.at(symbol);
    store<u64>(entry, key | DIRTY_KEY);
    const place = this.setNumbers + ((<usize>symbol) << 2);
    if (load<u32>(place) == number) return;
    this.unlink(symbol, load<u32>(place));
    store<u32>(place, number);
    const tlb = this.tlb(number);
    store<u32>(entry, <u32>tlb.set(key), SET);
    store<u32>(entry, <u32>changetype<usize>(tlb), TLB);
    const head = this.heads + ((<usize>number) << 2);
    store<u32>(this.next + ((<usize>symbol) << 2), load<u32>(head));
    store<u32>(head, symbol);
  }

  private unlink(symbol: u32, number: u32): void {
    if (number == NONE) return;
    let link = this.heads + ((<usize>number) << 2);
    while (load<u32>(link) != symbol) link = this.next + ((<usize>load<u32>(link)) << 2);
    store<u32>(link, load<u32>(this.next + ((<usize>symbol) << 2)));
  }

  /** After `touches`: is true while tracking saves work. When it does not, all sets are ordered and tracking stops. */
  paysOff(touches: u32): bool {
    if (this.isTracking && this.work > touches + FREE_WORK) {
      this.orderAll();
      this.isTracking = false;
      this.pause = PAUSE;
    }
    return this.isTracking;
  }

  /** Is true when the page of the symbol at `entry` is in way 0 of its set. */
  @inline
  static isFirst(entry: usize): bool {
    return (load<u64>(<usize>load<u32>(entry, SET)) | DIRTY_KEY) == load<u64>(entry);
  }

  /**
   * Touches the page of the symbol at `entry`, which is not in way 0 of an ordered set; false when level 1 does not
   * have it or the symbol is not bound.
   */
  static touch(entry: usize): bool {
    const tlb = changetype<Tlb>(<usize>load<u32>(entry, TLB));
    if (changetype<usize>(tlb) == 0) return false;
    const wanted = load<u64>(entry);
    if (tlb.replacement != TLB_LRU) return tlb.touch(wanted & ~DIRTY_KEY) != 0;
    const set = <usize>load<u32>(entry, SET);
    const end = set + tlb.setBytes;
    for (let way = set + TLB_ENTRY; way < end; way += TLB_ENTRY) {
      if ((load<u64>(way) | DIRTY_KEY) != wanted) continue;
      Tlb.moveToFront(set, way);
      return true;
    }
    return false;
  }

  /** Records touch number `now`, of `symbol`, whose page is present. */
  @inline
  static recordTouch(last: usize, symbol: u32, now: u32): void {
    store<u32>(last + ((<usize>symbol) << 2), now);
  }

  /** Replays the last touches of a set's pages, in order. */
  order(number: u32): void {
    const tlb = this.tlb(number);
    const ordered = tlb.replacement == TLB_LRU || tlb.replacement == TLB_PLRU;
    let oldest = this.oldest(number);
    while (oldest != NONE) {
      if (ordered) tlb.touch(this.key(oldest));
      Ready.recordTouch(this.last, oldest, 0);
      oldest = this.oldest(number);
    }
  }

  orderAll(): void {
    for (let number: u32 = 0; number < this.setCount; number++) this.order(number);
  }

  /** Of the symbols of a set touched since it was ordered, the one touched first; NONE for none. */
  private oldest(number: u32): u32 {
    let oldest = NONE;
    let least = u32.MAX_VALUE;
    let symbol = load<u32>(this.heads + ((<usize>number) << 2));
    while (symbol != NONE) {
      this.work++;
      const last = load<u32>(this.last + ((<usize>symbol) << 2));
      if (last - 1 < least) {
        least = last - 1;
        oldest = symbol;
      }
      symbol = load<u32>(this.next + ((<usize>symbol) << 2));
    }
    return oldest;
  }

  /** Updates which of a set's pages are present, after a change of the set. */
  refresh(number: u32): void {
    const tlb = this.tlb(number);
    let symbol = load<u32>(this.heads + ((<usize>number) << 2));
    while (symbol != NONE) {
      this.work += tlb.ways;
      const found = tlb.find(this.key(symbol));
      store<u8>(this.present + symbol, <u8>(found != 0));
      symbol = load<u32>(this.next + ((<usize>symbol) << 2));
    }
  }

  refreshAll(): void {
    for (let number: u32 = 0; number < this.setCount; number++) this.refresh(number);
  }
}
