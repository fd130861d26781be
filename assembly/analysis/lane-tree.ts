/**
 * A tree of numbers, u32, whose nodes have sixteen lanes: one cache line, four vectors. Each lane of a level above the
 * first belongs to a node of the level below. Its meaning is the owner's, such as the least number in that node.
 *
 *   level 2   ├ 16 ┤                          one node at the top
 *   level 1   ├ 16 ┤├ 16 ┤ …                  capacity / 16 lanes
 *   level 0   ├ 16 ┤├ 16 ┤├ 16 ┤├ 16 ┤ …      capacity lanes
 *
 * Numbers are at most `MOST`, so that they compare as signed ones.
 */
import { allocate, make } from "../core/arena";

export const LANES: u32 = 16;
export const LANE_BITS: u32 = 4;
/** The greatest number, and the padding of a top that has fewer lanes than a node. */
export const MOST: u32 = 0x7fffffff;

const MOST_LEVELS: usize = 8;

@final
@unmanaged
export class LaneTree {
  /** Lanes of the first level: a power of two, at least `LANES`. */
  capacity: u32;
  /** The level of the only node that has no parent. */
  top: u32;
  private levelCount: u32;
  /** The address of each level, u32[MOST_LEVELS]. */
  private levels: usize;

  /** All lanes 0, the padding `MOST`; null when memory is out. */
  static create(capacity: u32): LaneTree {
    const nothing = changetype<LaneTree>(0);
    const tree = make<LaneTree>();
    if (changetype<usize>(tree) == 0) return nothing;
    tree.capacity = capacity;
    tree.levels = allocate(MOST_LEVELS << 2);
    if (tree.levels == 0) return nothing;
    let lanes = capacity;
    for (; lanes > LANES; lanes >>= LANE_BITS) if (!tree.addLevel(lanes)) return nothing;
    return tree.addLevel(lanes) ? tree : nothing;
  }

  private addLevel(lanes: u32): bool {
    const address = allocate((<u64>max(lanes, LANES)) << 2);
    if (address == 0) return false;
    for (let lane = lanes; lane < LANES; lane++) store<u32>(address + ((<usize>lane) << 2), MOST);
    this.top = this.levelCount++;
    store<u32>(this.levels + ((<usize>this.top) << 2), <u32>address);
    return true;
  }

  /** The address of a lane. */
  @inline
  at(level: u32, lane: u32): usize {
    return <usize>load<u32>(this.levels + ((<usize>level) << 2)) + ((<usize>lane) << 2);
  }

  /** The address of the node that has this lane. */
  @inline
  node(level: u32, lane: u32): usize {
    return this.at(level, lane & ~(LANES - 1));
  }

  /** The number of lanes of a level, without padding. */
  @inline
  lanes(level: u32): u32 {
    return this.capacity >> (level * LANE_BITS);
  }

  /** The least number of a node. */
  @inline
  static least(node: usize): u32 {
    const low = i32x4.min_s(v128.load(node), v128.load(node, 16));
    const high = i32x4.min_s(v128.load(node, 32), v128.load(node, 48));
    return LaneTree.leastOf(i32x4.min_s(low, high));
  }

  @inline
  static leastOf(lanes: v128): u32 {
    const pairs = i32x4.min_s(lanes, v128.shuffle<u32>(lanes, lanes, 2, 3, 0, 1));
    return min(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1));
  }

  /** The lanes of a node with a number of at most `bound`, a bit each. */
  @inline
  static atMost(node: usize, bound: u32): u32 {
    const limit = i32x4.splat(bound);
    return (
      i32x4.bitmask(i32x4.le_s(v128.load(node), limit)) |
      (i32x4.bitmask(i32x4.le_s(v128.load(node, 16), limit)) << 4) |
      (i32x4.bitmask(i32x4.le_s(v128.load(node, 32), limit)) << 8) |
      (i32x4.bitmask(i32x4.le_s(v128.load(node, 48), limit)) << 12)
    );
  }
}
