/**
 * The regions of a space, sorted by address: an array of leaves, each an array of at most 64 regions.
 *
 *   leaves ──> ┌ leaf ┬ leaf ┬ leaf ┐      leaf    0       8      16                  272
 *              └──────┴──┬───┴──────┘              ├ count ┼ gap ─┼ regions, u32 × 64 ─┤
 *                        └─> region, region, …        u32     u64
 *
 * `gap` is an upper bound of the room below each of the leaf's regions. It grows with the room, and is made exact when
 * a search finds no room in the leaf. So a search skips most leaves, and changes cost nothing. Linux has a maple tree
 * here (lib/maple_tree.c); two levels are enough for the 65,530 regions that it allows.
 */
import { VM_GROWSDOWN } from "../../abi/linux";
import { REGION_BYTES } from "../../abi/process";
import { allocate, make } from "../../core/arena";
import { DEBUG } from "../../core/checks";
import { Region } from "./region";

const LEAF_REGIONS: u32 = 64;
const GAP: usize = 8;
const FIRST: usize = 16;
const LEAF_BYTES: u32 = 16 + LEAF_REGIONS * 4;
const FIRST_LEAVES: u32 = 16;
/** Up to this many regions, a debug build checks all of them at every change. */
const MAX_CHECKED: u32 = 256;

@final
@unmanaged
export class Regions {
  count: u32;
  /** Bytes kept free below a stack (stack_guard_gap: 256 pages). */
  guardBytes: u64;
  private leaves: usize; // u32[capacity]
  private leafCount: u32;
  private capacity: u32;
  /** The upper end of the search for room. */
  private ceiling: u64;
  /** The cursor: the leaf and the position in it that `moveCursor` found last. */
  private leafIndex: u32;
  private slot: u32;
  private freeRegions: usize; // free regions, linked through their first word
  private freeLeaves: usize;

  /** Null when memory is out. */
  static create(pageShift: u32): Regions {
    const nothing = changetype<Regions>(0);
    const regions = make<Regions>();
    if (changetype<usize>(regions) == 0) return nothing;
    regions.guardBytes = (<u64>256) << pageShift;
    regions.capacity = FIRST_LEAVES;
    regions.leaves = allocate(FIRST_LEAVES << 2);
    if (regions.leaves == 0) return nothing;
    const leaf = regions.allocLeaf();
    if (leaf == 0) return nothing;
    store<u32>(regions.leaves, <u32>leaf);
    regions.leafCount = 1;
    return regions;
  }

  @inline
  private leaf(index: u32): usize {
    return load<u32>(this.leaves + ((<usize>index) << 2));
  }

  @inline
  private static region(leaf: usize, slot: u32): Region {
    return changetype<Region>(<usize>load<u32>(leaf + ((<usize>slot) << 2), FIRST));
  }

  /**
   * Moves the cursor to the lowest region that ends above `va`, or past the last one. The current position and the
   * next are tried first.
   */
  private moveCursor(va: u64): void {
    if (this.isAtCursor(va)) return;
    this.slot++;
    if (this.isAtCursor(va)) return;
    this.search(va);
  }

  /** Is true when the cursor is at the place of `va`. */
  private isAtCursor(va: u64): bool {
    const index = this.leafIndex;
    if (index >= this.leafCount) return false;
    const leaf = this.leaf(index);
    const slot = this.slot;
    const count = load<u32>(leaf);
    if (slot < count ? Regions.region(leaf, slot).end <= va : slot > count || index != this.leafCount - 1) {
      return false;
    }
    if (slot > 0) return Regions.region(leaf, slot - 1).end <= va;
    return index == 0 || this.lastOf(index - 1).end <= va;
  }

