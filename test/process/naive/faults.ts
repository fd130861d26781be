/**
 * Accesses to the model's memory, and the population of pages by the kernel. Written from Linux 6.18's mm/memory.c,
 * mm/filemap.c, mm/gup.c, expand_downwards in mm/vma.c and arch/x86/mm/fault.c.
 */
import { VM_EXEC, VM_GROWSDOWN, VM_LOCKONFAULT, VM_SHARED, VM_WRITE } from "../../../assembly/abi/linux.js";
import type { Limits } from "./limits.js";
import { ACCESS, type Backing, has, newFrame, PAGE_BYTES, type Page, ZEROS } from "./memory.js";
import { GUARD, type Space } from "./space.js";

export type Kind = "load" | "store" | "fetch";
type Fault = "SEGV_MAPERR" | "SEGV_ACCERR" | "BUS_ADRERR";

const AROUND = 16;
const TABLE = 512;

export interface Counts {
  minor: number;
  copies: number;
}

/** Removes the entry. */
export function unmap(page: Page): void {
  if (page.entry === undefined) return;
  page.entry.frame.mapped--;
  page.entry = undefined;
}

export class Faults {
  constructor(
    private readonly space: Space,
    private readonly limits: Limits,
    readonly counts: Counts,
  ) {}

  /** The result of an access to this number of bytes: "ok", or a signal, its code and its address. */
  touch(address: number, bytes: number, kind: Kind): string {
    const last = Math.floor((address + bytes - 1) / PAGE_BYTES);
    // Half of the addresses are not canonical: a general protection fault, which has no address.
    if (last > this.space.top) return "SIGSEGV SI_KERNEL 0x0";
    for (let vpn = Math.floor(address / PAGE_BYTES); vpn <= last; vpn++) {
      while (!this.isAllowed(vpn, kind)) {
        const fault = this.serve(vpn, kind);
        if (fault === undefined) continue;
        const signal = fault === "BUS_ADRERR" ? "SIGBUS" : "SIGSEGV";
        return `${signal} ${fault} 0x${Math.max(address, vpn * PAGE_BYTES).toString(16)}`;
      }
      const entry = this.space.page(vpn).entry;
      if (kind === "store" && entry !== undefined) entry.isDirty = true;
    }
    return "ok";
  }

  /** True if the entry permits the access. */
  private isAllowed(vpn: number, kind: Kind): boolean {
    const page = this.space.pages.get(vpn);
    if (page?.entry === undefined) return false;
    if (kind === "store") return page.entry.isWritable;
    return has(page, kind === "fetch" ? VM_EXEC : ACCESS);
  }

  private serve(vpn: number, kind: Kind): Fault | undefined {
    if (!this.space.pages.has(vpn) && !this.growDownTo(vpn)) return "SEGV_MAPERR";
    const page = this.space.page(vpn);
    if (kind === "store" ? !has(page, VM_WRITE) : page.entry !== undefined || !has(page, ACCESS))
      return "SEGV_ACCERR";
    if (page.isGuarded) return "SEGV_MAPERR";
    return this.bringIn(vpn, kind === "store") ? undefined : "BUS_ADRERR";
  }

  /** Grows the stack above down to the page, if there is one and its limit permits. */
  private growDownTo(vpn: number): boolean {
    const { space, limits } = this;
    const start = space.firstAtOrAbove(vpn);
    if (start === undefined || vpn >= space.top) return false;
    const stack = space.page(start);
    if (!has(stack, VM_GROWSDOWN) || vpn < space.lowest) return false;
    const below = space.lastBelow(vpn);
    if (below !== undefined) {
      const page = space.page(below);
      if (!has(page, VM_GROWSDOWN) && has(page, ACCESS) && vpn - (below + 1) < GUARD) return false;
    }
    space.prepareOrigin(start);
    const more = start - vpn;
    if (more > stack.index || !limits.mayExpand(stack.flags, more)) return false;
    if ((space.endOf(start) - vpn) * PAGE_BYTES > limits.stack.soft) return false;
    if (!limits.mayLock(stack.flags, more)) return false;
    space.lay(vpn, start, stack.flags, undefined, stack.index - more);
    for (let at = vpn; at < start; at++)
      Object.assign(space.page(at), { origin: stack.origin, isForked: stack.isForked });
    stack.isJoined = true;
    return true;
  }

