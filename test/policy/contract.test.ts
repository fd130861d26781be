/** What every policy in the registry must keep to; a new one is taken in by itself. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policies } from "#pagewalk/compare/policies.js";
import { gapsOf, hitsOf, missesOf, Replay } from "./replay.js";

const all = await policies();
const names = all.map(({ name }) => name);
/** Those that let pages go although memory is not full. */
const variable = all.flatMap(({ name, isVariable }) => (isVariable ? [name] : []));
const pages = fc.array(fc.nat(15), { minLength: 1, maxLength: 120 });
const frames = fc.integer({ min: 1, max: 9 });

describe.each(names)("%s", (name) => {
  test("keeps a page that was just requested", async () => {
    await fc.assert(
      fc.asyncProperty(pages, frames, async (sequence, capacity) => {
        const twice = sequence.flatMap((page) => [page, page]);
        const hits = await hitsOf(name, twice, capacity);
        expect(hits.filter((_, at) => at % 2 === 1)).not.toContain(false);
      }),
      { numRuns: 15 },
    );
  });

  test.skipIf(variable.includes(name))("misses each page once where all fit", async () => {
    await fc.assert(
      fc.asyncProperty(pages, async (sequence) => {
        expect(await missesOf(name, sequence, 16)).toBe(new Set(sequence).size);
      }),
      { numRuns: 25 },
    );
  });

  test("holds as many pages as there are frames, and no more", async () => {
    const replay = await Replay.of(name, 7);
    const sequence = Array.from({ length: 2000 }, (_, n) => (n * n * 31 + n) % 53);
    replay.serve(sequence, gapsOf(sequence));
    const { misses, evictions } = replay.counters;
    if (variable.includes(name)) expect(misses - evictions).toBeLessThanOrEqual(7);
    else expect(misses - evictions).toBe(7);
    expect(replay.isValid).toBe(true);
  });

  test("does the same whatever the batches are", async () => {
    await fc.assert(
      fc.asyncProperty(pages, frames, fc.integer({ min: 1, max: 40 }), async (sequence, capacity, size) => {
        const whole = await Replay.of(name, capacity);
        const gaps = gapsOf(sequence);
        whole.serve(sequence, gaps);
        const parts = await Replay.of(name, capacity);
        for (let at = 0; at < sequence.length; at += size) {
          parts.serve(sequence.slice(at, at + size), gaps.subarray(at, at + size));
        }
        expect(parts.counters).toEqual(whole.counters);
      }),
      { numRuns: 25 },
    );
  });

  test("never beats opt", async () => {
    await fc.assert(
      fc.asyncProperty(pages, frames, async (sequence, capacity) => {
        const best = await missesOf("opt", sequence, capacity);
        expect(await missesOf(name, sequence, capacity)).toBeGreaterThanOrEqual(best);
      }),
      { numRuns: 40 },
    );
  });

  test("takes all its memory at the start", async () => {
    const replay = await Replay.of(name, 100);
    const before = replay.kernel.exports.arenaBytes();
    const sequence = Array.from({ length: 20_000 }, (_, n) => (n >> 2) + ((n * 37) % 409));
    const gaps = gapsOf(sequence);
    for (let at = 0; at < sequence.length; at += 4000) {
      replay.serve(sequence.slice(at, at + 4000), gaps.subarray(at, at + 4000));
    }
    expect(replay.kernel.exports.arenaBytes()).toBe(before);
  });

  test("takes page numbers up to the last of 64 bits", async () => {
    const replay = await Replay.of(name, 3);
    const sequence = [2n ** 64n - 1n, 0n, 2n ** 63n, 2n ** 64n - 1n, 0n, 2n ** 63n];
    replay.serve(sequence, gapsOf(sequence));
    expect(replay.counters).toMatchObject({ hits: 3, misses: 3 });
  });

  test("tells pages apart whose hashes are the same", async () => {
    const replay = await Replay.of(name, 64);
    // Keys with equal upper and lower halves fold to zero, so all of these have one hash.
    const sequence = Array.from({ length: 64 }, (_, n) => BigInt(n + 1) * 0x100000001n);
    const others = sequence.map((page) => page + 100n * 0x100000001n);
    const all = [...sequence, ...sequence, ...others, ...sequence];
    replay.serve(all, gapsOf(all));
    expect(replay.counters.hits).toBeGreaterThanOrEqual(64);
    expect(replay.isValid).toBe(true);
  });
});
