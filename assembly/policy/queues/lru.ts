/**
 * Least recently used: evicts the page whose last request lies furthest back. Mattson, Gecsei, Slutz and Traiger,
 * "Evaluation techniques for storage hierarchies", IBM Systems Journal 9 (1970).
 */
import { QueuePolicy } from "../parts/queue-policy";

@final
@unmanaged
export class Lru extends QueuePolicy {
  create(capacity: u32, _parameters: usize): bool {
    return this.createQueue(capacity);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.moveToFront(slot);
  }

  @inline
  evict(): u32 {
    return this.evictBack();
  }
}
