/**
 * The work for the machine of a policy that reads R and M bits: translations that became stale because a bit was
 * cleared are dropped, and laundered pages are written.
 */

import { Machine } from "../machine/machine";
import { ACCESSED, DIRTY } from "../mmu/entry";
import { Key } from "../mmu/key";
import { LAUNDERED } from "../policy/page-bits";
import { writeToSwap } from "./eviction";

@final
@unmanaged
export class Upkeep {
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
