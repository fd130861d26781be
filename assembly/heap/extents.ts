/** The ranges that an allocator has from the system, in order of address, for walks over its heap. */
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";

const START: usize = 0;
const END: usize = 8;
const KIND: usize = 16;
const BYTES: u32 = 24;

@final
@unmanaged
export class Extents {
  private ranges: Chunks;

  /** Null when memory is out. */
  static create(): Extents {
    const nothing = changetype<Extents>(0);
    const extents = make<Extents>();
    if (changetype<usize>(extents) == 0) return nothing;
    extents.ranges = Chunks.create(BYTES);
    return changetype<usize>(extents.ranges) == 0 ? nothing : extents;
  }

  /** Another with the same ranges; null when memory is out. */
  copy(): Extents {
    const copy = make<Extents>();
    if (changetype<usize>(copy) == 0) return copy;
    copy.ranges = this.ranges.copy();
    return changetype<usize>(copy.ranges) == 0 ? changetype<Extents>(0) : copy;
  }

  get count(): u32 {
    return this.ranges.count;
  }

  @inline
  start(index: u32): u64 {
    return load<u64>(this.ranges.at(index), START);
  }

  @inline
  end(index: u32): u64 {
    return load<u64>(this.ranges.at(index), END);
  }

  @inline
  kind(index: u32): u32 {
    return load<u32>(this.ranges.at(index), KIND);
  }

  /** Adds a range; what follows another of its kind becomes one with it. False when memory is out. */
  add(start: u64, bytes: u64, kind: u32): bool {
    const place = this.placeOf(start);
    if (place != 0 && this.end(place - 1) == start && this.kind(place - 1) == kind) {
      store<u64>(this.ranges.at(place - 1), start + bytes, END);
      return true;
    }
    if (!this.ranges.add()) return false;
    for (let n = this.ranges.count - 1; n > place; n--)
      memory.copy(this.ranges.at(n), this.ranges.at(n - 1), BYTES);
    const range = this.ranges.at(place);
    store<u64>(range, start, START);
    store<u64>(range, start + bytes, END);
    store<u32>(range, kind, KIND);
    return true;
  }

  /** The first range that ends behind `address`; `count`: none does. */
  from(address: u64): u32 {
    let index: u32 = 0;
    while (index < this.count && this.end(index) <= address) index++;
    return index;
  }

  private placeOf(start: u64): u32 {
    let place = this.ranges.count;
    while (place != 0 && this.start(place - 1) > start) place--;
    return place;
  }
}
