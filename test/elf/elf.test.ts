import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readElf } from "#pagewalk/elf/elf.js";
import { InputError } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import { type ElfParts, elf, movable } from "../process/program/elf-file.js";

describe("an ELF file", () => {
  test("gives its segments, its linker and its machine", () => {
    expect(readElf(movable(), "program")).toEqual({
      bits: 64,
      machine: 62,
      isMovable: true,
      entry: 0x1000n,
      interpreter: "/lib64/ld-linux-x86-64.so.2",
      executableStack: false,
      segments: [
        expect.objectContaining({
          address: 0n,
          fileBytes: 0x700n,
          readable: true,
          writable: false,
          executable: false,
        }),
        expect.objectContaining({ address: 0x1000n, fileOffset: 0x1000n, executable: true }),
        expect.objectContaining({
          address: 0x3db0n,
          fileOffset: 0x2db0n,
          fileBytes: 0x260n,
          memoryBytes: 0x1000n,
          writable: true,
        }),
      ],
    });
  });

  test("of 32 bits is read as well", () => {
    const program = elf({
      bits: 32,
      machine: 3,
      type: 2,
      segments: [{ kind: 1, flags: 5, address: 0x8048000, offset: 0, fileBytes: 0x500, memoryBytes: 0x500 }],
    });
    expect(readElf(program, "program")).toMatchObject({
      bits: 32,
      machine: 3,
      isMovable: false,
      interpreter: undefined,
    });
  });

  test("without a PT_GNU_STACK header has an executable stack", () => {
    expect(
      readElf(
        elf({ segments: [{ kind: 1, flags: 5, address: 0, offset: 0, fileBytes: 9, memoryBytes: 9 }] }),
        "p",
      ).executableStack,
    ).toBe(true);
  });

  test.runIf(process.platform === "linux")("of the running program is read", () => {
    const program = readElf(readFileSync(process.execPath).subarray(0, 1 << 20), "node");
    expect(program.segments.length).toBeGreaterThan(1);
    expect(program.interpreter).toMatch(/^\/lib.*ld/);
  });

  const load = (parts: object) => ({
    kind: 1,
    flags: 5,
    address: 0,
    offset: 0,
    fileBytes: 9,
    memoryBytes: 9,
    ...parts,
  });
  const faults: [string, ElfParts, RegExp][] = [
    ["a big-endian one", { data: 2 }, /^p:5: the program is big-endian; /],
    ["an object file", { type: 1 }, /^p:16: ELF type 1 is not a program; /],
    ["a core", { type: 4 }, /^p:16: ELF type 4 is not a program; /],
    ["an unknown class", { class: 7 }, /^p:4: unknown ELF class; /],
    ["no segments", { segments: [] }, /^p:56: 0 program headers; /],
    [
      "segments that are not loaded",
      { segments: [{ ...load({}), kind: 4 }] },
      /no part of the file becomes memory; /,
    ],
    [
      "more of a file than of memory",
      { segments: [load({ fileBytes: 10 })] },
      /more of the file than of memory; /,
    ],
    ["an alignment of 3", { segments: [load({ align: 3 })] }, /alignment is not a power of two; /],
    ["addresses at odds with offsets", { segments: [load({ address: 5 })] }, /differ within a page; /],
    [
      "overlapping segments",
      { segments: [load({ memoryBytes: 5000 }), load({ address: 4096, offset: 4096 })] },
      /overlap or are out of order; /,
    ],
    [
      "an address beyond all",
      { segments: [load({ address: 2n ** 64n - 4096n, memoryBytes: 8192 })] },
      /beyond the address space; /,
    ],
    [
      "a linker's path without end",
      { interpreter: "/lib/ld.so", cut: 1 },
      /^p:\d+: the file ends within its interpreter's path; /,
    ],
  ];
  test.each(faults)("%s is refused with its position", (_, parts, says) => {
    const file = elf({ segments: [load({})], ...parts });
    expect(() => readElf(file, "p")).toThrow(InputError);
    expect(() => readElf(file, "p")).toThrow(says);
  });

  test.each([0, 3, 19, 20, 63, 64, 100, 200])("of %i bytes is truncated", (length) => {
    expect(() => readElf(movable().subarray(0, length), "p")).toThrow(
      /^p:\d+: the file ends within its [\w' ]+; /,
    );
  });

  test("with any bytes gives segments in order or a one-line error", () => {
    const whole = movable();
    const flips = fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const rounds = isDebug ? 500 : 5000;
    fc.assert(
      fc.property(flips, fc.nat(whole.length), fc.boolean(), (changes, length, isCut) => {
        const bytes = Uint8Array.from(isCut ? whole.subarray(0, length) : whole);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        try {
          const { segments } = readElf(bytes, "p");
          for (const [n, { address }] of segments.entries()) {
            const before = segments[n - 1];
            if (before !== undefined)
              expect(address).toBeGreaterThanOrEqual(before.address + before.memoryBytes);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).toMatch(/^p:\d+: [^\n]+; [^\n]+$/);
        }
      }),
      { numRuns: rounds },
    );
  });
});
