/** The end of a process: frees its regions, pages, tables and number (exit_mmap). */
import { NONE } from "../../abi/core";
import { EntryFormat } from "../../mmu/entry";
import { freeSpace, Space } from "../space/space";
import { unmapAllRegions } from "./unmap";

/** Frees everything that the space holds. */
export function endSpace(space: Space): void {
  const system = space.system;
  const machine = space.machine;
  unmapAllRegions(space);
  const root = machine.rootOf(space.asid);
  if (root != NONE) {
    endTable(space, root, machine.geometry.levels);
    machine.setRoot(space.asid, NONE);
  }
  machine.filter.reset();
  machine.walker.flush();
  // Contents of the library's own data lie in no region.
  if (changetype<usize>(space.bytes) != 0) space.bytes.clearAll();
  space.isAlive = false;
  space.tablePages = 0;
  system.policyPages.updateCapacity();
  freeSpace(space);
}

/** Frees the table in frame `table` and those below it. They map no page any more. */
function endTable(space: Space, table: u32, level: u32): void {
  const machine = space.machine;
  const entries = <usize>machine.frames.owner(table);
  const bytes = <usize>machine.geometry.tableBytes();
  for (let at: usize = 0; at < bytes; at += (<usize>1) << machine.geometry.entryShift) {
    const entry = machine.format.read(entries + at);
    if (entry == 0 || !EntryFormat.isPresent(entry)) continue;
    endTable(space, machine.format.frame(entry), level - 1);
  }
  machine.tables.free(table);
}
