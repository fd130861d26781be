/**
 * The central list of a class: spans with free objects, spans without, and a transfer cache of whole batches that threads
 * gave back. From: src/central_freelist.cc and .h of gperftools 2.10.
 *
 *   0                48                  96      100    104    108      112
 *   ├ head: full ────┼ head: with free ──┼ slots ┼ size ┼ most ┼ spans ─┼ slots, of 16 bytes × 64 ──┤      2 KiB a class
 *     a ring of spans  a ring of spans     u32     u32    u32    u32      first and last object
 *
 * `slots` of the transfer cache are in use, it may have `size`, which grows at other classes' expense, and `most` ever.
 */
import { HeapMemory } from "../memory";
import { allocateSpan, freeSpan } from "./page-heap";
import { PAGE_SHIFT } from "./sizes";
import { initList, isListEmpty, mapPage, prepend, Span, spanOf, unlink } from "./span";
import { CENTRAL_LISTS, TcmallocState } from "./state";

const STRIDE: u64 = 2048;
export const FULL: u64 = 0;
export const WITH_FREE: u64 = 48;
const SLOTS: u64 = 96;
const SIZE: u64 = 100;
const MOST: u64 = 104;
const SPANS: u64 = 108;
const FIRST_SLOT: u64 = 112;
const MOST_SLOTS: u32 = 64;
const FIRST_SIZE: u32 = 16;
const CACHED_BYTES: u32 = 1 << 20;

/** A chain of objects, linked through their first words: what a transfer gave. */
@final
@unmanaged
export class Chain {
  first: u64;
  last: u64;
  count: u32;
}

export function centralList(index: u32): u64 {
  return CENTRAL_LISTS + <u64>index * STRIDE;
}

export function transferSlots(memory: HeapMemory, list: u64): u32 {
  return memory.read<u32>(list + SLOTS);
}

/** The first object of a batch in the transfer cache. */
export function transferSlot(memory: HeapMemory, list: u64, slot: u32): u64 {
  return memory.read<u64>(list + FIRST_SLOT + ((<u64>slot) << 4));
}

export function initCentral(t: TcmallocState, index: u32): void {
  const memory = t.memory;
  const list = centralList(index);
  initList(memory, list + FULL);
  initList(memory, list + WITH_FREE);
  let most = MOST_SLOTS;
  if (index > 0) most = min(most, max(1, CACHED_BYTES / (<u32>t.sizes.bytes(index) * t.sizes.batch(index))));
  memory.write<u32>(list + MOST, most);
  memory.write<u32>(list + SIZE, min(FIRST_SIZE, most));
}

/** Takes a chain of `count` objects from a thread: a whole batch goes to the transfer cache when there is room. */
export function insertRange(t: TcmallocState, index: u32, first: u64, last: u64, count: u32): void {
  const memory = t.memory;
  const list = centralList(index);
  if (count == t.sizes.batch(index) && hasRoom(t, index, list)) {
    const slot = memory.read<u32>(list + SLOTS);
    memory.write<u32>(list + SLOTS, slot + 1);
    memory.write<u64>(list + FIRST_SLOT + ((<u64>slot) << 4), first);
    memory.write<u64>(list + FIRST_SLOT + ((<u64>slot) << 4) + 8, last);
    return;
  }
  releaseChain(t, list, first);
}

function hasRoom(t: TcmallocState, index: u32, list: u64): bool {
  const memory = t.memory;
  const size = memory.read<u32>(list + SIZE);
  if (memory.read<u32>(list + SLOTS) < size) return true;
  if (size == memory.read<u32>(list + MOST)) return false;
  if (!evict(t, index, false) && !evict(t, index, true)) return false;
  if (memory.read<u32>(list + SIZE) >= memory.read<u32>(list + MOST)) return false;
  memory.write<u32>(list + SIZE, memory.read<u32>(list + SIZE) + 1);
  return true;
}

/** Makes the transfer cache of the class whose turn it is smaller, one that is full only by force. */
function evict(t: TcmallocState, index: u32, force: bool): bool {
  let turn = t.evictions++;
  if (turn >= t.sizes.count) {
    turn %= t.sizes.count;
    t.evictions = turn;
  }
  if (turn == index) return false;
  const memory = t.memory;
  const list = centralList(turn);
  const size = memory.read<u32>(list + SIZE);
  const slots = memory.read<u32>(list + SLOTS);
  if (size == 0 || (slots == size && !force)) return false;
  memory.write<u32>(list + SIZE, size - 1);
  if (slots < size) return true;
  memory.write<u32>(list + SLOTS, slots - 1);
  releaseChain(t, list, transferSlot(memory, list, slots - 1));
  return true;
}

