import fc from "fast-check";
import { expect, test } from "vitest";
import { anyU64, createStructures, viewOf } from "../structures.js";
import { below, halvesBelow, xoshiro } from "./xoshiro.js";

test("SplitMix64 of seed 1234567 starts with the numbers of its published test", async () => {
  const { splitMix64 } = await createStructures();
  expect([1n, 2n, 3n, 4n, 5n].map((n) => splitMix64(1234567n, n))).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ]);
});

test("xoshiro256** from the state 1, 2, 3, 4 gives the numbers of its authors' code", async () => {
  const structures = await createStructures();
  const rng = structures.createRng();
  for (let n = 0; n < 4; n++) viewOf(structures).setBigUint64(rng + 8 * n, BigInt(n + 1), true);
  expect(Array.from({ length: 8 }, () => structures.nextRandom(rng))).toEqual([
    11520n,
    0n,
    1509978240n,
    1215971899390074240n,
    1216172134540287360n,
    607988272756665600n,
    16172922978634559625n,
    8476171486693032832n,
  ]);
});

test("any seed gives the stream of a model with unlimited integers", async () => {
  const structures = await createStructures();
  const rng = structures.createRng();
  expect(structures.isRngValid(rng)).toBe(false);
  const kinds = fc.array(fc.constantFrom("next", "real", "below", "bits"), { maxLength: 30, size: "max" });
  const bound = fc.oneof(
    fc.bigInt({ min: 1n, max: 2n ** 32n }),
    fc.constantFrom(1n, 3n * 2n ** 30n, 2n ** 32n),
  );
  fc.assert(
    fc.property(anyU64, kinds, bound, fc.bigInt({ min: 1n, max: 32n }), (seed, draws, most, bits) => {
      structures.seedRng(rng, seed);
      const next = xoshiro(seed);
      for (const kind of draws) {
        if (kind === "next") expect(structures.nextRandom(rng)).toBe(next());
        else if (kind === "real") expect(structures.realRandom(rng)).toBe(Number(next() >> 11n) / 2 ** 53);
        else if (kind === "below") expect(structures.randomBelow(rng, most)).toBe(below(next, most));
        else expect(structures.randomBits(rng, bits)).toBe(below(next, 2n ** bits));
        expect(structures.isRngValid(rng)).toBe(true);
      }
    }),
  );
});

test("filling an array takes two unbiased numbers from each output, from its high half first", async () => {
  const structures = await createStructures();
  const rng = structures.createRng();
  const room = structures.allocate(4n * 65n);
  const bound = fc.oneof(
    fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    fc.constantFrom(1, 3 * 2 ** 30, 2 ** 31 + 1, 2 ** 32 - 1),
  );
  fc.assert(
    fc.property(anyU64, bound, fc.integer({ min: 1, max: 64 }), (seed, most, count) => {
      structures.seedRng(rng, seed);
      structures.fillRandom(rng, most, count, room);
      const next = xoshiro(seed);
      const numbers: number[] = [];
      while (numbers.length < count) numbers.push(...halvesBelow(next(), BigInt(most)));
      const view = viewOf(structures);
      expect(Array.from({ length: count }, (_, n) => view.getUint32(room + 4 * n, true))).toEqual(
        numbers.slice(0, count),
      );
      expect(structures.nextRandom(rng)).toBe(next());
    }),
  );
});

test("all numbers below a bound are equally frequent, within five standard deviations", async () => {
  const structures = await createStructures();
  const rng = structures.createRng();
  structures.seedRng(rng, 42n);
  const counts = [0, 0, 0, 0, 0, 0, 0];
  for (let n = 0; n < 70_000; n++) (counts[Number(structures.randomBelow(rng, 7n))] as number)++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000 * (6 / 7)));
});
