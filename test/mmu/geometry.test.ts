import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStructures } from "../structures.js";
import { type Architecture, addressBitsOf, addressOf, architectures } from "./architectures.js";

const structures = await createStructures();

/** The address of a page, by its indices, and an offset in it. */
function place({ indexBits, pageBits }: Architecture) {
  return fc.record({
    indices: fc.tuple(...indexBits.map((bits) => fc.nat(2 ** bits - 1))),
    offset: fc.nat(2 ** pageBits - 1).map(BigInt),
  });
}

describe.each(architectures)("$name", (architecture) => {
  const { number, indexBits, pageBits, isSigned, entryBytes } = architecture;
  const geometry = structures.createGeometry(number);
  const addressBits = addressBitsOf(architecture);

  test("has the levels and sizes of its manual", () => {
    expect(structures.geometryLevels(geometry)).toBe(indexBits.length);
    expect(structures.leafLevels(geometry)).toBe(architecture.leafLevels);
    expect(structures.tableBytes(geometry)).toBe(entryBytes * 2 ** (indexBits.at(-1) as number));
    let shift = pageBits;
    for (const [n, bits] of [...indexBits].reverse().entries()) {
      expect(structures.levelShift(geometry, n + 1)).toBe(shift);
      expect(structures.levelOrder(geometry, n + 1)).toBe(shift - pageBits);
      shift += bits;
    }
    expect(shift).toBe(addressBits);
  });

  test("finds each level's entry by the index in the address", () => {
    fc.assert(
      fc.property(place(architecture), ({ indices, offset }) => {
        const va = addressOf(architecture, indices, offset);
        const inWidth = structures.truncate(geometry, va);
        const offsets = indices.map((_, n) => structures.entryOffset(geometry, inWidth, indices.length - n));
        expect(offsets).toEqual(indices.map((index) => index * entryBytes));
        expect(structures.isCanonical(geometry, va)).toBe(true);
        expect(inWidth).toBe(va % 2n ** BigInt(addressBits));
        expect(structures.extend(geometry, inWidth)).toBe(va);
      }),
    );
  });

  test("treats an address as valid if its upper bits repeat the topmost one, or are 0 if addresses are unsigned", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63), (word, shift) => {
        for (const va of [
          word >> BigInt(shift),
          BigInt.asUintN(64, BigInt.asIntN(64, word) >> BigInt(shift)),
        ]) {
          const digits = va.toString(2).padStart(64, "0");
          const upper = new Set(digits.slice(0, 64 - addressBits + (isSigned ? 1 : 0)));
          const isValid = isSigned ? upper.size === 1 : upper.size === 1 && upper.has("0");
          expect(structures.isCanonical(geometry, va)).toBe(isValid);
        }
      }),
    );
  });
});

test("a number beyond the last architecture has no geometry", () => {
  expect(structures.createGeometry(architectures.length)).toBe(0);
});

test("a key holds address space, page number and level, and is never 0", () => {
  const vpn = fc.bigInt({ min: 0n, max: 2n ** 45n - 1n });
  fc.assert(
    fc.property(fc.nat(65_535), vpn, fc.constantFrom(1, 2, 3), (asid, page, level) => {
      const key = structures.keyOf(BigInt(asid) << 48n, page, level);
      expect(key % 2n).toBe(0n);
      expect(key).not.toBe(0n);
      expect([structures.keyAsid(key), structures.keyVpn(key), structures.keyLevel(key)]).toEqual([
        asid,
        page,
        level,
      ]);
    }),
  );
});
