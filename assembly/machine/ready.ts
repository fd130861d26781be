/**
 * A page block's dictionary, made ready for the TLBs of level 1. A touch whose page is there changes nothing but the
 * order of use in its set, and that order is asked for only when something in the set is missing. So the loop only
 * notes when each symbol was touched last; `order` brings a set up to date before anything else happens to it.
 *
 *   symbol ──> 0            8       12      16
 *              ├ wanted tag ┼─ set ─┼─ TLB ─┤     wanted: the page's key, with D; NEVER: not aimed
 *                  u64         u32     u32        set, TLB: addresses; no TLB: not aimed
 *
 *   homes      u32 by symbol: number of the set, fetch sets before data sets; NONE: not aimed
 *   present    u8 by symbol: 1 while level 1 has the page
 *   last       u32 by symbol: when it was touched last, from 1; 0: not since its set was ordered
 *
 * The symbols of each set are chained, since a miss changes what is present of its set:
 *
 *   heads[home] ──> symbol ──> next[symbol] ──> … NONE
 *
 * Replaying only the last touch of each page, in their order, leaves any TLB as all touches would: true LRU by
 * definition, a tree because each of its nodes points away from the last touch below it, and the others because hits
 * do not change them.
 *
 * Where misses are many or sets large, walking chains costs more than it saves: `isWorthIt` says so, and from then on
 * the block's touches go to the TLBs one by one (`touch`), as do those of the next few blocks.
 *
 * Whether an entry has D is not asked: a symbol that writes takes the long way once a block, which sets D in the page
 * table, and there it stays, since nothing is evicted.
 */
