/** The limits of the model's process: mm/mmap.c's may_expand_vm and mm/mlock.c's mlock_future_ok of Linux 6.18. */
import { VM_LOCKED } from "../../../assembly/abi/linux.js";
import { isData, isLocked, PAGE_BYTES } from "./memory.js";
import type { Space } from "./space.js";

export interface Limit {
  soft: number;
  hard: number;
}

export type Resource = "stack" | "memlock" | "as" | "data";

const MIB = 2 ** 20;

export class Limits {
  stack: Limit = { soft: 8 * MIB, hard: 8 * MIB };
  memlock: Limit = { soft: 8 * MIB, hard: 8 * MIB };
  as: Limit = { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY };
  data: Limit = { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY };
  /** Pages that MREMAP_DONTUNMAP unlocked, and Linux still counts. */
  lockedBeside = 0;

  constructor(private readonly space: Space) {}

  set(resource: Resource, soft: number, hard: number): 0 | "EINVAL" | "EPERM" {
    if (soft > hard) return "EINVAL";
    if (hard > this[resource].hard) return "EPERM";
    this[resource] = { soft, hard };
    return 0;
  }

  get lockedPages(): number {
    return this.count(isLocked) + this.lockedBeside;
  }

  get dataPages(): number {
    return this.count((page) => isData(page.flags));
  }

  private count(matches: Parameters<Space["count"]>[2]): number {
    return this.space.count(0, this.space.top, matches);
  }

  mayExpand(flags: number, more: number): boolean {
    if ((this.space.pages.size + more) * PAGE_BYTES > this.as.soft) return false;
    if (!isData(flags)) return true;
    const bytes = (this.dataPages + more) * PAGE_BYTES;
    return bytes <= this.data.soft || (this.data.soft === 0 && bytes <= this.data.hard);
  }

  mayLock(flags: number, more: number): boolean {
    return (flags & VM_LOCKED) === 0 || (this.lockedPages + more) * PAGE_BYTES <= this.memlock.soft;
  }

  inherit(from: Limits): void {
    for (const resource of ["stack", "memlock", "as", "data"] as const)
      this[resource] = { ...from[resource] };
  }
}
