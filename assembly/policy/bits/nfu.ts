/**
 * Not frequently used: at every clock tick each page's R bit is added to its counter. The victim is the page with the
 * lowest counter. Counters never decay, so a formerly frequent page stays for long. Tanenbaum and Bos, "Modern operating
 * systems" (4th edition, 2014), section 3.4.7, which continues with aging.
 *
 * Not given by the book: of equal counters the page that entered first is evicted. Counters start at 0, also for a page
 * that returns, so pages that entered since the last tick are evicted before those that a tick found requested. Counters
 * saturate at 32 bits. A tick comes every `interval` requests (0: see parts/ticks).
 */
import { CounterPolicy } from "../parts/counter-policy";

@final
@unmanaged
export class Nfu extends CounterPolicy {
  create(capacity: u32, parameters: usize): bool {
    return this.createCounters(capacity, load<f64>(parameters), 0, 0, 1);
  }
}
