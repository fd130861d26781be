/** Page tables kept for transparent huge pages (Linux's deposits), one for each, so that a split never needs a frame. */
import { NONE } from "../../abi";
import { Space } from "../space/space";

/** Keeps the table, which is empty and attached to no entry. */
export function deposit(space: Space, table: u32): void {
  space.machine.frames.setChain(table, space.deposits);
  space.deposits = table;
}

/** Takes the table that was kept last. */
export function withdraw(space: Space): u32 {
  const table = space.deposits;
  assert(table != NONE, "a huge page has no table");
  space.deposits = space.machine.frames.chain(table);
  return table;
}

/** Frees a kept table: a huge leaf of the space has gone as a whole. */
export function freeDeposit(space: Space): void {
  space.machine.tables.end(withdraw(space));
  space.tablePages--;
  space.system.resize();
}
