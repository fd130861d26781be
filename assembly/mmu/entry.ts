/**
 * Page-table entries with the bits that the hardware reads. A property (dirty, user, …) is a bit whose polarity depends
 * on the format: it is set when `entry & mask == on`.
 *
 * x86-64 and PAE (Intel SDM 3A, tables 4-11 … 4-20); i386 has the lower 32 bits, and no NX:
 *    63 62     52 51                   12 11   9 8 7  6 5   4   3   2  1 0
 *   ├NX┼── 0 ────┼──────── PFN ──────────┼─ 0 ──┼G┼PS┼D┼A┼PCD┼PWT┼US┼RW┼P┤     PS at level 1 is PAT, always 0 here
 *
 * RISC-V (privileged architecture, 4.4.1): an entry without R, W and X points to the next table
 *    63     54 53                      10 9   8 7 6 5 4 3 2 1 0
 *   ├─── 0 ───┼──────── PPN ─────────────┼─RSW─┼D┼A┼G┼U┼X┼W┼R┼V┤
 *
 * AArch64 (DDI 0487J, D8.3; TCR_EL1.HA = HD = 1, so hardware manages access flag and dirty state):
 *    63  55 54  53  52 51  50 47           12 11 10 9 8 7    6    5 4 2 1      0
 *   ├─ 0 ──┼UXN┼PXN┼─┼DBM┼ 0 ┼─── address ───┼nG┼AF┼SH─┼AP[2:1]──┼NS┼At┼table┼valid┤
 *   A page is writable when DBM is set. It is clean while AP[2] is set, and hardware clears AP[2] at the first store, so
 *   "dirty" is a bit that is 0. PXN is always set, as Linux sets it for pages of programs. Bit 1 distinguishes a table or
 *   page (1) from a block (0), Arm's term for a huge page.
 *
 * An entry that is neither present nor zero is defined by software, in every format: it holds the
 * number of the evicted page's swap entry or, under processes, the marker of a guard page (process/pages/marker.ts).
 *    31                       1 0
 *   ├─ swap entry ─────────────┼0┤
 */
import {
  FLAG_ACCESSED,
  FLAG_DIRTY,
  FLAG_EXECUTE,
  FLAG_HUGE,
  FLAG_LEAF,
  FLAG_PRESENT,
  FLAG_READ,
  FLAG_USER,
  FLAG_WRITE,
} from "../abi/mmu";
import { make } from "../core/arena";
import { FORMAT_AARCH64, FORMAT_PAE, FORMAT_RISCV, FORMAT_X86, Geometry } from "./geometry";

export const READ: u32 = FLAG_READ;
export const WRITE: u32 = FLAG_WRITE;
export const EXECUTE: u32 = FLAG_EXECUTE;
export const USER: u32 = FLAG_USER;
export const ACCESSED: u32 = FLAG_ACCESSED;
export const DIRTY: u32 = FLAG_DIRTY;
const HUGE: u32 = FLAG_HUGE;
const PRESENT: u32 = FLAG_PRESENT;
const LEAF: u32 = FLAG_LEAF;

const PROPERTIES: usize = 6;

/** `mask` and `on` of the six properties, whose flags are bits 0 to 5 in this order: R W X U A D. */
const X86: usize = memory.data<u64>([0, 0, 2, 2, 0, 0, 4, 4, 0x20, 0x20, 0x40, 0x40]);
const X86_64: usize = memory.data<u64>([0, 0, 2, 2, 0x8000000000000000, 0, 4, 4, 0x20, 0x20, 0x40, 0x40]);
const RISCV: usize = memory.data<u64>([2, 2, 4, 4, 8, 8, 0x10, 0x10, 0x40, 0x40, 0x80, 0x80]);
const AARCH64: usize = memory.data<u64>([
  0, 0, 0x8000000000000, 0x8000000000000, 0x40000000000000, 0, 0x40, 0x40, 0x400, 0x400, 0x80, 0,
]);

@final
@unmanaged
export class EntryFormat {
  private properties: usize;
  private entryShift: u32;
  private pageShift: u32;
  /** Bits of every entry that points to a table, of every base page, and of every huge page. */
  private tableBits: u64;
  private pageBits: u64;
  private hugeBits: u64;
  /** Above level 1 an entry is a leaf when `(entry ^ leafFlip) & leafMask` is not 0. */
  private leafFlip: u64;
  private leafMask: u64;
  private numberShift: u32; // PFN's lowest bit
  private numberMask: u64;
  /**
   * The bits that a walk sets in entries that point to tables: only x86 has an accessed bit there, and not in PAE's
   * topmost table.
   */
  private tableAccessed: u64;
  private topAccessed: u64;
  private topBits: u64; // of an entry in the topmost table: PAE has only P

