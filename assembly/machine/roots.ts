/**
 * The roots of the page tables of all address spaces, by ASID, and the CPUs that have run each space (Linux's
 * mm_cpumask).
 */
import { allocate, make } from "../core/arena";

@final
@unmanaged
export class Roots {
  /** The address spaces that there is room for. */
  count: u32;
  /** A root for each space, u32; NONE until a page is mapped. */
  private roots: usize;
  /** A bit for each CPU that has run the space, u64 a space; null with one CPU. */
  private cpuMasks: usize;

  static create(spaces: u32, cpus: u32): Roots {
    const roots = make<Roots>();
    return changetype<usize>(roots) != 0 && roots.growTo(spaces, cpus) ? roots : changetype<Roots>(0);
  }

  @inline
  at(asid: u32): u32 {
    return load<u32>(this.roots + (asid << 2));
  }

  set(asid: u32, root: u32): void {
    store<u32>(this.roots + (asid << 2), root);
  }

  /** Notes that `cpu` runs the space. */
  markRun(asid: u32, cpu: u32): void {
    if (this.cpuMasks == 0) return;
    const mask = this.cpuMasks + (asid << 3);
    store<u64>(mask, load<u64>(mask) | ((<u64>1) << cpu));
  }

  /** The number of CPUs other than `cpu` that have run the space. */
  @inline
  otherCpus(asid: u32, cpu: u32): u64 {
    if (this.cpuMasks == 0) return 0;
    return popcnt(load<u64>(this.cpuMasks + (asid << 3)) & ~((<u64>1) << cpu));
  }

  /** Makes room for `spaces` address spaces or more, that `cpus` CPUs run. False when memory is out. */
  growTo(spaces: u32, cpus: u32): bool {
    let room = max<u32>(this.count, 1);
    while (room < spaces) room <<= 1;
    const roots = allocate((<u64>room) << 2);
    const masks = cpus > 1 ? allocate((<u64>room) << 3) : 0;
    if (roots == 0 || (cpus > 1 && masks == 0)) return false;
    memory.fill(roots, 0xff, (<usize>room) << 2);
    memory.copy(roots, this.roots, this.count << 2);
    if (masks != 0) memory.copy(masks, this.cpuMasks, this.count << 3);
    this.roots = roots;
    this.cpuMasks = masks;
    this.count = room;
    return true;
  }
}
