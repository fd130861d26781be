/**
 * The resident pages in an array without holes, in no order, so that a policy can draw one by its index. What the policy
 * compares of a page lies in an entry at the same index: a draw reads one place.
 *
 *   index      0      1      2   …   count - 1
 *   entries  ├──────┼──────┼──────┼──────┤        words that the policy defines, u64, or none
 *   slots    ├ slot ┼ slot ┼ slot ┼ slot ┤        u32 each
 *
 *   indexOf: the index of each resident slot, u32 each
 */
import { allocate, make } from "../../core/arena";
import { Policy } from "../contract";
import { Slots } from "../slots";

@final
@unmanaged
export class ResidentArray {
  count: u32;
  private entries: usize;
  private entryBytes: u32;
  private slots: usize;
  private indexOf: usize;

  /** For at most `capacity` pages, with entries of a power of two of bytes, or of 0; null when memory is out. */
  static create(capacity: u32, entryBytes: u32): ResidentArray {
    const nothing = changetype<ResidentArray>(0);
    const array = make<ResidentArray>();
    if (changetype<usize>(array) == 0) return nothing;
    array.entryBytes = entryBytes;
    array.entries = allocate(<u64>capacity * entryBytes);
    array.slots = allocate((<u64>capacity) << 2);
    array.indexOf = allocate((<u64>capacity) << 2);
    if (array.entries == 0 || array.slots == 0 || array.indexOf == 0) return nothing;
    return array;
  }

  /** For `create` of a policy whose hits read the page's entry: the pages engine reads it ahead. */
  readAhead(policy: Policy): void {
    policy.ahead = this.entries;
    policy.aheadShift = <u32>ctz<u32>(this.entryBytes);
    policy.aheadPlaces = this.indexOf;
  }

  /** The entry at an index below `count`. */
  @inline
  entryAt(index: u32): usize {
    return this.entries + <usize>index * this.entryBytes;
  }

  /** The entry of a resident slot. */
  @inline
  entryOf(slot: u32): usize {
    return this.entryAt(this.index(slot));
  }

  @inline
  slotAt(index: u32): u32 {
    return load<u32>(this.slots + ((<usize>index) << 2));
  }

  /** Adds a page; returns its entry, whose content is undefined. */
  @inline
  push(slot: u32): usize {
    const index = this.count++;
    this.place(slot, index);
    return this.entryAt(index);
  }

  /** Removes a page. */
  @inline
  remove(slot: u32): void {
    this.removeAt(this.index(slot));
  }

  /** Removes the page at an index below `count`. The last one takes its place. */
  @inline
  removeAt(index: u32): void {
    const last = --this.count;
    for (let byte: u32 = 0; byte < this.entryBytes; byte += 8) {
      store<u64>(this.entryAt(index) + byte, load<u64>(this.entryAt(last) + byte));
    }
    this.place(this.slotAt(last), index);
  }

  /** The index of a resident slot. */
  @inline
  index(slot: u32): u32 {
    return load<u32>(this.indexOf + ((<usize>slot) << 2));
  }

  @inline
  private place(slot: u32, index: u32): void {
    store<u32>(this.slots + ((<usize>index) << 2), slot);
    store<u32>(this.indexOf + ((<usize>slot) << 2), index);
  }

  /** Is true when it holds every resident page, at its index. */
  isValid(slots: Slots): bool {
    if (this.count != slots.residents) return false;
    for (let index: u32 = 0; index < this.count; index++) {
      const slot = this.slotAt(index);
      if (!slots.isResident(slot) || this.index(slot) != index) return false;
    }
    return true;
  }
}
