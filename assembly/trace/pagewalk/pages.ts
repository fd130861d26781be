/** The page path of a block back from its section (`touches.ts` draws it): nearly a copy, checked before use. */
import { PAGE_ENTRY_BYTES, PAGE_ENTRY_PAGES, PAGE_ENTRY_VPN } from "../../abi/page-block";
import { allocate } from "../../core/arena";
import { MOST_ENTRIES, MOST_PAGES } from "./format";
import { Input, Zigzag } from "./varint";

const VPN_END: u64 = 1 << 52;

/** The fields are abi's page block. */
@final
@unmanaged
export class PageBlock {
  symbols: u32;
  touches: u32;
  symbolBytes: u32;
  dictionary: usize;
  entries: u32;

  /** False when memory is out. */
  create(): bool {
    this.dictionary = allocate(MOST_ENTRIES * PAGE_ENTRY_BYTES);
    return this.dictionary != 0;
  }

  /** Fills the block from a section of `bytes` at `section`, where the symbols stay. False: it is damaged. */
  read(section: usize, bytes: u32, touches: u32, entries: u32, addressesArePages: bool, input: Input): bool {
    this.symbols = <u32>section;
    this.touches = touches;
    this.symbolBytes = entries <= 256 ? 1 : 2;
    this.entries = entries;
    const symbolsBytes = touches * this.symbolBytes;
    if (symbolsBytes > bytes) return false;
    input.reset(section + symbolsBytes, bytes - symbolsBytes);
    if (!this.readDictionary(input, addressesArePages)) return false;
    return touches == 0 || this.highestSymbol() < entries;
  }

  private readDictionary(input: Input, addressesArePages: bool): bool {
    const mostPages: u64 = addressesArePages ? 1 : MOST_PAGES;
    let vpn: u64 = 0;
    for (let index: u32 = 0; index < this.entries; index++) {
      vpn += <u64>Zigzag.unfold(input.number());
      const flags = input.number();
      const pages = (flags >> 2) + 1;
      if (pages > mostPages) return false;
      if (!addressesArePages && (vpn >= VPN_END || vpn + pages > VPN_END)) return false;
      const entry = this.entry(index);
      store<u64>(entry, vpn, PAGE_ENTRY_VPN);
      store<u64>(entry, pages | ((flags & 2) << 31) | ((flags & 1) << 40), PAGE_ENTRY_PAGES);
    }
    return input.isAtEnd && !input.overrun;
  }

  private highestSymbol(): u32 {
    const end = this.symbols + this.touches * this.symbolBytes;
    return this.symbolBytes == 1 ? highestByte(this.symbols, end) : highestPair(this.symbols, end);
  }

  @inline
  entry(index: u32): usize {
    return this.dictionary + <usize>index * PAGE_ENTRY_BYTES;
  }

  /** The entry of a touch. */
  @inline
  touch(index: u32): usize {
    const symbol: u32 =
      this.symbolBytes == 1 ? load<u8>(this.symbols + index) : load<u16>(this.symbols + (index << 1));
    return this.entry(symbol);
  }
}

function highestByte(start: usize, end: usize): u32 {
  let lanes = i8x16.splat(0);
  let at = start;
  for (; at + 16 <= end; at += 16) lanes = i8x16.max_u(lanes, v128.load(at));
  let highest: u32 = 0;
  for (; at < end; at++) highest = max<u32>(highest, load<u8>(at));
  // The higher byte of every pair, then sixteen bits a lane.
  const pairs = v128.and(i8x16.max_u(lanes, i16x8.shr_u(lanes, 8)), i16x8.splat(0xff));
  return max<u32>(highest, highestLane(pairs));
}

function highestPair(start: usize, end: usize): u32 {
  let lanes = i16x8.splat(0);
  let at = start;
  for (; at + 16 <= end; at += 16) lanes = i16x8.max_u(lanes, v128.load(at));
  let highest: u32 = 0;
  for (; at < end; at += 2) highest = max<u32>(highest, load<u16>(at));
  return max<u32>(highest, highestLane(lanes));
}

function highestLane(lanes: v128): u32 {
  let folded = i16x8.max_u(
    lanes,
    i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7),
  );
  folded = i16x8.max_u(
    folded,
    i8x16.shuffle(folded, folded, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15),
  );
  return max<u32>(i16x8.extract_lane_u(folded, 0), i16x8.extract_lane_u(folded, 1));
}
