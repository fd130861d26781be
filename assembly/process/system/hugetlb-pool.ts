/**
 * The pool of explicit huge pages (vm.nr_hugepages): blocks that are allocated at the start. Its free pages are linked
 * by the contents of their frames.
 */
import { NONE } from "../../abi/core";
import { make } from "../../core/arena";
import { PAGE } from "../../frames/frames";
import { Machine } from "../../machine/machine";
import { HUGE_LEVEL } from "../../mmu/geometry";
import { PageFlags, POOL_PAGE } from "./page-flags";

@final
@unmanaged
export class HugetlbPool {
  /** Free pages, including those reserved for mappings and not allocated yet. */
  free: u32;
  reserved: u32;
  private first: u32;
  private machine: Machine;
  private flags: PageFlags;

  /** A pool of `pages`; null when memory is out, or they are more than half of it. */
  static create(machine: Machine, flags: PageFlags, pages: u32): HugetlbPool {
    const nothing = changetype<HugetlbPool>(0);
    const pool = make<HugetlbPool>();
    if (changetype<usize>(pool) == 0) return nothing;
    pool.machine = machine;
    pool.flags = flags;
    pool.first = NONE;
    const order = machine.geometry.order(HUGE_LEVEL);
    if (pages != 0 && (<u64>pages) << order > <u64>machine.frames.limit / 2) return nothing;
    for (let n: u32 = 0; n < pages; n++) {
      const pfn = machine.buddy.alloc(order, PAGE);
      if (pfn == NONE) return nothing;
      pool.put(pfn);
    }
    return pool;
  }

  /** Adds the block at `pfn` as a free page. */
  put(pfn: u32): void {
    const frames = this.machine.frames;
    frames.clear(pfn);
    frames.setContent(pfn, this.first);
    this.flags.set(pfn, POOL_PAGE);
    this.first = pfn;
    this.free++;
  }

  /** Takes a free page, without flags and content; there is one. */
  take(): u32 {
    assert(this.free != 0, "a page is taken from an empty pool");
    const pfn = this.first;
    this.first = this.machine.frames.content(pfn);
    this.free--;
    this.machine.frames.clear(pfn);
    return pfn;
  }

  /** Is true when the free pages are unmapped blocks of the pool, and as many as it counts. */
  isValid(): bool {
    const frames = this.machine.frames;
    let free: u32 = 0;
    for (let pfn = this.first; pfn != NONE; pfn = frames.content(pfn)) {
      if (++free > this.free || frames.mapped(pfn) != 0 || !this.flags.has(pfn, POOL_PAGE)) return false;
    }
    return free == this.free && this.reserved <= free;
  }
}
