/**
 * One TLB: sets of ways, indexed by the low bits of the virtual page number (of the entry's own page size). The class
 * also serves as a paging-structure cache, which is fully associative.
 *
 *   set ──>  way 0           way 1                          an entry, 16 bytes
 *          ┌ tag ┬ data ┐  ┌ tag ┬ data ┐  …                tag   key of the page (mmu/key); bit 0: D is already set in
 *                                                                 the page table. 0: empty
 *    63                          8 7      0                 data
 *   ├─────────── pfn ─────────────┼ flags ─┤                flags: READ, WRITE, EXECUTE, USER
 *
 * Under `lru` and `fifo` a set is kept in order, the youngest in way 0, so comparing way 0 alone finds most hits. Under
 * `plru` and `random` entries keep their ways. Empty ways come last in an ordered set, and are filled first in any set.
 *
 * plru is the tree of Intel's and Arm's manuals: one bit per node, which points to the half used longer ago.
 * random is seeded.
 */
import { TLB_ENTRY, TLB_FIFO, TLB_LRU, TLB_PLRU, TLB_RANDOM } from "../abi/mmu";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Rng } from "../core/rng";
import { DIRTY_KEY, Key } from "./key";

const ENTRY: u32 = TLB_ENTRY;
const DATA: usize = 8;
const FRAME_SHIFT: u32 = 8;

@final
@unmanaged
export class Tlb {
  lookups: u64;
  misses: u64;
  entries: usize;
  setMask: u32;
  setBytes: u32;
  sets: u32;
  ways: u32;
  replacement: u32;
  private trees: usize; // u64[sets]: node n's children are 2n and 2n + 1, the root 1
  private random: Rng;

  /** `sets` is a power of two; null when memory is out. */
  static create(sets: u32, ways: u32, replacement: u32, seed: u32): Tlb {
    const nothing = changetype<Tlb>(0);
    const tlb = make<Tlb>();
    if (changetype<usize>(tlb) == 0) return nothing;
    tlb.sets = sets;
    tlb.ways = ways;
    tlb.setMask = sets - 1;
    tlb.setBytes = ways * ENTRY;
    tlb.replacement = replacement;
    tlb.entries = allocate(<u64>sets * tlb.setBytes);
    if (tlb.entries == 0) return nothing;
    if (replacement == TLB_PLRU) tlb.trees = allocate((<u64>sets) << 3);
    if (replacement == TLB_PLRU && tlb.trees == 0) return nothing;
    if (replacement != TLB_RANDOM) return tlb;
    tlb.random = make<Rng>();
    if (changetype<usize>(tlb.random) == 0) return nothing;
    tlb.random.seed(seed);
    return tlb;
  }

  /** The address of the set of `key`. */
  @inline
  set(key: u64): usize {
    return this.entries + (<u32>Key.vpn(key) & this.setMask) * this.setBytes;
  }

  /** The entry in way `index % ways` of set `index / ways`. */
  @inline
  entry(index: u32): usize {
    return this.entries + index * ENTRY;
  }

  @inline
  static pfn(entry: usize): u32 {
    return <u32>(load<u64>(entry, DATA) >> FRAME_SHIFT);
  }

  @inline
  static flags(entry: usize): u32 {
    return <u32>load<u8>(entry, DATA);
  }

  @inline
  static data(pfn: u32, flags: u32): u64 {
    return ((<u64>pfn) << FRAME_SHIFT) | flags;
  }

  @inline
  static isDirty(entry: usize): bool {
    return (load<u8>(entry) & DIRTY_KEY) != 0;
  }

  @inline
  static setDirty(entry: usize): void {
    store<u8>(entry, load<u8>(entry) | <u8>DIRTY_KEY);
  }

  @inline
  private static matches(entry: usize, key: u64): bool {
    return (load<u64>(entry) & ~DIRTY_KEY) == key;
  }

  /** The entry of `key`, which becomes the one used last; 0 when there is none. Costs one compare when way 0 has it. */
  @inline
  touch(key: u64): usize {
    const set = this.set(key);
    if (Tlb.matches(set, key) && this.replacement != TLB_PLRU) return set;
    return this.search(set, key);
  }

  private search(set: usize, key: u64): usize {
    const end = set + this.setBytes;
    for (let entry = set; entry < end; entry += ENTRY) {
      if (!Tlb.matches(entry, key)) continue;
      if (this.replacement == TLB_LRU) {
        Tlb.moveToFront(set, entry);
        return set;
      }
      if (this.replacement == TLB_PLRU) this.updateTree(set, entry);
      return entry;
    }
    return 0;
  }

