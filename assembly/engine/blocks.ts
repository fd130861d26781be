/**
 * The fast loop: page blocks, in which the trace leaves out references that would only hit again. It requires that the
 * first level is split by side, so that nothing between two touches of a side changes that side's last page, and that
 * nothing is ever evicted. A touch of a page that level 1 has is only recorded (see `ready.ts`), four at a time;
 * `touchFully` handles all others.
 *
 * A page's size is not known before it is mapped: symbols start as base pages, and `touchFully` corrects them.
 */
import { KIND_FETCH, KIND_LOAD, KIND_STORE, SIDE_FETCH, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi/core";
import { HUGE_NEVER, MACHINE_ADDRESS_TOO_WIDE } from "../abi/machine";
import {
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
} from "../abi/page-block";
import { Paging } from "../demand/demand";
import { cross } from "../machine/cross";
import { Machine } from "../machine/machine";
import { READY_BYTES, Ready } from "../machine/ready";
import { DIRTY_KEY } from "../mmu/key";

/** The page size of the block format, independent of the machine's. */
const BLOCK_PAGE_SHIFT: u32 = 12;

/** Replays a page block; a status. `failedIndex`: the symbol that stopped it. */
export function replayBlock(machine: Machine, header: usize): u32 {
  const symbols = <usize>load<u32>(header, PAGE_BLOCK_SYMBOLS);
  const count = load<u32>(header, PAGE_BLOCK_COUNT);
  if (!prepare(machine, header)) return STATUS_OUT_OF_MEMORY;
  const done =
    load<u32>(header, PAGE_BLOCK_SYMBOL_BYTES) == 1
      ? replaySymbols<u8>(machine, symbols, count)
      : replaySymbols<u16>(machine, symbols, count);
  if (machine.ready.isTracking) machine.ready.orderAll();
  machine.filter.reset();
  machine.failedIndex = done;
  return done == count ? STATUS_OK : machine.status;
}

/** The number of symbols served: all, unless one was stopped. A touch of a present page costs two loads and a store. */
function replaySymbols<T>(machine: Machine, symbols: usize, count: u32): u32 {
  const present = machine.ready.present;
  const last = machine.ready.last;
  let n: u32 = 0;
  if (!machine.ready.isTracking) return replayDirect<T>(machine, symbols, 0, count);
  for (; n + 4 <= count; n += 4) {
    const at = symbols + <usize>n * sizeof<T>();
    const a = <u32>load<T>(at);
    const b = <u32>load<T>(at, 1 * sizeof<T>());
    const c = <u32>load<T>(at, 2 * sizeof<T>());
    const d = <u32>load<T>(at, 3 * sizeof<T>());
    if (load<u8>(present + a) & load<u8>(present + b) & load<u8>(present + c) & load<u8>(present + d)) {
      Ready.recordTouch(last, a, n + 1);
      Ready.recordTouch(last, b, n + 2);
      Ready.recordTouch(last, c, n + 3);
      Ready.recordTouch(last, d, n + 4);
      continue;
    }
    const done = replayEach<T>(machine, symbols, n, n + 4);
    if (done != n + 4) return done;
    if (!machine.ready.paysOff(n)) return replayDirect<T>(machine, symbols, done, count);
  }
  return replayEach<T>(machine, symbols, n, count);
}

/** Like `replayEach`, but each touch looks its page up in the TLBs. */
function replayDirect<T>(machine: Machine, symbols: usize, n: u32, end: u32): u32 {
  const ready = machine.ready;
  const entries = ready.entries;
  const skipsFirst = !ready.hasTree;
  for (; n < end; n++) {
    const symbol = <u32>load<T>(symbols + <usize>n * sizeof<T>());
    const entry = entries + <usize>symbol * READY_BYTES;
    if (Ready.isFirst(entry) && skipsFirst) continue;
    if (!Ready.touch(entry) && !touchFully(machine, symbol)) break;
  }
  return n;
}

/** Serves the symbols from index `n` on, one by one; the index of the one that was stopped, or `end`. */
function replayEach<T>(machine: Machine, symbols: usize, n: u32, end: u32): u32 {
  const ready = machine.ready;
  for (; n < end; n++) {
    const symbol = <u32>load<T>(symbols + <usize>n * sizeof<T>());
    if (load<u8>(ready.present + symbol)) Ready.recordTouch(ready.last, symbol, n + 1);
    else if (!touchFully(machine, symbol)) break;
  }
  return n;
}

/** Makes one touch through the machine; false when it was stopped. */
function touchFully(machine: Machine, symbol: u32): bool {
  const entry = machine.dictionary + <usize>symbol * PAGE_ENTRY_BYTES;
  const address = load<u64>(entry, PAGE_ENTRY_VPN) << BLOCK_PAGE_SHIFT;
  const last = address + (((<u64>load<u32>(entry, PAGE_ENTRY_PAGES)) << BLOCK_PAGE_SHIFT) - 1);
  const geometry = machine.geometry;
  const write = load<u8>(entry, PAGE_ENTRY_WRITE) != 0;
  const side = <u32>load<u8>(entry, PAGE_ENTRY_SIDE);
  const kind = side == SIDE_FETCH ? KIND_FETCH : write ? KIND_STORE : KIND_LOAD;
  machine.begin();
  if (!geometry.isCanonical(address) || !geometry.isCanonical(last) || last < address) {
    machine.failedAddress = geometry.isCanonical(address) ? last : address;
    machine.status = MACHINE_ADDRESS_TOO_WIDE;
    return false;
  }
  const first = address >> geometry.pageShift;
  const final = last >> geometry.pageShift;
  for (let vpn = first; vpn <= final; vpn++) updateSets(machine, side, vpn, true);
  if (first != final) {
    if (cross<Paging>(machine, first, final, kind, Paging.onDemand) == 0) return false;
  } else {
    const at = machine.accessPage<Paging>(geometry.truncate(address), kind, Paging.onDemand);
    if (at == 0) return false;
    machine.ready.bind(symbol, side, load<u64>(at) & ~DIRTY_KEY);
  }
  for (let vpn = first; vpn <= final; vpn++) updateSets(machine, side, vpn, false);
  return true;
}

/** Orders or refreshes the sets that may hold the page of `vpn`, one for each size it may have. */
function updateSets(machine: Machine, side: u32, vpn: u64, order: bool): void {
  const ready = machine.ready;
  if (!ready.isTracking) return;
  const va = machine.geometry.truncate(vpn << machine.geometry.pageShift);
  const sizes: u32 = machine.huge == HUGE_NEVER ? 1 : 3;
  for (let size: u32 = 1; size <= sizes; size++) {
    const set = ready.setNumber(side, machine.tlbs.key(machine.space, va, size));
    if (order) ready.order(set);
    else ready.refresh(set);
  }
}

/** Binds every dictionary entry to its page; false when memory is out. */
function prepare(machine: Machine, header: usize): bool {
  const geometry = machine.geometry;
  const shift = geometry.pageShift - BLOCK_PAGE_SHIFT;
  const entries = load<u32>(header, PAGE_BLOCK_ENTRIES);
  if (changetype<usize>(machine.ready) == 0) machine.ready = Ready.create(machine.tlbs);
  const ready = machine.ready;
  if (changetype<usize>(ready) == 0 || !ready.begin(entries)) return false;
  machine.dictionary = <usize>load<u32>(header, PAGE_BLOCK_DICTIONARY);
  let entry = machine.dictionary;
  for (let symbol: u32 = 0; symbol < entries; symbol++) {
    const vpn = load<u64>(entry, PAGE_ENTRY_VPN);
    const last = vpn + load<u32>(entry, PAGE_ENTRY_PAGES) - 1;
    const fits = geometry.isCanonical(vpn << BLOCK_PAGE_SHIFT);
    for (let page = vpn >> shift; fits && page <= last >> shift; page++) machine.markSeen(page);
    if (fits && !load<u8>(entry, PAGE_ENTRY_WRITE) && vpn >> shift == last >> shift) {
      const key = machine.tlbs.key(machine.space, geometry.truncate(vpn << BLOCK_PAGE_SHIFT), 1);
      ready.bind(symbol, load<u8>(entry, PAGE_ENTRY_SIDE), key);
    }
    entry += PAGE_ENTRY_BYTES;
  }
  if (ready.isTracking) ready.refreshAll();
  return true;
}
