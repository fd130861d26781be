/**
 * Clock: first in, first out, but a page that was requested since the hand last passed gets another round. Corbató, "A
 * paging experiment with the Multics system" (1968), also with several bits: a page then stays for as many rounds as it
 * had requests, up to 2^bits - 1.
 *
 * Differences: the bits are a counter, decremented by the hand (Corbató's shift register also drops one request per
 * round). A page enters with its bits clear, as in Multics. With `referenced=1` it enters with the first one set, as
 * hardware sets R in the access that the fault repeats, and as textbooks draw it (Silberschatz, Galvin, Gagne,
 * "Operating System Concepts", second chance).
 */
import { ClockPolicy } from "../parts/clock-policy";

@final
@unmanaged
export class Clock extends ClockPolicy {
  create(capacity: u32, parameters: usize): bool {
    const most = ((<u32>1) << (<u32>load<f64>(parameters))) - 1;
    return this.createRing(capacity, <u32>load<f64>(parameters, 8), 1, most);
  }
}
