import fc from "fast-check";
import { expect, test } from "vitest";
import { anyU64, createStructures } from "../structures.js";

/** Knuth, The Art of Computer Programming 3, 6.4: (A K mod w) / w in [0, M), with A / w near 0.618, by real numbers. */
function hashOf(key: bigint): bigint {
  const golden = 11400714819323198485n; // 2^64 / 1.618…, the nearest odd number
  const folded = key ^ (key >> 32n);
  return ((folded * golden) % 2n ** 64n) / 2n ** 32n;
}

test("a key's hash is the upper half of its product with 2^64 / φ, its upper half folded in", async () => {
  const structures = await createStructures();
  fc.assert(fc.property(anyU64, (key) => BigInt(structures.hashOf(key)) === hashOf(key)));
});

test("keys that differ only in their upper halves have different hashes", async () => {
  const { hashOf: hash } = await createStructures();
  const hashes = Array.from({ length: 5000 }, (_, n) => hash(BigInt(n) << 32n));
  expect(new Set(hashes).size).toBe(5000);
});

test("no three of 1000 consecutive keys share one of 1024 buckets", async () => {
  const { hashOf: hash } = await createStructures();
  const counts = new Map<number, number>();
  for (let key = 0n; key < 1000n; key++) {
    const bucket = hash(key) >>> 22;
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(2);
});

test("a size is rounded up to a power of two, at least 8", async () => {
  const structures = await createStructures();
  const naive = (value: bigint) => {
    let power = 8n;
    while (power < value) power *= 2n;
    return power;
  };
  const value = fc.bigInt({ min: 0n, max: 2n ** 63n });
  fc.assert(
    fc.property(fc.oneof(value, fc.nat(70).map(BigInt)), (size) => {
      expect(structures.powerOfTwoFrom(size)).toBe(naive(size));
    }),
  );
});