import { NONE, SIDE_DATA, SIDE_FETCH, TLB_ENTRY, TLB_LRU, TLB_PLRU } from "../abi";
import { allocate, make } from "../core/arena";
import { DIRTY_KEY, Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { Tlbs } from "../mmu/tlbs";

export const READY_BYTES: usize = 16;
const SET: usize = 8;
const TLB: usize = 12;
/** A tag that no entry has, with D or without. */
const NEVER: u64 = 0xfffffffffffffff0;
/** Blocks in which no account is kept after one in which it did not pay. */
const PAUSE: u32 = 15;
/** Entries of chains and sets looked at for free in a block, beside one a touch. */
const FREE_WORK: u64 = 65536;

@final
@unmanaged
export class Ready {
  /** u8 by symbol. */
  present: usize;
  /** What is drawn above, by symbol. */
  entries: usize;
  last: usize;
  /** Are `last` and `present` kept in this block? */
  isKept: bool;
  private work: u64;
  private pause: u32;
  private next: usize; // u32 by symbol
  private heads: usize; // u32 by home
  private homeCount: u32;
  private homes: usize;
  private room: u32;
  private fetch: Tlb;
  private data: Tlb;
  /** One of them has to hear of each touch, wherever the page is. */
  hasTree: bool;

  /** For the first level of `tlbs`, which is split; null when memory is out. */
  static create(tlbs: Tlbs): Ready {
    const nothing = changetype<Ready>(0);
    const ready = make<Ready>();
    if (changetype<usize>(ready) == 0) return nothing;
    ready.fetch = tlbs.at(SIDE_FETCH, 1, 1);
    ready.data = tlbs.at(SIDE_DATA, 1, 1);
    ready.hasTree = ready.fetch.replacement == TLB_PLRU || ready.data.replacement == TLB_PLRU;
    ready.homeCount = ready.fetch.sets + ready.data.sets;
    ready.heads = allocate((<u64>ready.homeCount) << 2);
    return ready.heads == 0 ? nothing : ready;
  }

  /** Begins a block of `entries` symbols, none of them aimed yet; false when memory is out. */
  begin(entries: u32): bool {
    if (entries > this.room && !this.grow(entries)) return false;
    this.isKept = this.pause == 0;
    if (this.pause > 0) this.pause--;
    this.work = 0;
    memory.fill(this.heads, 0xff, (<usize>this.homeCount) << 2);
    memory.fill(this.present, 0, entries);
    memory.fill(this.last, 0, (<usize>entries) << 2);
    memory.fill(this.homes, 0xff, (<usize>entries) << 2);
    for (let symbol: u32 = 0; symbol < entries; symbol++) {
      store<u64>(this.at(symbol), NEVER);
      store<u32>(this.at(symbol), <u32>this.fetch.entries, SET);
      store<u32>(this.at(symbol), 0, TLB);
    }
    return true;
  }

  private grow(entries: u32): bool {
    const room = max(entries, this.room << 1);
    this.entries = allocate(<u64>room * READY_BYTES);
    this.last = allocate((<u64>room) << 2);
    this.homes = allocate((<u64>room) << 2);
    this.next = allocate((<u64>room) << 2);
    this.present = allocate(room);
    this.room = room;
    return this.entries != 0 && this.last != 0 && this.homes != 0 && this.next != 0 && this.present != 0;
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
  private tlb(home: u32): Tlb {
    return home < this.fetch.sets ? this.fetch : this.data;
  }

  /** The number of the set where level 1 has `key`. */
  home(side: u32, key: u64): u32 {
    const tlb = side == SIDE_FETCH ? this.fetch : this.data;
    return (side == SIDE_FETCH ? 0 : this.fetch.sets) + (<u32>Key.vpn(key) & tlb.setMask);
  }

  /** `symbol` stands for the page with `key` from now on. */
  aim(symbol: u32, side: u32, key: u64): void {
    const home = this.home(side, key);
    const entry = this.at(symbol);
    store<u64>(entry, key | DIRTY_KEY);
    const place = this.homes + ((<usize>symbol) << 2);
    if (load<u32>(place) == home) return;
    this.unchain(symbol, load<u32>(place));
    store<u32>(place, home);
    const tlb = this.tlb(home);
    store<u32>(entry, <u32>tlb.set(key), SET);
    store<u32>(entry, <u32>changetype<usize>(tlb), TLB);
    const head = this.heads + ((<usize>home) << 2);
    store<u32>(this.next + ((<usize>symbol) << 2), load<u32>(head));
    store<u32>(head, symbol);
  }

  private unchain(symbol: u32, home: u32): void {
    if (home == NONE) return;
    let link = this.heads + ((<usize>home) << 2);
    while (load<u32>(link) != symbol) link = this.next + ((<usize>load<u32>(link)) << 2);
    store<u32>(link, load<u32>(this.next + ((<usize>symbol) << 2)));
  }

  /** After `touches`: has it paid to keep account so far? Once it has not, every set is in order and stays so. */
  isWorthIt(touches: u32): bool {
    if (this.isKept && this.work > touches + FREE_WORK) {
      this.orderAll();
      this.isKept = false;
      this.pause = PAUSE;
    }
    return this.isKept;
  }

  /** Is the page of the symbol at `entry` in way 0 of its set? */
  @inline
  static isFirst(entry: usize): bool {
    return (load<u64>(<usize>load<u32>(entry, SET)) | DIRTY_KEY) == load<u64>(entry);
  }

  /** Touches the page of the symbol at `entry`, which is not in way 0 of an ordered set; false when it is not there, or the symbol not aimed. */
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

  /** The touch number `now` is of `symbol`, whose page is present. */
  @inline
  static note(last: usize, symbol: u32, now: u32): void {
    store<u32>(last + ((<usize>symbol) << 2), now);
  }

  /** Brings a set into the order in which its pages were touched. */
  order(home: u32): void {
    const tlb = this.tlb(home);
    const ordered = tlb.replacement == TLB_LRU || tlb.replacement == TLB_PLRU;
    let oldest = this.oldest(home);
    while (oldest != NONE) {
      if (ordered) tlb.touch(this.key(oldest));
      Ready.note(this.last, oldest, 0);
      oldest = this.oldest(home);
    }
  }

  orderAll(): void {
    for (let home: u32 = 0; home < this.homeCount; home++) this.order(home);
  }

  /** Of the symbols of a set that were touched since it was ordered, the one that was touched first; NONE: none was. */
  private oldest(home: u32): u32 {
    let oldest = NONE;
    let least = u32.MAX_VALUE;
    let symbol = load<u32>(this.heads + ((<usize>home) << 2));
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

  /** A set has changed: which of its pages are there now? */
  refresh(home: u32): void {
    const tlb = this.tlb(home);
    let symbol = load<u32>(this.heads + ((<usize>home) << 2));
    while (symbol != NONE) {
      this.work += tlb.ways;
      const found = tlb.find(this.key(symbol));
      store<u8>(this.present + symbol, <u8>(found != 0));
      symbol = load<u32>(this.next + ((<usize>symbol) << 2));
    }
  }

  refreshAll(): void {
    for (let home: u32 = 0; home < this.homeCount; home++) this.refresh(home);
  }
}
