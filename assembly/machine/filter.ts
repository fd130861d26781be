/**
 * The filter: for each kind of access, the last page touched on its side, if another access of that kind to the page
 * would change nothing but the policy; all ones when there is no such page. Calls (kind 4) never have one. So the loops
 * answer most references by one compare.
 *
 *   0        8       16      24         32       40                         60
 *   ├ fetch ─┼ load ─┼ store ┼ modify ──┼ call ──┼ the policy's slots ──────┼ isUnified ┤
 *      vpn of base pages, u64 each                  of those pages, u32 each
 */
import { KIND_FETCH } from "../abi/core";
import { make } from "../core/arena";

const NO_PAGE: u64 = u64.MAX_VALUE;

@final
@unmanaged
export class Filter {
  fetch: u64;
  load: u64;
  store: u64;
  modify: u64;
  call: u64;
  fetchSlot: u32;
  loadSlot: u32;
  storeSlot: u32;
  modifySlot: u32;
  callSlot: u32;
  /** One level-1 TLB serves both sides, so that a touch of one side may change what the other finds. */
  isUnified: bool;

  /** Null when memory is out. */
  static create(): Filter {
    const filter = make<Filter>();
    if (changetype<usize>(filter) != 0) filter.reset();
    return filter;
  }

  /** The page that the filter has for an access of `kind`. */
  @inline
  vpn(kind: u32): u64 {
    return load<u64>(changetype<usize>(this) + ((<usize>kind) << 3));
  }

  /** The policy's slot of that page. */
  @inline
  slot(kind: u32): u32 {
    return load<u32>(changetype<usize>(this) + ((<usize>kind) << 2), offsetof<Filter>("fetchSlot"));
  }

  /** Is true when the filter has no page for accesses of `kind`. */
  isEmpty(kind: u32): bool {
    return this.vpn(kind) == NO_PAGE;
  }

  /** Resets the filter, after a change of something that it relies on. */
  reset(): void {
    memory.fill(changetype<usize>(this), 0xff, offsetof<Filter>("fetchSlot"));
  }

  /** Enters the page that an access of `kind` touched last. `isDirty`: its D bit is set. */
  @inline
  enter(vpn: u64, kind: u32, isDirty: bool, slot: u32): void {
    if (kind == KIND_FETCH) {
      this.fetch = vpn;
      this.fetchSlot = slot;
      if (this.isUnified) this.resetData();
      return;
    }
    const stored = isDirty ? vpn : NO_PAGE;
    this.load = vpn;
    this.store = stored;
    this.modify = stored;
    this.loadSlot = slot;
    this.storeSlot = slot;
    this.modifySlot = slot;
    if (this.isUnified) this.fetch = NO_PAGE;
  }

  private resetData(): void {
    this.load = NO_PAGE;
    this.store = NO_PAGE;
    this.modify = NO_PAGE;
  }
}
