/**
 * MADV_COLLAPSE: turns base pages of private memory into a transparent huge page, whatever the system's setting for
 * huge pages. Pages in swap are read first, pages shared since a fork are copied, and untouched pages are zeros. A
 * range without a page table is refused. From: mm/khugepaged.c of Linux 6.18, madvise_collapse. Differences: memory
 * of objects has no huge pages here, so it is refused, where Linux collapses shared memory; no compaction makes room.
 */
import { KIND_LOAD, NONE } from "../../abi/core";
import {
  EAGAIN,
  EFAULT,
  EINVAL,
  ENOMEM,
  VM_HUGETLB,
  VM_NOHUGEPAGE,
  VM_SHARED,
  VM_WRITE,
} from "../../abi/linux";
import { THP_DISABLED } from "../../abi/process";
import { ACCESSED, DIRTY, EntryFormat, WRITE } from "../../mmu/entry";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { deposit } from "../pages/deposit";
import { drop } from "../pages/drop";
import { isGuard } from "../pages/marker";
import { mapPage } from "../pages/page";
import { permissions } from "../pages/permissions";
import { entryAt, isHuge, seek, walk } from "../pages/walk";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { PRIVATE_PAGE } from "../system/page-flags";
import { hasFreeBlock } from "./huge";
import { FAULT_OOM } from "./outcome";
import { allocPage } from "./reclaim";
import { swapIn } from "./swap-in";

/** Makes a huge page of every aligned range of its size from `start` to `end`; 0, or the errno of the last failure. */
export function collapse(space: Space, region: Region, start: u64, end: u64): u32 {
  const bytes = (<u64>1) << space.machine.geometry.shift(HUGE_LEVEL);
  const isAllowed =
    region.object == 0 && !region.has(VM_NOHUGEPAGE | VM_HUGETLB | VM_SHARED) && space.thp != THP_DISABLED;
  const first = (region.start + bytes - 1) & ~(bytes - 1);
  if (!isAllowed || first + bytes > region.end) return EINVAL;
  let errno: u32 = 0;
  for (let va = (start + bytes - 1) & ~(bytes - 1); va + bytes <= end; va += bytes) {
    const failed = collapseAt(space, region, va, bytes);
    if (failed == EFAULT) return EINVAL;
    if (failed != 0) errno = failed;
    if (failed == ENOMEM) break;
  }
  return errno;
}

function collapseAt(space: Space, region: Region, start: u64, bytes: u64): u32 {
  const system = space.system;
  const machine = space.machine;
  const tables = machine.tables;
  let pte = walk(space, start);
  if (isHuge(space, pte)) return 0;
  if (pte == 0 || tables.level(pte) >= HUGE_LEVEL || region.anon == 0) return EINVAL;
  const errno = swapInRange(space, region, start, start + bytes);
  if (errno != 0) return errno;
  if (!hasFreeBlock(system)) return ENOMEM;
  const order = machine.geometry.order(HUGE_LEVEL);
  const pfn = allocPage(system, system.newPrivate(), PRIVATE_PAGE, NONE, KIND_LOAD, order);
  if (pfn == NONE) return ENOMEM;
  for (let va = seek(space, start, start + bytes); va < start + bytes; va = seek(space, va, start + bytes))
    drop(space, va, walk(space, va));
  const table = tables.table(walk(space, start));
  pte = walk(space, start, HUGE_LEVEL);
  tables.set(pte, 0);
  machine.walker.flush();
  deposit(space, table);
  const flags = permissions(region) | ACCESSED | DIRTY | (region.has(VM_WRITE) ? WRITE : 0);
  return mapPage(space, region, start, HUGE_LEVEL, pfn, flags) ? 0 : ENOMEM;
}

/**
 * Swaps in the pages of the range; 0 or an errno: EFAULT at a guard page. A page that was evicted again meanwhile is
 * not retried (EAGAIN).
 */
function swapInRange(space: Space, region: Region, start: u64, end: u64): u32 {
  for (let pass = 0; pass < 2; pass++) {
    for (let va = seek(space, start, end); va < end; va = seek(space, va, end)) {
      const entry = entryAt(space, va);
      if (isGuard(entry)) return EFAULT;
      if (!EntryFormat.isPresent(entry)) {
        if (pass != 0) return EAGAIN;
        if (swapIn(space, region, va, KIND_LOAD, <u32>(entry >> 1)) == FAULT_OOM) return ENOMEM;
      }
      va += (<u64>1) << space.pageShift;
    }
  }
  return 0;
}
