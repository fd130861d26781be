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

test("memory grows by at least 16 MiB, so that small allocations seldom grow it", async () => {
  const structures = await createStructures();
  structures.allocate(100_000n);
  const bytes = structures.memory.buffer.byteLength;
  expect(bytes).toBeGreaterThanOrEqual(16 * 2 ** 20);
  for (let n = 0; n < 150; n++) structures.allocate(100_000n);
  expect(structures.memory.buffer.byteLength).toBe(bytes);
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
