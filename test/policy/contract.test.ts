/**
 * The contract of every policy in the registry. A new policy is included automatically. The claims are those for own
 * policies; the other tests here are about the kernel.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLAIMS } from "#pagewalk/policy/custom/claims.js";
import { refute } from "#pagewalk/policy/custom/search.js";
import { policies } from "#pagewalk/policy/policies.js";
import { caseCount } from "../build.js";
import { kernelCandidate } from "./candidate.js";
import { gapsOf, Replay } from "./replay.js";

/** Random sequences for each claim. */
const TRIALS = caseCount(40);

const all = await policies();
const names = all.map(({ name }) => name);
/** Policies that evict pages although memory is not full. */
const variable = all.flatMap(({ name, isVariable }) => (isVariable ? [name] : []));
const pages = fc.array(fc.nat(15), { minLength: 1, maxLength: 120 });
const frames = fc.integer({ min: 1, max: 9 });

describe.each(names)("%s", (name) => {
  const claims = CLAIMS.filter(({ fixedSpace }) => !(fixedSpace && variable.includes(name)));

  test.each(claims.map((claim) => [claim.name, claim] as const))("%s", async (_, claim) => {
    expect(await refute(claim, await kernelCandidate(name), 1, TRIALS)).toBeUndefined();
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

  test("gives the same results with any batches", async () => {
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
      { numRuns: caseCount(25) },
    );
  });

  test("takes all its memory at the start, if the number of distinct pages is known", async () => {
    const sequence = Array.from({ length: 20_000 }, (_, n) => (n >> 2) + ((n * 37) % 409));
    const replay = await Replay.of(name, 100, new Set(sequence).size);
    for (let at = 0; at < sequence.length; at += 4000) replay.see(sequence.slice(at, at + 4000));
    const before = replay.kernel.exports.arenaBytes();
    const gaps = gapsOf(sequence);
    for (let at = 0; at < sequence.length; at += 4000) {
      replay.serve(sequence.slice(at, at + 4000), gaps.subarray(at, at + 4000));
    }
    expect(replay.kernel.exports.arenaBytes()).toBe(before);
  });

  test("accepts page numbers up to the largest of 64 bits", async () => {
    const replay = await Replay.of(name, 3);
    const sequence = [2n ** 64n - 1n, 0n, 2n ** 63n, 2n ** 64n - 1n, 0n, 2n ** 63n];
    replay.serve(sequence, gapsOf(sequence));
    expect(replay.counters).toMatchObject({ hits: 3, misses: 3 });
  });

  test("distinguishes pages with equal hashes", async () => {
    const replay = await Replay.of(name, 64);
    const sequence = Array.from({ length: 64 }, (_, n) => keyOfHashZero(n));
    const others = Array.from({ length: 64 }, (_, n) => keyOfHashZero(100 + n));
    const all = [...sequence, ...sequence, ...others, ...sequence];
    replay.serve(all, gapsOf(all));
    expect(replay.counters.hits).toBeGreaterThanOrEqual(64);
    expect(replay.isValid).toBe(true);
  });
});

/** The hash is the upper half of a product (core/hash), so the product of its inverse and a small number has hash 0. */
function keyOfHashZero(n: number): bigint {
  const inverse = 0xf1de83e19937733dn; // of 0x9e3779b97f4a7c15, modulo 2^64
  const folded = (BigInt(n) * inverse) & 0xffffffffffffffffn;
  return folded ^ (folded >> 32n);
}
