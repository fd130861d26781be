/** brk(2): the end of the heap. From: mm/mmap.c of Linux 6.18, brk and do_brk_flags. */
import {
  RLIMIT_DATA,
  VM_ACCOUNT,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from "../../abi/linux";
import { populate } from "../memory/pages";
import { fitsNew } from "../memory/wasm-room";
import { accountPages, commit, MAX_MAP_COUNT, mayCommit, mayGrow, mayLock } from "../space/accounts";
import { Space } from "../space/space";
import { place, rangeOf } from "../vma/merge";
import { unmapRange } from "../vma/unmap";
import { toPages } from "./unmap";

const HEAP: u32 = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT;

/** Moves the break to `address`; the resulting break, unchanged on failure. */
export function brk(space: Space, address: u64): u64 {
  const old = space.brk;
  // Near 2^64 the round to whole pages would wrap.
  if (address < space.startBrk || address > space.taskSize || !fitsData(space, address)) return old;
  const from = toPages(space, old);
  const to = toPages(space, address);
  if (to < from) {
    // When the process has unmapped its heap, there is nothing to shrink.
    const region = space.regions.find(to);
    if (changetype<usize>(region) == 0 || region.start >= from || unmapRange(space, to, from) != 0)
      return old;
  } else if (to > from && !extend(space, from, to)) {
    return old;
  }
  space.brk = address;
  return address;
}

/** Is true when RLIMIT_DATA allows the break. The limit counts the heap and the program's data. */
function fitsData(space: Space, address: u64): bool {
  const limit = space.soft(RLIMIT_DATA);
  if (limit == u64.MAX_VALUE) return true;
  return address - space.startBrk + (space.endData - space.startData) <= limit;
}

function extend(space: Space, from: u64, to: u64): bool {
  const regions = space.regions;
  const next = regions.find(from);
  const pageBytes = (<u64>1) << space.pageShift;
  if (changetype<usize>(next) != 0 && to + pageBytes > regions.startGap(next)) return false;
  const flags = HEAP | space.defaultFlags;
  const pages = (to - from) >> space.pageShift;
  if (!mayLock(space, flags, pages) || !mayGrow(space, flags, pages)) return false;
  if (regions.count > MAX_MAP_COUNT || !mayCommit(space, pages)) return false;
  if ((flags & VM_LOCKED) != 0 && !fitsNew(space, flags, 0, 0, pages)) return false;
  const range = rangeOf(from, to, flags, 0, from >> space.pageShift);
  // The heap merges only with itself, not with the program's data below it.
  const region = place(space, range, space.startBrk, true);
  if (changetype<usize>(region) == 0) return false;
  accountPages(space, flags, pages);
  commit(space, pages);
  if ((flags & VM_LOCKED) != 0) {
    space.lockedPages += pages;
    populate(space, from, to, true);
  }
  return true;
}
