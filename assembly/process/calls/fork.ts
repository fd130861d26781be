/**
 * fork(2): makes a child with a copy of every region except those of MADV_DONTFORK. Private pages are shared,
 * read-only on both sides, until one side stores to them (copy on write); swapped pages share their place. A region
 * without an anon_vma and without guards is not copied page by page: the child's faults find its pages (mm/memory.c,
 * vma_needs_copy). Regions of MADV_WIPEONFORK start empty. Locks are not inherited.
 */
import { FORK_NO_MEMORY, FORK_NO_NUMBER } from "../../abi/call";
import {
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYBE_GUARD,
  VM_SHARED,
  VM_WIPEONFORK,
} from "../../abi/linux";
import { ACCESSED, DIRTY, EntryFormat, WRITE } from "../../mmu/entry";
import { makeDeposit } from "../memory/huge";
import { copyTables, makeTables } from "../memory/tables";
import { isGuard } from "../pages/marker";
import { countPage } from "../pages/page";
import { keyOf, seek, setFlags, walk } from "../pages/walk";
import { accountPages, mayCommit } from "../space/accounts";
import { Bytes } from "../space/bytes";
import { Region } from "../space/region";
import { newSpace, Space } from "../space/space";
import { FORKED_PAGE, KERNEL_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";
import { endSpace } from "../vma/exit";

/**
 * Makes the child; its number, or `FORK_NO_MEMORY` when there is no frame for its tables or its private writable
 * memory cannot be committed.
 */
export function fork(parent: Space): u32 {
  const system = parent.system;
  const child = newSpace(system);
  if (changetype<usize>(child) == 0) return FORK_NO_NUMBER;
  child.inherit(parent);
  // Until it is complete, the OOM killer must not choose it.
  child.isAlive = false;
  for (let n: u32 = 0; n < parent.regions.count; n++) {
    const region = parent.regions.byIndex(n);
    if (region.has(VM_DONTCOPY)) {
      accountPages(child, region.flags, -(<i64>((region.end - region.start) >> parent.pageShift)));
      continue;
    }
    if (!copy(parent, child, region)) {
      endSpace(child);
      return FORK_NO_MEMORY;
    }
  }
  if (!copyBytes(parent, child)) {
    endSpace(child);
    return FORK_NO_MEMORY;
  }
  system.machine.filter.reset();
  child.isAlive = true;
  return child.asid;
}

/**
 * Copies the known contents of memory, except those of regions that the child lacks or that start empty; false when
 * memory is out.
 */
function copyBytes(parent: Space, child: Space): bool {
  if (changetype<usize>(parent.bytes) == 0) return true;
  if (changetype<usize>(child.bytes) == 0) child.bytes = Bytes.create();
  if (changetype<usize>(child.bytes) == 0 || !child.bytes.copyFrom(parent.bytes)) return false;
  for (let n: u32 = 0; n < parent.regions.count; n++) {
    const region = parent.regions.byIndex(n);
    if (region.has(VM_DONTCOPY | VM_WIPEONFORK)) child.clearBytes(region.start, region.end);
  }
  return true;
}

function copy(parent: Space, child: Space, region: Region): bool {
  const pages = (region.end - region.start) >> parent.pageShift;
  if (region.has(VM_ACCOUNT) && !mayCommit(child, pages)) return false;
  return changetype<usize>(copyRegion(child, region)) != 0 && copyPages(parent, child, region);
}

function copyRegion(child: Space, region: Region): Region {
  const system = child.system;
  const copied = child.regions.insert(region.start, region.end);
  if (changetype<usize>(copied) == 0) return copied;
  copied.pgoff = region.pgoff;
  copied.flags = region.flags & ~(VM_LOCKED | VM_LOCKONFAULT);
  copied.object = region.object;
  copied.opening = region.opening;
  copied.label = region.label;
  copied.call = region.call;
  const isWiped = region.has(VM_WIPEONFORK);
  if (region.anon != 0 && !isWiped) {
    copied.anon = ++system.anons;
    copied.forked = 1;
  }
  if (region.object != 0) system.objects.retain(region.object);
  const pages = (region.end - region.start) >> child.pageShift;
  if (region.has(VM_ACCOUNT)) {
    child.committedPages += pages;
    system.committed += pages;
  }
  return copied;
}

/** Shares the region's private pages with the child; false when memory is out. */
function copyPages(parent: Space, child: Space, region: Region): bool {
  if (region.has(VM_WIPEONFORK) || (region.anon == 0 && !region.has(VM_MAYBE_GUARD))) return true;
  const tables = parent.machine.tables;
  const bytes = region.end - region.start;
  if (!copyTables(parent, region.start, child, region.start, bytes)) return false;
  for (let va = seek(parent, region.start, region.end); va < region.end; va = seek(parent, va, region.end)) {
    let pte = walk(parent, va);
    const entry = tables.read(pte);
    const level = tables.level(pte);
    const isHuge = level > 1 && EntryFormat.isPresent(entry);
    if (makeTables(child, va, level) == 0) return false;
    if (isHuge && !isPool(parent, entry) && !makeDeposit(child)) return false;
    // Making tables may have evicted the page.
    pte = walk(parent, va);
    if (tables.read(pte) == entry) {
      if (!share(parent, child, region, va, pte)) return false;
    } else if (!isHuge) {
      continue;
    }
    va += (<u64>1) << parent.machine.geometry.shift(level);
  }
  return true;
}

function isPool(space: Space, entry: u64): bool {
  return space.system.flags.has(space.machine.format.frame(entry), POOL_PAGE);
}

/** Copies the parent's entry at `pte` to the child's entry at `va`. */
function share(parent: Space, child: Space, region: Region, va: u64, pte: usize): bool {
  const system = parent.system;
  const machine = parent.machine;
  const tables = machine.tables;
  const level = tables.level(pte);
  let entry = tables.read(pte);
  if (!EntryFormat.isPresent(entry)) {
    if (!isGuard(entry)) shareSwapped(child, <u32>(entry >> 1));
  } else {
    const pfn = machine.format.frame(entry);
    if (!system.flags.has(pfn, KERNEL_PAGE)) {
      if (system.flags.has(pfn, PRIVATE_PAGE)) system.flags.set(pfn, FORKED_PAGE);
      const flags = tables.flags(pte);
      if ((flags & WRITE) != 0 && !region.has(VM_SHARED)) {
        setFlags(parent, va, pte, flags & ~WRITE);
        entry = tables.read(pte);
      }
      // The child's entry is not accessed, and not dirty where the page is shared.
      const unused = ACCESSED | (region.has(VM_SHARED) ? DIRTY : 0);
      entry = machine.format.with(entry, machine.format.flags(entry, level) & ~unused);
      if (!system.mappings.add(pfn, keyOf(child, va, level))) {
        system.fail();
        return false;
      }
      countPage(child, pfn, 1);
    }
  }
  tables.set(walk(child, va, level), entry);
  return true;
}

function shareSwapped(child: Space, swapEntry: u32): void {
  const swap = child.system.swap;
  swap.setRefs(swapEntry, swap.refs(swapEntry) + 1);
  child.swappedPages++;
}
