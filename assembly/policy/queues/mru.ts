/**
 * Most recently used: evicts the page requested last, which suits loops longer than memory. Chou and DeWitt, "An
 * evaluation of buffer management strategies for relational database systems", VLDB (1985).
 */
import { NONE } from "../../abi/core";
import { List } from "../../core/list";
import { QueuePolicy } from "../parts/queue-policy";

@final
@unmanaged
export class Mru extends QueuePolicy {
  create(capacity: u32, _parameters: usize): bool {
    return this.createQueue(capacity);
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    this.moveToFront(slot);
  }

  @inline
  evict(): u32 {
    const victim = List.front(this.slots.nodes, this.queue);
    if (victim == this.queue) return NONE;
    this.remove(victim);
    return victim;
  }
}
