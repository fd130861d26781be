import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ReplayOptions, replay, type Trace } from "#pagewalk/index.js";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { caseCount } from "../build.js";
import { programs } from "../engine/records.js";

async function replayText(lines: readonly string[], options: ReplayOptions = {}) {
  const trace = await openTrace(new TextEncoder().encode(`${lines.join("\n")}\n`), { format: "lackey" });
  return replay(trace, options);
}

const page = (n: number, kind = "L") => ` ${kind} ${(0x10000000 + n * 4096).toString(16)},8`;
/** Rounds over this number of pages. */
const rounds = (times: number, pages: number, kind = "L") =>
  Array.from({ length: times * pages }, (_, n) => page(n % pages, kind));

test("reports the results of the contract", async () => {
  const lines = ["I  04000000,3", "I  04000003,3", " L 1000ffc,8", " S 1001000,8", " M 1002000,8"];
  const { time, ...result } = await replayText(lines);
  expect(result).toEqual({
    trace: {
      path: "<bytes>",
      format: "lackey",
      detectedBy: "option",
      references: 5,
      instructionFetches: 2,
      loads: 1,
      stores: 1,
      modifies: 1,
      distinctPages: 4,
    },
    machine: {
      arch: "x86-64",
      pageSize: 4096,
      memoryBytes: 2 ** 30,
      memoryLimited: false,
      policy: "clock",
      cpus: 1,
      tlb: { l1i: "64x4", l1d: "64x4", l2: "1536x12" },
    },
    // The load crosses from one page to the next: one lookup, one miss, two walks.
    tlb: {
      l1i: { lookups: 2, hits: 1, misses: 1 },
      l1d: { lookups: 3, hits: 1, misses: 2 },
      l2: { lookups: 3, hits: 0, misses: 3 },
    },
    walks: { count: 4, memoryReferences: 16, cacheHits: 0 },
    faults: { minor: 4, major: 0, protection: 0, segmentation: 0 },
    frames: { total: 2 ** 18, peakUsed: 9, pageTablePages: 5 },
    replacement: { evictions: 0, writebacks: 0, swapIns: 0 },
  });
  expect(time.seconds).toBeGreaterThan(0);
  expect(time.engineSeconds).toBeLessThanOrEqual(time.seconds);
});

describe("limited memory", () => {
  const memory = (frames: number) => (frames + 4) * 4096;

  test("writes dirty pages to swap and reads them back", async () => {
    const { faults, replacement } = await replayText(rounds(2, 4, "S"), { memory: memory(3), policy: "lru" });
    expect(faults).toMatchObject({ minor: 4, major: 4 });
    expect(replacement).toEqual({ evictions: 5, writebacks: 5, swapIns: 4 });
  });

  test("drops clean pages, and pages whose copy in swap is good, without a write", async () => {
    const lines = [...rounds(1, 4, "S"), ...rounds(2, 4, "L")];
    const { replacement } = await replayText(lines, { memory: memory(3), policy: "lru" });
    expect(replacement).toEqual({ evictions: 9, writebacks: 4, swapIns: 8 });
  });

  test("opt faults less than lru in lru's worst case", async () => {
    const lines = rounds(20, 5);
    const lru = await replayText(lines, { memory: memory(4), policy: "lru" });
    const opt = await replayText(lines, { memory: memory(4), policy: "opt" });
    expect(lru.faults).toMatchObject({ minor: 5, major: 95 });
    expect(opt.faults.major).toBe(23); // once all five were seen, every fourth request
  });

  test("skips dirty victims while swap is full, and stops if there is no other", async () => {
    const lines = [page(0, "S"), page(1, "S"), page(2, "L"), page(3, "L"), page(4, "L")];
    const options = { memory: memory(3), swap: 4096, policy: "lru" };
    const { replacement } = await replayText(lines, options);
    expect(replacement).toEqual({ evictions: 2, writebacks: 1, swapIns: 0 });
    await expect(replayText(rounds(1, 6, "S"), options)).rejects.toThrow(
      "<bytes>:5: simulated memory and swap are full of dirty pages at 0x10004000; give more swap or memory",
    );
  });

  test("needs room for page tables as the trace spreads", async () => {
    const far = [" L 1000,8", " L 7f0000000000,8", " L 3f0000000000,8"];
    await expect(replayText(far, { memory: 6 * 4096 })).rejects.toThrow("give more memory");
  });
});

