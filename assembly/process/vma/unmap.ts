/** Unmaps regions with their pages, tables and objects. From: mm/vma.c of Linux 6.18, do_vmi_align_munmap. */
import { EINVAL, ENOMEM, EPERM, VM_SEALED } from "../../abi/linux";
import { dropObject } from "../pages/drop";
import { freeTables } from "../pages/free-tables";
import { maySplit } from "../pages/pool";
import { zap } from "../pages/zap";
import { account, MAX_MAP_COUNT } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { split } from "./merge";

/**
 * Unmaps everything from `start` to `end`; 0, or an errno when a region cannot be split or unmapped: ENOMEM for too many
 * regions, EINVAL for a part of an explicit huge page, EPERM for a sealed region.
 */
export function unmapRange(space: Space, start: u64, end: u64): u32 {
  const errno = splitEnds(space, start, end);
  if (errno != 0) return errno;
  const regions = space.regions;
  let region = regions.find(start);
  while (changetype<usize>(region) != 0 && region.start < end) {
    const to = region.end;
    removeRegion(space, region);
    region = regions.find(to);
  }
  return 0;
}

/**
 * Splits the regions that reach across the ends of a range that is to be unmapped (vms_gather_munmap_vmas); 0, or an
 * errno as of `unmapRange`. A region that was split at the start of the range stays split when a later one is sealed.
 */
export function splitEnds(space: Space, start: u64, end: u64): u32 {
  const regions = space.regions;
  const first = regions.at(start);
  const last = regions.at(end);
  if (changetype<usize>(first) != 0 && !maySplit(space, first, start)) return EINVAL;
  if (changetype<usize>(last) != 0 && !maySplit(space, last, end)) return EINVAL;
  if (changetype<usize>(first) != 0 && first.start < start) {
    if (first.end > end && regions.count >= MAX_MAP_COUNT) return ENOMEM;
    if (first.has(VM_SEALED)) return EPERM;
    if (changetype<usize>(split(space, first, start)) == 0) return ENOMEM;
  }
  if (hasSealed(space, start, end)) return EPERM;
  const upper = regions.at(end);
  if (changetype<usize>(upper) == 0 || upper.start == end) return 0;
  return changetype<usize>(split(space, upper, end)) == 0 ? ENOMEM : 0;
}

function hasSealed(space: Space, start: u64, end: u64): bool {
  const regions = space.regions;
  let region = regions.find(start);
  while (changetype<usize>(region) != 0 && region.start < end) {
    if (region.has(VM_SEALED)) return true;
    region = regions.next(region);
  }
  return false;
}

/** Removes the region with its pages and, when it was the last reference, its object. */
function removeRegion(space: Space, region: Region): void {
  const system = space.system;
  const object = region.object;
  const start = region.start;
  const end = region.end;
  const below = space.regions.previous(region);
  const above = space.regions.next(region);
  const floor = changetype<usize>(below) == 0 ? 0 : below.end;
  const ceiling = changetype<usize>(above) == 0 ? u64.MAX_VALUE : above.start;
  account(space, region, -1);
  system.hugetlb.reserved -= region.reserved;
  zap(space, start, end);
  space.regions.remove(region);
  freeTables(space, start, end, floor, ceiling);
  if (object != 0 && system.objects.release(object)) dropObject(system, object);
}

/** Removes all regions of an ending process. */
export function unmapAllRegions(space: Space): void {
  const regions = space.regions;
  for (let region = regions.find(0); changetype<usize>(region) != 0; region = regions.find(0))
    removeRegion(space, region);
}
