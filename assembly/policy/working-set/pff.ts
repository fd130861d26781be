/**
 * Page fault frequency: when more than `threshold` requests lie between two faults, the resident set is too large, and the
 * pages not requested in between are evicted; otherwise the fault only adds its page. Chu and Opderbeck, "The page fault
 * frequency replacement algorithm", AFIPS Fall Joint Computer Conference (1972); "Program behavior and the page fault
 * frequency replacement algorithm", Computer 9 (1976).
 *
 *   fault ──── t > threshold ──── fault      keeps the pages requested between the two, and the new page
 *   fault ── t <= threshold ── fault         keeps all pages, and the new page
 *
 * Differences: when memory is full, the page requested longest ago is evicted. `threshold` 0 means as many requests as
 * frames.
 */
import { NONE } from "../../abi/core";
import { TimedStackPolicy } from "../parts/timed-stack-policy";

@final
@unmanaged
export class Pff extends TimedStackPolicy {
  private threshold: u64;
  private lastFault: u64;
  /** Pages whose last request is older are evicted. */
  private keepFrom: u64;

  create(capacity: u32, parameters: usize): bool {
    this.threshold = <u64>load<f64>(parameters);
    return this.createStack(capacity);
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.enter(slot);
    const threshold = this.threshold != 0 ? this.threshold : <u64>this.capacity;
    if (this.now - this.lastFault > threshold) this.keepFrom = this.lastFault;
    this.lastFault = this.now;
  }

  @inline
  expired(): u32 {
    const oldest = this.oldest;
    return oldest == NONE || this.time(oldest) >= this.keepFrom ? NONE : this.evict();
  }

  isValid(): bool {
    return this.keepFrom <= this.lastFault && this.lastFault <= this.now && this.isStackValid();
  }
}
