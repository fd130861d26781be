import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../../build.js";
import { bytesOf } from "../records.js";
import {
  fileOf,
  type Item,
  items,
  itemsOf,
  LOAD,
  open,
  openStream,
  options,
  readItems,
  references,
} from "./files.js";
import { readIndependently } from "./independent-reader.js";

const RUNS = { numRuns: caseCount(60) };

describe("a pagewalk file preserves", () => {
  test("every reference and call in order", async () => {
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        expect(await itemsOf(await fileOf(all, how))).toEqual(all);
      }),
      RUNS,
    );
  });

  test("the same records through a stream in pieces of any length", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(items, options, pieces, async (all, how, lengths) => {
        const kernel = await Kernel.create();
        const reader = await openStream(await fileOf(all, how), lengths, kernel);
        expect(await readItems(kernel, reader)).toEqual(all);
      }),
      RUNS,
    );
  });

  test("the same records for a reader written only from the specification", async () => {
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        const file = readIndependently(await fileOf(all, how));
        expect(file.unit).toBe(how.unit);
        expect(file.blocks.flatMap((block) => block.items)).toEqual(all);
      }),
      RUNS,
    );
  });

  test("a trace longer than a batch, with blocks and batches of different lengths", async () => {
    const all: Item[] = Array.from({ length: 100_000 }, (_, i) => ({
      kind: i % 4,
      address: BigInt(0x400000 + (i % 4 === 0 ? (i * 4) % 4096 : (i * 7919) % 1_000_003)),
      size: 4,
    }));
    all.splice(40_000, 0, "brk(NULL)", "brk(0x5000)");
    expect(await itemsOf(await fileOf(all, { unit: "address", blockReferences: 70_001 }))).toEqual(all);
  });

  test("calls without references, more than a block can hold", async () => {
    const all = Array.from({ length: 70_000 }, (_, i) => `free(${i})`);
    expect(await itemsOf(await fileOf(all, { unit: "address" }))).toEqual(all);
  });

  test("more distinct pages and operations than a block's dictionaries can hold", async () => {
    const all: Item[] = Array.from({ length: 140_000 }, (_, i) => ({
      kind: i % 2,
      address: BigInt(i) * 8192n,
      size: 8,
    }));
    const bytes = await fileOf(all, { unit: "address" });
    expect(await itemsOf(bytes)).toEqual(all);
    const index = await (await open(bytes)).index();
    expect(index?.blocks).toBeGreaterThan(1);
  });

  test("an empty trace", async () => {
    const bytes = await fileOf([], { unit: "page" });
    expect(await itemsOf(bytes)).toEqual([]);
    expect(readIndependently(bytes).blocks).toEqual([]);
  });
});

describe("a pagewalk file", () => {
  test("keeps its metadata and names its creator", async () => {
    const bytes = await fileOf([], { unit: "page", metadata: { command: "ls -la", runs: 3 } });
    expect(readIndependently(bytes).metadata).toEqual({ creator: "pagewalk", command: "ls -la", runs: 3 });
    expect(await (await open(bytes)).index()).toMatchObject({ command: "ls -la", runs: 3, blocks: 0 });
  });

  test("counts its references by kind, the same by records and by page blocks", async () => {
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        const bytes = await fileOf(all, how);
        const kernel = await Kernel.create();
        const trace = await open(bytes);
        const byRecords = await trace.read(kernel);
        while ((await byRecords.next()) !== undefined);
        const byPages = await trace.read(kernel);
        while ((await byPages.nextPageBlock()) !== undefined);
        const of = (kind: number) => references(all).filter((one) => one.kind === kind).length;
        const counts = [0, 1, 2, 3].map(of);
        expect(byRecords.counts).toEqual({
          references: references(all).length,
          instructionFetches: counts[0],
          loads: counts[1],
          stores: counts[2],
          modifies: counts[3],
        });
        expect(byPages.counts).toEqual(byRecords.counts);
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("of a lackey trace converts back to the same text", async () => {
    const text = Array.from(
      { length: 5000 },
      (_, i) =>
        `I  00${(0x401000 + (i % 37) * 4).toString(16)},4\n S 1fff00${(0x1000 + (i % 91) * 8).toString(16)},8\n`,
    ).join("");
    const packed = new BytesSink();
    await convertTrace(await open(bytesOf(text)), packed, { format: "pagewalk" });
    const unpacked = new BytesSink();
    await convertTrace(await open(packed.bytes), unpacked, { format: "lackey" });
    expect(new TextDecoder().decode(unpacked.bytes)).toBe(text);
    expect(packed.bytes.length).toBeLessThan(text.length / 100);
  });

  test("is the same for the same references in any batches", async () => {
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        const once = await fileOf(all, how);
        expect(await fileOf(await itemsOf(once), how)).toEqual(once);
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("of one page, repeated, takes very few bytes", async () => {
    const all = Array.from({ length: 200_000 }, () => ({ kind: LOAD, address: 7n, size: 0 }));
    expect((await fileOf(all, { unit: "page" })).length).toBeLessThan(600);
  });
});
