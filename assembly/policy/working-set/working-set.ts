/**
 * The working set: keeps the pages requested within the last `window` requests, tau. A page is evicted as soon as it has not
 * been requested for that long, even when memory is not full. Denning, "The working set model for program behavior",
 * Communications of the ACM 11 (1968).
 *
 *   now - window < last request of the page <= now         resident
 *
 * Differences: when the working set is larger than memory, the page requested longest ago is evicted, since there is no
 * other program to suspend. `window` 0 means as many requests as frames, which never fills them.
 */
import { NONE } from "../../abi/core";
import { TimedStackPolicy } from "../parts/timed-stack-policy";

@final
@unmanaged
export class WorkingSet extends TimedStackPolicy {
  private window: u64;

  create(capacity: u32, parameters: usize): bool {
    this.window = <u64>load<f64>(parameters);
    return this.createStack(capacity);
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    this.enter(slot);
  }

  @inline
  expired(): u32 {
    const oldest = this.oldest;
    const window = this.window != 0 ? this.window : <u64>this.capacity;
    return oldest == NONE || this.now - this.time(oldest) < window ? NONE : this.evict();
  }

  isValid(): bool {
    return this.isStackValid();
  }
}
