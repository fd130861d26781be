/**
 * The nodes of a list in order of address, and their sizes, a second time: side by side, so that a search takes four at once
 * and a place is found by halving. The list stays as it is in the process's memory, and searches count the steps that a
 * walk along it takes; only the walk itself is spared.
 *
 *   list     head ──> 0x1000 ──> 0x5040 ──> 0x9000 ──> 0          in the process's memory
 *   nodes    │ 0x1000 │ 0x5040 │ 0x9000 │                         u64 each
 *   sizes    │   4    │  510   │   12   │ 0 │ 0 │ 0 │             u32 each, in units of 8 bytes; zeros behind the last
 *
 * A node that is lifted leaves a hole, since what is left of it mostly takes its place again.
 *
 * It is for heaps whose headers only the allocator writes: else a list may lead elsewhere than was stored there.
 */
import { NONE } from "../../abi/core";
import { allocate, copyBytes, copyOf, make } from "../../core/arena";

const UNIT_SHIFT: u64 = 3;
const MOST_BYTES: u64 = (<u64>u32.MAX_VALUE) << UNIT_SHIFT;
const FIRST_ROOM: u32 = 256;
const LANES: u32 = 4;

@final
@unmanaged
export class Mirror {
  /** Nodes, the hole among them. */
  private used: u32;
  private room: u32;
  private nodes: usize;
  private sizes: usize;
  /** The place of the lifted node; NONE: there is none. */
  private hole: u32;
  /** The place that was found last. */
  private last: u32;
  /** A node was too large, or memory is out: it may not be asked any more. */
  isLost: bool;

  /** Null when memory is out. */
  static create(): Mirror {
    const mirror = make<Mirror>();
    if (changetype<usize>(mirror) == 0) return mirror;
    mirror.hole = NONE;
    return mirror.grow() ? mirror : changetype<Mirror>(0);
  }

  /** Null when memory is out. */
  copy(): Mirror {
    const copy = copyOf<Mirror>(this);
    if (changetype<usize>(copy) == 0) return copy;
    copy.nodes = copyBytes(this.nodes, (<u64>this.room) << 3);
    copy.sizes = copyBytes(this.sizes, (<u64>(this.room + LANES)) << 2);
    return copy.nodes == 0 || copy.sizes == 0 ? changetype<Mirror>(0) : copy;
  }

  private grow(): bool {
    const room = max(FIRST_ROOM, this.room << 1);
    const nodes = allocate((<u64>room) << 3);
    const sizes = allocate((<u64>(room + LANES)) << 2);
    if (nodes == 0 || sizes == 0) return false;
    memory.copy(nodes, this.nodes, (<usize>this.used) << 3);
    memory.copy(sizes, this.sizes, (<usize>this.used) << 2);
    this.nodes = nodes;
    this.sizes = sizes;
    this.room = room;
    return true;
  }

  @inline
  private nodeAt(place: u32): usize {
    return this.nodes + ((<usize>place) << 3);
  }

  @inline
  private sizeAt(place: u32): usize {
    return this.sizes + ((<usize>place) << 2);
  }

  /** How many nodes there are. */
  count(): u32 {
    this.close();
    return this.used;
  }

  node(place: u32): u64 {
    return load<u64>(this.nodeAt(place));
  }

  bytes(place: u32): u64 {
    return (<u64>load<u32>(this.sizeAt(place))) << UNIT_SHIFT;
  }

  /** How many nodes are below `node`. */
  below(node: u64): u32 {
    this.close();
    return this.placeOf(node);
  }

