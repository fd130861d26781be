/** Copy on write: a private copy of a page that other mappings share. */
import { NONE } from "../../abi/core";
import { drop } from "../pages/drop";
import { mapPage } from "../pages/page";
import { permissions, STORED } from "../pages/permissions";
import { walk } from "../pages/walk";
import { assignAnon } from "../space/anon";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { PRIVATE_PAGE } from "../system/page-flags";
import { allocPage } from "./reclaim";

/** Maps a private copy of the page in `pfn` at `va`, where that page or nothing is mapped; false without a frame. */
export function copy(space: Space, region: Region, va: u64, pfn: u32, kind: u32): bool {
  const system = space.system;
  assignAnon(space, region);
  const pinned = system.pins.frame;
  system.pins.frame = pfn;
  const isZero = pfn == system.zero;
  const own = allocPage(system, system.newPrivate(), PRIVATE_PAGE, NONE, kind, 0);
  system.pins.frame = pinned;
  if (own == NONE) return false;
  if (!isZero) system.copies++;
  const pte = walk(space, va);
  if (space.machine.tables.read(pte) != 0) drop(space, va, pte);
  return mapPage(space, region, va, 1, own, permissions(region) | STORED);
}
