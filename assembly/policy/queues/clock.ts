/**
 * Clock: first in, first out, but a page that was requested since the hand last passed gets another round. Corbató, "A
 * paging experiment with the Multics system" (1968), also with several bits: a page then stays for as many rounds as it
 * had requests, up to 2^bits - 1.
 *
 * What differs: the bits are a counter, decremented by the hand (Corbató's shift register also drops one request per
 * round). A page enters with its bits clear.
 */
import { ClockPolicy } from "../parts/clock-policy";

@final
@unmanaged
export class Clock extends ClockPolicy {
  create(capacity: u32, parameters: usize): bool {
    const most = ((<u32>1) << (<u32>load<f64>(parameters))) - 1;
    return this.createRing(capacity, 0, 1, most);
  }
}
