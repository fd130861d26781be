/**
 * The hierarchy of TLBs. Each side (instructions, data) looks up one level after the other. At each level the TLB depends
 * on the page size; sides, sizes or both may share one:
 *
 *   fetch ──> l1i ─┐                 an array of TLBs by side, level and the page table's level of the leaf
 *                  ├──> l2 ──> walk
 *   data  ──> l1d ─┘
 *
 * Hardware looks up all sizes of a level at once; so does `touch`, for the sizes that are in use.
 *
 * Each CPU has an array of its own; a TLB that CPUs share is in the arrays of all of them.
 */
import { ALL_CPUS } from "../abi/machine";
import { allocate, make } from "../core/arena";
import { Key } from "./key";
import { Tlb } from "./tlb";

const MAX_LEVELS: u32 = 4;
const MAX_TLBS: u32 = 64;
const PLACES: u32 = 2 * (MAX_LEVELS + 1) * 4;

@final
@unmanaged
export class Tlbs {
  /** The deepest level. */
  levels: u32;
  /** The number of TLBs, and their addresses, u32 each. */
  count: u32;
  list: usize;
  /** The number of CPUs, and the CPU that runs. */
  cpus: u32;
  cpu: u32;
  /** Bit n: leaves at level n of the page tables have been mapped. */
  sizes: u32;
  private firstPlaces: usize;
  private places: usize; // of the CPU that runs
  private pageShift: u32;
  private indexBits: u32;

  /** Null when memory is out. */
  static create(pageShift: u32, indexBits: u32, cpus: u32): Tlbs {
    const tlbs = make<Tlbs>();
    if (changetype<usize>(tlbs) == 0) return tlbs;
    tlbs.cpus = cpus;
    tlbs.list = allocate((<u64>cpus * MAX_TLBS) << 2);
    tlbs.firstPlaces = allocate((<u64>cpus * PLACES) << 2);
    tlbs.places = tlbs.firstPlaces;
    tlbs.sizes = 2;
    tlbs.pageShift = pageShift;
    tlbs.indexBits = indexBits;
    return tlbs.list == 0 || tlbs.places == 0 ? changetype<Tlbs>(0) : tlbs;
  }

  /**
   * Adds `tlb` at `level`, for each side whose bit is set in `sides` and each size whose bit is set in `sizes`, to
   * `cpu`, or to all if that is `ALL_CPUS`. At most 64 TLBs a CPU.
   */
  add(tlb: Tlb, level: u32, sides: u32, sizes: u32, cpu: u32): void {
    store<u32>(this.list + (this.count << 2), <u32>changetype<usize>(tlb));
    this.count++;
    this.levels = max(this.levels, level);
    for (let n: u32 = 0; n < this.cpus; n++) {
      if (cpu == ALL_CPUS || cpu == n) this.enter(tlb, level, sides, sizes, n);
    }
  }

  private enter(tlb: Tlb, level: u32, sides: u32, sizes: u32, cpu: u32): void {
    const running = this.cpu;
    this.switchTo(cpu);
    for (let side: u32 = 0; side < 2; side++) {
      for (let size: u32 = 1; size < 4; size++) {
        if ((sides >> side) & (sizes >> size) & 1) {
          store<u32>(this.place(side, level, size), <u32>changetype<usize>(tlb));
        }
      }
    }
    this.switchTo(running);
  }

  /** Switches to the TLBs of `cpu`. */
  switchTo(cpu: u32): void {
    this.cpu = cpu;
    this.places = this.firstPlaces + <usize>((cpu * PLACES) << 2);
  }

  @inline
  private place(side: u32, level: u32, size: u32): usize {
    return this.places + ((((side << 2) + side + level) << 4) | (size << 2));
  }

  /** The TLB of a level for the side and size; null when there is none. */
  @inline
  at(side: u32, level: u32, size: u32): Tlb {
    return changetype<Tlb>(<usize>load<u32>(this.place(side, level, size)));
  }

  @inline
  key(space: u64, va: u64, size: u32): u64 {
    return Key.of(space, va >> (this.pageShift + (size - 1) * this.indexBits), size);
  }

  /** The entry for `va` at one level, which becomes the one used last; 0 when there is none. */
  @inline
  touch(side: u32, level: u32, space: u64, va: u64): usize {
    const base = this.at(side, level, 1);
    if (changetype<usize>(base) != 0) {
      const entry = base.touch(this.key(space, va, 1));
      if (entry != 0 || this.sizes == 2) return entry;
    }
    return this.touchHuge(side, level, space, va);
  }

  private touchHuge(side: u32, level: u32, space: u64, va: u64): usize {
    for (let size: u32 = 2; size < 4; size++) {
      const tlb = this.at(side, level, size);
      if (((this.sizes >> size) & 1) == 0 || changetype<usize>(tlb) == 0) continue;
      const entry = tlb.touch(this.key(space, va, size));
      if (entry != 0) return entry;
    }
    return 0;
  }

  /** Inserts a translation into one level; its entry, 0 when the level has no TLB for it. */
  fill(side: u32, level: u32, key: u64, dirty: bool, pfn: u32, flags: u32): usize {
    const tlb = this.at(side, level, Key.level(key));
    return changetype<usize>(tlb) == 0 ? 0 : tlb.fill(key, dirty, pfn, flags);
  }

  @inline
  tlb(index: u32): Tlb {
    return changetype<Tlb>(<usize>load<u32>(this.list + (index << 2)));
  }

  flush(key: u64): void {
    for (let n: u32 = 0; n < this.count; n++) this.tlb(n).flush(key);
  }

  flushAll(): void {
    for (let n: u32 = 0; n < this.count; n++) this.tlb(n).flushAll();
  }

  isValid(): bool {
    for (let n: u32 = 0; n < this.count; n++) if (!this.tlb(n).isValid()) return false;
    return true;
  }
}
