/** The end of a process: its regions, pages and tables go, what it maps loses a user, its number is free again. */
import { NONE } from "../../abi";
import { EntryFormat } from "../../mmu/entry";
import { freeSpace, Space } from "../space/space";
import { unmapAllRegions } from "./unmap";

/** Takes everything that the space has. */
export function endSpace(space: Space): void {
  const system = space.system;
  const machine = space.machine;
  unmapAllRegions(space);
  const root = machine.rootOf(space.asid);
  if (root != NONE) {
    endTable(space, root, machine.geometry.levels);
    machine.setRoot(space.asid, NONE);
  }
  machine.resetFilter();
  machine.walker.forget();
  // Of the library's own data, which lie in no region.
  if (changetype<usize>(space.bytes) != 0) space.bytes.clearAll();
  space.isAlive = false;
  space.tablePages = 0;
  system.resize();
  freeSpace(space);
}

/** Gives the table in frame `table` back, and those below it. No page is mapped by them any more. */
function endTable(space: Space, table: u32, level: u32): void {
  const machine = space.machine;
  const entries = <usize>machine.frames.owner(table);
  const bytes = <usize>machine.geometry.tableBytes();
  for (let at: usize = 0; at < bytes; at += (<usize>1) << machine.geometry.entryShift) {
    const entry = machine.format.read(entries + at);
    if (entry == 0 || !EntryFormat.isPresent(entry)) continue;
    endTable(space, machine.format.frame(entry), level - 1);
  }
  machine.tables.end(table);
}
