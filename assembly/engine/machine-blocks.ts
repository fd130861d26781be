/**
 * The fast loop: page blocks, in which the trace has passed over the references that would only hit again. It holds
 * where the first level is split by side, so that nothing between two touches of a side can change that side's last
 * page, and where nothing is ever evicted.
 *
 * Before a block's symbols, each entry of its dictionary is made ready: the set where level 1 would have the page, and
 * the tag that it would have there. The loop then compares that tag with way 0, where sets in order of use have most
 * hits; whatever else there is to do is `slow`'s.
 *
 *   symbol ──> 0            8       12        14     16
 *              ├ wanted tag ┼─ set ─┼ ordered ┼ ways ┤     hit: (tag in way 0 | D) == wanted
 *                  u64         u32       u16      u16       ordered: a hit moves to way 0 (true LRU)
 *
 * Whether an entry has D is not asked: a symbol that writes takes the long way once a block, which sets D in the page
 * table, and there it stays, since nothing is evicted.
 *
 * A page's size is not known before it is mapped: entries begin as base pages, and `slow` corrects them.
 */
import {
  KIND_FETCH,
  KIND_LOAD,
  KIND_STORE,
  MACHINE_ADDRESS_TOO_WIDE,
  PAGE_BLOCK_COUNT,
  PAGE_BLOCK_DICTIONARY,
  PAGE_BLOCK_ENTRIES,
  PAGE_BLOCK_SYMBOL_BYTES,
  PAGE_BLOCK_SYMBOLS,
  PAGE_ENTRY_BYTES,
  PAGE_ENTRY_PAGES,
  PAGE_ENTRY_SIDE,
  PAGE_ENTRY_VPN,
  PAGE_ENTRY_WRITE,
  SIDE_FETCH,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
  TLB_ENTRY,
  TLB_LRU,
  TLB_PLRU,
} from "../abi";
import { allocate } from "../core/arena";
import { DIRTY_KEY, Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { Unlimited } from "../policy/unlimited";
import { Machine } from "./machine";
import { cross } from "./machine-cross";

const READY_BYTES: u32 = 16;
const READY_SET: usize = 8;
const READY_ORDERED: usize = 12;
const READY_WAYS: usize = 14;
/** A tag that no entry has, with D or without. */
const NEVER: u64 = 0xfffffffffffffff0;
/** A page of the block format, whatever the machine's. */
const BLOCK_PAGE_SHIFT: u32 = 12;

/** Runs a page block; a status, the symbol that stopped it in `failedIndex`. */
export function replayBlock(machine: Machine, header: usize): u32 {
  const symbols = <usize>load<u32>(header, PAGE_BLOCK_SYMBOLS);
  const count = load<u32>(header, PAGE_BLOCK_COUNT);
  const width = load<u32>(header, PAGE_BLOCK_SYMBOL_BYTES);
  if (!reserve(machine, load<u32>(header, PAGE_BLOCK_ENTRIES))) return STATUS_OUT_OF_MEMORY;
  prepare(machine, header);
  machine.dictionary = <usize>load<u32>(header, PAGE_BLOCK_DICTIONARY);
  let done: u32;
  if (width == 1) done = replaySymbols<u8>(machine, symbols, count);
  else if (width == 2) done = replaySymbols<u16>(machine, symbols, count);
  else done = replaySymbols<u32>(machine, symbols, count);
  machine.resetFilter();
  machine.failedIndex = done;
  return done == count ? STATUS_OK : machine.status;
}

/** How many symbols were served: all, unless one was stopped. */
function replaySymbols<T>(machine: Machine, symbols: usize, count: u32): u32 {
  const ready = machine.ready;
  const end = symbols + <usize>count * sizeof<T>();
  for (let at = symbols; at < end; at += sizeof<T>()) {
    const entry = ready + <usize>load<T>(at) * READY_BYTES;
    const tag = load<u64>(<usize>load<u32>(entry, READY_SET));
    if ((tag | DIRTY_KEY) == load<u64>(entry)) continue;
    if (near(entry)) continue;
    if (!slow(machine, <u32>load<T>(at))) return <u32>((at - symbols) / sizeof<T>());
  }
  return count;
}

/** Is it a hit in another way of the set? */
function near(ready: usize): bool {
  const wanted = load<u64>(ready);
  const set = <usize>load<u32>(ready, READY_SET);
  const end = set + <usize>load<u16>(ready, READY_WAYS) * TLB_ENTRY;
  for (let way = set + TLB_ENTRY; way < end; way += TLB_ENTRY) {
    if ((load<u64>(way) | DIRTY_KEY) != wanted) continue;
    if (load<u16>(ready, READY_ORDERED)) Tlb.moveToFront(set, way);
    return true;
  }
  return false;
}

/** One touch in full. */
function slow(machine: Machine, symbol: u32): bool {
  const entry = machine.dictionary + <usize>symbol * PAGE_ENTRY_BYTES;
  const address = load<u64>(entry, PAGE_ENTRY_VPN) << BLOCK_PAGE_SHIFT;
  const last = address + (((<u64>load<u32>(entry, PAGE_ENTRY_PAGES)) << BLOCK_PAGE_SHIFT) - 1);
  const geometry = machine.geometry;
  const write = load<u8>(entry, PAGE_ENTRY_WRITE) != 0;
  const kind = load<u8>(entry, PAGE_ENTRY_SIDE) == SIDE_FETCH ? KIND_FETCH : write ? KIND_STORE : KIND_LOAD;
  const policy = changetype<Unlimited>(0);
  machine.begin();
  if (!geometry.holds(address) || !geometry.holds(last) || last < address) {
    machine.failedAddress = geometry.holds(address) ? last : address;
    machine.status = MACHINE_ADDRESS_TOO_WIDE;
    return false;
  }
  const first = address >> geometry.pageShift;
  if (last >> geometry.pageShift != first) {
    return cross<Unlimited>(machine, policy, first, last >> geometry.pageShift, kind) != 0;
  }
  const at = machine.reach<Unlimited>(policy, geometry.truncate(address), kind);
  if (at == 0) return false;
  aim(machine, machine.ready + <usize>symbol * READY_BYTES, load<u64>(at) & ~DIRTY_KEY, kind);
  return true;
}

/** Makes every dictionary entry ready. */
function prepare(machine: Machine, header: usize): void {
  const geometry = machine.geometry;
  const shift = geometry.pageShift - BLOCK_PAGE_SHIFT;
  const entries = load<u32>(header, PAGE_BLOCK_ENTRIES);
  let entry = <usize>load<u32>(header, PAGE_BLOCK_DICTIONARY);
  let ready = machine.ready;
  for (let n: u32 = 0; n < entries; n++) {
    const vpn = load<u64>(entry, PAGE_ENTRY_VPN);
    const last = vpn + load<u32>(entry, PAGE_ENTRY_PAGES) - 1;
    const kind = load<u8>(entry, PAGE_ENTRY_SIDE) == SIDE_FETCH ? KIND_FETCH : KIND_LOAD;
    const write = kind != KIND_FETCH && load<u8>(entry, PAGE_ENTRY_WRITE) != 0;
    const fits = geometry.holds(vpn << BLOCK_PAGE_SHIFT);
    for (let page = vpn >> shift; fits && page <= last >> shift; page++) machine.see(page);
    store<u64>(ready, NEVER);
    store<u32>(ready, <u32>machine.filter, READY_SET);
    store<u32>(ready, 0, READY_ORDERED); // and no ways
    if (fits && !write && vpn >> shift == last >> shift) {
      const key = machine.tlbs.key(machine.space, geometry.truncate(vpn << BLOCK_PAGE_SHIFT), 1);
      aim(machine, ready, key, kind);
    }
    entry += PAGE_ENTRY_BYTES;
    ready += READY_BYTES;
  }
}

/** Points a ready entry at the set and tag of `key`. */
function aim(machine: Machine, ready: usize, key: u64, kind: u32): void {
  const tlb: Tlb = machine.tlbs.at(Machine.side(kind), 1, Key.level(key));
  // A tree must hear of each touch, so it always takes the long way.
  if (tlb.replacement == TLB_PLRU) return;
  store<u64>(ready, key | DIRTY_KEY);
  store<u32>(ready, <u32>tlb.set(key), READY_SET);
  store<u16>(ready, <u16>(tlb.replacement == TLB_LRU), READY_ORDERED);
  store<u16>(ready, <u16>tlb.ways, READY_WAYS);
}

/** Room for `entries` ready entries. */
function reserve(machine: Machine, entries: u32): bool {
  if (entries <= machine.readyRoom) return true;
  const room = max(entries, machine.readyRoom << 1);
  machine.ready = allocate(<u64>room * READY_BYTES);
  machine.readyRoom = room;
  return machine.ready != 0;
}
