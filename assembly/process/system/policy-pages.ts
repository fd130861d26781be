/**
 * The pages that the policy may evict, and those that it must not. A page's content has a number that survives eviction,
 * by which the policy's ghosts identify it: a private page has a number of its own, a page of an object that of its
 * entry. Locked pages, the zero page, the kernel's own pages and those of the pool are not in the policy.
 *
 *   frame ── slot ──> policy        policy's slot ── framesOfSlots ──> frame
 */
import { KIND_LOAD, NONE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { Machine } from "../../machine/machine";
import { KERNEL_PAGE, LOCKED_PAGE, PageFlags, POOL_PAGE, PRIVATE_PAGE } from "./page-flags";

/** Distinguishes the key of a private page from that of an entry. */
const PRIVATE_KEY: u64 = (<u64>1) << 32;

@final
@unmanaged
export class PolicyPages {
  /** Frames in use that are not in the policy, page tables apart. */
  unevictable: u32;
  private machine: Machine;
  private flags: PageFlags;
  private framesOfSlots: usize; // u32 by slot, when memory has a limit

  /** Null when memory is out. */
  static create(machine: Machine, flags: PageFlags): PolicyPages {
    const nothing = changetype<PolicyPages>(0);
    const pages = make<PolicyPages>();
    if (changetype<usize>(pages) == 0) return nothing;
    pages.machine = machine;
    pages.flags = flags;
    if (!machine.limited) return pages;
    const replacer = machine.replacer;
    if (replacer.readsBits) replacer.base.bits.detach();
    pages.framesOfSlots = allocate((<u64>replacer.base.slots.count) << 2);
    return pages.framesOfSlots == 0 ? nothing : pages;
  }

  /** Sets the policy's capacity to the frames that tables and unevictable pages leave. */
  updateCapacity(): void {
    const machine = this.machine;
    if (!machine.limited) return;
    const taken = machine.tables.count + this.unevictable;
    const frames = machine.frames.limit;
    machine.replacer.base.capacity = taken < frames ? frames - taken : 1;
  }

  /** Adds (1) or subtracts (-1) the page in `pfn` to the unevictable ones. */
  private countUnevictable(pfn: u32, sign: i32): void {
    this.unevictable += <u32>(sign << this.machine.frames.order(pfn));
    this.updateCapacity();
  }

  /** The key by which the policy identifies a content. */
  private static key(content: u32, flags: u32): u64 {
    return (flags & PRIVATE_PAGE) != 0 ? <u64>content | PRIVATE_KEY : <u64>content;
  }

  /** `ghost`, if the policy still remembers that content in this slot; otherwise NONE. */
  ghostFor(ghost: u32, content: u32, flags: u32): u32 {
    const machine = this.machine;
    if (!machine.limited || ghost == NONE) return NONE;
    const slots = machine.replacer.base.slots;
    return slots.isGhost(ghost) && slots.key(ghost) == PolicyPages.key(content, flags) ? ghost : NONE;
  }

  /** Processes a request for a content that is in no frame. `slot`: its ghost's, or NONE. */
  miss(slot: u32, content: u32, flags: u32): void {
    if (this.machine.limited) this.machine.replacer.miss(slot, PolicyPages.key(content, flags));
  }

  /** Adds the page in `pfn` to the policy, which has processed the miss. `slot`: its ghost's, or NONE. */
  add(pfn: u32, slot: u32, kind: u32): void {
    const machine = this.machine;
    if (!machine.limited) return;
    const key = PolicyPages.key(machine.frames.content(pfn), this.flags.of(pfn));
    if (slot == NONE) slot = machine.replacer.base.slots.alloc(key);
    machine.replacer.insert(slot, kind);
    store<u32>(this.framesOfSlots + ((<usize>slot) << 2), pfn);
    machine.frames.setSlot(pfn, slot);
  }

  /** Adds the page in `pfn` to the policy as a new one. */
  readmit(pfn: u32, kind: u32): void {
    this.miss(NONE, this.machine.frames.content(pfn), this.flags.of(pfn));
    this.add(pfn, NONE, kind);
  }

  /** Removes the page in `pfn` from the policy, if it is there. */
  remove(pfn: u32): void {
    const machine = this.machine;
    const slot = machine.frames.slot(pfn);
    if (!machine.limited || slot == NONE) return;
    machine.replacer.remove(slot);
    machine.frames.setSlot(pfn, NONE);
    machine.filter.reset();
  }

  /** The frame of the page in the policy's slot. */
  @inline
  frameOf(slot: u32): u32 {
    return load<u32>(this.framesOfSlots + ((<usize>slot) << 2));
  }

  /** Marks the page in `pfn` as the kernel's own, which is never evicted. */
  markKernel(pfn: u32): void {
    this.flags.set(pfn, KERNEL_PAGE);
    this.countUnevictable(pfn, 1);
  }

  /** Locks the page in `pfn`: it is not evicted. */
  lock(pfn: u32): void {
    if (this.flags.has(pfn, LOCKED_PAGE | KERNEL_PAGE)) return;
    this.remove(pfn);
    this.flags.set(pfn, LOCKED_PAGE);
    this.countUnevictable(pfn, 1);
  }

  /** Unlocks the page in `pfn`: it may be evicted again. */
  unlock(pfn: u32): void {
    this.clearLock(pfn);
    this.readmit(pfn, KIND_LOAD);
  }

  private clearLock(pfn: u32): void {
    this.flags.clear(pfn, LOCKED_PAGE | KERNEL_PAGE);
    this.countUnevictable(pfn, -1);
  }

  /** Frees the frame of a page that nothing maps. */
  free(pfn: u32): void {
    if (this.flags.has(pfn, LOCKED_PAGE | KERNEL_PAGE)) this.clearLock(pfn);
    else this.remove(pfn);
    this.machine.buddy.free(pfn);
  }

  /** Is true when the page in `pfn` is in the policy if it may be evicted, and the policy's slot leads to it. */
  isValid(pfn: u32): bool {
    const slot = this.machine.frames.slot(pfn);
    const isEvictable = this.machine.limited && !this.flags.has(pfn, LOCKED_PAGE | KERNEL_PAGE | POOL_PAGE);
    return isEvictable ? slot != NONE && this.frameOf(slot) == pfn : slot == NONE;
  }
}
