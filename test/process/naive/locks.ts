/** Locked memory of the naive model, as Linux 6.18 has it (mm/mlock.c). */
import {
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  VM_LOCKED,
  VM_LOCKONFAULT,
} from "../../../assembly/abi/linux.js";
import type { Faults } from "./faults.js";
import type { Limits } from "./limits.js";
import { type Answer, isLocked, PAGE_BYTES, pagesOf } from "./memory.js";
import type { Space } from "./space.js";

export const LOCKS = VM_LOCKED | VM_LOCKONFAULT;

export class Locks {
  /** Locks of mappings to come (mlockall). */
  future = 0;

  constructor(
    private readonly space: Space,
    private readonly limits: Limits,
    private readonly faults: Faults,
  ) {}

  mlock(address: number, bytes: number, flags = 0): Answer {
    const { limits, space } = this;
    if ((flags & ~MLOCK_ONFAULT) !== 0) return "EINVAL";
    if (limits.memlock.soft === 0) return "EPERM";
    const start = Math.floor(address / PAGE_BYTES);
    const end = pagesOf(address + bytes);
    const isWithin = (pages: number) => pages * PAGE_BYTES <= limits.memlock.soft;
    const pages = end - start + limits.lockedPages;
    if (!isWithin(pages) && !isWithin(pages - space.count(start, end, isLocked))) return "ENOMEM";
    const locks = VM_LOCKED | (flags === MLOCK_ONFAULT ? VM_LOCKONFAULT : 0);
    const error = this.space.eachPart(start, end, (from, to) => this.lock(from, to, locks));
    if (error !== undefined) return error;
    return this.faults.populate(start, end, false) === undefined ? 0 : "ENOMEM";
  }

  munlock(address: number, bytes: number): Answer {
    const start = Math.floor(address / PAGE_BYTES);
    return this.space.eachPart(start, pagesOf(address + bytes), (from, to) => this.lock(from, to, 0)) ?? 0;
  }

  private lock(start: number, end: number, locks: number): undefined {
    const { flags } = this.space.page(start);
    const wanted = (flags & ~LOCKS) | locks;
    if (wanted !== flags) this.space.change(start, end, wanted);
  }

  mlockall(flags: number): Answer {
    const { limits, space } = this;
    const known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
    if (flags === 0 || (flags & ~known) !== 0 || flags === MCL_ONFAULT) return "EINVAL";
    if (limits.memlock.soft === 0) return "EPERM";
    const isCurrent = (flags & MCL_CURRENT) !== 0;
    if (isCurrent && space.pages.size * PAGE_BYTES > limits.memlock.soft) return "ENOMEM";
    const locks = VM_LOCKED | ((flags & MCL_ONFAULT) !== 0 ? VM_LOCKONFAULT : 0);
    this.future = (flags & MCL_FUTURE) !== 0 ? locks : 0;
    if (!isCurrent) return 0;
    for (const run of space.regions()) this.lock(run.start, run.end, locks);
    this.faults.populate(0, space.top, true);
    return 0;
  }

  munlockall(): Answer {
    this.future = 0;
    for (const run of this.space.regions()) this.lock(run.start, run.end, 0);
    return 0;
  }
}
