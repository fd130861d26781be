/**
 * mseal(2): a region that can no longer be unmapped, moved, resized, replaced or protected otherwise. The calls that
 * would do so fail with EPERM. From: mm/mseal.c of Linux 6.18. Differences: before 6.17, some of these calls looked at
 * the whole range first and changed nothing; here each region is looked at in its turn, as since.
 */
import { EINVAL, ENOMEM, ENOSYS, VM_SEALED } from "../../abi/linux";
import { FEATURE_SEAL } from "../../abi/process";
import { maySplit } from "../pages/pool";
import { Space } from "../space/space";
import { modify } from "../vma/merge";
import { isMapped } from "./lock";
import { isAligned, toPages } from "./unmap";

/** mseal(2); 0 or an errno. `flags` must be 0. */
export function mseal(space: Space, address: u64, bytes: u64, flags: u64): u32 {
  if (!space.system.hasFeature(FEATURE_SEAL)) return ENOSYS;
  if (flags != 0 || !isAligned(space, address)) return EINVAL;
  const size = toPages(space, bytes);
  const end = address + size;
  if ((bytes != 0 && size == 0) || end < address) return EINVAL;
  if (!isMapped(space, address, end)) return ENOMEM;
  let start = address;
  while (start < end) {
    let region = space.regions.at(start);
    const to = min(region.end, end);
    if (!region.has(VM_SEALED)) {
      if (!maySplit(space, region, start) || !maySplit(space, region, to)) return EINVAL;
      region = modify(space, region, start, to, region.flags | VM_SEALED);
      if (changetype<usize>(region) == 0) return ENOMEM;
    }
    start = to;
  }
  return 0;
}
