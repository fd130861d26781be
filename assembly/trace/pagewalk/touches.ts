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
const SIDES: u32 = 2;
const RECENT_PLACES: usize = 512;
const RECENT_MASK: usize = RECENT_PLACES - 1;
const RECENT_BYTES: usize = 16;
const HASH_BITS: u32 = 17;
const HASH_ENTRIES: usize = 1 << HASH_BITS;
const HASH_MASK: u32 = (1 << HASH_BITS) - 1;
const MIX: u64 = 0x9e3779b97f4a7c15;

/** Where one side is: the touch that brought it there, whose symbol is not known before its next one. */
@final
@unmanaged
export class Side {
  number: u32; // SIDE_…
  /** Index of the touch; `NONE` before the side's first. */
  touch: u32;
  /** The first page of the touch, and the last one, which is the side's current page. */
  first: u64;
  page: u64;
  isWritten: bool;
  /** The touch has several pages and is not written: a store after it is a touch of its own. */
  isReadOnly: bool;

  /** Null when memory is out. */
  static create(number: u32): Side {
    const side = make<Side>();
    if (changetype<usize>(side) != 0) side.number = number;
    return side;
  }

  /** Is true when a reference to these bytes adds no touch. May be false for a reference of size 0. */
  @inline
  passes(address: u64, size: u32, writes: bool): bool {
    const offset = address - (this.page << PAGE_SHIFT);
    const isHere = (offset | (offset + size - 1)) >> PAGE_SHIFT == 0;
    return isHere && this.touch != NONE && !(writes && this.isReadOnly);
  }
}

@final
@unmanaged
export class TouchEncoder {
  touches: u32;
  entries: u32;
  private shift: u64; // 12, or 0 where addresses are page numbers
  symbols: usize; // u16[references]
  dictionary: usize; // abi's entries
  private slots: usize; // u32[HASH_ENTRIES]: an entry's index + 1, open addressing
  private recent: usize; // by the low bits of page, side and write: page u64, side and write u32, the entry's index u32
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
    encoder.recent = allocate(RECENT_PLACES * RECENT_BYTES);
    encoder.fetch = Side.create(SIDE_FETCH);
    encoder.data = Side.create(SIDE_DATA);
    const complete =
      encoder.symbols &&
      encoder.dictionary &&
      encoder.slots &&
      encoder.recent &&
      changetype<usize>(encoder.data);
    return complete ? encoder : changetype<TouchEncoder>(0);
  }

  start(): void {
    this.touches = 0;
    this.entries = 0;
    memory.fill(this.slots, 0, HASH_ENTRIES << 2);
    memory.fill(this.recent, 0xff, RECENT_PLACES * RECENT_BYTES);
    this.fetch.touch = NONE;
    this.data.touch = NONE;
  }

  /** Is true when there is room for the entries of the current touches, but not for those of another one. */
  @inline
  get isFull(): bool {
    return this.entries + SIDES >= <u32>MOST_ENTRIES;
  }

  /** True when the reference is a touch, false when it is passed over. */
  add(kind: u32, address: u64, size: u32): bool {
    const side = kind == KIND_FETCH ? this.fetch : this.data;
    const first = address >> this.shift;
    const last = this.lastPage(address, size);
    const writes = kind >= <u32>KIND_STORE;
    if (first == last && first == side.page && side.touch != NONE && !(writes && side.isReadOnly)) {
      if (writes) side.isWritten = true;
      return false;
    }
    this.settle(side);
    side.touch = this.touches++;
    side.first = first;
    side.page = last;
    side.isWritten = writes;
    side.isReadOnly = first != last && !writes;
    return true;
  }

  /** The page of the last byte; of the last byte there is, where the reference would pass 2^64. */
  @inline
  private lastPage(address: u64, size: u32): u64 {
    if (this.shift == 0) return address;
    const last = address + (size > 0 ? size - 1 : 0);
    return (last < address ? u64.MAX_VALUE : last) >> PAGE_SHIFT;
  }

  /** Stores the symbol of the side's touch, if it has one: from here on it is known whether it writes. */
  @inline
  private settle(side: Side): void {
    if (side.touch == NONE) return;
    store<u16>(this.symbols + ((<usize>side.touch) << 1), this.symbolOf(side));
  }

  /** The entry of a touch of one page is nearly always in `recent`. */
  @inline
  private symbolOf(side: Side): u32 {
    const first = side.first;
    const flags = (side.number << 1) | u32(side.isWritten);
    if (side.page != first) return this.find(first, <u32>(side.page - first) + 1, flags);
    const place = this.recent + (<usize>((first << 2) | flags) & RECENT_MASK) * RECENT_BYTES;
    if (load<u64>(place) != first || load<u32>(place, 8) != flags) {
      store<u64>(place, first);
      store<u32>(place, flags, 8);
      store<u32>(place, this.find(first, 1, flags), 12);
    }
    return load<u32>(place, 12);
  }

  /** The entry's index; a new one's, if there is none like it. */
  private find(vpn: u64, pages: u32, flags: u32): u32 {
    const tail = <u64>pages | ((<u64>(flags >> 1)) << 32) | ((<u64>(flags & 1)) << 40);
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

  /** The block is at its end. */
  seal(): void {
    this.settle(this.fetch);
    this.settle(this.data);
    this.fetch.touch = NONE;
    this.data.touch = NONE;
  }

  get dictionaryBytes(): u32 {
    return this.entries * <u32>PAGE_ENTRY_BYTES;
  }

  /** Takes over symbols and a dictionary. */
  adopt(touches: u32, dictionaryBytes: u32): void {
    this.touches = touches;
    this.entries = dictionaryBytes / <u32>PAGE_ENTRY_BYTES;
  }

  /** Writes the section. */
  write(output: Output): void {
    this.writeSymbols(output);
    this.writeDictionary(output);
  }

  private writeSymbols(output: Output): void {
    const isWide = this.entries > 256;
    if (isWide) memory.copy(output.at, this.symbols, (<usize>this.touches) << 1);
    else for (let i: u32 = 0; i < this.touches; i++) store<u8>(output.at + i, this.symbol(i));
    output.at += isWide ? (<usize>this.touches) << 1 : <usize>this.touches;
  }

  private writeDictionary(output: Output): void {
    let before: u64 = 0;
    for (let index: u32 = 0; index < this.entries; index++) {
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

  /** True if every symbol is an entry, and no entry is twice in the dictionary. */
  isValid(): bool {
    for (let i: u32 = 0; i < this.touches; i++) {
      if (this.symbol(i) >= this.entries) return false;
    }
    for (let index: u32 = 0; index < this.entries; index++) {
      const entry = this.entry(index);
      const written = load<u8>(entry, PAGE_ENTRY_WRITE) != 0;
      const pages = load<u32>(entry, PAGE_ENTRY_PAGES);
      const vpn = load<u64>(entry, PAGE_ENTRY_VPN);
      if (this.find(vpn, pages, (load<u8>(entry, PAGE_ENTRY_SIDE) << 1) | u32(written)) != index)
        return false;
    }
    return true;
  }
}
