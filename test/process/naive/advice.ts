/** Advice that is a flag of the region, and guards: madvise_vma_behavior in Linux 6.18's mm/madvise.c. */
import {
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WIPEONFORK,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_HUGEPAGE,
  VM_NOHUGEPAGE,
  VM_RAND_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
} from "../../../assembly/abi/linux.js";
import { unmap } from "./faults.js";
import { has, type Page } from "./memory.js";
import type { Space } from "./space.js";

/** The page's flags after an advice, or the error that it gives. */
export function advised(page: Page, advice: number): number | string {
  const { flags } = page;
  const isPrivate = page.backing === undefined && !has(page, VM_SHARED);
  switch (advice) {
    case MADV_NORMAL:
      return flags & ~(VM_RAND_READ | VM_SEQ_READ);
    case MADV_RANDOM:
      return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
    case MADV_SEQUENTIAL:
      return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
    case MADV_DONTFORK:
      return flags | VM_DONTCOPY;
    case MADV_DOFORK:
      return flags & ~VM_DONTCOPY;
    case MADV_WIPEONFORK:
      return isPrivate ? flags | VM_WIPEONFORK : "EINVAL";
    case MADV_KEEPONFORK:
      return flags & ~VM_WIPEONFORK;
    case MADV_DONTDUMP:
      return flags | VM_DONTDUMP;
    case MADV_DODUMP:
      return flags & ~VM_DONTDUMP;
    case MADV_HUGEPAGE:
      return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
    case MADV_NOHUGEPAGE:
      return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
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
