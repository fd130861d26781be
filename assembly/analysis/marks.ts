/**
 * Marks on the positions 0 … capacity - 1, and the number of marks before a position, which gives stack distances. This is
 * the order-statistic tree of Olken ("Efficient methods for calculating the success function of fixed space replacement
 * policies", 1981), flattened: 64 positions per word, then three levels of sixteen children each. A child holds the
 * number of marks in its earlier siblings, so a query is one load per level. Clearing a mark decrements the later
 * siblings at each level, eight or four of them at once.
 *
 *   tops      u32   ├ 262,144 positions ┤├ …                marks in all tops before
 *   regions   u32   16 per top, of 16,384 positions          marks in the regions before, in the same top
 *   groups    u16   16 per region, of 1,024 positions        marks in the groups before, in the same region
 *   words     u16   16 per group, of 64 positions            marks in the words before, in the same group
 *   bits      u64   1: marked
 *
 * Every position is marked at the start, used or not: the owner uses positions in ascending order and queries only those
 * before, so using a new one costs nothing.
 */
import { allocate, make } from "../core/arena";

const WORD_SHIFT: u32 = 6;
const GROUP_SHIFT: u32 = 10;
const REGION_SHIFT: u32 = 14;
const TOP_SHIFT: u32 = 18;

@final
@unmanaged
export class Marks {
  /** A power of two, at least `MIN_POSITIONS`. */
  capacity: u32;
  private bits: usize;
  private words: usize;
  private groups: usize;
  private regions: usize;
  private tops: usize;
  /** The end of the tops, padded to a whole vector. */
  private topsEnd: usize;

  /** All positions marked; null when memory is out. */
  static create(capacity: u32): Marks {
    const nothing = changetype<Marks>(0);
    const marks = make<Marks>();
    if (changetype<usize>(marks) == 0) return nothing;
    const topBytes: u32 = max((capacity >> TOP_SHIFT) << 2, 16);
    marks.capacity = capacity;
    marks.bits = allocate(<u64>capacity >> 3);
    marks.words = allocate((<u64>capacity >> WORD_SHIFT) << 1);
    // A full set of siblings is allocated even when the capacity has fewer.
    marks.groups = allocate(max((capacity >> GROUP_SHIFT) << 1, 32));
    marks.regions = allocate(max((capacity >> REGION_SHIFT) << 2, 64));
    marks.tops = allocate(topBytes);
    marks.topsEnd = marks.tops + topBytes;
    if (marks.bits == 0 || marks.words == 0 || marks.groups == 0) return nothing;
    if (marks.regions == 0 || marks.tops == 0) return nothing;
    marks.markAll();
    return marks;
  }

  markAll(): void {
    memory.fill(this.bits, 0xff, this.capacity >> 3);
    this.count();
  }

  clearAll(): void {
    memory.fill(this.bits, 0, this.capacity >> 3);
    this.count();
  }

  /** Sets the mark of `position`. Call `count` before the next query. */
  @inline
  set(position: u32): void {
    const word = this.bits + ((position >> WORD_SHIFT) << 3);
    store<u64>(word, load<u64>(word) | ((<u64>1) << (position & 63)));
  }

  /** Counts the marks of all levels, after `set`. */
  count(): void {
    let all: u32 = 0;
    let region: u32 = 0;
    let group: u32 = 0;
    let word: u32 = 0;
    for (let n: u32 = 0; n < this.capacity >> WORD_SHIFT; n++) {
      // The first word of a group, of a region, of a top: the sums of their siblings begin again.
      if ((n & 15) == 0) {
        if ((n & 0xff) == 0) {
          if ((n & 0xfff) == 0) {
            store<u32>(this.tops + ((n >> 12) << 2), all);
            region = 0;
          }
          store<u32>(this.regions + ((n >> 8) << 2), region);
          group = 0;
        }
        store<u16>(this.groups + ((n >> 4) << 1), <u16>group);
        word = 0;
      }
      store<u16>(this.words + (n << 1), <u16>word);
      const marks = <u32>popcnt<u64>(load<u64>(this.bits + (n << 3)));
      word += marks;
      group += marks;
      region += marks;
      all += marks;
    }
  }