function releaseChain(t: TcmallocState, list: u64, object: u64): void {
  const memory = t.memory;
  while (object != 0 && !memory.hasStopped) {
    const next = memory.read<u64>(object);
    releaseObject(t, list, object);
    object = next;
  }
}

/** Gives an object back to its span, and the span back to the page heap with its last one. */
function releaseObject(t: TcmallocState, list: u64, object: u64): void {
  const memory = t.memory;
  const span = spanOf(memory, object >> PAGE_SHIFT);
  const objects = Span.objects(memory, span);
  if (objects == 0) {
    unlink(memory, span);
    prepend(memory, list + WITH_FREE, span);
  }
  const used = Span.used(memory, span) - 1;
  Span.setUsed(memory, span, used);
  if (used != 0) {
    memory.write<u64>(object, objects);
    Span.setObjects(memory, span, object);
    return;
  }
  unlink(memory, span);
  memory.write<u32>(list + SPANS, memory.read<u32>(list + SPANS) - 1);
  Span.setObjects(memory, span, 0);
  freeSpan(t, span);
}

/** A chain of up to `count` objects, with one from a new span where there are none; its count is 0 when memory is out. */
export function removeRange(t: TcmallocState, index: u32, count: u32, chain: Chain): void {
  const memory = t.memory;
  const list = centralList(index);
  const slots = memory.read<u32>(list + SLOTS);
  if (count == t.sizes.batch(index) && slots > 0) {
    memory.write<u32>(list + SLOTS, slots - 1);
    const slot = list + FIRST_SLOT + ((<u64>(slots - 1)) << 4);
    chain.first = memory.read<u64>(slot);
    chain.last = memory.read<u64>(slot + 8);
    chain.count = count;
    return;
  }
  chain.first = 0;
  chain.last = 0;
  chain.count = 0;
  if (isListEmpty(memory, list + WITH_FREE) && !populate(t, index, list)) return;
  while (chain.count < count && !isListEmpty(memory, list + WITH_FREE) && !memory.hasStopped)
    takeFromSpan(memory, list, count, chain);
}

/** Puts objects of the first span that has free ones before the chain. */
function takeFromSpan(memory: HeapMemory, list: u64, count: u32, chain: Chain): void {
  const span = Span.next(memory, list + WITH_FREE);
  const first = Span.objects(memory, span);
  let last = first;
  let next = memory.read<u64>(first);
  let taken: u32 = 1;
  while (chain.count + taken < count && next != 0) {
    last = next;
    next = memory.read<u64>(next);
    taken++;
  }
  if (next == 0) {
    unlink(memory, span);
    prepend(memory, list + FULL, span);
  }
  Span.setObjects(memory, span, next);
  Span.setUsed(memory, span, Span.used(memory, span) + taken);
  memory.write<u64>(last, chain.first);
  if (chain.last == 0) chain.last = last;
  chain.first = first;
  chain.count += taken;
}

/** Cuts a new span in objects, linked in order of address; false: there is no memory. */
function populate(t: TcmallocState, index: u32, list: u64): bool {
  const memory = t.memory;
  const pages = t.sizes.pages(index);
  const span = allocateSpan(t, pages);
  if (span == 0) return false;
  Span.setSizeClass(memory, span, index);
  const page = Span.page(memory, span);
  for (let n: u64 = 1; n + 1 < pages; n++) mapPage(memory, page + n, span);
  const size = t.sizes.bytes(index);
  const start = page << PAGE_SHIFT;
  const last = start + (<u64>t.sizes.objects(index) - 1) * size;
  for (let object = start; object < last; object += size) memory.write<u64>(object, object + size);
  memory.write<u64>(last, 0);
  Span.setObjects(memory, span, start);
  Span.setUsed(memory, span, 0);
  prepend(memory, list + WITH_FREE, span);
  memory.write<u32>(list + SPANS, memory.read<u32>(list + SPANS) + 1);
  return true;
}
