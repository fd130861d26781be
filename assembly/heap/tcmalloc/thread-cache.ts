/**
 * A thread's cache: a list of free objects for each class, which grows by what it is used and shrinks by what it is not.
 * From: src/thread_cache.cc and .h of gperftools 2.10.
 *
 *   0                        4096   4104   4112   4120
 *   ├ lists, 32 bytes × 128 ─┼ size ┼ most ┼ next ┼ prev ┤      4160 bytes
 *   list:  0       8        12        16     20         24
 *          ├ first ┼ length ┼ lowest ┼ most ┼ overages ┼ bytes of an object ┤
 *
 * `lowest` is the least length since the last scavenge: so many objects were not needed, and half of them go.
 */
import { HeapMemory } from "../memory";
import { Chain, insertRange, removeRange } from "./central";
import { freeTo, takeFrom } from "./metadata";
import { MOST_CLASSES } from "./sizes";
import { TcmallocState } from "./state";

export const CACHE_BYTES: u64 = 4160;
const LIST: u64 = 32;
const LENGTH: u64 = 8;
const LOWEST: u64 = 12;
const MOST: u64 = 16;
const OVERAGES: u64 = 20;
const OBJECT: u64 = 24;
const CACHED: u64 = LIST * MOST_CLASSES;
const MOST_CACHED: u64 = CACHED + 8;
const NEXT: u64 = CACHED + 16;
const PREV: u64 = CACHED + 24;

/** All threads' share of what may be cached, and the least for one. */
export const OVERALL: i64 = 32 << 20;
const LEAST_CACHED: i64 = 512 << 10;
const STEAL: i64 = 64 << 10;
const MOST_OVERAGES: u32 = 3;
const MOST_LENGTH: u32 = 8192;
/** Other threads that are looked at for something to steal. */
const MOST_VICTIMS: u32 = 10;

function listAt(cache: u64, index: u32): u64 {
  return cache + <u64>index * LIST;
}

export function nextCache(memory: HeapMemory, cache: u64): u64 {
  return memory.read<u64>(cache + NEXT);
}

/** The first object that a cache has of a class. */
export function firstCached(memory: HeapMemory, cache: u64, index: u32): u64 {
  return memory.read<u64>(listAt(cache, index));
}

/** Makes the running thread's cache; 0: there is no memory. */
export function newCache(t: TcmallocState): u64 {
  const memory = t.memory;
  const cache = takeFrom(t, t.caches);
  if (cache == 0) return 0;
  memory.write<i64>(cache + CACHED, 0);
  memory.write<i64>(cache + MOST_CACHED, 0);
  raiseLimit(t, cache);
  if (memory.read<i64>(cache + MOST_CACHED) == 0) {
    memory.write<i64>(cache + MOST_CACHED, LEAST_CACHED);
    t.unclaimed -= LEAST_CACHED;
  }
  for (let index: u32 = 0; index < t.sizes.count; index++) {
    const list = listAt(cache, index);
    memory.write<u64>(list, 0);
    memory.write<u64>(list + LENGTH, 0);
    memory.write<u64>(list + MOST, 1);
    memory.write<u32>(list + OBJECT, <u32>t.sizes.bytes(index));
  }
  const first = t.firstCache;
  memory.write<u64>(cache + NEXT, first);
  memory.write<u64>(cache + PREV, 0);
  if (first != 0) memory.write<u64>(first + PREV, cache);
  else t.nextToSteal = cache;
  t.firstCache = cache;
  t.cache = cache;
  return cache;
}

/** A free object of the class; 0: there is no memory. */
export function takeCached(t: TcmallocState, cache: u64, index: u32, chain: Chain): u64 {
  const memory = t.memory;
  const list = listAt(cache, index);
  const object = memory.read<u64>(list);
  if (object == 0) return fetch(t, cache, index, chain);
  memory.write<u64>(list, memory.read<u64>(object));
  const length = memory.read<u32>(list + LENGTH) - 1;
  memory.write<u32>(list + LENGTH, length);
  if (length < memory.read<u32>(list + LOWEST)) memory.write<u32>(list + LOWEST, length);
  memory.write<i64>(cache + CACHED, memory.read<i64>(cache + CACHED) - memory.read<u32>(list + OBJECT));
  return object;
}

/** Gets objects from the central list, as many as the cache's list may have, a batch at most. */
function fetch(t: TcmallocState, cache: u64, index: u32, chain: Chain): u64 {
  const memory = t.memory;
  const list = listAt(cache, index);
  const batch = t.sizes.batch(index);
  let most = memory.read<u32>(list + MOST);
  removeRange(t, index, min(most, batch), chain);
  if (chain.count == 0) return 0;
  const object = chain.first;
  if (chain.count > 1) {
    memory.write<u64>(list, memory.read<u64>(object));
    memory.write<u32>(list + LENGTH, chain.count - 1);
    const bytes = <i64>t.sizes.bytes(index) * (chain.count - 1);
    memory.write<i64>(cache + CACHED, memory.read<i64>(cache + CACHED) + bytes);
  }
  if (most < batch) most++;
  else {
    most = min(most + batch, MOST_LENGTH);
    most -= most % batch;
  }
  memory.write<u32>(list + MOST, most);
  return object;
}