  private search(va: u64): void {
    let low: u32 = 0;
    let high = this.leafCount - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const leaf = this.leaf(middle);
      if (Regions.region(leaf, load<u32>(leaf) - 1).end > va) high = middle;
      else low = middle + 1;
    }
    const leaf = this.leaf(low);
    let first: u32 = 0;
    let end = load<u32>(leaf);
    while (first < end) {
      const middle = (first + end) >> 1;
      if (Regions.region(leaf, middle).end > va) end = middle;
      else first = middle + 1;
    }
    this.leafIndex = low;
    this.slot = first;
  }

  /** The lowest region that ends above `va`; null when there is none. */
  find(va: u64): Region {
    this.moveCursor(va);
    const leaf = this.leaf(this.leafIndex);
    return this.slot < load<u32>(leaf) ? Regions.region(leaf, this.slot) : changetype<Region>(0);
  }

  /** The region that contains `va`; null when there is none. */
  at(va: u64): Region {
    const region = this.find(va);
    return changetype<usize>(region) != 0 && region.start <= va ? region : changetype<Region>(0);
  }

  /** The region before `region`; null for the first. */
  previous(region: Region): Region {
    return this.before(region.start);
  }

  /** The region before `find(va)`: the highest that ends at or below `va`; null when there is none. */
  before(va: u64): Region {
    this.moveCursor(va);
    let leaf = this.leaf(this.leafIndex);
    let slot = this.slot;
    if (slot == 0) {
      if (this.leafIndex == 0) return changetype<Region>(0);
      leaf = this.leaf(this.leafIndex - 1);
      slot = load<u32>(leaf);
    }
    return Regions.region(leaf, slot - 1);
  }

  /** The region after `region`; null for the last. */
  next(region: Region): Region {
    return this.find(region.end);
  }

  /** Region number `index`, counted from the lowest. */
  byIndex(index: u32): Region {
    let n: u32 = 0;
    for (; index >= load<u32>(this.leaf(n)); n++) index -= load<u32>(this.leaf(n));
    return Regions.region(this.leaf(n), index);
  }

  /** The number of regions that end at or below `va`: the index of the one that contains it, or of the next above. */
  indexOf(va: u64): u32 {
    this.moveCursor(va);
    let index = this.slot;
    for (let n: u32 = 0; n < this.leafIndex; n++) index += load<u32>(this.leaf(n));
    return index;
  }

  /** Inserts a region, all other fields zero, where there is none; null when memory is out. */
  insert(start: u64, end: u64): Region {
    const region = this.allocRegion();
    if (changetype<usize>(region) == 0) return region;
    region.start = start;
    region.end = end;
    this.moveCursor(start);
    if (load<u32>(this.leaf(this.leafIndex)) == LEAF_REGIONS && !this.splitLeaf())
      return changetype<Region>(0);
    const leaf = this.leaf(this.leafIndex);
    const count = load<u32>(leaf);
    const at = leaf + FIRST + ((<usize>this.slot) << 2);
    memory.copy(at + 4, at, (<usize>(count - this.slot)) << 2);
    store<u32>(at, <u32>changetype<usize>(region));
    store<u32>(leaf, count + 1);
    this.count++;
    this.widen(region);
    if (DEBUG) assert(this.count > MAX_CHECKED || this.isValid());
    return region;
  }

  /** Removes and frees the region. */
  remove(region: Region): void {
    this.moveCursor(region.start);
    const leaf = this.leaf(this.leafIndex);
    const count = load<u32>(leaf) - 1;
    const at = leaf + FIRST + ((<usize>this.slot) << 2);
    memory.copy(at, at + 4, (<usize>(count - this.slot)) << 2);
    store<u32>(leaf, count);
    this.count--;
    const end = region.end;
    if (count == 0 && this.leafCount > 1) this.removeLeaf();
    this.freeRegion(region);
    const next = this.find(end);
    if (changetype<usize>(next) != 0) this.widen(next);
    if (DEBUG) assert(this.count > MAX_CHECKED || this.isValid());
  }

  /** Changes the region's bounds, but not its order among the others. */
  resize(region: Region, start: u64, end: u64): void {
    region.start = start;
    region.end = end;
    const next = this.next(region);
    if (changetype<usize>(next) != 0) this.widen(next);
    this.widen(region);
  }

  /** Updates the bound of the leaf: the room below `region` may have grown. */
  private widen(region: Region): void {
    const previous = this.previous(region);
    const below = changetype<usize>(previous) == 0 ? 0 : previous.end;
    this.moveCursor(region.start);
    const leaf = this.leaf(this.leafIndex);
    store<u64>(leaf, max(load<u64>(leaf, GAP), region.start - below), GAP);
  }

  /** The lowest address that the region claims: a stack's guard gap is included. */
  @inline
  startGap(region: Region): u64 {
    if (!region.has(VM_GROWSDOWN)) return region.start;
    return region.start > this.guardBytes ? region.start - this.guardBytes : 0;
  }

  /**
   * The highest place for `bytes` between `low` and `high`; 0 when there is none. When the highest room that fits is
   * right below a stack, the search continues below the stack's guard gap (vm_unmapped_area).
   */
  roomBelow(bytes: u64, low: u64, high: u64): u64 {
    this.ceiling = high;
    let above: u64 = u64.MAX_VALUE;
    for (let n = <i32>this.leafCount - 1; n >= 0; n--) {
      const leaf = this.leaf(n);
      const count = load<u32>(leaf);
      if (count == 0) break;
      const first = Regions.region(leaf, 0);
      // The room above the last region.
      if (above == u64.MAX_VALUE) {
        const place = this.placeBetween(Regions.region(leaf, count - 1).end, above, bytes, low);
        if (place != 0) return place;
      }
      above = first.start;
      if (load<u64>(leaf, GAP) < bytes) continue;
      const found = this.roomIn(leaf, n, bytes, low);
      if (found != 0) return found;
      if (above <= low) return 0;
    }
    return above == u64.MAX_VALUE ? this.placeBetween(0, above, bytes, low) : 0;
  }

  /** The highest place between two regions; 0 when there is none. */
  @inline
  private placeBetween(below: u64, above: u64, bytes: u64, low: u64): u64 {
    const top = min(this.ceiling, above);
    const bottom = max(below, low);
    return top > bottom && top - bottom >= bytes ? top - bytes : 0;
  }

  /** The highest place below one of the leaf's regions; makes the leaf's bound exact when there is none. */
  private roomIn(leaf: usize, index: u32, bytes: u64, low: u64): u64 {
    let largest: u64 = 0;
    for (let slot = load<u32>(leaf); slot > 0; slot--) {
      const region = Regions.region(leaf, slot - 1);
      let below: u64 = 0;
      if (slot > 1) below = Regions.region(leaf, slot - 2).end;
      else if (index > 0) below = this.lastOf(index - 1).end;
      largest = max(largest, region.start - below);
      let place = this.placeBetween(below, region.start, bytes, low);
      if (place == 0) continue;
      const guard = this.startGap(region);
      if (guard >= place + bytes) return place;
      this.ceiling = guard;
      place = this.placeBetween(below, region.start, bytes, low);
      if (place != 0) return place;
    }
    store<u64>(leaf, largest, GAP);
    return 0;
  }

  private lastOf(index: u32): Region {
    const leaf = this.leaf(index);
    return Regions.region(leaf, load<u32>(leaf) - 1);
  }

  /** The lowest place for `bytes` between `low` and `high`; 0 when there is none. */
  roomAbove(bytes: u64, low: u64, high: u64): u64 {
    let bottom = low;
    while (bottom + bytes <= high) {
      const region = this.find(bottom);
      if (changetype<usize>(region) == 0) return bottom;
      const top = this.startGap(region);
      if (top > bottom && top - bottom >= bytes) return bottom;
      bottom = region.end;
    }
    return 0;
  }

  private allocRegion(): Region {
    let region = this.freeRegions;
    if (region == 0) return changetype<Region>(allocate(REGION_BYTES));
    this.freeRegions = load<usize>(region);
    memory.fill(region, 0, REGION_BYTES);
    return changetype<Region>(region);
  }

  private freeRegion(region: Region): void {
    store<usize>(changetype<usize>(region), this.freeRegions);
    this.freeRegions = changetype<usize>(region);
  }

  private allocLeaf(): usize {
    const leaf = this.freeLeaves;
    if (leaf == 0) return allocate(LEAF_BYTES);
    this.freeLeaves = load<usize>(leaf);
    return leaf;
  }

  /** Splits the leaf at the cursor in halves and adjusts the cursor; false when memory is out. */
  private splitLeaf(): bool {
    const upper = this.allocLeaf();
    if (upper == 0 || (this.leafCount == this.capacity && !this.grow())) return false;
    const lower = this.leaf(this.leafIndex);
    const half: u32 = LEAF_REGIONS / 2;
    memory.copy(upper + FIRST, lower + FIRST + ((<usize>half) << 2), (<usize>half) << 2);
    store<u32>(lower, half);
    store<u32>(upper, half);
    store<u64>(upper, load<u64>(lower, GAP), GAP);
    const at = this.leaves + ((<usize>this.leafIndex + 1) << 2);
    memory.copy(at + 4, at, (<usize>(this.leafCount - this.leafIndex - 1)) << 2);
    store<u32>(at, <u32>upper);
    this.leafCount++;
    if (this.slot > half) {
      this.leafIndex++;
      this.slot -= half;
    }
    return true;
  }

  private grow(): bool {
    const leaves = allocate((<u64>this.capacity) << 3);
    if (leaves == 0) return false;
    memory.copy(leaves, this.leaves, (<usize>this.capacity) << 2);
    this.leaves = leaves;
    this.capacity <<= 1;
    return true;
  }

  /** Removes and frees the leaf at the cursor, which is empty. */
  private removeLeaf(): void {
    const leaf = this.leaf(this.leafIndex);
    store<usize>(leaf, this.freeLeaves);
    this.freeLeaves = leaf;
    const at = this.leaves + ((<usize>this.leafIndex) << 2);
    this.leafCount--;
    memory.copy(at, at + 4, (<usize>(this.leafCount - this.leafIndex)) << 2);
  }

  /** Is true when the regions are sorted, disjoint and not empty, and no room is larger than its leaf's bound. */
  isValid(): bool {
    let end: u64 = 0;
    let count: u32 = 0;
    for (let n: u32 = 0; n < this.leafCount; n++) {
      const leaf = this.leaf(n);
      if (load<u32>(leaf) == 0 && this.leafCount > 1) return false;
      for (let slot: u32 = 0; slot < load<u32>(leaf); slot++) {
        const region = Regions.region(leaf, slot);
        if (region.start < end || region.end <= region.start) return false;
        if (region.start - end > load<u64>(leaf, GAP)) return false;
        end = region.end;
        count++;
      }
    }
    return count == this.count;
  }
}