  /** The entry of `key`, without a change to the order of use; 0 when there is none. */
  find(key: u64): usize {
    const set = this.set(key);
    for (let entry = set; entry < set + this.setBytes; entry += ENTRY) {
      if (Tlb.matches(entry, key)) return entry;
    }
    return 0;
  }

  /** Inserts a translation that is not there; its entry. */
  fill(key: u64, dirty: bool, pfn: u32, flags: u32): usize {
    const set = this.set(key);
    let entry = set;
    if (this.replacement == TLB_LRU || this.replacement == TLB_FIFO) {
      Tlb.shiftWays(set, set + this.setBytes - ENTRY);
    } else {
      entry = this.victim(set);
    }
    store<u64>(entry, key | <u64>dirty);
    store<u64>(entry, Tlb.data(pfn, flags), DATA);
    if (this.replacement == TLB_PLRU) this.updateTree(set, entry);
    if (DEBUG) assert(this.isSetValid(set));
    return entry;
  }

  /** Drops the translation of `key`. */
  flush(key: u64): void {
    const entry = this.find(key);
    if (entry != 0) this.remove(this.set(key), entry);
  }

  flushAll(): void {
    memory.fill(this.entries, 0, this.sets * this.setBytes);
  }

  private remove(set: usize, entry: usize): void {
    const last = set + this.setBytes - ENTRY;
    if (this.replacement == TLB_LRU || this.replacement == TLB_FIFO) {
      for (; entry < last; entry += ENTRY) v128.store(entry, v128.load(entry, ENTRY));
    }
    v128.store(entry, i64x2.splat(0));
    if (DEBUG) assert(this.isSetValid(set));
  }

  @inline
  static moveToFront(set: usize, entry: usize): void {
    const found = v128.load(entry);
    Tlb.shiftWays(set, entry);
    v128.store(set, found);
  }

  /** Moves the ways before `hole` down by one, so that way 0 is free. */
  @inline
  private static shiftWays(set: usize, hole: usize): void {
    for (; hole > set; hole -= ENTRY) v128.store(hole, v128.load(hole - ENTRY));
  }

  /** The way to overwrite under `plru` and `random`. */
  private victim(set: usize): usize {
    const end = set + this.setBytes;
    for (let entry = set; entry < end; entry += ENTRY) if (load<u64>(entry) == 0) return entry;
    if (this.replacement == TLB_RANDOM) return set + <u32>this.random.below(this.ways) * ENTRY;
    const tree = load<u64>(this.tree(set));
    let node: u32 = 1;
    while (node < this.ways) node = (node << 1) | <u32>((tree >> node) & 1);
    return set + (node - this.ways) * ENTRY;
  }

  @inline
  private tree(set: usize): usize {
    return this.trees + (((set - this.entries) / this.setBytes) << 3);
  }

  /** Points every node on the path to `entry` to the other half. */
  private updateTree(set: usize, entry: usize): void {
    const place = this.tree(set);
    let tree = load<u64>(place);
    for (let node = <u32>((entry - set) / ENTRY) + this.ways; node > 1; node >>= 1) {
      const bit = (<u64>1) << (node >> 1);
      tree = node & 1 ? tree & ~bit : tree | bit;
    }
    store<u64>(place, tree);
  }

  private isSetValid(set: usize): bool {
    const end = set + this.setBytes;
    const ordered = this.replacement == TLB_LRU || this.replacement == TLB_FIFO;
    for (let entry = set; entry < end; entry += ENTRY) {
      const tag = load<u64>(entry);
      if (tag == 0) {
        if (ordered && entry + ENTRY < end && load<u64>(entry, ENTRY) != 0) return false;
        continue;
      }
      if (this.set(tag) != set || Key.level(tag) == 0) return false;
      for (let other = entry + ENTRY; other < end; other += ENTRY) {
        if (Tlb.matches(other, tag & ~DIRTY_KEY)) return false;
      }
    }
    return true;
  }

  /** Is true when each entry is in its own set once, and the empty ways of ordered sets come last. */
  isValid(): bool {
    const end = this.entries + this.sets * this.setBytes;
    for (let set = this.entries; set < end; set += this.setBytes) if (!this.isSetValid(set)) return false;
    return this.misses <= this.lookups;
  }
}
