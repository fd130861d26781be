import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../build.js";
import { arenaTop, createStructures, get, put } from "../structures.js";

test("memory is aligned as requested, follows the previous allocation, and is zero", async () => {
  const request = fc.record({ bytes: fc.nat(5000), alignment: fc.nat(12).map((order) => 2 ** order) });
  const property = fc.asyncProperty(fc.array(request, { maxLength: 60, size: "max" }), async (requests) => {
    const structures = await createStructures();
    let top = structures.allocate(0n);
    const base = top - structures.arenaBytes();
    for (const { bytes, alignment } of requests) {
      const address = structures.allocateAligned(BigInt(bytes), BigInt(alignment));
      expect(address).toBe(Math.ceil(top / alignment) * alignment);
      top = address + bytes;
      expect(arenaTop(structures)).toBe(top);
      expect(structures.arenaBytes()).toBe(top - base);
      expect(structures.arenaRoom()).toBe(2n ** 32n - 1n - BigInt(top));
      const memory = new Uint8Array(structures.memory.buffer, address, bytes);
      expect(memory.every((byte) => byte === 0)).toBe(true);
      memory.fill(0xff);
    }
  });
  await fc.assert(property, { numRuns: caseCount(20) });
});

test("an allocation without an alignment starts a cache line", async () => {
  const structures = await createStructures();
  const addresses = [1n, 64n, 65n, 0n, 1n].map((bytes) => structures.allocate(bytes));
  const first = addresses[0] as number;
  expect(first % 64).toBe(0);
  expect(addresses.map((address) => address - first)).toEqual([0, 64, 128, 256, 256]);
});

test("memory starts small, doubles up to 16 MiB, and grows by a half from there", async () => {
  const structures = await createStructures();
  const sizes = new Set<number>();
  for (let n = 0; n < 600; n++) {
    structures.allocate(100_000n);
    sizes.add(structures.memory.buffer.byteLength);
  }
  const [first = 0, ...others] = sizes;
  expect(first).toBeLessThan(2 * 2 ** 20);
  let before = first;
  for (const size of others) {
    expect(size / before).toBeCloseTo(before < 16 * 2 ** 20 ? 2 : 1.5, 1);
    before = size;
  }
  expect(before).toBeGreaterThan(60_000_000);
});

test("a request beyond 4 GiB is refused and changes nothing", async () => {
  const structures = await createStructures();
  structures.allocate(100n);
  const before = [structures.arenaBytes(), structures.memory.buffer.byteLength];
  const room = structures.arenaRoom();
  for (const bytes of [room + 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
    expect(structures.allocate(bytes)).toBe(0);
  }
  expect(structures.allocateAligned(room - 100n, 2n ** 30n)).toBe(0);
  expect([structures.arenaBytes(), structures.memory.buffer.byteLength]).toEqual(before);
  expect(structures.allocate(8n)).toBeGreaterThan(0);
});

test("a copy has the same bytes in memory of its own", async () => {
  const structures = await createStructures();
  const bytes = Uint8Array.from({ length: 300 }, (_, n) => n * 7);
  const original = put(structures, bytes);
  const copy = structures.copyBytes(original, 300n);
  new Uint8Array(structures.memory.buffer, original, 300).fill(0);
  expect(get(structures, copy, 300)).toEqual(bytes);

  const rng = structures.createRng();
  structures.seedRng(rng, 5n);
  const twin = structures.copyRng(rng);
  const drawn = [1, 2, 3].map(() => structures.nextRandom(rng));
  expect([1, 2, 3].map(() => structures.nextRandom(twin))).toEqual(drawn);
});
