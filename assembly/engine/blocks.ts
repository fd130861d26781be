/**
 * The fast loop: page blocks, in which the trace has passed over the references that would only hit again. It holds
 * where the first level is split by side, so that nothing between two touches of a side can change that side's last
 * page, and where nothing is ever evicted. A touch of a page that level 1 has is only noted (see `ready.ts`), four at a
 * time; whatever else there is to do is `slow`'s.
 *
 * A page's size is not known before it is mapped: symbols begin as those of base pages, and `slow` corrects them.
 */
import {
  HUGE_NEVER,
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
} from "../abi";
import { Paging } from "../demand/demand";
import { cross } from "../machine/cross";
import { Machine } from "../machine/machine";
import { READY_BYTES, Ready } from "../machine/ready";
import { DIRTY_KEY } from "../mmu/key";

/** A page of the block format, whatever the machine's. */
const BLOCK_PAGE_SHIFT: u32 = 12;

/** Runs a page block; a status, the symbol that stopped it in `failedIndex`. */
export function replayBlock(machine: Machine, header: usize): u32 {
  const symbols = <usize>load<u32>(header, PAGE_BLOCK_SYMBOLS);
  const count = load<u32>(header, PAGE_BLOCK_COUNT);
  if (!prepare(machine, header)) return STATUS_OUT_OF_MEMORY;
  const done =
    load<u32>(header, PAGE_BLOCK_SYMBOL_BYTES) == 1
      ? replaySymbols<u8>(machine, symbols, count)
      : replaySymbols<u16>(machine, symbols, count);
  if (machine.ready.isKept) machine.ready.orderAll();
  machine.resetFilter();
  machine.failedIndex = done;
  return done == count ? STATUS_OK : machine.status;
}

/** How many symbols were served: all, unless one was stopped. A touch of a page that is present costs two loads and a store. */
function replaySymbols<T>(machine: Machine, symbols: usize, count: u32): u32 {
  const present = machine.ready.present;
  const last = machine.ready.last;
  let n: u32 = 0;
  if (!machine.ready.isKept) return replayInTurn<T>(machine, symbols, 0, count);
  for (; n + 4 <= count; n += 4) {
    const at = symbols + <usize>n * sizeof<T>();
    const a = <u32>load<T>(at);
    const b = <u32>load<T>(at, 1 * sizeof<T>());
    const c = <u32>load<T>(at, 2 * sizeof<T>());
    const d = <u32>load<T>(at, 3 * sizeof<T>());
    if (load<u8>(present + a) & load<u8>(present + b) & load<u8>(present + c) & load<u8>(present + d)) {
      Ready.note(last, a, n + 1);
      Ready.note(last, b, n + 2);
      Ready.note(last, c, n + 3);
      Ready.note(last, d, n + 4);
      continue;
    }
    const done = replayEach<T>(machine, symbols, n, n + 4);
    if (done != n + 4) return done;
    if (!machine.ready.isWorthIt(n)) return replayInTurn<T>(machine, symbols, done, count);
  }
  return replayEach<T>(machine, symbols, n, count);
}

/** As `replayEach`, each touch going to the TLBs. */
function replayInTurn<T>(machine: Machine, symbols: usize, n: u32, end: u32): u32 {
  const ready = machine.ready;
  const entries = ready.entries;
  const skipsFirst = !ready.hasTree;
  for (; n < end; n++) {
    const symbol = <u32>load<T>(symbols + <usize>n * sizeof<T>());
    const entry = entries + <usize>symbol * READY_BYTES;
    if (Ready.isFirst(entry) && skipsFirst) continue;
    if (!Ready.touch(entry) && !slow(machine, symbol)) break;
  }
  return n;
}

/** Serves the symbols from number `n` on, one by one; the number of the one that was stopped, or `end`. */
function replayEach<T>(machine: Machine, symbols: usize, n: u32, end: u32): u32 {
  const ready = machine.ready;
  for (; n < end; n++) {
    const symbol = <u32>load<T>(symbols + <usize>n * sizeof<T>());
    if (load<u8>(ready.present + symbol)) Ready.note(ready.last, symbol, n + 1);
    else if (!slow(machine, symbol)) break;
  }
  return n;
}

/** One touch in full. */
function slow(machine: Machine, symbol: u32): bool {
  const entry = machine.dictionary + <usize>symbol * PAGE_ENTRY_BYTES;
  const address = load<u64>(entry, PAGE_ENTRY_VPN) << BLOCK_PAGE_SHIFT;
  const last = address + (((<u64>load<u32>(entry, PAGE_ENTRY_PAGES)) << BLOCK_PAGE_SHIFT) - 1);
  const geometry = machine.geometry;
  const write = load<u8>(entry, PAGE_ENTRY_WRITE) != 0;
  const side = <u32>load<u8>(entry, PAGE_ENTRY_SIDE);
  const kind = side == SIDE_FETCH ? KIND_FETCH : write ? KIND_STORE : KIND_LOAD;
  machine.begin();
  if (!geometry.holds(address) || !geometry.holds(last) || last < address) {
    machine.failedAddress = geometry.holds(address) ? last : address;
    machine.status = MACHINE_ADDRESS_TOO_WIDE;
    return false;
  }
  const first = address >> geometry.pageShift;
  const final = last >> geometry.pageShift;
  for (let vpn = first; vpn <= final; vpn++) eachHome(machine, side, vpn, true);
  if (first != final) {
    if (cross<Paging>(machine, first, final, kind) == 0) return false;
  } else {
    const at = machine.reach<Paging>(geometry.truncate(address), kind);
    if (at == 0) return false;
    machine.ready.aim(symbol, side, load<u64>(at) & ~DIRTY_KEY);
  }
  for (let vpn = first; vpn <= final; vpn++) eachHome(machine, side, vpn, false);
  return true;
}

/** Orders, or refreshes, the sets that can have the page of `vpn`, one for each size that it may come to have. */
function eachHome(machine: Machine, side: u32, vpn: u64, order: bool): void {
  const ready = machine.ready;
  if (!ready.isKept) return;
  const va = machine.geometry.truncate(vpn << machine.geometry.pageShift);
  const sizes: u32 = machine.huge == HUGE_NEVER ? 1 : 3;
  for (let size: u32 = 1; size <= sizes; size++) {
    const home = ready.home(side, machine.tlbs.key(machine.space, va, size));
    if (order) ready.order(home);
    else ready.refresh(home);
  }
}

/** Makes every dictionary entry ready; false when memory is out. */
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
    const fits = geometry.holds(vpn << BLOCK_PAGE_SHIFT);
    for (let page = vpn >> shift; fits && page <= last >> shift; page++) machine.see(page);
    if (fits && !load<u8>(entry, PAGE_ENTRY_WRITE) && vpn >> shift == last >> shift) {
      const key = machine.tlbs.key(machine.space, geometry.truncate(vpn << BLOCK_PAGE_SHIFT), 1);
      ready.aim(symbol, load<u8>(entry, PAGE_ENTRY_SIDE), key);
    }
    entry += PAGE_ENTRY_BYTES;
  }
  if (ready.isKept) ready.refreshAll();
  return true;
}
