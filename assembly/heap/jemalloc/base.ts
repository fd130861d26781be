/**
 * Memory for jemalloc's own structures: blocks of whole huge pages, cut off in order and never given back. From: src/base.c
 * of jemalloc 5.3.0. Each arena has its own; the radix tree is in the first arena's.
 *
 *   0      8      16                144    192
 *   ├ size ┼ next ┼ (description) ──┤      ├ base ┼ arena ──────────────┤ descriptions of extents …
 */
import { roundUp } from "../parts";
import { Arena } from "./arena";
import { EDATA_BYTES, Edata } from "./edata";
import { CACHE_LINE, classOf, HUGE_PAGE, MOST_LARGE, pageClassBytes, pageClassOf } from "./sizes";
import { BLOCK_BEFORE, BLOCK_END, BLOCK_NEXT, BLOCK_SERIAL, EXTENT_BASE, JemallocState } from "./state";
import { mapAligned } from "./system";

const QUANTUM: u64 = 16;
const HEADER: u64 = 144;
/** Where the arena's structures end in its first block. */
const ARENA_END: u64 = 0x16480;
/** Pages of it that are written when it is made, as measured: bit n is page n. */
const WRITTEN: u64 = 0x77fffb;
const SYSTEM_PAGE: u64 = 4096;

/** Makes the arena's first block, with its structures; false: there is no memory. */
export function beginBase(j: JemallocState, arena: Arena): bool {
  const block = newBlock(j, arena, ARENA_END - HEADER, QUANTUM);
  if (block == 0) return false;
  const at = j.blocks.at(block);
  const start = load<u64>(at, BLOCK_NEXT) - HEADER;
  for (let page: u64 = 0; page << 12 < ARENA_END; page++)
    if (((WRITTEN >> page) & 1) != 0) j.memory.write<u64>(start + page * SYSTEM_PAGE + HEADER - 8, 1);
  store<u64>(at, start + ARENA_END, BLOCK_NEXT);
  return true;
}

/** Its number; 0: there is no memory. */
function newBlock(j: JemallocState, arena: Arena, bytes: u64, alignment: u64): u32 {
  const least = roundUp(pageClassBytes(pageClassOf(roundUp(HEADER, alignment) + bytes)), HUGE_PAGE);
  const isLast = arena.blockClass + 1 >= pageClassOf(MOST_LARGE);
  const next = roundUp(pageClassBytes(isLast ? arena.blockClass : arena.blockClass + 1), HUGE_PAGE);
  const size = max(least, next);
  const start = mapAligned(j, size, HUGE_PAGE, EXTENT_BASE);
  if (start == 0) return 0;
  arena.blockClass = pageClassOf(size);
  if (!j.blocks.add()) {
    j.memory.fail();
    return 0;
  }
  const number = j.blocks.count - 1;
  const block = j.blocks.at(number);
  store<u64>(block, start + HEADER, BLOCK_NEXT);
  store<u64>(block, start + size, BLOCK_END);
  store<u64>(block, arena.blocks++, BLOCK_SERIAL);
  store<u32>(block, arena.lastBlock, BLOCK_BEFORE);
  arena.lastBlock = number;
  j.memory.write<u64>(start, size);
  return number;
}

/** The arena's block with the least class of room for `bytes`, the oldest of those; 0: none has room. */
function blockFor(j: JemallocState, arena: Arena, bytes: u64): u32 {
  let best: u32 = 0;
  let bestClass: u32 = 0;
  const wanted = classOf(bytes);
  for (let number = arena.lastBlock; number != 0; ) {
    j.memory.step();
    const block = j.blocks.at(number);
    const room = load<u64>(block, BLOCK_END) - load<u64>(block, BLOCK_NEXT);
    // The greatest class that is not above the room.
    const index = classOf(room + 1) - 1;
    if (room != 0 && <i32>index >= <i32>wanted && (best == 0 || index <= bestClass)) {
      best = number;
      bestClass = index;
    }
    number = load<u32>(block, BLOCK_BEFORE);
  }
  return best;
}

/** `bytes` for structures in the arena's base, zero, and the number of the block; `number` 0: there is no memory. */
function takeFrom(j: JemallocState, number: u32, bytes: u64, alignment: u64): u64 {
  const block = j.blocks.at(number);
  const at = roundUp(load<u64>(block, BLOCK_NEXT), alignment);
  store<u64>(block, at + bytes, BLOCK_NEXT);
  return at;
}

/** Room in the arena's base, zero; 0: there is no memory. */
export function allocateBase(j: JemallocState, arena: Arena, bytes: u64, alignment: u64): u64 {
  const usable = roundUp(bytes, alignment);
  const number = placeFor(j, arena, usable, alignment);
  return number == 0 ? 0 : takeFrom(j, number, usable, alignment);
}

function placeFor(j: JemallocState, arena: Arena, bytes: u64, alignment: u64): u32 {
  const number = blockFor(j, arena, bytes + alignment - QUANTUM);
  return number != 0 ? number : newBlock(j, arena, bytes, alignment);
}

/** Room for the description of an extent, a freed one where there is one; 0: there is no memory. */
export function allocEdata(j: JemallocState, arena: Arena): u64 {
  const first = j.heaps.first(arena.spare);
  if (first != 0) {
    const edata = j.heaps.edata(first);
    j.heaps.remove(arena.spare, first);
    return edata;
  }
  const number = placeFor(j, arena, EDATA_BYTES, EDATA_BYTES);
  if (number == 0) return 0;
  const edata = takeFrom(j, number, EDATA_BYTES, EDATA_BYTES);
  Edata.setRecord(j.memory, edata, load<u64>(j.blocks.at(number), BLOCK_SERIAL));
  return edata;
}

export function freeEdata(j: JemallocState, arena: Arena, edata: u64): void {
  j.heaps.insert(arena.spare, 0, Edata.record(j.memory, edata), edata, edata);
  if (j.heaps.hasFailed) j.memory.fail();
}

/** Takes `bytes` of the first arena's base for the library's own start: the caches' sizes, background threads. */
export function beginLibrary(j: JemallocState, bytes: u64): bool {
  return allocateBase(j, j.arena(0), bytes, CACHE_LINE) != 0;
}
