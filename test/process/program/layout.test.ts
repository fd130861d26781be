import { describe, expect, test } from "vitest";
import { type ArchitectureName, layoutOf, UsageError } from "#pagewalk/index.js";
import { ARCHITECTURE_NAMES } from "../../../assembly/abi/names.js";

const MIB = 1n << 20n;

describe("an address space without randomisation", () => {
  // x86-64: from /proc/self/maps under setarch -R on Linux 6.18. Others: STACK_TOP, mmap_base and ELF_ET_DYN_BASE,
  // calculated by hand from each architecture's headers.
  test.each<[ArchitectureName, bigint, bigint, bigint, bigint]>([
    ["x86-64", 0x7ffffffff000n, 0x7ffff7fff000n, 0x555555554000n, 0x555555555000n],
    ["x86-64-la57", 0x7ffffffff000n, 0x7ffff7fff000n, 0x555555554000n, 0x555555555000n],
    ["i386", 0xc0000000n, 0xb8000000n, 0x400000n, 0x400000n],
    ["i386-pae", 0xc0000000n, 0xb8000000n, 0x400000n, 0x400000n],
    ["sv39", 0x4000000000n, 0x3ff8000000n, 0x2aaaaaa000n, 0x2aaaaab000n],
    ["sv48", 0x800000000000n, 0x7ffff8000000n, 0x555555555000n, 0x555555556000n],
    ["sv57", 0x800000000000n, 0x7ffff8000000n, 0x555555555000n, 0x555555556000n],
    ["aarch64-4k", 0x1000000000000n, 0xfffff8000000n, 0xaaaaaaaaa000n, 0xaaaaaaaab000n],
    ["aarch64-16k", 0x1000000000000n, 0xfffff8000000n, 0xaaaaaaaa8000n, 0xaaaaaaaac000n],
    ["aarch64-64k", 0x1000000000000n, 0xfffff8000000n, 0xaaaaaaaa0000n, 0xaaaaaaab0000n],
  ])("of %s begins and ends as on Linux", (arch, stackTop, mmapBase, programBase, looseBreak) => {
    expect(layoutOf({ arch })).toMatchObject({
      arch,
      stackTop,
      mmapBase,
      programBase,
      looseBreak,
      breakOffset: 0n,
    });
  });

  test.each([
    [64n << 10n, 0x7ffff7fff000n],
    [8n * MIB, 0x7ffff7fff000n],
    [1024n * MIB, 0x7fffbfeff000n],
    [2n ** 64n - 1n, 0x155555556000n],
  ])("reserves room for a stack of %i bytes, as on x86-64", (stackLimit, mmapBase) => {
    expect(layoutOf({ stackLimit }).mmapBase).toBe(mmapBase);
  });

  test("has addresses of 56 bits under five levels", () => {
    expect(layoutOf({ arch: "x86-64-la57" }).taskSize).toBe(2n ** 56n - 4096n);
    expect(layoutOf({ arch: "sv57" }).taskSize).toBe(2n ** 56n);
  });
});

describe("with a seed", () => {
  test.each(ARCHITECTURE_NAMES)("%s is the same for the same seed and differs for another", (arch) => {
    expect(layoutOf({ arch, seed: 7 })).toEqual(layoutOf({ arch, seed: 7 }));
    expect(layoutOf({ arch, seed: 7 })).not.toEqual(layoutOf({ arch, seed: 8 }));
  });

  test.each(ARCHITECTURE_NAMES)("%s is page-aligned and within Linux's ranges", (arch) => {
    const fixed = layoutOf({ arch });
    for (let seed = 0; seed < 500; seed++) {
      const { stackTop, mmapBase, programBase, breakOffset, pageBytes } = layoutOf({ arch, seed });
      for (const address of [stackTop, mmapBase, programBase, breakOffset])
        expect(address % pageBytes).toBe(0n);
      expect(stackTop).toBeLessThanOrEqual(fixed.stackTop);
      expect(programBase).toBeGreaterThanOrEqual(fixed.programBase);
      expect(mmapBase).toBeLessThan(stackTop - 8n * MIB);
      expect(mmapBase).toBeGreaterThan(programBase);
      expect(breakOffset).toBeLessThan(arch.startsWith("i386") ? 32n * MIB : 1024n * MIB);
    }
  });
});

test("an unknown architecture is refused by name", () => {
  expect(() => layoutOf({ arch: "z80" as "sv39" })).toThrow(UsageError);
  expect(() => layoutOf({ arch: "z80" as "sv39" })).toThrow(/unknown architecture "z80"; there are x86-64, /);
});
