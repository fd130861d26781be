import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { generateTrace } from "#pagewalk/trace/generate.js";
import { ForeignBlocks } from "#pagewalk/trace/pagewalk/block-encoder.js";
import type { BlockThreads } from "#pagewalk/trace/pagewalk/encoded-block.js";
import { createPagewalkWriter } from "#pagewalk/trace/pagewalk/writer.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../../build.js";
import { fileOf, items, options } from "./files.js";

/** Encodes blocks in a kernel of its own, as a thread does, each after a turn of the event loop. */
function otherKernel(): { threads: BlockThreads; count: () => number } {
  let blocks: Promise<ForeignBlocks> | undefined;
  let count = 0;
  const threads: BlockThreads = async (block) => {
    count++;
    blocks ??= Kernel.create().then((kernel) => new ForeignBlocks(kernel, block.shape));
    return (await blocks).encode(structuredClone(block));
  };
  return { threads, count: () => count };
}

describe("a block that another kernel encodes", () => {
  test("is the same, for any references and calls", async () => {
    let encoded = 0;
    await fc.assert(
      fc.asyncProperty(items, options, async (all, how) => {
        const { threads, count } = otherKernel();
        expect(await fileOf(all, { ...how, threads })).toEqual(await fileOf(all, how));
        encoded += count();
      }),
      { numRuns: caseCount(60) },
    );
    expect(encoded).toBeGreaterThan(0);
  });

  test("is written in its place, although an earlier one takes longer", async () => {
    const all = Array.from({ length: 40 }, (_, n) => ({ kind: 1, address: BigInt(n * 4096), size: 8 }));
    const { threads } = otherKernel();
    let delay = 20;
    const uneven: BlockThreads = async (block) => {
      const made = await threads(block);
      delay = Math.max(0, delay - 10);
      await new Promise((resolve) => setTimeout(resolve, delay));
      return made;
    };
    const how = { unit: "address", blockReferences: 10 } as const;
    expect(await fileOf(all, { ...how, threads: uneven })).toEqual(await fileOf(all, how));
  });

  test("fails the writer when it fails", async () => {
    const all = Array.from({ length: 40 }, (_, n) => ({ kind: 1, address: BigInt(n * 4096), size: 8 }));
    const threads: BlockThreads = () => Promise.reject(new Error("the thread has ended"));
    const written = fileOf(all, { unit: "address", blockReferences: 10, threads });
    await expect(written).rejects.toThrow("the thread has ended");
  });
});

test("a conversion with threads gives the file that one thread gives", async () => {
  const trace = () => generateTrace({ pattern: "zipf", references: 1_200_000, pages: 5000, writes: 0.3 });
  const converted = new BytesSink();
  await convertTrace(trace(), converted, { format: "pagewalk" });

  const kernel = await Kernel.create();
  const alone = new BytesSink();
  const source = trace();
  const reader = await source.read(kernel);
  const writer = await createPagewalkWriter(kernel, alone, {
    unit: source.unit,
    metadata: { ...reader.metadata },
  });
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    await writer.write(batch);
  }
  await writer.finish();
  expect(Buffer.compare(converted.bytes, alone.bytes)).toBe(0);
});
