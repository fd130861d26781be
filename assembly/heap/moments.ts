/**
 * When to look at something whose end is not known: at equal distances, few enough to be kept. The distance begins small;
 * when the places are full, every second moment goes and the distance doubles.
 *
 *   16 32 48 64 … full ──> 32 64 96 … ──> 64 128 …       at the end between half of the places and all are taken
 */
import { make } from "../core/arena";

const FIRST_DISTANCE: u64 = 16;

@final
@unmanaged
export class Moments {
  /** The count of operations at which the next moment is. */
  due: u64;
  /** Moments that are kept. */
  count: u32;
  private most: u32;
  private distance: u64;

  /** At most `most` moments, an even number. Null when memory is out. */
  static create(most: u32): Moments {
    const moments = make<Moments>();
    if (changetype<usize>(moments) == 0) return moments;
    moments.most = most;
    moments.distance = FIRST_DISTANCE;
    moments.due = FIRST_DISTANCE;
    return moments;
  }

  @inline
  get areFull(): bool {
    return this.count == this.most;
  }

  /** Every second moment is gone, from the first on: what was kept of number 2n + 1 is to be kept at n. */
  thin(): void {
    this.count >>= 1;
    this.distance <<= 1;
  }

  /** A moment at `operations` is kept; its place. Not where they are full. */
  add(operations: u64): u32 {
    // What is kept last may be an end, at no distance.
    this.due = (operations / this.distance + 1) * this.distance;
    return this.count++;
  }
}
