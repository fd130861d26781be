/**
 * Finds the markers of include/pagewalk.h among a program's stores. A marker is twelve stores of one byte each, to 16
 * aligned bytes, in an order that no other code has. Every recorder sees stores, on every architecture; loads whose
 * value is not used are none for valgrind.
 *
 *   n-th store   0  1  2  3  4  5  6  7  8  9 10 11
 *   its byte     7 12  1 14  3  9  0 15  5 10  2 13   START
 *                                                4    STOP
 *
 * Stores of other threads may lie between them, so a few places where a marker may have begun are watched at a time.
 */
import { allocate, make } from "../core/arena";

const STORES: u64 = 12;
/** The bytes of START from the first store, four bits each, the first one lowest. */
const START: u64 = 0xd2a5_f093_e1c7;
const STOP_BYTE: u64 = 4;
const FIRST_BYTE: u64 = START & 15;
const BYTES_MASK: u64 = 15;

/** Places that are watched at a time. */
const PLACES: usize = 4;

export const MARKER_NONE: u32 = 0;
export const MARKER_START: u32 = 1;
export const MARKER_STOP: u32 = 2;

/** A place: the address of its 16 bytes, and the number of stores that fit so far. */
const PLACE_BYTES: usize = 16;
const PLACE_ADDRESS: usize = 0;
const PLACE_STORES: usize = 8;

@final
@unmanaged
export class Markers {
  private places: usize;

  static create(): Markers {
    const markers = make<Markers>();
    if (changetype<usize>(markers) == 0) return markers;
    markers.places = allocate(PLACES * PLACE_BYTES);
    return markers.places == 0 ? changetype<Markers>(0) : markers;
  }

  /** Takes a store of one byte. Returns the marker whose last store it is, or `MARKER_NONE`. */
  take(address: u64): u32 {
    const bytes = address & ~BYTES_MASK;
    const byte = address & BYTES_MASK;
    const place = this.find(bytes);
    const stores = place == 0 ? 0 : load<u64>(place, PLACE_STORES);
    if (place != 0) {
      const isLast = stores + 1 == STORES;
      if (byte == ((START >> (stores << 2)) & BYTES_MASK)) {
        store<u64>(place, isLast ? 0 : stores + 1, PLACE_STORES);
        return isLast ? MARKER_START : MARKER_NONE;
      }
      store<u64>(place, 0, PLACE_STORES);
      if (isLast && byte == STOP_BYTE) return MARKER_STOP;
    }
    if (byte == FIRST_BYTE) this.watch(place == 0 ? this.leastLikely() : place, bytes);
    return MARKER_NONE;
  }

  /** The watched place of these bytes; 0 if they are not watched. */
  private find(bytes: u64): usize {
    for (let place = this.places; place < this.end; place += PLACE_BYTES) {
      if (load<u64>(place, PLACE_STORES) > 0 && load<u64>(place, PLACE_ADDRESS) == bytes) return place;
    }
    return 0;
  }

  /** The place where the fewest stores fit. */
  private leastLikely(): usize {
    let least = this.places;
    for (let place = least + PLACE_BYTES; place < this.end; place += PLACE_BYTES) {
      if (load<u64>(place, PLACE_STORES) < load<u64>(least, PLACE_STORES)) least = place;
    }
    return least;
  }

  private watch(place: usize, bytes: u64): void {
    store<u64>(place, bytes, PLACE_ADDRESS);
    store<u64>(place, 1, PLACE_STORES);
  }

  private get end(): usize {
    return this.places + PLACES * PLACE_BYTES;
  }
}
