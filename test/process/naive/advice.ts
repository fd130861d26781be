/** Advice that is a flag of the region, and guards: madvise_vma_behavior in Linux 6.18's mm/madvise.c. */
import * as abi from "../../../assembly/abi-process.js";
import { unmap } from "./faults.js";
import { has, type Page } from "./memory.js";
import type { Space } from "./space.js";

/** The page's flags after an advice, or the error that it gives. */
export function advised(page: Page, advice: number): number | string {
  const { flags } = page;
  const isPrivate = page.backing === undefined && !has(page, abi.VM_SHARED);
  switch (advice) {
    case abi.MADV_NORMAL:
      return flags & ~(abi.VM_RAND_READ | abi.VM_SEQ_READ);
    case abi.MADV_RANDOM:
      return (flags & ~abi.VM_SEQ_READ) | abi.VM_RAND_READ;
    case abi.MADV_SEQUENTIAL:
      return (flags & ~abi.VM_RAND_READ) | abi.VM_SEQ_READ;
    case abi.MADV_DONTFORK:
      return flags | abi.VM_DONTCOPY;
    case abi.MADV_DOFORK:
      return flags & ~abi.VM_DONTCOPY;
    case abi.MADV_WIPEONFORK:
      return isPrivate ? flags | abi.VM_WIPEONFORK : "EINVAL";
    case abi.MADV_KEEPONFORK:
      return flags & ~abi.VM_WIPEONFORK;
    case abi.MADV_DONTDUMP:
      return flags | abi.VM_DONTDUMP;
    case abi.MADV_DODUMP:
      return flags & ~abi.VM_DONTDUMP;
    case abi.MADV_HUGEPAGE:
      return (flags & ~abi.VM_NOHUGEPAGE) | abi.VM_HUGEPAGE;
    case abi.MADV_NOHUGEPAGE:
      return (flags & ~abi.VM_HUGEPAGE) | abi.VM_NOHUGEPAGE;
    default:
      return "EINVAL";
  }
}

/** A guard for each page of a part of one region. */
export function guard(space: Space, start: number, end: number): void {
  space.mayGuard(start);
  if (space.page(start).backing === undefined) space.prepareOrigin(start);
  for (let vpn = start; vpn < end; vpn++) {
    unmap(space.page(vpn));
    space.makeTable(vpn);
    space.page(vpn).isGuarded = true;
  }
}
