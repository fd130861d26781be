/**
 * The shape of each architecture's page tables, one row per geometry. `tables.ts` and `walk.ts` are independent of the
 * architecture.
 *
 * A virtual address under four levels of 9 bits (x86-64, sv48, aarch64-4k). Level 1 holds the leaves of base pages; a
 * leaf at level 2 or 3 is a huge page, whose offset takes the fields to its right:
 *
 *    63      48 47    39 38    30 29    21 20    12 11        0
 *   ├─ canonical┼ index 4┼ index 3┼ index 2┼ index 1┼── offset ──┤
 *
 * From: Intel SDM vol. 3A (2023) 4.3 (32-bit), 4.4 (PAE), 4.5 (4-level and 5-level); AMD APM vol. 2 5.3;
 * RISC-V privileged architecture 20211203, 4.4 (Sv39), 4.5 (Sv48), 4.6 (Sv57); Arm ARM DDI 0487J, D8.2 (VMSAv8-64
 * stage 1, 48-bit input addresses).
 *
 * Differences: AArch64 has only its lower half (TTBR0_EL1, which programs use). Leaves above level 3 (512 GiB pages of
 * Sv48 and Sv57) are not supported.
 */
import { make } from "../core/arena";

/** Entry formats; their bits are in `entry.ts`. */
export const FORMAT_X86: u32 = 0;
export const FORMAT_PAE: u32 = 1;
export const FORMAT_X86_64: u32 = 2;
export const FORMAT_RISCV: u32 = 3;
export const FORMAT_AARCH64: u32 = 4;

/** The level of a huge page's leaf. */
export const HUGE_LEVEL: u32 = 2;

@final
@unmanaged
export class Geometry {
  pageShift: u32;
  indexBits: u32;
  levels: u32;
  /** The highest level at which an entry may be a leaf. */
  leafLevels: u32;
  addressBits: u32;
  /** The bits above the address repeat its topmost bit (canonical form); otherwise they are zero. */
  signExtended: bool;
  entryShift: u32;
  format: u32;

  /** Null when the number is not an architecture's, or when memory is out. */
  static create(architecture: u32): Geometry {
    const it = make<Geometry>();
    if (changetype<usize>(it) == 0) return it;
    // All levels have the same number of index bits except the topmost, which has the rest of the address: 2 bits
    // under PAE, 1 under aarch64-16k, 6 under aarch64-64k. Signed addresses repeat their topmost bit in the bits
    // above it.
    //
    // page bits, index bits, levels, levels with leaves, address bits, signed, entry bits, format
    switch (architecture) {
      case 0: // x86-64
        return it.init(12, 9, 4, 3, 48, true, 64, FORMAT_X86_64);
      case 1: // x86-64-la57
        return it.init(12, 9, 5, 3, 57, true, 64, FORMAT_X86_64);
      case 2: // i386, with huge pages of 4 MiB (PSE)
        return it.init(12, 10, 2, 2, 32, false, 32, FORMAT_X86);
      case 3: // i386-pae
        return it.init(12, 9, 3, 2, 32, false, 64, FORMAT_PAE);
      case 4: // sv39
        return it.init(12, 9, 3, 3, 39, true, 64, FORMAT_RISCV);
      case 5: // sv48
        return it.init(12, 9, 4, 3, 48, true, 64, FORMAT_RISCV);
      case 6: // sv57
        return it.init(12, 9, 5, 3, 57, true, 64, FORMAT_RISCV);
      case 7: // aarch64-4k
        return it.init(12, 9, 4, 3, 48, false, 64, FORMAT_AARCH64);
      case 8: // aarch64-16k, with huge pages of 32 MiB
        return it.init(14, 11, 4, 2, 48, false, 64, FORMAT_AARCH64);
      case 9: // aarch64-64k, with huge pages of 512 MiB
        return it.init(16, 13, 3, 2, 48, false, 64, FORMAT_AARCH64);
      default:
        return changetype<Geometry>(0);
    }
  }

  private init(
    pageShift: u32,
    indexBits: u32,
    levels: u32,
    leafLevels: u32,
    addressBits: u32,
    signExtended: bool,
    entryBits: u32,
    format: u32,
  ): Geometry {
    this.pageShift = pageShift;
    this.indexBits = indexBits;
    this.levels = levels;
    this.leafLevels = leafLevels;
    this.addressBits = addressBits;
    this.signExtended = signExtended;
    this.entryShift = ctz(entryBits) - 3;
    this.format = format;
    return this;
  }

  /** The lowest address bit of the index at `level`: log2 of the bytes that one entry maps. */
  @inline
  shift(level: u32): u32 {
    return this.pageShift + (level - 1) * this.indexBits;
  }

  /** Base pages that a leaf at `level` maps, as a power of two. */
  @inline
  order(level: u32): u32 {
    return (level - 1) * this.indexBits;
  }

  @inline
  tableBytes(): u32 {
    return 1 << (this.indexBits + this.entryShift);
  }

  /** The entry's offset in its table. `va` is truncated to `addressBits`, so the top index needs no mask of its own. */
  @inline
  entryOffset(va: u64, level: u32): usize {
    const index = (va >> this.shift(level)) & ((1 << this.indexBits) - 1);
    return (<usize>index) << this.entryShift;
  }

  /** Is true when `va` is a valid address: canonical, or within the width. */
  @inline
  isCanonical(va: u64): bool {
    const unused = 64 - this.addressBits;
    if (this.signExtended) return <u64>(<i64>(va << unused) >> unused) == va;
    return va >> this.addressBits == 0;
  }

  @inline
  get isX86(): bool {
    return this.format <= FORMAT_X86_64;
  }

  /** `va` without the bits above its width. */
  @inline
  truncate(va: u64): u64 {
    return va & (((<u64>1) << this.addressBits) - 1);
  }

  /** The inverse of `truncate`. */
  extend(va: u64): u64 {
    const unused = 64 - this.addressBits;
    return this.signExtended ? <u64>(<i64>(va << unused) >> unused) : va;
  }
}

/** For the host: the address of a geometry with the fields `GEOMETRY_…`; 0 when memory is out. */
export function createGeometry(architecture: u32): usize {
  return changetype<usize>(Geometry.create(architecture));
}
