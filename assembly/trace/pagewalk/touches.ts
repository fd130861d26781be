/**
 * The page path of a block, as an engine wants it (see abi's "A page block"): what is left of its references when those
 * are passed over that went where the one of their side (fetch or data) before them went.
 *
 *   references  F 401:ab0  F 401:ab3  S 7ff:758  F 401:ab8  S 7ff:750  F 402:000  L 600:ffc,8 …
 *   touches     F 401                 S 7ff                            F 402      L 600 and 601
 *   symbols     0                     1                                2          3
 *   dictionary  0 = {401, 1, fetch, –}, 1 = {7ff, 1, data, write}, 2 = {402, 1, fetch, –}, 3 = {600, 2, data, –}
 *
 * The section: `touches` symbols, one byte each when there are at most 256 entries, else two; then per entry a varint
 * of the zigzag distance from the entry before's vpn, and a varint `pages - 1 << 2 | side << 1 | write`.
 */
import { KIND_FETCH, KIND_STORE, NONE, SIDE_DATA, SIDE_FETCH } from "../../abi/core";
import {
  PAGE_ENTRY_BYTES,
  PAGE_ENTRY_PAGES,
  PAGE_ENTRY_SIDE,
  PAGE_ENTRY_VPN,
  PAGE_ENTRY_WRITE,
} from "../../abi/page-block";
import { allocate, make } from "../../core/arena";
import { MOST_ENTRIES } from "./format";
import { Output, Zigzag } from "./varint";

const PAGE_SHIFT: u64 = 12;
const HASH_BITS: u32 = 17;
const HASH_ENTRIES: usize = 1 << HASH_BITS;
const HASH_MASK: u32 = (1 << HASH_BITS) - 1;
const MIX: u64 = 0x9e3779b97f4a7c15;

/** Where one side is: the page of its last reference, and the touch that brought it there. */
@final
@unmanaged
export class Side {
  page: u64;
  /** Index of the touch; `NONE` before the side's first. */
  touch: u32;
  /** Does the touch's entry say that it wrote `page`? */
  isWritten: bool;

  /** Whether a reference of these bytes is passed over, if it does not write. */
  @inline
  holds(address: u64, size: u32): bool {
    const first = this.page << PAGE_SHIFT;
    const last = address + (size > 0 ? size - 1 : 0);
    return this.touch != NONE && ((address ^ first) | (last ^ first)) >> PAGE_SHIFT == 0;
  }
}

@final
@unmanaged
export class TouchEncoder {
  touches: u32;
  entries: u32;
  private shift: u64; // 12, or 0 where addresses are page numbers
  private symbols: usize; // u16[references]
  private dictionary: usize; // abi's entries
  private slots: usize; // u32[HASH_ENTRIES]: an entry's index + 1, open addressing
  fetch: Side;
  data: Side;

  /** Null when memory is out. */
  static create(references: u32, addressesArePages: bool): TouchEncoder {
    const encoder = make<TouchEncoder>();
    if (changetype<usize>(encoder) == 0) return encoder;
    encoder.shift = addressesArePages ? 0 : PAGE_SHIFT;
    encoder.symbols = allocate((<u64>references) << 1);
    encoder.dictionary = allocate(MOST_ENTRIES * PAGE_ENTRY_BYTES);
    encoder.slots = allocate(HASH_ENTRIES << 2);
    encoder.fetch = make<Side>();
    encoder.data = make<Side>();
    const complete =
      encoder.symbols && encoder.dictionary && encoder.slots && changetype<usize>(encoder.data);
    return complete ? encoder : changetype<TouchEncoder>(0);
  }

  start(): void {
    this.touches = 0;
    this.entries = 0;
    memory.fill(this.slots, 0, HASH_ENTRIES << 2);
    this.fetch.touch = NONE;
    this.data.touch = NONE;
  }

  @inline
  get isFull(): bool {
    return this.entries == MOST_ENTRIES;
  }

  /** True when the reference is a touch, false when it is passed over. */
  @inline
  add(kind: u32, address: u64, size: u32): bool {
    const side = kind == KIND_FETCH ? this.fetch : this.data;
    const first = address >> this.shift;
    const last = this.lastPage(address, size);
    if (first == last && first == side.page && side.touch != NONE) {
      return kind >= <u32>KIND_STORE && !side.isWritten ? this.write(side, first) : false;
    }
    this.touch(side, kind, first, last);
    return true;
  }

  /** The page of the last byte; of the last byte there is, where the reference would pass 2^64. */
  @inline
  private lastPage(address: u64, size: u32): u64 {
    if (this.shift == 0) return address;
    const last = address + (size > 0 ? size - 1 : 0);
    return (last < address ? u64.MAX_VALUE : last) >> PAGE_SHIFT;
  }

  private touch(side: Side, kind: u32, first: u64, last: u64): void {
    const written = kind >= <u32>KIND_STORE;
    const symbol = this.find(
      first,
      <u32>(last - first) + 1,
      kind == KIND_FETCH ? SIDE_FETCH : SIDE_DATA,
      written,
    );
    side.page = last;
    side.touch = this.touches;
    side.isWritten = written;
    store<u16>(this.symbols + (this.touches++ << 1), symbol);
  }

