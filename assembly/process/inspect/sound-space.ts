/** Checks of one space for the check of the whole system: its regions, its tables, its entries, and all its sums. */
import { NONE } from "../../abi/core";
import { VM_ACCOUNT, VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_MAYBE_GUARD, VM_WRITE } from "../../abi/linux";
import { OBJECT_SHMEM } from "../../abi/process";
import {
  UNSOUND_COMMITTED,
  UNSOUND_GUARDS,
  UNSOUND_MAPPINGS,
  UNSOUND_REGIONS,
  UNSOUND_SUMS,
  UNSOUND_SWAP,
  UNSOUND_TABLES,
  UNSOUND_UNEVICTABLE,
} from "../../abi/unsound";
import { EntryFormat } from "../../mmu/entry";
import { isGuard, NEVER_GUARDED } from "../pages/marker";
import { keyOf, seek, span, walk } from "../pages/walk";
import { isData } from "../space/accounts";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { KERNEL_PAGE, LOCKED_PAGE, POOL_PAGE, PRIVATE_PAGE } from "../system/page-flags";

/** Sums over all spaces. */
@final
@unmanaged
export class Sum {
  /** Leaves of frames with a reverse mapping. */
  leaves: u64;
  tables: u64;
  committed: u64;
  /** Explicit huge pages reserved for mappings. */
  reserved: u64;
}

/** Sums over one space, in pages. */
@final
@unmanaged
class Pages {
  total: u64;
  locked: u64;
  data: u64;
  stack: u64;
  executable: u64;
  committed: u64;
  anonymous: u64;
  file: u64;
  shared: u64;
  swapped: u64;
  entries: u64;
  /** Transparent huge leaves, each with a deposited table. */
  huge: u64;
}

const PAGES: usize = memory.data(96, 8);

/** 0, or the first defect found: `UNSOUND_…`. Adds to `sum`. */
export function defectOf(space: Space, sum: Sum): u32 {
  const machine = space.machine;
  const regions = space.regions;
  const pages = changetype<Pages>(PAGES);
  memory.fill(PAGES, 0, offsetof<Pages>());
  if (!regions.isValid()) return UNSOUND_REGIONS;
  if (!machine.tables.isValid(machine.rootOf(space.asid))) return UNSOUND_TABLES;
  for (let n: u32 = 0; n < regions.count; n++) {
    const region = regions.byIndex(n);
    countRegion(space, region, pages);
    sum.reserved += region.reserved;
    const found = defectOfEntries(space, region, pages, sum);
    if (found != 0) return found;
  }
  let deposits: u64 = 0;
  for (let table = space.deposits; table != NONE; table = machine.frames.chain(table)) deposits++;
  const tables = <u64>machine.tables.tablesSeen + deposits;
  if (deposits != pages.huge || tables != space.tablePages) return UNSOUND_TABLES;
  // No page is mapped outside regions.
  if (pages.entries != entriesOf(space)) return UNSOUND_MAPPINGS;
  sum.tables += tables;
  sum.committed += pages.committed;
  if (pages.committed != space.committedPages) return UNSOUND_COMMITTED;
  return areSumsRight(space, pages) ? 0 : UNSOUND_SUMS;
}

function areSumsRight(space: Space, pages: Pages): bool {
  if (pages.total != space.totalPages || pages.locked + space.staleLocks != space.lockedPages) return false;
  if (pages.data != space.dataPages || pages.stack != space.stackPages) return false;
  if (pages.executable != space.executablePages || pages.swapped != space.swappedPages) return false;
  if (pages.anonymous != space.residentAnonymous || pages.file != space.residentFile) return false;
  return pages.shared == space.residentShared;
}

function countRegion(space: Space, region: Region, pages: Pages): void {
  const size = (region.end - region.start) >> space.pageShift;
  pages.total += size;
  if (region.has(VM_LOCKED)) pages.locked += size;
  if (region.has(VM_ACCOUNT)) pages.committed += size;
  if ((region.flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC) pages.executable += size;
  else if (region.has(VM_GROWSDOWN)) pages.stack += size;
  else if (isData(region.flags)) pages.data += size;
  if (region.object != 0) space.system.objects.countUser(region.object);
}

function defectOfEntries(space: Space, region: Region, pages: Pages, sum: Sum): u32 {
  const machine = space.machine;
  const swap = space.system.swap;
  for (let va = seek(space, region.start, region.end); va < region.end; va = seek(space, va, region.end)) {
    const pte = walk(space, va);
    const entry = machine.tables.read(pte);
    const level = machine.tables.level(pte);
    const bytes = (<u64>1) << machine.geometry.shift(level);
    pages.entries++;
    if ((va & (bytes - 1)) != 0 || va + bytes > region.end) return UNSOUND_REGIONS;
    if (EntryFormat.isPresent(entry)) {
      const found = defectOfLeaf(space, region, va, entry, level, pages, sum);
      if (found != 0) return found;
    } else if (isGuard(entry)) {
      if (level > 1 || !mayBeGuarded(region)) return UNSOUND_GUARDS;
    } else {
      const swapEntry = <u32>(entry >> 1);
      pages.swapped++;
      if (!swap.isInUse(swapEntry) || !swap.isPrivate(swapEntry)) return UNSOUND_SWAP;
      swap.countUser(swapEntry);
    }
    va += bytes;
  }
  return 0;
}

/** Is true when the region may have guards, and fork would copy them. */
function mayBeGuarded(region: Region): bool {
  return !region.has(NEVER_GUARDED) && (region.has(VM_MAYBE_GUARD) || region.anon != 0);
}

function defectOfLeaf(
  space: Space,
  region: Region,
  va: u64,
  entry: u64,
  level: u32,
  pages: Pages,
  sum: Sum,
): u32 {
  const system = space.system;
  const pfn = space.machine.format.frame(entry);
  const isPool = system.flags.has(pfn, POOL_PAGE);
  if (level > 1 && !isPool) pages.huge++;
  if (system.flags.has(pfn, KERNEL_PAGE)) return 0;
  sum.leaves++;
  if (!system.mappings.has(pfn, keyOf(space, va, level))) return UNSOUND_MAPPINGS;
  if (isPool) return 0;
  if (region.has(VM_LOCKED) && !system.flags.has(pfn, LOCKED_PAGE)) return UNSOUND_UNEVICTABLE;
  const size = (<u64>1) << space.machine.geometry.order(level);
  const objects = system.objects;
  if (system.flags.has(pfn, PRIVATE_PAGE)) pages.anonymous += size;
  else if (objects.kind(objects.object(space.machine.frames.content(pfn))) == OBJECT_SHMEM)
    pages.shared += size;
  else pages.file += size;
  return 0;
}

function entriesOf(space: Space): u64 {
  let entries: u64 = 0;
  const end = (<u64>1) << space.machine.geometry.addressBits;
  for (let va = seek(space, 0, end); va < end; va = seek(space, va, end)) {
    entries++;
    va += span(space, walk(space, va), va);
  }
  return entries;
}