test("names the reference whose address is too wide", async () => {
  await expect(replayText([" L 1000,8", " L 1fff000758,8"], { arch: "i386" })).rejects.toThrow(
    '<bytes>:2: address 0x1fff000758 is beyond i386\'s 32 bits; choose arch: "x86-64"',
  );
});

test("refuses traces of page numbers, and unknown options", async () => {
  const blocks = await openTrace(new TextEncoder().encode("1\n2\n"), { format: "lirs" });
  await expect(replay(blocks)).rejects.toThrow("page numbers");
  const options = { arhc: "sv39" } as ReplayOptions;
  await expect(replayText([" L 1000,8"], options)).rejects.toThrow(
    'unknown option "arhc"; did you mean "arch"?',
  );
});

test("refuses a path in place of a trace", async () => {
  const path = "ls.pagewalk" as unknown as Trace;
  await expect(replay(path)).rejects.toThrow(
    'replay takes a trace, not "ls.pagewalk"; open it with openTrace',
  );
});

test("huge pages reduce the page walks of a program", async () => {
  const lines = rounds(3, 1000);
  const small = await replayText(lines, { tlb: "l1=16x4" });
  const huge = await replayText(lines, { tlb: "l1=16x4", huge: "always" });
  expect(small.walks.count).toBe(3000);
  expect(huge.walks).toEqual({ count: 2, memoryReferences: 6, cacheHits: 0 });
  expect(huge.trace.distinctPages).toBe(1000);
});

describe("a pagewalk file", () => {
  async function packed(lines: readonly string[]) {
    const sink = new BytesSink();
    const text = new TextEncoder().encode(`${lines.join("\n")}\n`);
    await convertTrace(await openTrace(text, { format: "lackey" }), sink, { format: "pagewalk" });
    return openTrace(sink.bytes);
  }

  test("gives the same result by page blocks as by references", async () => {
    const trees = ["l1i=4x2,l1d=8x2,l2=32x4", "l1i=4xfull:plru,l1d=4x4:fifo,l2=16x4:random"];
    const arches = fc.constantFrom("x86-64", "sv39", "aarch64-16k", "i386");
    const huge = fc.constantFrom("never" as const, "always" as const);
    const program = programs({ pages: 1500, crossing: true });
    await fc.assert(
      fc.asyncProperty(program, fc.constantFrom(...trees), arches, huge, async (program, tlb, arch, huge) => {
        const lines = program.map(({ address, size, kind }) => {
          const name = ["I  ", " L ", " S ", " M "][kind];
          return `${name}${address.toString(16).padStart(8, "0")},${size}`;
        });
        const trace = await packed(lines);
        expect(trace.hasPageBlocks).toBe(true);
        const { time: _, ...blocks } = await replay(trace, { tlb, arch, huge });
        const { time: __, ...records } = await replay(trace, { tlb, arch, huge, engine: "exact" });
        expect(blocks).toEqual(records);
      }),
      { numRuns: caseCount(30) },
    );
  });

  test("names the reference whose address is too wide, too", async () => {
    const trace = await packed([" L 00001000,8", " L 1fff000758,8"]);
    await expect(replay(trace, { arch: "i386" })).rejects.toThrow(
      /^<bytes>:\d+: address 0x1fff000758 is beyond i386's 32 bits; choose arch: "x86-64"$/,
    );
  });
});
