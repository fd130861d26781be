import { expect, test } from "vitest";
import { Machine } from "#pagewalk/index.js";

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

test("a page that was only read is clean: AArch64 says so with AP[2] set, the others with D clear", async () => {
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
