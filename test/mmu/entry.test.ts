/** The bits of page-table entries: of single ones against the manuals' tables, then of those in a machine. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Machine } from "#pagewalk/index.js";
import { FLAG_DIRTY, FLAG_HUGE, FLAG_LEAF, FLAG_PRESENT, FLAG_READ } from "../../assembly/abi/mmu.js";
import { createStructures, viewOf } from "../structures.js";
import { architectures, bits, expressible, propertyBits } from "./architectures.js";

const structures = await createStructures();

/** R, W, X, U, A and D in any combination; a page that cannot be read is none under RISC-V. */
const anyFlags = fc.nat(63).map((flags) => flags | FLAG_READ);

describe.each(architectures)("an entry of $name", (architecture) => {
  const { entry, entryBytes, leafLevels, indexBits, number } = architecture;
  const format = structures.createFormat(structures.createGeometry(number));
  const anyPfn = fc.nat(entryBytes === 4 ? 2 ** 20 - 1 : 2 ** 32 - 1);
  const frameBits = (pfn: number) => BigInt(pfn) << BigInt(entry.pfn);

  test("that maps a page has the frame, the fixed bits of its size, and a bit for each property", () => {
    const level = fc.integer({ min: 1, max: leafLevels });
    fc.assert(
      fc.property(anyPfn, level, anyFlags, anyFlags, (pfn, at, flags, others) => {
        const fixed = bits(at === 1 ? entry.page : entry.huge) | frameBits(pfn);
        const leaf = structures.leafEntry(format, pfn, at, flags);
        expect(leaf).toBe(fixed | propertyBits(architecture, flags));
        expect(structures.isEntryPresent(leaf)).toBe(true);
        expect(structures.isEntryLeaf(format, leaf, at)).toBe(true);
        expect(structures.entryFrame(format, leaf)).toBe(pfn);
        const kind = FLAG_PRESENT | FLAG_LEAF | (at > 1 ? FLAG_HUGE : 0);
        expect(structures.entryFlags(format, leaf, at)).toBe(kind | expressible(architecture, flags));
        const changed = structures.entryWith(format, leaf, others);
        expect(changed).toBe(fixed | propertyBits(architecture, others));
      }),
    );
  });

  test("that points to a table has its frame, and the accessed bit only if walks set it", () => {
    fc.assert(
      fc.property(anyPfn, fc.boolean(), (pfn, isTop) => {
        const table = structures.tableEntry(format, pfn, isTop);
        expect(table).toBe(bits(isTop ? entry.top : entry.table) | frameBits(pfn));
        const level = isTop ? indexBits.length : 2;
        expect(structures.isEntryLeaf(format, table, level)).toBe(false);
        expect(structures.entryFrame(format, table)).toBe(pfn);
        const accessed = bits(isTop ? entry.topAccessed : entry.tableAccessed);
        expect(structures.entryWithAccessed(format, table, isTop)).toBe(table | accessed);
        const flags = structures.entryFlags(format, table, level);
        expect(flags & (FLAG_PRESENT | FLAG_LEAF | FLAG_DIRTY)).toBe(FLAG_PRESENT);
      }),
    );
  });

  test("that is not present has no flags, for any bits of software", () => {
    const stored = fc.bigInt({ min: 0n, max: 2n ** 31n - 1n }).map((number) => number << 1n);
    fc.assert(
      fc.property(stored, fc.integer({ min: 1, max: leafLevels }), (value, level) => {
        expect(structures.isEntryPresent(value)).toBe(false);
        expect(structures.entryFlags(format, value, level)).toBe(0);
      }),
    );
  });

  test(`takes ${entryBytes} bytes of its table`, () => {
    const address = structures.allocate(24n);
    const view = viewOf(structures);
    for (let at = 0; at < 24; at++) view.setUint8(address + at, 0xee);
    structures.writeEntry(format, address + 8, 0x12345601n);
    expect(structures.readEntry(format, address + 8)).toBe(0x12345601n);
    const untouched = [...new Uint8Array(view.buffer, address, 24)].filter((byte) => byte === 0xee);
    expect(untouched).toHaveLength(24 - entryBytes);
  });
});

const VA = 0x12345000;

/** The raw entries on the way to a page written once, without the frame numbers. */
async function entriesOf(arch: string): Promise<string[]> {
  const machine = await Machine.create({ arch });
  machine.access(VA, "store");
  return machine.walk(VA).map(({ raw, frame }) => {
    const shift = arch.startsWith("sv")
      ? 10n
      : arch === "aarch64-16k"
        ? 14n
        : arch === "aarch64-64k"
          ? 16n
          : 12n;
    return `0x${(raw - (BigInt(frame ?? 0) << shift)).toString(16)}`;
  });
}

