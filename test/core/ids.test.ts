import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { caseCount } from "../build.js";
import { anyU64, createStructures, U64_MAX, viewOf } from "../structures.js";

test("keys are numbered in the order of their first appearance", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.boolean(), anyU64), { maxLength: 120, size: "max" }),
      async (operations) => {
        const structures = await createStructures();
        const ids = structures.createIds();
        const numbers = new Map<bigint, number>();
        for (const [isSearch, key] of operations) {
          if (isSearch) {
            expect(structures.findId(ids, key)).toBe(numbers.get(key) ?? NONE);
            continue;
          }
          if (!numbers.has(key)) numbers.set(key, numbers.size);
          expect(structures.idOf(ids, key)).toBe(numbers.get(key));
          expect(structures.idCount(ids)).toBe(numbers.size);
        }
        expect(structures.areIdsValid(ids)).toBe(true);
        const buckets = Array.from({ length: structures.idBuckets(ids) }, (_, n) => n);
        const keys = buckets.map((bucket) => structures.keyInBucket(ids, bucket));
        expect(new Set(keys)).toEqual(new Set([...numbers.keys(), U64_MAX]));
      },
    ),
    {
      numRuns: caseCount(20),
      examples: [
        [
          [
            [false, U64_MAX],
            [false, 0n],
            [true, U64_MAX],
          ],
        ],
      ],
    },
  );
});

test("numbers do not change when the table doubles, and the bytes for doubling are known before", async () => {
  const structures = await createStructures();
  const ids = structures.createIds();
  const keys = Array.from({ length: 15_000 }, (_, n) => (BigInt(n) * 0x10001n) ^ (BigInt(n % 7) << 60n));
  const expected = structures.idBytesFor(ids, 15_000n);
  const before = structures.arenaBytes();
  expect(keys.map((key) => structures.idOf(ids, key))).toEqual(keys.map((_, n) => n));
  expect(BigInt(structures.arenaBytes() - before)).toBe(expected);
  // At most three quarters of the buckets are in use, and more than three eighths after growth.
  expect(structures.idBuckets(ids)).toBe(32_768);
  expect(keys.map((key) => structures.idOf(ids, key))).toEqual(keys.map((_, n) => n));
  expect(structures.areIdsValid(ids)).toBe(true);
});

test("keys that are numbered at once have the numbers that they would have one by one", async () => {
  const structures = await createStructures();
  const ids = structures.createIds();
  // Many with the same first bucket, several times in one call, and enough for the table to double.
  const keys = Array.from({ length: 9000 }, (_, n) => BigInt((n * n) % 4801) << BigInt(n % 3 === 0 ? 51 : 0));
  const numbers = new Map<bigint, number>();
  for (const key of keys) if (!numbers.has(key)) numbers.set(key, numbers.size);
  const from = structures.allocate(BigInt(keys.length * 8));
  const into = structures.allocate(BigInt(keys.length * 4));
  const view = viewOf(structures);
  for (const [n, key] of keys.entries()) view.setBigUint64(from + 8 * n, key, true);
  expect(structures.numberIds(ids, from, keys.length, into)).toBe(true);
  const after = viewOf(structures);
  expect(keys.map((_, n) => after.getUint32(into + 4 * n, true))).toEqual(
    keys.map((key) => numbers.get(key)),
  );
  expect(structures.idBuckets(ids)).toBe(8192);
  expect(structures.areIdsValid(ids)).toBe(true);
});

describe("page numbers", () => {
  /** The numbers of the keys by a map, and by the kernel in several calls. */
  async function numbered(keys: readonly bigint[], expected: number, most = 2000) {
    const structures = await createStructures();
    const ids = structures.createPageIds(expected);
    const model = new Map<bigint, number>();
    for (const key of keys) if (!model.has(key)) model.set(key, model.size);
    const from = structures.allocate(BigInt(most * 8));
    const into = structures.allocate(BigInt(most * 4));
    const before = structures.arenaBytes();
    const numbers: number[] = [];
    for (let at = 0; at < keys.length; at += most) {
      const part = keys.slice(at, at + most);
      for (const [n, key] of part.entries()) viewOf(structures).setBigUint64(from + 8 * n, key, true);
      expect(structures.numberIds(ids, from, part.length, into)).toBe(true);
      numbers.push(...part.map((_, n) => viewOf(structures).getUint32(into + 4 * n, true)));
    }
    const bytes = structures.arenaBytes() - before;
    expect(numbers).toEqual(keys.map((key) => model.get(key)));
    expect(keys.map((key) => structures.findId(ids, key))).toEqual(numbers);
    expect(structures.findId(ids, 2n ** 50n + 1n)).toBe(NONE);
    expect(structures.areIdsValid(ids)).toBe(true);
    return bytes;
  }

  const scattered = (n: number) => BigInt(Math.floor(12_000 * ((n * 0.6180339887) % 1)));

  test("are numbered in the order of their first requests, small ones, large ones and both in turn", async () => {
    const large = (n: number) => (BigInt(n * n) << 30n) + 5n;
    const length = 14_000;
    const make = (key: (n: number) => bigint) => Array.from({ length }, (_, n) => key(n));
    await numbered(make(scattered), 0);
    await numbered(make(large), 0);
    await numbered(
      make((n) => (n % 5 === 0 ? large(n) : scattered(n))),
      0,
    );
    // Small ones first, then ever larger ones, so that the array grows; a few of them long before the others.
    await numbered(
      make((n) => BigInt(n % 1000 === 999 ? 2 * n : n)),
      0,
    );
  });

  test("that are small take less memory than a table, expected or not", async () => {
    const keys = Array.from({ length: 40_000 }, (_, n) => scattered(n));
    const table = 2 ** 14 * 16;
    expect(await numbered(keys, 0)).toBeLessThan(table);
    expect(await numbered(keys, 12_000)).toBeLessThanOrEqual(2 ** 14 * 4);
  });
});

test.each([3071, 3072, 3073, 20_000, 24_576])("a table for %i expected keys does not grow", async (count) => {
  const structures = await createStructures();
  const ids = structures.createIdsFor(count);
  const before = structures.arenaBytes();
  for (let n = 0; n < count; n++) structures.idOf(ids, BigInt(n) << 12n);
  expect(structures.arenaBytes()).toBe(before);
});