  /** The place of the first node that is not below `node`. */
  private placeOf(node: u64): u32 {
    const last = this.last;
    if (last < this.used && load<u64>(this.nodeAt(last)) == node) return last;
    let low: u32 = 0;
    let high = this.used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (load<u64>(this.nodeAt(middle)) < node) low = middle + 1;
      else high = middle;
    }
    this.last = low;
    return low;
  }

  /** Closes the gap that the lifted node has left, if no node has taken it. */
  private close(): void {
    const hole = this.hole;
    if (hole == NONE) return;
    this.hole = NONE;
    const behind = --this.used - hole;
    memory.copy(this.nodeAt(hole), this.nodeAt(hole + 1), (<usize>behind) << 3);
    memory.copy(this.sizeAt(hole), this.sizeAt(hole + 1), (<usize>behind) << 2);
    store<u32>(this.sizeAt(this.used), 0);
  }

  lift(node: u64): void {
    this.close();
    this.hole = this.placeOf(node);
  }

  /** Puts the rest of the lifted node, or the node that it has become, into its gap. */
  putBack(node: u64, bytes: u64): void {
    const hole = this.hole;
    if (hole == NONE) {
      this.insert(node, bytes);
      return;
    }
    this.hole = NONE;
    this.set(hole, node, bytes);
  }

  insert(node: u64, bytes: u64): void {
    this.close();
    const place = this.placeOf(node);
    if (this.used == this.room && !this.grow()) {
      this.isLost = true;
      return;
    }
    const behind = this.used++ - place;
    memory.copy(this.nodeAt(place + 1), this.nodeAt(place), (<usize>behind) << 3);
    memory.copy(this.sizeAt(place + 1), this.sizeAt(place), (<usize>behind) << 2);
    this.set(place, node, bytes);
  }

  /** A node has changed its size. */
  resize(node: u64, bytes: u64): void {
    this.set(this.placeOf(node), node, bytes);
  }

  private set(place: u32, node: u64, bytes: u64): void {
    if (bytes > MOST_BYTES) this.isLost = true;
    store<u64>(this.nodeAt(place), node);
    store<u32>(this.sizeAt(place), <u32>(bytes >> UNIT_SHIFT));
  }

  /** The first place from `from` on with so many bytes or more; NONE: there is none. */
  firstFrom(from: u32, bytes: u64): u32 {
    this.close();
    if (bytes > MOST_BYTES) return NONE;
    const wanted = i32x4.splat(<u32>(bytes >> UNIT_SHIFT));
    for (let place = from; place < this.used; place += LANES) {
      const fits = i32x4.bitmask(i32x4.ge_u(v128.load(this.sizeAt(place)), wanted));
      if (fits != 0) return this.found(place + <u32>ctz(fits));
    }
    return NONE;
  }

  private found(place: u32): u32 {
    this.last = place;
    return place;
  }

  /** The first of the largest nodes, if it has so many bytes; NONE: there is none. */
  largest(bytes: u64): u32 {
    this.close();
    let most = i32x4.splat(0);
    for (let at = this.sizeAt(0), end = this.sizeAt(this.used); at < end; at += 16)
      most = i32x4.max_u(most, v128.load(at));
    const units = max(
      max(<u32>i32x4.extract_lane(most, 0), <u32>i32x4.extract_lane(most, 1)),
      max(<u32>i32x4.extract_lane(most, 2), <u32>i32x4.extract_lane(most, 3)),
    );
    return this.firstFrom(0, max(bytes, (<u64>units) << UNIT_SHIFT));
  }

  /** The first of the smallest nodes of so many bytes or more; NONE: there is none. */
  smallest(bytes: u64): u32 {
    this.close();
    if (bytes > MOST_BYTES) return NONE;
    const wanted = i32x4.splat(<u32>(bytes >> UNIT_SHIFT));
    const none = i32x4.splat(-1);
    let least = none;
    for (let at = this.sizeAt(0), end = this.sizeAt(this.used); at < end; at += 16) {
      const sizes = v128.load(at);
      least = i32x4.min_u(least, v128.bitselect(sizes, none, i32x4.ge_u(sizes, wanted)));
    }
    const units = min(
      min(<u32>i32x4.extract_lane(least, 0), <u32>i32x4.extract_lane(least, 1)),
      min(<u32>i32x4.extract_lane(least, 2), <u32>i32x4.extract_lane(least, 3)),
    );
    return units == NONE ? NONE : this.firstOf(units);
  }

  private firstOf(units: u32): u32 {
    const wanted = i32x4.splat(units);
    let place: u32 = 0;
    let equal = i32x4.bitmask(i32x4.eq(v128.load(this.sizes), wanted));
    while (equal == 0) {
      place += LANES;
      equal = i32x4.bitmask(i32x4.eq(v128.load(this.sizeAt(place)), wanted));
    }
    return this.found(place + <u32>ctz(equal));
  }
}