  /** The number of marks before `position`. Costs five independent loads. */
  @inline
  before(position: u32): u32 {
    const word = load<u64>(this.bits + ((position >> WORD_SHIFT) << 3));
    return (
      load<u32>(this.tops + ((position >> TOP_SHIFT) << 2)) +
      load<u32>(this.regions + ((position >> REGION_SHIFT) << 2)) +
      load<u16>(this.groups + ((position >> GROUP_SHIFT) << 1)) +
      load<u16>(this.words + ((position >> WORD_SHIFT) << 1)) +
      <u32>popcnt<u64>(word & (((<u64>1) << (position & 63)) - 1))
    );
  }

  @inline
  isMarked(position: u32): bool {
    return ((load<u64>(this.bits + ((position >> WORD_SHIFT) << 3)) >> (position & 63)) & 1) != 0;
  }

  /**
   * Clears the mark of `position`, which is set. Costs eight vector operations, and one more for each four tops after
   * the first.
   */
  @inline
  clear(position: u32): void {
    const word = this.bits + ((position >> WORD_SHIFT) << 3);
    store<u64>(word, load<u64>(word) ^ ((<u64>1) << (position & 63)));
    Marks.lower16(this.words, position >> WORD_SHIFT);
    Marks.lower16(this.groups, position >> GROUP_SHIFT);
    Marks.lower32(this.regions, position >> REGION_SHIFT);
    this.lowerTops(position >> TOP_SHIFT);
  }

  /** Decrements the later of sixteen u16 siblings. The lane of a later sibling compares as -1. */
  @inline
  private static lower16(base: usize, child: u32): void {
    const siblings = base + ((child & ~15) << 1);
    const index = i16x8.splat(<i16>(child & 15));
    const younger0 = i16x8.gt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), index);
    const younger1 = i16x8.gt_s(i16x8(8, 9, 10, 11, 12, 13, 14, 15), index);
    v128.store(siblings, i16x8.add(v128.load(siblings), younger0));
    v128.store(siblings, i16x8.add(v128.load(siblings, 16), younger1), 16);
  }

  @inline
  private static lower32(base: usize, child: u32): void {
    const siblings = base + ((child & ~15) << 2);
    const index = i32x4.splat(<i32>(child & 15));
    const younger0 = i32x4.gt_s(i32x4(0, 1, 2, 3), index);
    const younger1 = i32x4.gt_s(i32x4(4, 5, 6, 7), index);
    const younger2 = i32x4.gt_s(i32x4(8, 9, 10, 11), index);
    const younger3 = i32x4.gt_s(i32x4(12, 13, 14, 15), index);
    v128.store(siblings, i32x4.add(v128.load(siblings), younger0));
    v128.store(siblings, i32x4.add(v128.load(siblings, 16), younger1), 16);
    v128.store(siblings, i32x4.add(v128.load(siblings, 32), younger2), 32);
    v128.store(siblings, i32x4.add(v128.load(siblings, 48), younger3), 48);
  }

  @inline
  private lowerTops(top: u32): void {
    const end = this.topsEnd;
    let at = this.tops + ((top & ~3) << 2);
    const younger = i32x4.gt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>(top & 3)));
    v128.store(at, i32x4.add(v128.load(at), younger));
    for (at += 16; at < end; at += 16) v128.store(at, i32x4.sub(v128.load(at), i32x4.splat(1)));
  }

  /** Is true when every child holds the marks of its earlier siblings. Walks all positions. */
  isValid(): bool {
    let all: u32 = 0;
    for (let position: u32 = 0; position < this.capacity; position += 64) {
      if (this.before(position) != all) return false;
      all += <u32>popcnt<u64>(load<u64>(this.bits + (position >> 3)));
    }
    return true;
  }
}

/** The minimum capacity: one region. */
export const MIN_POSITIONS: u32 = 1 << REGION_SHIFT;