  /** Null when memory is out. */
  static create(geometry: Geometry): EntryFormat {
    const format = make<EntryFormat>();
    if (changetype<usize>(format) == 0) return format;
    format.entryShift = geometry.entryShift;
    format.pageShift = geometry.pageShift;
    if (geometry.format == FORMAT_RISCV) format.initRiscV();
    else if (geometry.format == FORMAT_AARCH64) format.initAarch64();
    else format.initX86(geometry.format);
    return format;
  }

  private initX86(format: u32): void {
    this.properties = format == FORMAT_X86 ? X86 : X86_64;
    this.tableBits = 7; // US, RW, P: the leaf restricts them
    this.topBits = format == FORMAT_PAE ? 1 : 7;
    this.pageBits = 1;
    this.hugeBits = 0x81; // PS, P
    this.leafMask = 0x80;
    this.numberShift = 12;
    this.numberMask = 0x000ffffffffff000;
    this.tableAccessed = 0x20;
    this.topAccessed = format == FORMAT_PAE ? 0 : 0x20;
  }

  private initRiscV(): void {
    this.properties = RISCV;
    this.tableBits = 1;
    this.topBits = 1;
    this.pageBits = 1;
    this.hugeBits = 1;
    this.leafMask = 0xe;
    this.numberShift = 10;
    this.numberMask = 0x003ffffffffffc00;
  }

  private initAarch64(): void {
    this.properties = AARCH64;
    this.tableBits = 3;
    this.topBits = 3;
    this.pageBits = 0x20000000000b03; // PXN, nG, inner shareable, page, valid
    this.hugeBits = 0x20000000000b01;
    this.leafFlip = 2;
    this.leafMask = 2;
    this.numberShift = this.pageShift;
    this.numberMask = 0x0000ffffffffffff & ~(((<u64>1) << this.pageShift) - 1);
  }

  @inline
  read(address: usize): u64 {
    return this.entryShift == 2 ? <u64>load<u32>(address) : load<u64>(address);
  }

  @inline
  write(address: usize, entry: u64): void {
    if (this.entryShift == 2) store<u32>(address, <u32>entry);
    else store<u64>(address, entry);
  }

  @inline
  static isPresent(entry: u64): bool {
    return (entry & 1) != 0;
  }

  @inline
  isLeaf(entry: u64, level: u32): bool {
    return level == 1 || ((entry ^ this.leafFlip) & this.leafMask) != 0;
  }

  @inline
  frame(entry: u64): u32 {
    return <u32>((entry & this.numberMask) >> this.numberShift);
  }

  /** An entry that points to a table, with the accessed bit that a walk sets. */
  @inline
  withTableAccessed(entry: u64, isTop: bool): u64 {
    return entry | (isTop ? this.topAccessed : this.tableAccessed);
  }

  table(pfn: u32, isTop: bool): u64 {
    return (isTop ? this.topBits : this.tableBits) | ((<u64>pfn) << this.numberShift);
  }

  leaf(pfn: u32, level: u32, flags: u32): u64 {
    const bits = level == 1 ? this.pageBits : this.hugeBits;
    return this.with(bits | ((<u64>pfn) << this.numberShift), flags);
  }

  /** The bits of the property of one flag. */
  mask(flag: u32): u64 {
    return load<u64>(this.properties + ((<usize>ctz(flag)) << 4));
  }

  /** The value of these bits when the property is set. */
  on(flag: u32): u64 {
    return load<u64>(this.properties + ((<usize>ctz(flag)) << 4), 8);
  }

  /** `entry` with exactly the properties in `flags`. */
  with(entry: u64, flags: u32): u64 {
    for (let n: usize = 0; n < PROPERTIES; n++) {
      const property = this.properties + (n << 4);
      const mask = load<u64>(property);
      const on = load<u64>(property, 8);
      entry = (entry & ~mask) | ((flags >> <u32>n) & 1 ? on : mask & ~on);
    }
    return entry;
  }

  /** The entry's properties and type as flags. Of entries that point to tables, only x86's have properties. */
  flags(entry: u64, level: u32): u32 {
    if (!EntryFormat.isPresent(entry)) return 0;
    if (!this.isLeaf(entry, level)) {
      return PRESENT | (this.tableAccessed != 0 ? this.propertiesOf(entry) & ~DIRTY : 0);
    }
    return PRESENT | LEAF | (level > 1 ? HUGE : 0) | this.propertiesOf(entry);
  }

  private propertiesOf(entry: u64): u32 {
    let flags: u32 = 0;
    for (let n: usize = 0; n < PROPERTIES; n++) {
      const property = this.properties + (n << 4);
      flags |= (<u32>((entry & load<u64>(property)) == load<u64>(property, 8))) << (<u32>n);
    }
    return flags;
  }
}
