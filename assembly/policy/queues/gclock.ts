/**
 * GCLOCK, the generalised clock: each page has a counter that requests increment and the hand decrements as it passes. The
 * first page found at 0 is evicted. Smith, "Sequentiality and prefetching in database systems", ACM Transactions on
 * Database Systems 3 (1978); analysed by Nicola, Dan and Dias, "Analysis of the generalized clock buffer replacement
 * scheme for database transaction processing", SIGMETRICS (1992).
 *
 *   enters: initial        requested: + step, up to `most`        the hand passes: - 1
 *
 * Differences: counters are bounded by `most`; without a bound a page requested a thousand times would delay the hand for
 * a thousand rounds. The defaults are PostgreSQL's (1 and 5, see its buffer/README). `initial=0,most=1` is clock, and
 * `initial=0,most=3` is clock with two bits.
 */
import { ClockPolicy } from "../parts/clock-policy";

@final
@unmanaged
export class Gclock extends ClockPolicy {
  create(capacity: u32, parameters: usize): bool {
    const initial = <u32>load<f64>(parameters);
    const step = <u32>load<f64>(parameters, 8);
    const most = <u32>load<f64>(parameters, 16);
    return this.createRing(capacity, initial, step, most);
  }
}
