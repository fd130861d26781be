/**
 * The fields of an address, compared with the architectures' manuals (test/mmu/architectures.ts) and a table made by
 * hand.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ArchitectureName, addressFields, InputError } from "#pagewalk/index.js";
import { type Architecture, addressBitsOf, addressOf, architectures, shiftOf } from "../mmu/architectures.js";

/** An address by its indices, the topmost first, and its offset. */
const place = ({ indexBits, pageBits }: Architecture) =>
  fc.record({
    indices: fc.tuple(...indexBits.map((bits) => fc.nat(2 ** bits - 1))),
    offset: fc.nat(2 ** pageBits - 1),
  });

/** True if the bits above an address are as the architecture requires. */
function isAllowed(architecture: Architecture, address: bigint): boolean {
  const bits = addressBitsOf(architecture);
  const digits = address.toString(2).padStart(64, "0");
  const upper = new Set(digits.slice(0, 64 - bits + (architecture.isSigned ? 1 : 0)));
  return upper.size === 1 && (architecture.isSigned || upper.has("0"));
}

describe.each(architectures)("an address under $name", (architecture) => {
  const { name, indexBits, pageBits, entryBytes, leafLevels } = architecture;
  const arch = name;

  test("has the indices and the offset from which it was composed", async () => {
    const levels = indexBits.length;
    await fc.assert(
      fc.asyncProperty(place(architecture), async ({ indices, offset }) => {
        const address = addressOf(architecture, indices, BigInt(offset));
        const [found] = await addressFields([address], { arch });
        const fields = found?.fields ?? [];
        const indexFields = fields.filter(({ level }) => level !== undefined);
        expect(indexFields.map(({ level }) => level)).toEqual(indices.map((_, n) => levels - n));
        expect(indexFields.map(({ value }) => Number(value))).toEqual(indices);
        expect(indexFields.map(({ entryOffset }) => entryOffset)).toEqual(indices.map((i) => i * entryBytes));
        expect(indexFields.map(({ bits: [, low] }) => low)).toEqual(
          indices.map((_, n) => shiftOf(architecture, levels - n)),
        );
        expect(fields.at(-1)).toMatchObject({
          name: "offset",
          value: BigInt(offset),
          bits: [pageBits - 1, 0],
        });
        // All digits together are the address.
        const digits = fields.map(({ binary }) => binary).join("");
        expect(digits).toBe(address.toString(2).padStart(digits.length, "0"));
        expect(digits).toHaveLength(addressBitsOf(architecture) > 32 ? 64 : 32);
      }),
      { numRuns: 10 },
    );
  });

  test("lies in a page of each size", async () => {
    const address = addressOf(
      architecture,
      indexBits.map(() => 1),
      5n,
    );
    const [found] = await addressFields([address], { arch });
    const sizes = Array.from({ length: leafLevels }, (_, n) => 2 ** shiftOf(architecture, n + 1));
    expect(found?.pages.map(({ sizeBytes }) => sizeBytes)).toEqual(sizes);
    for (const { page, offset, sizeBytes } of found?.pages ?? []) {
      expect([page + offset, page % BigInt(sizeBytes)]).toEqual([address, 0n]);
      expect(offset).toBe(address & BigInt(sizeBytes - 1));
    }
  });

  test("is refused if its upper bits are not allowed", async () => {
    const bits = addressBitsOf(architecture);
    const edges = [bits - 1, bits, 63].flatMap((bit) => [(1n << BigInt(bit)) - 1n, 1n << BigInt(bit)]);
    for (const address of [...edges, (1n << 64n) - 1n, (1n << 64n) - (1n << BigInt(bits - 1))]) {
      const split = addressFields([address], { arch });
      if (isAllowed(architecture, address)) expect(await split).toHaveLength(1);
      else await expect(split).rejects.toThrow(InputError);
    }
  });
});

test.each<[arch: ArchitectureName, names: string[]]>([
  ["x86-64", ["PML4", "PDPT", "PD", "PT"]],
  ["x86-64-la57", ["PML5", "PML4", "PDPT", "PD", "PT"]],
  ["i386", ["PD", "PT"]],
  ["i386-pae", ["PDPT", "PD", "PT"]],
  ["sv39", ["VPN[2]", "VPN[1]", "VPN[0]"]],
  ["aarch64-4k", ["level 0", "level 1", "level 2", "level 3"]],
  ["aarch64-64k", ["level 1", "level 2", "level 3"]],
])("the fields of %s are named as in its manual", async (arch, names) => {
  const [found] = await addressFields([0], { arch });
  expect(found?.fields.filter(({ level }) => level !== undefined).map(({ name }) => name)).toEqual(names);
});

test("an address is split as calculated by hand", async () => {
  // 0x7ffff7fbb123 = 0b0111_1111_1 111_1111_11 11_0111_111 1_1011_1011 0001_0010_0011
  const [found] = await addressFields(["0x7fff_f7fb_b123"], { arch: "x86-64" });
  const values = found?.fields.map(({ name, value, binary }) => `${name} ${value} ${binary}`);
  expect(values).toEqual([
    "unused 0 0000000000000000",
    "PML4 255 011111111",
    "PDPT 511 111111111",
    "PD 447 110111111",
    "PT 443 110111011",
    "offset 291 000100100011",
  ]);
});

test.each<[address: string, arch: ArchitectureName, says: string]>([
  [
    "0x7ffff7fbb123",
    "sv39",
    "bits 63 to 39 must repeat bit 38; give one below 0x4000000000 or from 0xffffffc000000000 on; under sv48 it is valid",
  ],
  ["0x100000000", "i386", "has more than 32 bits; give one below 0x100000000; under x86-64 it is valid"],
  ["0xffff800000000000", "aarch64-4k", "bits 63 to 48 must be 0; give one below 0x1000000000000"],
  ["0x10000000000000000", "x86-64", "has more than 64 bits"],
  ["7fff", "x86-64", '"7fff" is not an address; write 0x7fff'],
  ["-1", "x86-64", '"-1" is not an address'],
  ["", "x86-64", '"" is not an address'],
])("%s is refused under %s with the rule and a remedy", async (address, arch, says) => {
  await expect(addressFields([address], { arch })).rejects.toThrow(says);
});