  /** One fault that the region allows. Returns false if the object has no page there, or if there is a guard. */
  private bringIn(vpn: number, isStore: boolean): boolean {
    const page = this.space.page(vpn);
    if (page.isGuarded) return false;
    if (isStore && !has(page, VM_SHARED)) this.space.prepareOrigin(vpn);
    if (page.entry !== undefined) this.storeToPresent(page);
    else if (page.backing === undefined) this.bringPrivate(vpn, page, isStore);
    else if (!this.bringObject(vpn, page, page.backing, isStore)) return false;
    this.counts.minor++;
    return true;
  }

  private bringPrivate(vpn: number, page: Page, isStore: boolean): void {
    this.space.makeTable(vpn);
    if (isStore) this.putCustom(page);
    else page.entry = { frame: ZEROS, isWritable: false, isDirty: false };
  }

  private putCustom(page: Page): void {
    unmap(page);
    const frame = newFrame("private");
    frame.mapped = 1;
    page.entry = { frame, isWritable: true, isDirty: true };
  }

  /** A read maps the pages around it, even if its own page does not exist. */
  private bringObject(vpn: number, page: Page, backing: Backing, isStore: boolean): boolean {
    if (!isStore) this.mapAround(vpn, backing);
    if (page.entry !== undefined) return true;
    if (page.index >= backing.pages) return false;
    this.space.makeTable(vpn);
    if (!isStore || has(page, VM_SHARED)) {
      this.mapObject(page, backing, isStore);
    } else {
      backing.frame(page.index);
      this.counts.copies++;
      this.putCustom(page);
    }
    return true;
  }

  /** Maps nothing if there is no page table, and a file's last page is the first in the window. */
  private mapAround(vpn: number, backing: Backing): void {
    const near = this.around(vpn).filter((at) => backing.isCached(this.space.page(at).index));
    const [first] = near;
    if (first === undefined) return;
    const isLast = backing.kind === "file" && this.space.page(first).index === backing.pages - 1;
    if (isLast && !this.space.hasTable(vpn)) return;
    this.space.makeTable(vpn);
    for (const at of near) {
      const page = this.space.page(at);
      if (page.entry === undefined && !page.isGuarded) this.mapObject(page, backing, false);
    }
  }

  /** The window of a fault around: 16 pages from a multiple of 16 or the region's start, within region and page table. */
  private around(vpn: number): number[] {
    const from = Math.max(vpn - (vpn % AROUND), this.space.startOf(vpn));
    const to = Math.min(from + AROUND, this.space.endOf(vpn), vpn - (vpn % TABLE) + TABLE);
    return Array.from({ length: to - from }, (_, n) => from + n);
  }

  private mapObject(page: Page, backing: Backing, isStore: boolean): void {
    const frame = backing.frame(page.index);
    frame.mapped++;
    const isUnwatched = backing.kind === "shared" && has(page, VM_SHARED) && has(page, VM_WRITE);
    page.entry = { frame, isWritable: isStore || isUnwatched, isDirty: isStore };
  }

  /** A store to a present read-only page: it stays shared, is the process's own by now, or is copied. */
  private storeToPresent(page: Page): void {
    const { entry } = page;
    if (entry === undefined) return;
    const { frame } = entry;
    if (has(page, VM_SHARED) || (frame.content === "private" && frame.mapped === 1)) {
      entry.isWritable = true;
      entry.isDirty = true;
      frame.isExclusive = frame.content === "private";
      return;
    }
    if (frame.content !== "zeros") this.counts.copies++;
    this.putCustom(page);
  }

  /**
   * Populates as mlock does: private writable pages as by a store. `isTolerant`: pages that cannot be populated are
   * skipped.
   */
  populate(start: number, end: number, isTolerant: boolean): "EFAULT" | undefined {
    for (const run of this.space.regions()) {
      const first = run.pages[0];
      if (first === undefined || Math.max(run.start, start) >= Math.min(run.end, end)) continue;
      if (has(first, VM_LOCKONFAULT)) continue;
      const isStore = (first.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
      const isDone =
        has(first, ACCESS) && this.bringAll(Math.max(start, run.start), Math.min(end, run.end), isStore);
      if (!isDone && !isTolerant) return "EFAULT";
    }
    return undefined;
  }

  /**
   * Populates pages that are not present, or not writable if needed. Returns false at the first page that cannot be
   * populated.
   */
  bringAll(start: number, end: number, isStore: boolean): boolean {
    for (let vpn = start; vpn < end; vpn++) {
      const { entry } = this.space.page(vpn);
      if (entry !== undefined && (!isStore || entry.isWritable)) continue;
      if (!this.bringIn(vpn, isStore)) return false;
    }
    return true;
  }
}
