/**
 * First in, first out: evicts the page that entered longest ago. Belady, "A study of replacement algorithms for a
 * virtual-storage computer", IBM Systems Journal 5 (1966).
 */
import { QueuePolicy } from "../parts/queue-policy";

@final
@unmanaged
export class Fifo extends QueuePolicy {
  create(capacity: u32, _parameters: usize): bool {
    this.ahead = 0;
    return this.createQueue(capacity);
  }

  @inline
  hit(_slot: u32, _kind: u32): void {}

  @inline
  evict(): u32 {
    return this.evictBack();
  }
}
