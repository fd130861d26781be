/**
 * What a policy's bookkeeping asks of the machine after an access: translations that clearing R or M has made stale
 * are dropped, laundered pages are written out, and pages that leave by themselves are evicted. Most policies ask
 * for none of it, and the loops compiled for them have none.
 */
import { NONE, STATUS_OUT_OF_MEMORY } from "../abi";
import { ACCESSED, DIRTY } from "../mmu/entry";
import { Key } from "../mmu/key";
import { Policy } from "../policy/contract";
import { LAUNDERED } from "../policy/page-bits";
import { evict, keep, writeOut } from "./eviction";
import { Machine } from "./machine";

@final
@unmanaged
export class Upkeep {
  /** To be called after each access, once nothing of it is to be done any more; by loops that know the policy. */
  @inline
  static after<P extends Policy>(machine: Machine, policy: P): void {
    if (policy.readsBits() || policy.isVariable()) Upkeep.see(machine);
  }

  /** The same for a policy of any type, under limited memory. */
  static see(machine: Machine): void {
    if (machine.replacer.readsBits) Upkeep.refresh(machine);
    if (machine.replacer.isVariable) expire(machine);
  }

  /** Drops the translations of pages whose bits the policy has cleared, and writes laundered ones out. */
  static refresh(machine: Machine): void {
    const bits = machine.replacer.base.bits;
    while (bits.stale != 0) {
      const item = bits.next();
      const key = machine.replacer.base.slots.key(item & ~LAUNDERED);
      if ((item & LAUNDERED) != 0) launder(machine, key);
      machine.invalidate(key);
    }
  }

  /** The bits that the policy reads, if it does, are those of the machine's entries from now on; false when memory is out. */
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

/** Writes the page out; it stays dirty where there is no place to write it to. */
function launder(machine: Machine, key: u64): void {
  const tables = machine.tables;
  const pte = machine.walkKey(key);
  if (writeOut(machine, tables.frame(pte), machine.geometry.order(Key.level(key)))) return;
  tables.setFlags(pte, tables.flags(pte) | DIRTY);
}

/** Pages that have to stay, because swap is full, are asked of once. */
function expire(machine: Machine): void {
  const replacer = machine.replacer;
  for (let tries = replacer.base.slots.residents; tries > 0; tries--) {
    const page = replacer.expired();
    if (page == NONE) return;
    const key = replacer.base.slots.key(page);
    if (evict(machine, page)) continue;
    if (machine.status == STATUS_OUT_OF_MEMORY) return;
    keep(machine, key, page);
  }
}
