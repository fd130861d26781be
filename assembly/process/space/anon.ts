/** The origin of a region's private pages, Linux's `anon_vma`. */
import { VM_EXEC, VM_MAYBE_GUARD, VM_READ, VM_WRITE } from "../../abi/linux";
import { Region } from "./region";
import { Space } from "./space";

const ACCESS: u32 = VM_READ | VM_WRITE | VM_EXEC;

/**
 * Gives the region an anon_vma before its first private page: that of a neighbour with which it could be merged, or a
 * new one (anon_vma_prepare).
 */
export function assignAnon(space: Space, region: Region): void {
  if (region.anon != 0) return;
  const next = space.regions.next(region);
  if (
    changetype<usize>(next) != 0 &&
    next.anon != 0 &&
    next.forked == 0 &&
    isAnonCompatible(space, region, next)
  ) {
    region.anon = next.anon;
    return;
  }
  const previous = space.regions.previous(region);
  const isFree = changetype<usize>(previous) != 0 && previous.anon != 0 && previous.forked == 0;
  region.anon = isFree && isAnonCompatible(space, previous, region) ? previous.anon : ++space.system.anons;
}

/** Is true when the regions are adjacent and differ only in their permissions (anon_vma_compatible). */
function isAnonCompatible(space: Space, below: Region, above: Region): bool {
  if (below.end != above.start || below.object != above.object || below.opening != above.opening)
    return false;
  if (((below.flags ^ above.flags) & ~(ACCESS | VM_MAYBE_GUARD)) != 0) return false;
  return above.pgoff == below.pgoff + ((above.start - below.start) >> space.pageShift);
}
