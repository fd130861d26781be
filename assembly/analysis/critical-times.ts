/**
 * A time for each of the indexes 0 … count - 1, and a search for the first index whose time is not after a given one. A
 * lane holds the least time of its node.
 */
import { make } from "../core/arena";
import { LANE_BITS, LANES, LaneTree, MOST } from "./lane-tree";
import { Marks } from "./marks";

const FIRST_CAPACITY: u32 = 4096;

@final
@unmanaged
export class CriticalTimes {
  count: u32;
  private tree: LaneTree;

  /** Null when memory is out. */
  static create(): CriticalTimes {
    const nothing = changetype<CriticalTimes>(0);
    const times = make<CriticalTimes>();
    if (changetype<usize>(times) == 0) return nothing;
    times.tree = LaneTree.create(FIRST_CAPACITY);
    if (changetype<usize>(times.tree) == 0) return nothing;
    times.settle();
    return times;
  }

  @inline
  get(index: u32): u32 {
    return load<u32>(this.tree.at(0, index));
  }

  /** The first index whose time is at most `bound`; `count` if there is none. */
  @inline
  firstAtMost(bound: u32): u32 {
    const tree = this.tree;
    let lane: u32 = 0;
    for (let level = <i32>tree.top; level >= 0; level--) {
      lane <<= LANE_BITS;
      const lanes = LaneTree.atMost(tree.node(level, lane), bound);
      if (lanes == 0) return this.count;
      lane += ctz<u32>(lanes);
    }
    return lane;
  }

  /** Sets a later time for an index. */
  @inline
  postpone(index: u32, time: u32): void {
    const tree = this.tree;
    let old = this.get(index);
    store<u32>(tree.at(0, index), time);
    let lane = index;
    for (let level: u32 = 0; level < tree.top; level++) {
      const parent = tree.at(level + 1, lane >> LANE_BITS);
      if (load<u32>(parent) != old) return;
      const least = LaneTree.least(tree.node(level, lane));
      if (least == old) return;
      store<u32>(parent, least);
      lane >>= LANE_BITS;
    }
  }

  /** Adds an index, with a time that is at least as late as all others; false when memory is out. */
  add(time: u32): bool {
    if (this.count == this.tree.capacity && !this.grow()) return false;
    const tree = this.tree;
    const index = this.count++;
    for (let level: u32 = 0; level <= tree.top; level++) {
      const place = tree.at(level, index >> (level * LANE_BITS));
      if (load<u32>(place) <= time) return true;
      store<u32>(place, time);
    }
    return true;
  }

  private grow(): bool {
    const old = this.tree;
    this.tree = LaneTree.create(old.capacity << 1);
    if (changetype<usize>(this.tree) == 0) return false;
    memory.copy(this.tree.at(0, 0), old.at(0, 0), old.capacity << 2);
    this.settle();
    return true;
  }

  /** Sets the mark of each time. */
  markIn(marks: Marks): void {
    for (let index: u32 = 0; index < this.count; index++) marks.set(this.get(index));
  }

  /** Turns each time, which is marked, into the number of marks before it. */
  renumber(marks: Marks): void {
    for (let index: u32 = 0; index < this.count; index++)
      store<u32>(this.tree.at(0, index), marks.before(this.get(index)));
    this.settle();
  }

  /** Finds the least time of each node. */
  private settle(): void {
    const tree = this.tree;
    for (let index = this.count; index < tree.capacity; index++) store<u32>(tree.at(0, index), MOST);
    for (let level: u32 = 0; level < tree.top; level++) {
      for (let lane: u32 = 0; lane < tree.lanes(level); lane += LANES)
        store<u32>(tree.at(level + 1, lane >> LANE_BITS), LaneTree.least(tree.at(level, lane)));
    }
  }

  /** Is true when each lane above the first level has the least time of its node. */
  isValid(): bool {
    const tree = this.tree;
    for (let level: u32 = 0; level < tree.top; level++) {
      for (let lane: u32 = 0; lane < tree.lanes(level); lane += LANES) {
        if (load<u32>(tree.at(level + 1, lane >> LANE_BITS)) != LaneTree.least(tree.at(level, lane)))
          return false;
      }
    }
    return true;
  }
}
