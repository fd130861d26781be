/**
 * The pages that a policy holds, resident and remembered, for inspection. They come list by list, in the order of the
 * lists' numbers, each list from its front to its back; then those that are in no list of the slots.
 */
import { NONE } from "../abi/core";
import { HOLDING_BYTES, HOLDING_GHOST, HOLDING_KEY, HOLDING_LIST, HOLDING_MARK } from "../abi/policy";
import { List } from "../core/list";
import { Policy } from "./contract";
import { Slots } from "./slots";

/** Writes `most` entries at most to `out`, as the ABI draws them; returns how many. */
export function holdingsOf(policy: Policy, out: usize, most: u32): u32 {
  const slots = policy.slots;
  const nodes = slots.nodes;
  const limit = min(most, slots.residents + slots.ghosts);
  let count: u32 = 0;
  for (let list: u32 = 0; list < slots.lists; list++) {
    const sentinel = slots.count + list;
    let slot = List.front(nodes, sentinel);
    for (; slot != sentinel && count < limit; slot = List.next(nodes, slot)) {
      write(slots, slot, list, out, count++);
    }
  }
  const listed = count;
  for (let slot: u32 = 0; slot < slots.allocated && count < limit; slot++) {
    if (!slots.isResident(slot) && !slots.isGhost(slot)) continue;
    if (!isListed(slots.key(slot), out, listed)) write(slots, slot, NONE, out, count++);
  }
  return count;
}

function write(slots: Slots, slot: u32, list: u32, out: usize, index: u32): void {
  const entry = out + <usize>index * HOLDING_BYTES;
  store<u64>(entry, slots.key(slot), HOLDING_KEY);
  store<u32>(entry, list, HOLDING_LIST);
  store<u8>(entry, <u8>slots.mark(slot), HOLDING_MARK);
  store<u8>(entry, slots.isGhost(slot) ? 1 : 0, HOLDING_GHOST);
}

/** Is true when one of the first `count` entries has the key. */
function isListed(key: u64, out: usize, count: u32): bool {
  for (let n: u32 = 0; n < count; n++) {
    if (load<u64>(out + <usize>n * HOLDING_BYTES, HOLDING_KEY) == key) return true;
  }
  return false;
}
