/**
 * Numbers on the positions 0 … capacity - 1, never negative: ranges are raised and lowered by one, and the first zero from
 * a position on is found. A node's lanes hold what they exceed the node's least number by, and that number is added to
 * the lane of its parent. So a number is the sum of the lanes on its path, and it is zero if all of them are. A change
 * ends where a node's least number stays as it was.
 */
import { make } from "../core/arena";
import { LANE_BITS, LANES, LaneTree } from "./lane-tree";
import { Marks } from "./marks";

@final
@unmanaged
export class Slack {
  private tree: LaneTree;

  /** All numbers 0; null when memory is out. */
  static create(capacity: u32): Slack {
    const nothing = changetype<Slack>(0);
    const slack = make<Slack>();
    if (changetype<usize>(slack) == 0) return nothing;
    slack.tree = LaneTree.create(capacity);
    return changetype<usize>(slack.tree) != 0 ? slack : nothing;
  }

  @inline
  get capacity(): u32 {
    return this.tree.capacity;
  }

  /** Reads the first level at a position to prefetch it; an arbitrary number. */
  @inline
  peek(position: u32): u32 {
    return load<u32>(this.tree.at(0, position));
  }

  /** The first position of `from` and those after it whose number is 0; there is one. */
  @inline
  firstZero(from: u32): u32 {
    const tree = this.tree;
    // Down the path of `from` while its lanes are 0: the node of `level` has a zero.
    let level = tree.top;
    while (level != 0 && load<u32>(tree.at(level, from >> (level * LANE_BITS))) == 0) level--;
    let lane = from >> (level * LANE_BITS);
    let zeros = LaneTree.atMost(tree.node(level, lane), 0) & ((<u32>~0) << (lane & (LANES - 1)));
    while (zeros == 0) {
      level++;
      lane >>= LANE_BITS;
      zeros = LaneTree.atMost(tree.node(level, lane), 0) & ((<u32>~1) << (lane & (LANES - 1)));
    }
    lane = (lane & ~(LANES - 1)) + ctz<u32>(zeros);
    while (level != 0) {
      level--;
      lane <<= LANE_BITS;
      lane += ctz<u32>(LaneTree.atMost(tree.node(level, lane), 0));
    }
    return lane;
  }

  /** Adds `by`, 1 or -1, to the positions from `from` up to but not including `to`, of which there is one. */
  add(from: u32, to: u32, by: i32): void {
    const tree = this.tree;
    let first = from;
    let last = to - 1;
    // The lanes `first` to `last` of each level: those of nodes whose least number changes.
    for (let level: u32 = 0; first <= last; level++) {
      const low = first & (LANES - 1);
      const high = last & (LANES - 1);
      const left = first >> LANE_BITS;
      const right = last >> LANE_BITS;
      if (level == tree.top) {
        Slack.addToLanes(tree.node(level, first), low, high, by, false);
        return;
      }
      if (left == right) {
        const isWhole = low == 0 && high == LANES - 1;
        if (!isWhole && !Slack.addToLanes(tree.node(level, first), low, high, by, true)) return;
        first = left;
        last = left;
        continue;
      }
      const changesLeft = low == 0 || Slack.addToLanes(tree.node(level, first), low, LANES - 1, by, true);
      const changesRight = high == LANES - 1 || Slack.addToLanes(tree.node(level, last), 0, high, by, true);
      first = changesLeft ? left : left + 1;
      last = changesRight ? right : right - 1;
    }
  }

  /**
   * Adds `by` to a node's lanes `low` to `high`. If `settles`, the node's least number is made 0 again. Returns whether it
   * changed, by `by` then.
   */
  @inline
  private static addToLanes(node: usize, low: u32, high: u32, by: i32, settles: bool): bool {
    const after = i32x4.splat(<i32>low - 1);
    const before = i32x4.splat(<i32>high + 1);
    const value = i32x4.splat(by);
    let lanes0 = Slack.sum(v128.load(node), i32x4(0, 1, 2, 3), after, before, value);
    let lanes1 = Slack.sum(v128.load(node, 16), i32x4(4, 5, 6, 7), after, before, value);
    let lanes2 = Slack.sum(v128.load(node, 32), i32x4(8, 9, 10, 11), after, before, value);
    let lanes3 = Slack.sum(v128.load(node, 48), i32x4(12, 13, 14, 15), after, before, value);
    let least: i32 = 0;
    if (settles) {
      const low = i32x4.min_s(lanes0, lanes1);
      least = <i32>LaneTree.leastOf(i32x4.min_s(low, i32x4.min_s(lanes2, lanes3)));
      if (least != 0) {
        lanes0 = i32x4.sub(lanes0, value);
        lanes1 = i32x4.sub(lanes1, value);
        lanes2 = i32x4.sub(lanes2, value);
        lanes3 = i32x4.sub(lanes3, value);
      }
    }
    v128.store(node, lanes0);
    v128.store(node, lanes1, 16);
    v128.store(node, lanes2, 32);
    v128.store(node, lanes3, 48);
    return least != 0;
  }

  @inline
  private static sum(lanes: v128, indexes: v128, after: v128, before: v128, value: v128): v128 {
    const inside = v128.and(i32x4.gt_s(indexes, after), i32x4.lt_s(indexes, before));
    return i32x4.add(lanes, v128.and(inside, value));
  }

  /**
   * Keeps the positions below `end` that are marked, the first of which is 0, and numbers them from 0 on. Each has the
   * least number up to the next one. Doubles the capacity if `grows`; false when memory is out.
   */
  compact(marks: Marks, end: u32, grows: bool): bool {
    const tree = this.tree;
    const into = grows ? LaneTree.create(tree.capacity << 1) : tree;
    if (changetype<usize>(into) == 0) return false;
    let kept: u32 = 0;
    let least: u32 = 0;
    for (let position: u32 = 0; position < end; position++) {
      const number = this.number(position);
      if (marks.isMarked(position)) {
        if (position != 0) store<u32>(into.at(0, kept++), least);
        least = number;
      } else least = min(least, number);
    }
    store<u32>(into.at(0, kept++), least);
    memory.fill(into.at(0, kept), 0, (into.capacity - kept) << 2);
    Slack.settle(into);
    this.tree = into;
    return true;
  }

  /** The number of a position. */
  number(position: u32): u32 {
    const tree = this.tree;
    let sum: u32 = 0;
    for (let level: u32 = 0; level <= tree.top; level++)
      sum += load<u32>(tree.at(level, position >> (level * LANE_BITS)));
    return sum;
  }

  /** Moves each node's least number to its parent, from the first level up, whose lanes are the numbers. */
  private static settle(tree: LaneTree): void {
    for (let level: u32 = 0; level < tree.top; level++) {
      for (let lane: u32 = 0; lane < tree.lanes(level); lane += LANES) {
        const node = tree.at(level, lane);
        const least = LaneTree.least(node);
        const less = i32x4.splat(least);
        for (let at = node; at < node + 64; at += 16) v128.store(at, i32x4.sub(v128.load(at), less));
        store<u32>(tree.at(level + 1, lane >> LANE_BITS), least);
      }
    }
  }

  /** Is true when the least lane of each node below the top is 0. */
  isValid(): bool {
    const tree = this.tree;
    for (let level: u32 = 0; level < tree.top; level++) {
      for (let lane: u32 = 0; lane < tree.lanes(level); lane += LANES) {
        if (LaneTree.least(tree.at(level, lane)) != 0) return false;
      }
    }
    return <i32>LaneTree.least(tree.node(tree.top, 0)) >= 0;
  }
}