  /** A passed-over reference writes: its touch becomes one that does, or, where that would say too much, a new one. */
  private write(side: Side, page: u64): bool {
    const symbol = this.symbols + ((<usize>side.touch) << 1);
    const entry = this.entry(load<u16>(symbol));
    if (load<u32>(entry, PAGE_ENTRY_PAGES) > 1) {
      this.touch(side, KIND_STORE, page, page);
      return true;
    }
    store<u16>(symbol, this.find(page, 1, SIDE_DATA, true));
    side.isWritten = true;
    return false;
  }

  /** The entry's index; a new one's, if there is none like it. */
  private find(vpn: u64, pages: u32, side: u32, written: bool): u32 {
    const tail = <u64>pages | ((<u64>side) << 32) | ((<u64>written) << 40);
    let slot = <u32>(((vpn ^ (tail * MIX)) * MIX) >> (64 - <u64>HASH_BITS));
    let index = this.indexAt(slot);
    while (index != NONE && !this.isEntry(index, vpn, tail)) {
      slot = (slot + 1) & HASH_MASK;
      index = this.indexAt(slot);
    }
    return index == NONE ? this.addEntry(slot, vpn, tail) : index;
  }

  @inline
  private indexAt(slot: u32): u32 {
    return load<u32>(this.slots + (slot << 2)) - 1;
  }

  @inline
  private isEntry(index: u32, vpn: u64, tail: u64): bool {
    const entry = this.entry(index);
    return load<u64>(entry, PAGE_ENTRY_VPN) == vpn && load<u64>(entry, PAGE_ENTRY_PAGES) == tail;
  }

  private addEntry(slot: u32, vpn: u64, tail: u64): u32 {
    const index = this.entries++;
    const entry = this.entry(index);
    store<u64>(entry, vpn, PAGE_ENTRY_VPN);
    store<u64>(entry, tail, PAGE_ENTRY_PAGES); // pages, side and write in one
    store<u32>(this.slots + ((<usize>slot) << 2), index + 1);
    return index;
  }

  @inline
  private entry(index: u32): usize {
    return this.dictionary + <usize>index * PAGE_ENTRY_BYTES;
  }

  /** Writes the section. Entries that no touch has any more, since it wrote after all, are left out. */
  finish(output: Output): void {
    const numbers = this.slots; // the hash is not needed any more: entry → 1, then its number in the file + 1
    memory.fill(numbers, 0, (<usize>this.entries) << 2);
    for (let i: u32 = 0; i < this.touches; i++) store<u32>(numbers + ((<usize>this.symbol(i)) << 2), 1);
    let used: u32 = 0;
    for (let entry: u32 = 0; entry < this.entries; entry++) {
      const number = numbers + ((<usize>entry) << 2);
      if (load<u32>(number) != 0) store<u32>(number, ++used);
    }
    this.writeSymbols(output, numbers, used <= 256 ? 0 : 1);
    this.writeDictionary(output, numbers);
    this.entries = used;
  }

  private writeSymbols(output: Output, numbers: usize, widthShift: u32): void {
    let at = output.at;
    for (let i: u32 = 0; i < this.touches; i++) {
      const number = load<u32>(numbers + ((<usize>this.symbol(i)) << 2)) - 1;
      if (widthShift == 0) store<u8>(at, number);
      else store<u16>(at, number);
      at += 1 << widthShift;
    }
    output.at = at;
  }

  private writeDictionary(output: Output, numbers: usize): void {
    let before: u64 = 0;
    for (let index: u32 = 0; index < this.entries; index++) {
      if (load<u32>(numbers + ((<usize>index) << 2)) == 0) continue;
      const entry = this.entry(index);
      const vpn = load<u64>(entry, PAGE_ENTRY_VPN);
      output.number(Zigzag.fold(<i64>(vpn - before)));
      const flags = (load<u8>(entry, PAGE_ENTRY_SIDE) << 1) | load<u8>(entry, PAGE_ENTRY_WRITE);
      output.number(((<u64>load<u32>(entry, PAGE_ENTRY_PAGES) - 1) << 2) | flags);
      before = vpn;
    }
  }

  @inline
  private symbol(touch: u32): u32 {
    return load<u16>(this.symbols + ((<usize>touch) << 1));
  }

  /** Is every symbol an entry, and no entry twice in the dictionary? */
  isValid(): bool {
    for (let i: u32 = 0; i < this.touches; i++) {
      if (this.symbol(i) >= this.entries) return false;
    }
    for (let index: u32 = 0; index < this.entries; index++) {
      const entry = this.entry(index);
      const written = load<u8>(entry, PAGE_ENTRY_WRITE) != 0;
      const pages = load<u32>(entry, PAGE_ENTRY_PAGES);
      const vpn = load<u64>(entry, PAGE_ENTRY_VPN);
      if (this.find(vpn, pages, load<u8>(entry, PAGE_ENTRY_SIDE), written) != index) return false;
    }
    return true;
  }
}
