import fc from "fast-check";
import { expect, test } from "vitest";
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

test.each([3071, 3072, 3073, 20_000, 24_576])("a table for %i expected keys does not grow", async (count) => {
  const structures = await createStructures();
  const ids = structures.createIdsFor(count);
  const before = structures.arenaBytes();
  for (let n = 0; n < count; n++) structures.idOf(ids, BigInt(n) << 12n);
  expect(structures.arenaBytes()).toBe(before);
});
