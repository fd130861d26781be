/**
 * When to look at something whose end is not known: at equal distances, few enough to be kept, and at the end. The
 * distance begins small; when the places are full, every second moment goes and the distance doubles.
 *
 * Where it is known how many operations about there will be, the distance begins so that no moment has to go.
 *
 *   16 32 48 64 … full ──> 32 64 96 … ──> 64 128 …       from then on between half of the places and all are taken
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
  /** The last that is kept. */
  private last: u64;

  /** For `places`, an even number; the last two are for the end. Null when memory is out. */
  static create(places: u32): Moments {
    const moments = make<Moments>();
    if (changetype<usize>(moments) == 0) return moments;
    moments.most = places - 2;
    moments.distance = FIRST_DISTANCE;
    moments.due = FIRST_DISTANCE;
    return moments;
  }

  /** Sets the expected number of operations. Call it before the first one. */
  expect(operations: u64): void {
    while (operations / this.distance > <u64>this.most) this.distance <<= 1;
    this.due = this.distance;
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

  /** True if `operations`, which was due, is still a moment: the distance may have doubled. Otherwise another one is due. */
  isMoment(operations: u64): bool {
    if (operations % this.distance == 0) return true;
    this.due = (operations / this.distance + 1) * this.distance;
    return false;
  }

  /** True if `operations` is kept as the last moment. */
  isKept(operations: u64): bool {
    return this.count != 0 && this.last == operations;
  }

  /** A moment at `operations` is kept; its place. */
  add(operations: u64): u32 {
    this.due = (operations / this.distance + 1) * this.distance;
    this.last = operations;
    return this.count++;
  }
}