// x86: P 1, RW 2, US 4, A 0x20, D 0x40. RISC-V: V 1, RWX 0xe, U 0x10, A 0x40, D 0x80. AArch64: valid and table 3,
// AP[1] 0x40, shareable 0x300, AF 0x400, nG 0x800, DBM bit 51, PXN bit 53; AP[2] 0x80 cleared by the store.
test.each([
  ["x86-64", ["0x27", "0x27", "0x27", "0x67"]],
  ["x86-64-la57", ["0x27", "0x27", "0x27", "0x27", "0x67"]],
  ["i386", ["0x27", "0x67"]],
  ["i386-pae", ["0x1", "0x27", "0x67"]],
  ["sv39", ["0x1", "0x1", "0xdf"]],
  ["sv48", ["0x1", "0x1", "0x1", "0xdf"]],
  ["sv57", ["0x1", "0x1", "0x1", "0x1", "0xdf"]],
  ["aarch64-4k", ["0x3", "0x3", "0x3", "0x28000000000f43"]],
  ["aarch64-16k", ["0x3", "0x3", "0x3", "0x28000000000f43"]],
  ["aarch64-64k", ["0x3", "0x3", "0x28000000000f43"]],
])("%s has its own bits in a page that was written", async (arch, entries) => {
  expect(await entriesOf(arch)).toEqual(entries);
});

test("a page that was only read is clean: AP[2] is set on AArch64, D is clear on the others", async () => {
  for (const [arch, bit] of [
    ["x86-64", 0x40n],
    ["sv39", 0x80n],
  ] as const) {
    const machine = await Machine.create({ arch });
    machine.access(VA, "load");
    expect(machine.walk(VA).at(-1)?.raw).toSatisfy((raw: bigint) => (raw & bit) === 0n);
  }
  const machine = await Machine.create({ arch: "aarch64-4k" });
  const clean = machine.access(VA, "load").walk.at(-1);
  expect(clean).toMatchObject({ dirty: false, write: true });
  expect((clean?.raw ?? 0n) & 0x80n).toBe(0x80n);
});

test("a first store through a TLB entry sets D in the page table, without a walk", async () => {
  const machine = await Machine.create();
  machine.access(VA, "load");
  const walks = machine.counters.walks;
  expect(machine.access(VA, "store")).toMatchObject({ tlbLevel: 1 });
  expect(machine.walk(VA).at(-1)).toMatchObject({ dirty: true });
  expect(machine.counters.walks).toBe(walks);
});

test.each([
  ["x86-64", "2m", 0x81n, 2],
  ["x86-64", "1g", 0x81n, 3],
  ["i386", "4m", 0x81n, 2],
  ["i386-pae", "2m", 0x81n, 2],
  ["sv39", "1g", 0x1n, 3],
  ["aarch64-4k", "2m", 0x1n, 2],
  ["aarch64-16k", "32m", 0x1n, 2],
  ["aarch64-64k", "512m", 0x1n, 2],
])("%s maps a page of %s", async (arch, pageSize, bits, level) => {
  const machine = await Machine.create({ arch, demand: false });
  machine.map(0x40000000, 1, { pageSize });
  const access = machine.access(0x40000000 + 0x12345, "load");
  expect(access.walk.at(-1)).toMatchObject({ level, leaf: true, huge: true });
  expect((access.walk.at(-1)?.raw ?? 0n) & bits).toBe(bits);
  expect((access.physicalAddress ?? 0n) % BigInt(access.pageSize ?? 1)).toBe(0x12345n);
  expect(machine.isValid()).toBe(true);
});

test.each([
  ["x86-64", 0x7fff_ffff_ffffn, 0x8000_0000_0000n],
  ["x86-64", 0xffff_8000_0000_0000n, 0xffff_7fff_ffff_ffffn],
  ["x86-64-la57", 0x00ff_ffff_ffff_ffffn, 0x0100_0000_0000_0000n],
  ["i386", 0xffff_ffffn, 0x1_0000_0000n],
  ["sv39", 0x3f_ffff_ffffn, 0x40_0000_0000n],
  ["aarch64-4k", 0xffff_ffff_ffffn, 0x1_0000_0000_0000n],
])("%s takes address %s and refuses %s", async (arch, inside, outside) => {
  const machine = await Machine.create({ arch });
  expect(machine.access(inside).fault).toBe("minor");
  expect(machine.access(inside)).toMatchObject({ fault: undefined, tlbLevel: 1 });
  expect(() => machine.access(outside)).toThrow(/beyond .* bits/);
});
