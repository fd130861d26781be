/**
 * The block that each address of a heap belongs to, in units of 8 bytes.
 *
 *   page number ──> entry:  │ owner of the whole page u32 │ granules u32 ──> 512 owners, one for each 8 bytes │
 *
 * An owner is a block's number plus 1; 0: no block. A page that one block fills needs no granules.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Chunks } from "../core/chunks";
import { Hash } from "../core/hash";
import { Ids } from "../core/ids";

const PAGE_SHIFT: u64 = 12;
const PAGE: u64 = 1 << PAGE_SHIFT;
const GRANULE_SHIFT: u64 = 3;
const GRANULES: u32 = 512;
const ENTRY_GRANULES: usize = 4;
const ENTRY_BYTES: u32 = 8;

@final
@unmanaged
export class Owners {
  private pages: Ids;
  private entries: Chunks;
  /** The page that was looked up last, and its entry. */
  private lastPage: u64;
  private lastEntry: usize;

  /** Null when memory is out. */
  static create(): Owners {
    const nothing = changetype<Owners>(0);
    const owners = make<Owners>();
    if (changetype<usize>(owners) == 0) return nothing;
    owners.pages = Ids.create();
    owners.entries = Chunks.create(ENTRY_BYTES);
    owners.lastPage = u64.MAX_VALUE;
    if (changetype<usize>(owners.pages) == 0 || changetype<usize>(owners.entries) == 0) return nothing;
    return owners;
  }

  /** The block that has `address`; NONE. */
  @inline
  at(address: u64): u32 {
    const page = address >> PAGE_SHIFT;
    if (page != this.lastPage) this.seek(page);
    const entry = this.lastEntry;
    if (entry == 0) return NONE;
    const granules = <usize>load<u32>(entry, ENTRY_GRANULES);
    if (granules == 0) return load<u32>(entry) - 1;
    return load<u32>(granules + ((<usize>((address & (PAGE - 1)) >> GRANULE_SHIFT)) << 2)) - 1;
  }

  /** The first block that has any of the `bytes` at `address`, at least one of them; NONE. */
  firstIn(address: u64, bytes: u64): u32 {
    const end = address + max(bytes, 1);
    while (address < end) {
      const owner = this.at(address);
      if (owner != NONE) return owner;
      const entry = this.lastEntry;
      const isWhole = entry == 0 || load<u32>(entry, ENTRY_GRANULES) == 0;
      address = isWhole ? (address & ~(PAGE - 1)) + PAGE : (address & ~7) + 8;
    }
    return NONE;
  }

  private seek(page: u64): void {
    const id = this.pages.find(page, Hash.of(page));
    this.lastPage = page;
    this.lastEntry = id == NONE ? 0 : this.entries.at(id);
  }

  /** Block `number` has `bytes` at `address`, at least one of them; NONE: no block has. False when memory is out. */
  set(address: u64, bytes: u64, number: u32): bool {
    this.lastPage = u64.MAX_VALUE;
    const end = address + max(bytes, 1);
    while (address < end) {
      const next = min((address & ~(PAGE - 1)) + PAGE, end);
      const entry = this.entryFor(address >> PAGE_SHIFT);
      if (entry == 0 || !this.setWithin(entry, address, next, number + 1)) return false;
      address = next;
    }
    return true;
  }

  private setWithin(entry: usize, from: u64, end: u64, owner: u32): bool {
    if (load<u32>(entry, ENTRY_GRANULES) == 0) {
      if (end - from == PAGE) {
        store<u32>(entry, owner);
        return true;
      }
      if (!this.part(entry)) return false;
    }
    const granules = <usize>load<u32>(entry, ENTRY_GRANULES);
    const last = <u32>(((end - 1) & (PAGE - 1)) >> GRANULE_SHIFT);
    for (let n = <u32>((from & (PAGE - 1)) >> GRANULE_SHIFT); n <= last; n++)
      store<u32>(granules + ((<usize>n) << 2), owner);
    return true;
  }

  /** Gives the page granules, which all have its owner. */
  private part(entry: usize): bool {
    const granules = allocate((<u64>GRANULES) << 2);
    if (granules == 0) return false;
    const owner = load<u32>(entry);
    for (let n: u32 = 0; n < GRANULES; n++) store<u32>(granules + ((<usize>n) << 2), owner);
    store<u32>(entry, <u32>granules, ENTRY_GRANULES);
    return true;
  }

  private entryFor(page: u64): usize {
    const had = this.pages.count;
    const id = this.pages.of(page, Hash.of(page));
    if (id == NONE) return 0;
    if (this.pages.count != had && !this.entries.add()) return 0;
    return this.entries.at(id);
  }
}
