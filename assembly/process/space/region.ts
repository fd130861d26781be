/**
 * A region: a range of pages of one address space with one protection and one source, Linux's `vm_area_struct`. Its
 * layout and flags are in `abi/process.ts`.
 */
import { VM_DONTEXPAND, VM_IO, VM_MIXEDMAP, VM_PFNMAP, VM_SHARED, VM_WRITE } from "../../abi/linux";

/** Linux's VM_SPECIAL: regions that never merge. */
export const VM_SPECIAL: u32 = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;

@final
@unmanaged
export class Region {
  start: u64;
  end: u64;
  pgoff: u64;
  flags: u32;
  object: u32;
  anon: u32;
  label: u32;
  call: u32;
  minor: u32;
  major: u32;
  /**
   * 1: inherited by fork with private pages; it merges with no region that has none (its anon_vma_chain is not
   * singular).
   */
  forked: u32;
  /** Pages of the region that were ever written to swap. */
  swappedOut: u32;
  /** The most cycles of one reference; the number of references; the cycles of all references and faults. */
  worst: u32;
  references: u64;
  cycles: u64;
  /** Explicit huge pages reserved for the region and not allocated yet. */
  reserved: u32;
  /** The number of the open file that was mapped: Linux compares vm_file, not the file, when it merges. */
  opening: u32;

  @inline
  has(flags: u32): bool {
    return (this.flags & flags) != 0;
  }

  /** Is true when a store makes a private copy of the page. */
  @inline
  get isPrivateWritable(): bool {
    return (this.flags & (VM_SHARED | VM_WRITE)) == VM_WRITE;
  }

  /** The page of its object that `va` maps. */
  @inline
  index(va: u64, pageShift: u32): u64 {
    return this.pgoff + ((va - this.start) >> pageShift);
  }
}
