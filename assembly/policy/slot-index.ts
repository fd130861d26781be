/**
 * The slots of pages, by the dense numbers that a trace's pages get: an array, so that neither a search nor a change costs
 * more than one access. The pages that are requested most have low numbers as a rule, and share cache lines.
 *
 *   slots     ├ slot + 1 ┼ … ┤  u32 by number; 0: the page has no slot
 *   numbers   ├ number ──┼ … ┤  u32 by slot
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Ids } from "../core/ids";

const FIRST_PAGES: u32 = 4096;

@final
@unmanaged
export class SlotIndex {
  private ids: Ids;
  private slots: usize;
  private numbers: usize;
  private capacity: u32;

  /** For `count` slots and the pages of `ids`, about `expected`; null when memory is out. */
  static create(count: u32, ids: Ids, expected: u32): SlotIndex {
    const nothing = changetype<SlotIndex>(0);
    const index = make<SlotIndex>();
    if (changetype<usize>(index) == 0) return nothing;
    index.ids = ids;
    index.numbers = allocate((<u64>count) << 2);
    return index.numbers != 0 && index.resize(max(max(ids.count, expected), FIRST_PAGES)) ? index : nothing;
  }

  /** Makes room for pages that were numbered since; false when memory is out. */
  @inline
  reach(): bool {
    return this.ids.count <= this.capacity || this.resize(max(this.ids.count, this.capacity << 1));
  }

  private resize(pages: u32): bool {
    const slots = allocate((<u64>pages) << 2);
    if (slots == 0) return false;
    memory.copy(slots, this.slots, (<usize>this.capacity) << 2);
    this.slots = slots;
    this.capacity = pages;
    return true;
  }

  /** The slot of page `number`; NONE when it has none. */
  @inline
  of(number: u32): u32 {
    return load<u32>(this.slots + ((<usize>number) << 2)) - 1;
  }

  /** The number of the page that has `slot`. */
  @inline
  numberOf(slot: u32): u32 {
    return load<u32>(this.numbers + ((<usize>slot) << 2));
  }

  /** Page `number`, which has no slot, gets `slot`. */
  @inline
  add(number: u32, slot: u32): void {
    store<u32>(this.slots + ((<usize>number) << 2), slot + 1);
    store<u32>(this.numbers + ((<usize>slot) << 2), number);
  }

  @inline
  remove(slot: u32): void {
    store<u32>(this.slots + ((<usize>this.numberOf(slot)) << 2), 0);
  }

  /** The number of pages that have a slot. Walks all; 2^32 - 1 if one is not the slot's. */
  get pages(): u32 {
    let pages: u32 = 0;
    for (let number: u32 = 0; number < min(this.ids.count, this.capacity); number++) {
      const slot = this.of(number);
      if (slot == NONE) continue;
      if (this.numberOf(slot) != number) return NONE;
      pages++;
    }
    return pages;
  }
}
