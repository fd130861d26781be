/** Flags of entries that a region's protection allows. */
import { OBJECT_FILE, VM_EXEC, VM_READ, VM_SHARED, VM_WRITE } from "../../abi-process";
import { ACCESSED, DIRTY, EXECUTE, READ, USER, WRITE } from "../../mmu/entry";
import { Region } from "../space/region";
import { System } from "../system/system";

/** What an entry of the region allows; WRITE is left to the fault that knows whose page it is. */
export function permissions(region: Region): u32 {
  // No access is no user's: a leaf of RISC-V that may not even be read would point to a table.
  if (!region.has(VM_READ | VM_WRITE | VM_EXEC)) return READ;
  return READ | USER | (region.has(VM_EXEC) ? EXECUTE : 0);
}

/** Flags of an entry whose page was just stored to. */
export const STORED: u32 = WRITE | DIRTY | ACCESSED;

/** Shared memory needs no word about its first store; files do, to know what to write back. */
export function mayStoreUnseen(system: System, region: Region): bool {
  return region.has(VM_SHARED) && region.has(VM_WRITE) && system.objects.kind(region.object) != OBJECT_FILE;
}
