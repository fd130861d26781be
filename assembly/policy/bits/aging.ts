/**
 * Aging: at every clock tick each page's counter is shifted right and its R bit becomes the top bit, so that the counter
 * records in which of the last ticks the page was requested. The victim is the page with the lowest counter. Tanenbaum
 * and Bos, "Modern operating systems" (4th edition, 2014), section 3.4.7.
 *
 *   tick    counter of 8 bits                 R
 *    n      1 0 1 1 0 0 0 0   <── shifted ──  1     requested in ticks n, n-2, n-3
 *
 * Not given by the book: of equal counters the page that entered first is evicted. A page enters with the top bit set,
 * as if a tick had just found it requested; with 0 it would be the next victim. A tick comes every `interval` requests (0:
 * see parts/ticks).
 */
import { CounterPolicy } from "../parts/counter-policy";

@final
@unmanaged
export class Aging extends CounterPolicy {
  create(capacity: u32, parameters: usize): bool {
    const topBit = (<u32>1) << (<u32>load<f64>(parameters) - 1);
    return this.createCounters(capacity, load<f64>(parameters, 8), topBit, 1, topBit);
  }
}
