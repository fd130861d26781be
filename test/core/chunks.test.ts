import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStructures, type Structures, viewOf } from "../structures.js";

/** Adds elements until there are `count`, each with its number, or one from `first` on, in its first word. */
function fill(structures: Structures, chunks: number, count: number, first = 0): void {
  const before: number[] = [];
  for (let index = structures.elementCount(chunks); index < count; index++) {
    structures.addElement(chunks);
    const address = structures.elementAt(chunks, index);
    const view = viewOf(structures);
    before.push(view.getUint32(address, true));
    view.setUint32(address, first + index, true);
  }
  expect(structures.elementCount(chunks)).toBe(count);
  expect(before.every((word) => word === 0)).toBe(true);
}

function words(structures: Structures, chunks: number): number[] {
  const view = viewOf(structures);
  return Array.from({ length: structures.elementCount(chunks) }, (_, index) =>
    view.getUint32(structures.elementAt(chunks, index), true),
  );
}

const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

describe("an array in chunks", () => {
  test("keeps its elements and their addresses while it grows", async () => {
    const sizes = fc.tuple(fc.nat(9000), fc.nat(9000), fc.constantFrom(4, 12, 32));
    await fc.assert(
      fc.asyncProperty(sizes, async ([first, second, elementBytes]) => {
        const structures = await createStructures();
        const chunks = structures.createChunks(elementBytes);
        fill(structures, chunks, first);
        const addresses = upTo(first).map((index) => structures.elementAt(chunks, index));
        fill(structures, chunks, first + second);
        expect(upTo(first).map((index) => structures.elementAt(chunks, index))).toEqual(addresses);
        expect(words(structures, chunks)).toEqual(upTo(first + second));
      }),
      { numRuns: 6 },
    );
  });

  test("has elements that do not overlap", async () => {
    const structures = await createStructures();
    const chunks = structures.createChunks(12);
    fill(structures, chunks, 5000);
    const addresses = upTo(5000).map((index) => structures.elementAt(chunks, index));
    const sorted = addresses.sort((a, b) => a - b);
    expect(sorted.slice(1).every((address, n) => address - (sorted[n] as number) >= 12)).toBe(true);
  });

  test("computes the bytes that it needs to grow", async () => {
    const structures = await createStructures();
    const chunks = structures.createChunks(24);
    for (const count of [0, 1, 4096, 4097, 9000, 30_000]) {
      const expected = structures.chunkBytesFor(chunks, BigInt(count));
      const before = structures.arenaBytes();
      fill(structures, chunks, count);
      expect(BigInt(structures.arenaBytes() - before)).toBe(expected);
    }
    expect(structures.chunkBytesFor(chunks, 5n)).toBe(0n);
  });

  test("reuses its memory, zeroed, after all elements were removed", async () => {
    const structures = await createStructures();
    const chunks = structures.createChunks(8);
    fill(structures, chunks, 9000);
    structures.clearChunks(chunks);
    expect(structures.elementCount(chunks)).toBe(0);
    const before = structures.arenaBytes();
    fill(structures, chunks, 9000, 5);
    expect(structures.arenaBytes()).toBe(before);
    expect(words(structures, chunks)).toEqual(upTo(9000, 5));
  });

  test("has a copy that changes on its own", async () => {
    const structures = await createStructures();
    const chunks = structures.createChunks(8);
    fill(structures, chunks, 5000);
    const copy = structures.copyChunks(chunks);
    fill(structures, copy, 5010);
    viewOf(structures).setUint32(structures.elementAt(chunks, 4999), 7, true);
    expect(words(structures, copy)).toEqual(upTo(5010));
    expect(structures.elementCount(chunks)).toBe(5000);
  });
});
