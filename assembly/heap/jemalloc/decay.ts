/**
 * Dirty extents go back to the system over time: of what became dirty `t` ago a share 1 - h(t) may stay, h rising smoothly
 * from 0 to 1 within 10 seconds. From: src/decay.c and include/jemalloc/internal/smoothstep.h of jemalloc 5.3.0. Time is
 * looked at once in a thousand calls that reach an arena, on average.
 *
 *   backlog:  ├ pages that became dirty in interval 0 ┼ 1 ┼ … ┼ 199 (the last) ┤    × h(1/200), h(2/200), …, h(1)
 */
import { Arena, Decay, STEPS } from "./arena";
import { evictOldest, retain } from "./pages";
import { nextRandom, ticksFor } from "./random";
import { PAGE_SHIFT } from "./sizes";
import { JemallocState } from "./state";
import { Storage } from "./storage";

const FIXED_POINT: u64 = 24;

/** h(x) = 6x⁵ - 15x⁴ + 10x³ at (n + 1) / 200, as a fraction of 2²⁴. */
export function fillCurve(curve: usize): void {
  const all: u64 = STEPS;
  const whole = all * all * all * all * all;
  for (let n: u32 = 0; n < STEPS; n++) {
    const x = <u64>n + 1;
    const value = x * x * x * (6 * x * x + 10 * all * all - 15 * all * x);
    store<u64>(curve + (n << 3), (value << FIXED_POINT) / whole);
  }
}

/** Begins with nothing dirty. */
export function beginDecay(j: JemallocState, arena: Arena, milliseconds: i64, seed: u64): void {
  const decay = arena.decay;
  decay.milliseconds = milliseconds;
  decay.interval = milliseconds > 0 ? (<u64>milliseconds * 1_000_000) / STEPS : 0;
  decay.epoch = j.now;
  decay.random = seed;
  setDeadline(decay);
}

/** The epoch ends an interval from now, or up to two: by chance, so that arenas do not decay at once. */
function setDeadline(decay: Decay): void {
  decay.deadline = decay.epoch + decay.interval;
  if (decay.milliseconds <= 0) return;
  // As many bits as the interval's power of two has, drawn again until they are less.
  const bits: u64 = 64 - clz(decay.interval - 1);
  let jitter: u64;
  do {
    decay.random = nextRandom(decay.random);
    jitter = decay.random >> (64 - bits);
  } while (jitter >= decay.interval);
  decay.deadline += jitter;
}

/** Gives back what has decayed; with `isAll` everything dirty. */
export function decayArena(j: JemallocState, arena: Arena, isAll: bool): void {
  const decay = arena.decay;
  if (isAll || decay.milliseconds == 0) purge(j, arena, 0);
  else if (decay.milliseconds > 0 && decay.deadline <= j.now) {
    advance(j, arena, decay);
    purge(j, arena, decay.mostPages << PAGE_SHIFT);
  }
}

function advance(j: JemallocState, arena: Arena, decay: Decay): void {
  const intervals = (j.now - decay.epoch) / decay.interval;
  decay.epoch += intervals * decay.interval;
  setDeadline(decay);
  shiftBacklog(decay, intervals);
  const pages = arena.dirty.bytes >> PAGE_SHIFT;
  const added = pages > decay.pagesBefore ? pages - decay.pagesBefore : 0;
  store<u64>(decay.backlog + ((STEPS - 1) << 3), added);
  let sum: u64 = 0;
  for (let n: u32 = 0; n < STEPS; n++)
    sum += load<u64>(decay.backlog + (n << 3)) * load<u64>(j.curve + (n << 3));
  decay.mostPages = sum >> FIXED_POINT;
  decay.pagesBefore = max(decay.mostPages, pages);
}

function shiftBacklog(decay: Decay, intervals: u64): void {
  const kept: u32 = intervals < STEPS ? STEPS - <u32>intervals : 0;
  memory.copy(decay.backlog, decay.backlog + ((STEPS - kept) << 3), kept << 3);
  memory.fill(decay.backlog + (kept << 3), 0, (STEPS - kept) << 3);
}

/** Gives back the oldest dirty extents, until so many bytes are left. */
function purge(j: JemallocState, arena: Arena, limit: u64): void {
  for (let edata = evictOldest(j, arena, limit); edata != 0; edata = evictOldest(j, arena, limit))
    retain(j, arena, edata);
}

/** So many calls have reached the arena: once in a while it looks at the clock. */
export function tick(j: JemallocState, storage: u64, arena: Arena, calls: u32): void {
  const memory = j.memory;
  const left = Storage.ticks(memory, storage) - <i32>calls;
  Storage.setTicks(memory, storage, left);
  if (left >= 0) return;
  const random = nextRandom(Storage.random(memory, storage));
  Storage.setRandom(memory, storage, random);
  Storage.setTicks(memory, storage, ticksFor(random));
  decayArena(j, arena, false);
}
