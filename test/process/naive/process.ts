/**
 * The naive model of a process: memory calls, page by page, with the checks of each call in the order of Linux 6.18
 * (mm/mmap.c, mm/mprotect.c, mm/madvise.c, mm/mincore.c, kernel/fork.c). A call returns a number or the
 * name of an error. Memory is unlimited, pages are 4 KiB, the architecture is x86-64.
 */
import type { OpenMode } from "#pagewalk/index.js";
import {
  MADV_COLD,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_FREE,
  MADV_GUARD_INSTALL,
  MADV_GUARD_REMOVE,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_STACK,
  MAP_TYPE,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_WRITE,
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_LOCKED,
  VM_MAYBE_GUARD,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../../../assembly/abi/linux.js";
import { advised, guard } from "./advice.js";
import { type Counts, Faults, type Kind, unmap } from "./faults.js";
import { Limits, type Resource } from "./limits.js";
import { LOCKS, Locks } from "./locks.js";
import {
  ACCESS,
  type Answer,
  Backing,
  has,
  isLocked,
  Origin,
  PAGE_BYTES,
  type Page,
  pagesOf,
} from "./memory.js";
import { FRESH, type Run, Space } from "./space.js";

const MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
const HEAP = VM_READ | VM_WRITE | MAY | VM_ACCOUNT;
/** VM_MAYREAD and similar bits are above the bits that they permit. */
const MAY_SHIFT = 4;
const HUGE = 512;

export interface Layout {
  readonly lowest: number;
  readonly top: number;
  readonly mapBase: number;
  /** Bytes. */
  readonly startBrk: number;
}

/** A file as a descriptor has it. */
export interface Opened {
  readonly backing: Backing;
  readonly mode: OpenMode;
  /** Identifies the open file. */
  readonly opening: number;
}

const isAligned = (bytes: number) => bytes % PAGE_BYTES === 0;

export class NaiveProcess {
  readonly space: Space;
  readonly limits: Limits;
  readonly faults: Faults;
  readonly locks: Locks;
  private break: number;

  constructor(
    private readonly layout: Layout,
    readonly counts: Counts = { minor: 0, copies: 0 },
  ) {
    this.space = new Space(layout.lowest, layout.top, layout.mapBase);
    this.limits = new Limits(this.space);
    this.faults = new Faults(this.space, this.limits, counts);
    this.locks = new Locks(this.space, this.limits, this.faults);
    this.break = layout.startBrk;
  }

  touch(address: number, bytes: number, kind: Kind): string {
    return this.faults.touch(address, bytes, kind);
  }

  mmap(address: number, bytes: number, protection: number, flags: number, file?: Opened, offset = 0): Answer {
    const { space, limits } = this;
    const isAnonymous = (flags & MAP_ANONYMOUS) !== 0;
    const isShared = (flags & MAP_TYPE) === MAP_SHARED;
    if (!isAligned(offset)) return "EINVAL";
    if (!isAnonymous && file === undefined) return "EBADF";
    if (bytes === 0) return "EINVAL";
    const count = pagesOf(bytes);
    const isPlaced = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0;
    const isLowHint = !isPlaced && address >= PAGE_BYTES && address < space.lowest * PAGE_BYTES;
    const hint = isLowHint ? space.lowest * PAGE_BYTES : address;
    const backing = isAnonymous ? (isShared ? new Backing("shared", count) : undefined) : file?.backing;
    const start = this.place(hint, count, isPlaced, backing, offset / PAGE_BYTES);
    if (typeof start === "string") return start;
    if ((flags & MAP_FIXED_NOREPLACE) !== 0 && space.count(start, start + count) > 0) return "EEXIST";
    let wanted = (protection & ACCESS) | MAY | this.locks.future;
    if ((flags & MAP_GROWSDOWN) !== 0) wanted |= VM_GROWSDOWN;
    if ((flags & MAP_LOCKED) !== 0) wanted |= VM_LOCKED;
    if ((flags & MAP_STACK) !== 0) wanted |= VM_NOHUGEPAGE;
    if ((flags & MAP_NORESERVE) !== 0) wanted |= VM_NORESERVE;
    if ((flags & MAP_LOCKED) !== 0 && limits.memlock.soft === 0) return "EPERM";
    if (!limits.mayLock(wanted, count)) return "EAGAIN";
    const mode = isAnonymous ? undefined : file?.mode;
    if (mode === "O_RDONLY" && isShared && (protection & PROT_WRITE) !== 0) return "EACCES";
    if (mode === "O_WRONLY") return "EACCES";
    if (!isShared && (flags & MAP_TYPE) !== MAP_PRIVATE) return "EINVAL";
    if ((flags & MAP_GROWSDOWN) !== 0 && (isShared || !isAnonymous)) return "EINVAL";
    if (isShared) wanted |= VM_SHARED | VM_MAYSHARE;
    if (isShared && mode === "O_RDONLY") wanted &= ~(VM_SHARED | VM_MAYWRITE);
    const isCharged = (wanted & (VM_NORESERVE | VM_SHARED | VM_WRITE)) === VM_WRITE;
    const opening = isAnonymous ? 0 : (file?.opening ?? 0);
    const index = !isAnonymous ? offset / PAGE_BYTES : isShared ? 0 : start;
    // Regions are split at the ends of the range before the checks of the mapping.
    space.part(start);
    space.part(start + count);
    if (!limits.mayExpand(wanted, count - space.count(start, start + count))) return "ENOMEM";
    this.clear(start, start + count);
    space.lay(start, start + count, wanted | (isCharged ? VM_ACCOUNT : 0), backing, index, opening);
    space.merge(start, start + count, FRESH);
    const isEager = (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
    if ((wanted & VM_LOCKED) !== 0 || isEager) this.faults.populate(start, start + count, true);
    return start * PAGE_BYTES;
  }

  /**
   * The address for a mapping of that page of an object: the fixed one, its hint, or the highest free range. Private
   * anonymous memory in whole huge pages, and files with a whole one, are aligned to huge pages.
   */
  place(address: number, count: number, isFixed: boolean, backing?: Backing, index = 0): number | string {
    const { space } = this;
    const vpn = Math.floor(address / PAGE_BYTES);
    if (count > space.top) return "ENOMEM";
    if (isFixed) {
      if (address / PAGE_BYTES + count > space.top) return "ENOMEM";
      if (!isAligned(address)) return "EINVAL";
    }
    const isWhole = backing === undefined && vpn === 0 && count % HUGE === 0;
    const isFilled = backing?.kind === "file" && Math.floor((index + count) / HUGE) > Math.ceil(index / HUGE);
    const padding = !isFixed && (isWhole || isFilled) ? HUGE : 0;
    const isFree = vpn !== 0 && space.isFree(vpn, count + padding);
    if (isFixed || isFree) return vpn < space.lowest ? "EPERM" : vpn;
    const aligned = padding === 0 ? undefined : space.hugeRoom(count, isWhole ? 0 : index);
    return aligned ?? space.highestRoom(count) ?? "ENOMEM";
  }

  /** A file was shortened: pages behind its end are unmapped, the tables stay. */
  forget(backing: Backing): void {
    for (const page of this.space.pages.values())
      if (page.backing === backing && page.index >= backing.pages) unmap(page);
  }

  /** Unmaps everything from start to end. */
  clear(start: number, end: number): void {
    const { space } = this;
    if (start === end) return;
    space.part(start);
    space.part(end);
    for (const [vpn, page] of space.pages) {
      if (vpn < start || vpn >= end) continue;
      unmap(page);
      space.pages.delete(vpn);
    }
    space.freeTables(start, end);
  }

  munmap(address: number, bytes: number): Answer {
    const { top } = this.space;
    if (!isAligned(address) || address > top * PAGE_BYTES || bytes > top * PAGE_BYTES - address)
      return "EINVAL";
    if (bytes === 0) return "EINVAL";
    const start = address / PAGE_BYTES;
    this.clear(start, start + pagesOf(bytes));
    return 0;
  }

  brk(address: number): Answer {
    const { space, limits } = this;
    const had = this.break;
    const from = pagesOf(had);
    const to = pagesOf(address);
    if (address < this.layout.startBrk || address - this.layout.startBrk > limits.data.soft) return had;
    if (to < from) {
      if (space.count(to, from) === 0) return had;
      this.clear(to, from);
    } else if (to > from) {
      if (!this.growHeap(from, to)) return had;
    }
    this.break = address;
    return address;
  }

  private growHeap(from: number, to: number): boolean {
    const { space, limits } = this;
    const flags = HEAP | this.locks.future;
    if (to > space.top || !limits.mayLock(flags, to - from)) return false;
    if (!space.isFree(from, to - from + 1) || !limits.mayExpand(flags, to - from)) return false;
    space.lay(from, to, flags, undefined, from);
    // Memory below the heap's start does not belong to the heap, and is not joined with it.
    if (from * PAGE_BYTES > this.layout.startBrk) space.merge(from, to, FRESH, false);
    if ((flags & VM_LOCKED) !== 0) this.faults.populate(from, to, true);
    return true;
  }

  mprotect(address: number, bytes: number, protection: number): Answer {
    const { space } = this;
    const growsDown = (protection & PROT_GROWSDOWN) !== 0;
    const growsUp = (protection & PROT_GROWSUP) !== 0;
    if ((growsDown && growsUp) || !isAligned(address)) return "EINVAL";
    if (bytes === 0) return 0;
    const rest = protection & ~(PROT_GROWSDOWN | PROT_GROWSUP);
    if ((rest & ~(ACCESS | 8)) !== 0) return "EINVAL";
    let start = address / PAGE_BYTES;
    const end = start + pagesOf(bytes);
    const first = space.firstAtOrAbove(start);
    if (first === undefined) return "ENOMEM";
    if (growsDown) {
      if (first >= end) return "ENOMEM";
      if (!has(space.page(first), VM_GROWSDOWN)) return "EINVAL";
      start = space.startOf(first);
    } else if (first > start) {
      return "ENOMEM";
    } else if (growsUp) {
      return "EINVAL";
    }
    return this.space.eachPart(start, end, (from, to) => this.protect(from, to, rest & ACCESS)) ?? 0;
  }

  private protect(start: number, end: number, access: number): string | undefined {
    const { space, limits } = this;
    const { flags: had, backing, origin } = space.page(start);
    let flags = (had & ~ACCESS) | access;
    if ((access & ~(had >> MAY_SHIFT)) !== 0) return "EACCES";
    if (flags === had) return undefined;
    const isPromised = VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE;
    if ((flags & VM_WRITE) !== 0) {
      if (!limits.mayExpand(flags, end - start) && limits.mayExpand(had, end - start)) return "ENOMEM";
      if ((had & isPromised) === 0) flags |= VM_ACCOUNT;
    } else if (backing === undefined && origin === undefined) {
      flags &= ~VM_ACCOUNT;
    }
    space.change(start, end, flags);
    for (let vpn = start; vpn < end; vpn++) reprotect(space.page(vpn));
    const wasReadOnly = (had & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED;
    if (wasReadOnly && (flags & VM_WRITE) !== 0) this.faults.populate(start, end, true);
    return undefined;
  }

  madvise(address: number, bytes: number, advice: number): Answer {
    if (!isAligned(address)) return "EINVAL";
    if (bytes === 0) return 0;
    const start = address / PAGE_BYTES;
    const end = start + pagesOf(bytes);
    const isStore = advice === MADV_POPULATE_WRITE;
    if (isStore || advice === MADV_POPULATE_READ) {
      const needs = isStore ? VM_WRITE : VM_READ;
      const bring = (from: number, to: number, page: Page) => {
        if (!has(page, needs)) return "EINVAL";
        return this.faults.bringAll(from, to, isStore) ? undefined : "EFAULT";
      };
      return this.space.eachPart(start, end, bring) ?? 0;
    }
    let at = start;
    let answer: Answer = 0;
    while (at < end) {
      const from = this.space.firstAtOrAbove(at);
      if (from === undefined || from >= end) return "ENOMEM";
      if (from > at) answer = "ENOMEM";
      const to = Math.min(this.space.endOf(from), end);
      const error = this.advise(from, to, advice);
      if (error !== undefined) return error;
      at = to;
    }
    return answer;
  }

  private advise(start: number, end: number, advice: number): string | undefined {
    const { space } = this;
    const page = space.page(start);
    switch (advice) {
      case MADV_DONTNEED:
      case MADV_DONTNEED_LOCKED:
        if (advice === MADV_DONTNEED && isLocked(page)) return "EINVAL";
        for (let vpn = start; vpn < end; vpn++) unmap(space.page(vpn));
        space.freeWholeTables(start, end);
        return undefined;
      case MADV_FREE:
        return isLocked(page) || page.backing !== undefined ? "EINVAL" : undefined;
      case MADV_COLD:
        return isLocked(page) ? "EINVAL" : undefined;
      case MADV_GUARD_INSTALL:
        if (isLocked(page)) return "EINVAL";
        guard(space, start, end);
        return undefined;
      case MADV_GUARD_REMOVE:
        for (let vpn = start; vpn < end; vpn++) space.page(vpn).isGuarded = false;
        return undefined;
      default: {
        const flags = advised(page, advice);
        if (typeof flags === "string") return flags;
        if (flags !== page.flags) space.change(start, end, flags);
        return undefined;
      }
    }
  }

  /** A digit a page, "1" for one in memory. */
  mincore(address: number, bytes: number): string {
    const { space } = this;
    if (!isAligned(address)) return "EINVAL";
    if (address + bytes > space.top * PAGE_BYTES) return "ENOMEM";
    const start = address / PAGE_BYTES;
    const pages = Array.from({ length: pagesOf(bytes) }, (_, n) => space.pages.get(start + n));
    if (pages.includes(undefined)) return "ENOMEM";
    return pages
      .map((page) =>
        page !== undefined && (page.entry !== undefined || page.backing?.isCached(page.index)) ? "1" : "0",
      )
      .join("");
  }

  setrlimit(resource: Resource, soft: number, hard = this.limits[resource].hard): Answer {
    return this.limits.set(resource, soft, hard);
  }

  fork(): NaiveProcess {
    const child = new NaiveProcess(this.layout);
    child.break = this.break;
    child.limits.inherit(this.limits);
    for (const run of this.space.regions()) {
      const first = run.pages[0];
      if (first !== undefined && !has(first, VM_DONTCOPY)) child.inherit(this.space, run, first);
    }
    return child;
  }

  /** A region of the parent's; only one with private pages, or guards, is inherited page by page. */
  private inherit(parent: Space, { start, end, pages }: Run, first: Page): void {
    const isWiped = has(first, VM_WIPEONFORK);
    const hasOrigin = first.origin !== undefined && !isWiped;
    const isCopied = hasOrigin || (has(first, VM_MAYBE_GUARD) && !isWiped);
    const origin = hasOrigin ? new Origin() : undefined;
    this.space.lay(start, end, first.flags & ~LOCKS, first.backing, first.index, first.opening);
    if (!isCopied) return;
    this.space.copyTables(parent, start, start, end - start);
    pages.forEach((page, n) => {
      const copy = this.space.page(start + n);
      const { isGuarded, entry } = page;
      Object.assign(copy, { origin, isForked: hasOrigin, isGuarded });
      if (entry === undefined) return;
      const isShared = has(page, VM_SHARED);
      if (!isShared) entry.isWritable = false;
      entry.frame.isExclusive = false;
      entry.frame.mapped++;
      copy.entry = { ...entry, isDirty: entry.isDirty && !isShared };
    });
  }

  exit(): void {
    this.clear(0, this.space.top);
  }
}

/** The entry gets the permissions of its page: writable only if a store needs no fault. */
function reprotect(page: Page): void {
  const { entry } = page;
  if (entry === undefined) return;
  if (!has(page, VM_WRITE)) entry.isWritable = false;
  else if (has(page, VM_SHARED)) entry.isWritable = page.backing?.kind === "shared" || entry.isDirty;
  else entry.isWritable = entry.frame.isExclusive;
}
