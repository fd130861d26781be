/** The flags of entries that a region's protection allows. */
import { VM_EXEC, VM_READ, VM_SHARED, VM_WRITE } from "../../abi/linux";
import { OBJECT_FILE } from "../../abi/process";
import { ACCESSED, DIRTY, EXECUTE, READ, USER, WRITE } from "../../mmu/entry";
import { Region } from "../space/region";
import { System } from "../system/system";

/** The permissions of an entry in the region, without WRITE, which depends on the page. */
export function permissions(region: Region): u32 {
  // PROT_NONE lacks only USER: a leaf of RISC-V without READ would point to a table.
  if (!region.has(VM_READ | VM_WRITE | VM_EXEC)) return READ;
  return READ | USER | (region.has(VM_EXEC) ? EXECUTE : 0);
}

/** The flags of an entry whose page was just stored to. */
export const STORED: u32 = WRITE | DIRTY | ACCESSED;

/**
 * Is true when pages may be mapped writable before their first store: shared memory. A file's pages are not, so that
 * the first store marks them for writeback.
 */
export function mayMapWritable(system: System, region: Region): bool {
  return region.has(VM_SHARED) && region.has(VM_WRITE) && system.objects.kind(region.object) != OBJECT_FILE;
}
