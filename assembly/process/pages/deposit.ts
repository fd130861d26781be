/** Deposited page tables, one for each transparent huge page, so that a split never needs a frame. */
import { NONE } from "../../abi/core";
import { Space } from "../space/space";

/** Deposits a table, which is empty and not attached to any entry. */
export function deposit(space: Space, table: u32): void {
  space.machine.frames.setChain(table, space.deposits);
  space.deposits = table;
}

/** Withdraws the table that was deposited last. */
export function withdraw(space: Space): u32 {
  const table = space.deposits;
  assert(table != NONE, "a huge page has no deposited table");
  space.deposits = space.machine.frames.chain(table);
  return table;
}

/** Frees a deposited table: a huge leaf of the space was unmapped whole. */
export function freeDeposit(space: Space): void {
  space.machine.tables.free(withdraw(space));
  space.tablePages--;
  space.system.policyPages.updateCapacity();
}