/** Takes a freed object. */
export function freeToCache(t: TcmallocState, cache: u64, index: u32, object: u64): void {
  const memory = t.memory;
  const list = listAt(cache, index);
  memory.write<u64>(object, memory.read<u64>(list));
  memory.write<u64>(list, object);
  const length = memory.read<u32>(list + LENGTH) + 1;
  memory.write<u32>(list + LENGTH, length);
  const cached = memory.read<i64>(cache + CACHED) + memory.read<u32>(list + OBJECT);
  memory.write<i64>(cache + CACHED, cached);
  if (length > memory.read<u32>(list + MOST)) shorten(t, cache, index);
  else if (cached > memory.read<i64>(cache + MOST_CACHED)) scavengeCache(t, cache);
}

/** A list is too long: a batch of it goes, and what it may have moves towards a batch. */
function shorten(t: TcmallocState, cache: u64, index: u32): void {
  const memory = t.memory;
  const list = listAt(cache, index);
  const batch = t.sizes.batch(index);
  releaseCached(t, cache, index, batch);
  const most = memory.read<u32>(list + MOST);
  if (most < batch) memory.write<u32>(list + MOST, most + 1);
  else if (most > batch) {
    const overages = memory.read<u32>(list + OVERAGES) + 1;
    memory.write<u32>(list + OVERAGES, overages > MOST_OVERAGES ? 0 : overages);
    if (overages > MOST_OVERAGES) memory.write<u32>(list + MOST, most - batch);
  }
  if (memory.read<i64>(cache + CACHED) > memory.read<i64>(cache + MOST_CACHED)) scavengeCache(t, cache);
}

/** Gives the first `count` objects of a list to the central list, a batch at a time. */
function releaseCached(t: TcmallocState, cache: u64, index: u32, count: u32): void {
  const memory = t.memory;
  const list = listAt(cache, index);
  const batch = t.sizes.batch(index);
  count = min(count, memory.read<u32>(list + LENGTH));
  const bytes = <i64>t.sizes.bytes(index) * count;
  for (; count > batch && !memory.hasStopped; count -= batch) releaseBatch(t, list, index, batch);
  releaseBatch(t, list, index, count);
  memory.write<i64>(cache + CACHED, memory.read<i64>(cache + CACHED) - bytes);
}

function releaseBatch(t: TcmallocState, list: u64, index: u32, count: u32): void {
  const memory = t.memory;
  if (count == 0) return;
  const first = memory.read<u64>(list);
  let last = first;
  for (let n: u32 = 1; n < count; n++) last = memory.read<u64>(last);
  memory.write<u64>(list, memory.read<u64>(last));
  memory.write<u64>(last, 0);
  const length = memory.read<u32>(list + LENGTH) - count;
  memory.write<u32>(list + LENGTH, length);
  if (length < memory.read<u32>(list + LOWEST)) memory.write<u32>(list + LOWEST, length);
  insertRange(t, index, first, last, count);
}

/** The cache has more than it may: half of what was not needed goes, and it may have more from now on. */
function scavengeCache(t: TcmallocState, cache: u64): void {
  const memory = t.memory;
  for (let index: u32 = 0; index < t.sizes.count; index++) {
    const list = listAt(cache, index);
    const lowest = memory.read<u32>(list + LOWEST);
    if (lowest > 0) {
      releaseCached(t, cache, index, lowest > 1 ? lowest / 2 : 1);
      const batch = t.sizes.batch(index);
      const most = memory.read<u32>(list + MOST);
      if (most > batch) memory.write<u32>(list + MOST, max(most - batch, batch));
    }
    memory.write<u32>(list + LOWEST, memory.read<u32>(list + LENGTH));
  }
  raiseLimit(t, cache);
}

/** Lets the cache have 64 KiB more, of what is unclaimed or of what another thread may have. */
function raiseLimit(t: TcmallocState, cache: u64): void {
  const memory = t.memory;
  if (t.unclaimed > 0) {
    t.unclaimed -= STEAL;
    memory.write<i64>(cache + MOST_CACHED, memory.read<i64>(cache + MOST_CACHED) + STEAL);
    return;
  }
  for (let n: u32 = 0; n < MOST_VICTIMS; n++) {
    if (t.nextToSteal == 0) t.nextToSteal = t.firstCache;
    const victim = t.nextToSteal;
    if (victim == 0) return;
    t.nextToSteal = nextCache(memory, victim);
    const theirs = memory.read<i64>(victim + MOST_CACHED);
    if (victim == cache || theirs <= LEAST_CACHED) continue;
    memory.write<i64>(victim + MOST_CACHED, theirs - STEAL);
    memory.write<i64>(cache + MOST_CACHED, memory.read<i64>(cache + MOST_CACHED) + STEAL);
    return;
  }
}

/** The running thread ends: its cache goes to the central lists. */
export function deleteCache(t: TcmallocState, cache: u64): void {
  const memory = t.memory;
  for (let index: u32 = 0; index < t.sizes.count; index++) {
    const length = memory.read<u32>(listAt(cache, index) + LENGTH);
    if (length > 0) releaseCached(t, cache, index, length);
  }
  const next = memory.read<u64>(cache + NEXT);
  const prev = memory.read<u64>(cache + PREV);
  if (next != 0) memory.write<u64>(next + PREV, prev);
  if (prev != 0) memory.write<u64>(prev + NEXT, next);
  if (t.firstCache == cache) t.firstCache = next;
  if (t.nextToSteal == cache) t.nextToSteal = next;
  if (t.nextToSteal == 0) t.nextToSteal = t.firstCache;
  t.unclaimed += memory.read<i64>(cache + MOST_CACHED);
  freeTo(t, t.caches, cache);
  t.cache = 0;
}
