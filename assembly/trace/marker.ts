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

const STORES: u32 = 12;
/** The bytes of START from the first store, four bits each, the first one lowest. */
const START: u64 = 0xd2a5_f093_e1c7;
const STOP_BYTE: u64 = 4;
const FIRST_BYTE: u64 = START & 15;
const BYTES_MASK: u64 = 15;

/** Places that are watched at a time. */
const PLACES: u32 = 4;

export const MARKER_NONE: u32 = 0;
export const MARKER_START: u32 = 1;
export const MARKER_STOP: u32 = 2;

/** A place: the address of its 16 bytes, and the number of stores that fit so far. */
const PLACE_SHIFT: usize = 4;
const PLACE_ADDRESS: usize = 0;
const PLACE_STORES: usize = 8;

@final
@unmanaged
export class Markers {
  private places: usize;
  private oldest: u32;

  static create(): Markers {
    const markers = make<Markers>();
    if (changetype<usize>(markers) == 0) return markers;
    markers.places = allocate((<u64>PLACES) << PLACE_SHIFT);
    return markers.places == 0 ? changetype<Markers>(0) : markers;
  }

  /** Takes a store of one byte. Returns the marker whose last store it is, or `MARKER_NONE`. */
  take(address: u64): u32 {
    const bytes = address & ~BYTES_MASK;
    const byte = address & BYTES_MASK;
    for (let n: u32 = 0; n < PLACES; n++) {
      const place = this.places + ((<usize>n) << PLACE_SHIFT);
      const stores = load<u64>(place, PLACE_STORES);
      if (stores == 0 || load<u64>(place, PLACE_ADDRESS) != bytes) continue;
      store<u64>(place, stores + 1, PLACE_STORES);
      const due = (START >> (stores << 2)) & BYTES_MASK;
      const isLast = stores + 1 == STORES;
      if (byte == due && !isLast) return MARKER_NONE;
      store<u64>(place, 0, PLACE_STORES);
      if (isLast && byte == due) return MARKER_START;
      if (isLast && byte == STOP_BYTE) return MARKER_STOP;
      break;
    }
    if (byte == FIRST_BYTE) this.watch(bytes);
    return MARKER_NONE;
  }

  private watch(bytes: u64): void {
    const place = this.places + ((<usize>this.oldest) << PLACE_SHIFT);
    store<u64>(place, bytes, PLACE_ADDRESS);
    store<u64>(place, 1, PLACE_STORES);
    this.oldest = (this.oldest + 1) % PLACES;
  }
}
