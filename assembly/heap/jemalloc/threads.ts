/**
 * Arenas and threads: how the library begins, which arena a thread gets, and what goes when it ends. From: src/jemalloc.c,
 * src/tsd.c and src/arena.c of jemalloc 5.3.0.
 */
import { Arena } from "./arena";
import { beginBase, beginLibrary } from "./base";
import { COLLECT_EVERY, flush } from "./cache";
import { beginDecay, decayArena, tick } from "./decay";
import { DIRTY, Edata, OWN, RETAINED } from "./edata";
import { allocateLarge, freeLarge } from "./large";
import { DEFAULT_TICKS } from "./random";
import { alignedBytes, CACHED_CLASSES, PAGE } from "./sizes";
import { JemallocState } from "./state";
import { Bin, STORAGE_BYTES, Storage } from "./storage";
import { edataAt } from "./tree";

/** Bytes that the library takes at its start: the sizes of caches; the data of four background threads. */
const CACHE_SIZES: u64 = 128;
const BACKGROUND_THREADS: u64 = 896;
/** Put before and behind a thread's slots. */
const BEFORE_SLOTS: u64 = 0x7a7a7a7a7a7a7a7a;
const BEHIND_SLOTS: u64 = 0xa7a7a7a7a7a7a7a7;

/** Makes arena `index`; null: there is no memory. */
function newArena(j: JemallocState, index: u32): Arena {
  const nothing = changetype<Arena>(0);
  const arena = Arena.create(index, DIRTY, RETAINED);
  if (changetype<usize>(arena) == 0) {
    j.memory.fail();
    return nothing;
  }
  if (!beginBase(j, arena)) return nothing;
  j.setArena(index, arena);
  // Huge blocks' pages are given back at once.
  const isHuge = index == j.arenaLimit;
  const delay: i64 = isHuge && j.decayMilliseconds > 0 ? 0 : j.decayMilliseconds;
  beginDecay(j, arena, delay, changetype<usize>(arena));
  return arena;
}

/** Prepares the library at the first call. Returns false if there is no memory. */
export function beginProcess(j: JemallocState): bool {
  if (changetype<usize>(newArena(j, 0)) == 0 || !beginLibrary(j, CACHE_SIZES)) return false;
  if (!beginThread(j, j.storageOf(j.memory.thread)) || !beginLibrary(j, BACKGROUND_THREADS)) return false;
  j.isReady = true;
  return true;
}

/** Makes the running thread's cache, whose slots are a block of the first arena's; false: there is no memory. */
export function beginThread(j: JemallocState, storage: u64): bool {
  const memory = j.memory;
  beginChance(j, storage);
  Storage.beginCounts(memory, storage, COLLECT_EVERY);
  Storage.setArena(memory, storage, 0);
  j.threads = max(j.threads, memory.thread + 1);
  const bytes = j.sizes.stackBytes;
  const edata = allocateLarge(j, storage, j.arena(0), alignedBytes(bytes, PAGE), PAGE, true);
  if (edata == 0) return false;
  Edata.set(memory, edata, OWN, true);
  const slots = Edata.address(memory, edata);
  memory.write<u64>(slots, BEFORE_SLOTS);
  let end = slots + 8;
  for (let index: u32 = 0; index < CACHED_CLASSES; index++) {
    end += (<u64>j.sizes.slots(index)) << 3;
    Bin.init(memory, Storage.bin(storage, index), end);
    Storage.setShare(memory, storage, index, 1);
    Storage.setFilled(memory, storage, index, false);
  }
  memory.write<u64>(slots + bytes - 8, BEHIND_SLOTS);
  Storage.setSlots(memory, storage, slots);
  // The first thread gets its arena later: the library is not ready yet.
  return !j.isReady || changetype<usize>(arenaFor(j, storage)) != 0;
}

/** Chance begins for the thread, with its first call or with its cache; calls that were counted before count on. */
export function beginChance(j: JemallocState, storage: u64): void {
  if (Storage.random(j.memory, storage) == 0) Storage.setTicks(j.memory, storage, DEFAULT_TICKS);
  Storage.setRandom(j.memory, storage, storage);
}

/** The arena of the running thread, which it gets now if it has none; null: there is no memory. */
export function arenaFor(j: JemallocState, storage: u64): Arena {
  const number = Storage.arena(j.memory, storage);
  if (number != 0) return j.arena(number - 1);
  const arena = chooseArena(j);
  if (changetype<usize>(arena) == 0) return arena;
  arena.threads++;
  Storage.setArena(j.memory, storage, arena.index + 1);
  return arena;
}

/** The arena with the fewest threads, or a new one where there is none without threads. */
function chooseArena(j: JemallocState): Arena {
  let chosen = j.arena(0);
  let missing = j.arenaLimit;
  for (let index: u32 = 1; index < j.arenaLimit; index++) {
    const arena = j.arena(index);
    if (changetype<usize>(arena) == 0) missing = min(missing, index);
    else if (arena.threads < chosen.threads) chosen = arena;
  }
  return chosen.threads == 0 || missing == j.arenaLimit ? chosen : newArena(j, missing);
}

/** The arena for blocks of 8 MiB and more; null: there is no memory. */
export function hugeArena(j: JemallocState): Arena {
  const arena = j.arena(j.arenaLimit);
  return changetype<usize>(arena) != 0 ? arena : newArena(j, j.arenaLimit);
}

/** The running thread ends: its cache is flushed, and its arena is emptied when it was the last one there. */
export function endThread(j: JemallocState, storage: u64): void {
  const memory = j.memory;
  const slots = Storage.slots(memory, storage);
  if (slots == 0) return;
  const number = Storage.arena(memory, storage);
  const arena = j.arena(max(number, 1) - 1);
  if (number != 0) arena.threads--;
  for (let index: u32 = 0; index < CACHED_CLASSES; index++) flush(j, storage, index, 0);
  const first = j.arena(0);
  freeLarge(j, first, edataAt(j, slots));
  tick(j, storage, first, 1);
  decayArena(j, first, false);
  decayArena(j, arena, arena.threads == 0);
  memory.fill(storage, 0, STORAGE_BYTES);
}

/** A forked process has only the running thread. */
export function forkThreads(j: JemallocState): void {
  for (let index: u32 = 0; index <= j.arenaLimit; index++) {
    const arena = j.arena(index);
    if (changetype<usize>(arena) != 0) arena.threads = 0;
  }
  if (!j.isReady) return;
  const number = Storage.arena(j.memory, j.storageOf(j.memory.thread));
  if (number != 0) j.arena(number - 1).threads = 1;
}
