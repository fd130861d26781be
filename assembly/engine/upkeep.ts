/**
 * The work for the machine that a policy's bookkeeping causes after an access: translations that became stale because
 * R or M was cleared are dropped, laundered pages are written, and expired pages are evicted. Most policies cause
 * none of it, and the loops compiled for them contain none.
 */
import { NONE, STATUS_OUT_OF_MEMORY } from "../abi";
import { ACCESSED, DIRTY } from "../mmu/entry";
import { Key } from "../mmu/key";
import { Policy } from "../policy/contract";
import { LAUNDERED } from "../policy/page-bits";
import { evict, putBack, writeToSwap } from "./eviction";
import { Machine } from "./machine";

@final
@unmanaged
export class Upkeep {
  /** Called at the end of each access by loops that know the policy's type. */
  @inline
  static after<P extends Policy>(machine: Machine, policy: P): void {
    if (policy.readsBits() || policy.isVariable()) Upkeep.run(machine);
  }

  /** The same for a policy of any type; memory is limited. */
  static run(machine: Machine): void {
    if (machine.replacer.readsBits) Upkeep.refresh(machine);
    if (machine.replacer.isVariable) expire(machine);
  }

  /** Drops the translations of pages whose bits the policy has cleared, and writes laundered pages. */
  static refresh(machine: Machine): void {
    const bits = machine.replacer.base.bits;
    while (bits.stale != 0) {
      const item = bits.next();
      const key = machine.replacer.base.slots.key(item & ~LAUNDERED);
      if ((item & LAUNDERED) != 0) launder(machine, key);
      machine.invalidate(key);
    }
  }

  /** Attaches a policy that reads R and M bits to the entries of the machine; false when memory is out. */
  static attach(machine: Machine): bool {
    if (!machine.replacer.readsBits) return true;
    const format = machine.format;
    return machine.replacer.base.bits.attach(
      machine.geometry.entryShift == 3,
      format.mask(ACCESSED),
      format.on(ACCESSED),
      format.mask(DIRTY),
      format.on(DIRTY),
    );
  }
}

/** Writes the page to swap; it stays dirty when swap is full. */
function launder(machine: Machine, key: u64): void {
  const tables = machine.tables;
  const pte = machine.walkKey(key);
  if (writeToSwap(machine, tables.frame(pte), machine.geometry.order(Key.level(key)))) return;
  tables.setFlags(pte, tables.flags(pte) | DIRTY);
}

/** Evicts the expired pages. A page that cannot be evicted because swap is full is tried only once. */
function expire(machine: Machine): void {
  const replacer = machine.replacer;
  for (let tries = replacer.base.slots.residents; tries > 0; tries--) {
    const page = replacer.expired();
    if (page == NONE) return;
    const key = replacer.base.slots.key(page);
    if (evict(machine, page)) continue;
    if (machine.status == STATUS_OUT_OF_MEMORY) return;
    putBack(machine, key, page);
  }
}
