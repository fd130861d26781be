import { describe, expect, test } from "vitest";
import { Machine } from "#pagewalk/index.js";

const refusal = async (options: object): Promise<string> => {
  try {
    await Machine.create(options);
  } catch (error) {
    return (error as Error).message;
  }
  return "taken";
};

describe("options of a machine", () => {
  test.each([
    [{ arch: "x86_64" }, 'arch: unknown architecture "x86_64"; did you mean x86-64?'],
    [{ arch: "x86" }, "did you mean x86-64?"],
    [{ arch: "AArch64" }, "did you mean aarch64-4k?"],
    [{ polcy: "lru" }, 'unknown option "polcy"; did you mean "policy"?'],
    [{ policy: "lur" }, 'unknown replacement policy "lur"; did you mean lru?'],
    [{ policy: "lru,fifo" }, 'policy: "lru,fifo" names more than one policy; name one'],
    [{ memory: 0 }, "zero"],
    [{ memory: -4096 }, "-4096"],
    [{ memory: 10000 }, "memory: 10000 bytes is not a whole number of pages of 4KiB; give 8KiB"],
    [{ memory: "16KiB" }, "no room for a page and the 4 page tables"],
    [{ memory: "8GiB", arch: "i386" }, "more than i386 can have"],
    [{ swap: "1" }, "swap: 1 byte is not a whole number of pages of 4KiB"],
    [{ policy: "opt", memory: "1MiB" }, "opt needs to know the future"],
    [{ huge: "sometimes" }, "huge cannot be sometimes; did you mean never? There are never, always, madvise"],
    [{ walkCache: "l1=4" }, "walkCache: there is no level 1 to cache; x86-64 can cache levels 2 to 4"],
    [{ walkCache: "l2=0" }, "l2 has 0 entries"],
    [{ walkCache: "l2=4,l2=8" }, "l2 is named twice"],
  ])("%j is refused in one line", async (options, message) => {
    const refused = await refusal(options);
    expect(refused).toContain(message);
    expect(refused).not.toContain("\n");
  });
});

describe("trees of TLBs", () => {
  test.each([
    "l1=64x4",
    "l1i=64xfull,l1d=32x1:fifo",
    "l1i=8x8:plru,l1d=8x8:random,l2i=64x4,l2d=64x4,l3=1536x12",
    "l1i=64x4,l1d-small=64x4:4k,l1d-large=32xfull:2m+1g,l2=1536x12:4k+2m,l2-huge=16x4:1g",
  ])("%s is accepted", async (tlb) => {
    const machine = await Machine.create({ tlb });
    machine.access(0x1000, "store");
    expect(Object.keys(machine.tlbs)).toEqual(tlb.split(",").map((part) => part.split("=")[0]));
    expect(machine.isValid()).toBe(true);
  });

  test.each([
    ["l1i=100x3,l1d=64x4", "l1i=100x3 has 33.333 sets, which must be a power of two; the nearest is 96x3"],
    ["l1=12x12:plru", "plru's tree needs a power of two"],
    ["l1i=64x4", "no TLB at level 1 for data"],
    ["l1=64x4,l3=64x4", "level 2 is missing"],
    ["l1=64x4,l1d=64x4", "l1 and l1d would both take 4k pages"],
    ["l1=64x4,l1=64x4", "l1 is named twice"],
    ["l1=64x4:8k", 'l1 has the unknown option "8k"'],
    ["l1=64x4:lur", "did you mean lru?"],
    ["l1=64x4:lru:fifo", "l1 has two replacements"],
    ["l9=64x4", "levels are 1 to 4"],
    ["l1=0x4", "0x4"],
    ["huge", '"huge" is not a TLB'],
  ])("%s is refused", async (tlb, message) => {
    expect(await refusal({ tlb })).toContain(message);
  });

  test("a TLB of another page size counts only the lookups of that size", async () => {
    const tlb = "l1i=64x4,l1d-small=64x4:4k,l1d-large=32xfull:2m,l2=1536x12";
    const machine = await Machine.create({ tlb, demand: false });
    machine.map(0x1000, 4096);
    machine.map(0x40_0000, 1, { pageSize: "2m" });
    for (const address of [0x1000, 0x1008, 0x40_0000, 0x40_1000, 0x40_2000]) machine.access(address);
    expect(machine.tlbs["l1d-small"]).toMatchObject({ lookups: 2, hits: 1, misses: 1 });
    expect(machine.tlbs["l1d-large"]).toMatchObject({ lookups: 3, hits: 2, misses: 1 });
    expect(machine.tlbs.l2).toMatchObject({ lookups: 2, misses: 2 });
  });
});
