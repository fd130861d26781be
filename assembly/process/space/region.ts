/**
 * A region: a range of pages of one address space with one protection and one source, Linux's `vm_area_struct`. Its
 * layout and flags are in `abi-process.ts`.
 */
import { VM_DONTEXPAND, VM_IO, VM_MIXEDMAP, VM_PFNMAP, VM_SHARED, VM_WRITE } from "../../abi-process";

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
  /** 1: it was inherited by fork with private pages, and keeps apart from what has none (its anon_vma_chain is not singular). */
  forked: u32;
  /** Pages of it that were written to swap, ever. */
  swappedOut: u32;
  /** Cycles that one reference took at most; references; cycles of all and of its faults. */
  worst: u32;
  references: u64;
  cycles: u64;
  /** Explicit huge pages that it was promised and does not have yet. */
  promised: u32;
  /** Which opening of its object's file it was mapped by: vm_file is that, not the file. */
  opening: u32;

  @inline
  has(flags: u32): bool {
    return (this.flags & flags) != 0;
  }

  /** Pages stored to become private copies. */
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
