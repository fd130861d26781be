import fc from "fast-check";
import { expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { caseCount } from "../build.js";
import { anyU64, createStructures, type Structures, U64_MAX, viewOf } from "../structures.js";

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
        const keys = Array.from({ length: numbers.size }, (_, id) => structures.keyOfId(ids, id));
        expect(keys).toEqual([...numbers.keys()]);
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
  expect(keys.map((key) => structures.idOf(ids, key))).toEqual(keys.map((_, n) => n));
  expect(structures.areIdsValid(ids)).toBe(true);
});

test("keys of one home chunk are found in the chunks after it, and many are numbered at once", async () => {
  const structures = await createStructures();
  const ids = structures.createIds();
  // The hashes of these differ in their lower bits alone, so all have the first chunk, which has twelve places, as home.
  const keys: bigint[] = [];
  for (let key = 1n; keys.length < 40; key++) if (structures.hashOf(key) >>> 23 === 0) keys.push(key);
  const sequence = keys.flatMap((key, n) => [key, keys[n >> 1] ?? key, 0n]);
  const numbers = new Map<bigint, number>();
  for (const key of sequence) if (!numbers.has(key)) numbers.set(key, numbers.size);
  expect(idsOfAll(structures, ids, sequence)).toEqual(sequence.map((key) => numbers.get(key)));
  expect(structures.idCount(ids)).toBe(numbers.size);
  expect(structures.areIdsValid(ids)).toBe(true);
});

test("a table for the expected number of keys does not grow", async () => {
  const structures = await createStructures();
  const ids = structures.createIdsFor(20_000);
  const before = structures.arenaBytes();
  const keys = Array.from({ length: 20_000 }, (_, n) => BigInt(n) << 12n);
  expect(keys.map((key) => structures.idOf(ids, key))).toEqual(keys.map((_, n) => n));
  // Five chunks of 4,096 keys, and nothing else.
  expect(structures.arenaBytes() - before).toBe(5 * 4096 * 8);
  expect(structures.areIdsValid(ids)).toBe(true);
});

/** The numbers of the keys, given by one call. */
function idsOfAll(structures: Structures, ids: number, keys: readonly bigint[]): number[] {
  const from = structures.allocate(BigInt(keys.length * 8));
  const into = structures.allocate(BigInt(keys.length * 4));
  const view = viewOf(structures);
  for (const [n, key] of keys.entries()) view.setBigUint64(from + 8 * n, key, true);
  expect(structures.numberIds(ids, from, keys.length, into)).toBe(true);
  const after = viewOf(structures);
  return keys.map((_, n) => after.getUint32(into + 4 * n, true));
}
