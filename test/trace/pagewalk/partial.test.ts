/** A file that is cut off, as a recorder that was killed leaves it, is read up to its last whole block. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BytesSink,
  compare,
  convertTrace,
  InputError,
  openTrace,
  replay,
  traceInfo,
} from "#pagewalk/index.js";
import { describeTrace } from "#pagewalk/trace/trace.js";
import { caseCount } from "../../build.js";
import { bytesOf, readAll, readTrace } from "../records.js";
import { fileOf, type Reference } from "./files.js";

const BLOCK = 50;
const LENGTH = 230;
const references: Reference[] = Array.from({ length: LENGTH }, (_, n) => ({
  kind: n % 4,
  address: BigInt(0x1000 * (n % 17) + 8 * n),
  size: 8,
}));
const file = await fileOf(references, { unit: "address", blockReferences: BLOCK });

/** The number of references in the whole blocks of a part of the file: what the refusal says. */
async function wholeIn(part: Uint8Array): Promise<number> {
  const error: unknown = await readAll(part).catch((reason: unknown) => reason);
  if (!(error instanceof InputError)) throw error;
  const [, count = "0"] = /first (\d+) references are complete/.exec(error.message) ?? [];
  return Number(count);
}

/** True if the part is enough to be read. */
async function opens(part: Uint8Array): Promise<boolean> {
  return traceInfo(await openTrace(part, { partial: true })).then(
    () => true,
    () => false,
  );
}

test("wherever it is cut, its whole blocks are read, and the trace says so", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: file.length - 1 }), async (length) => {
      const part = file.slice(0, length);
      if (!(await opens(part))) return;
      const whole = await wholeIn(part);
      expect(whole === LENGTH || whole % BLOCK === 0).toBe(true);
      const trace = await openTrace(part, { partial: true });
      expect(await readTrace(trace)).toEqual(references.slice(0, whole));
      expect(trace.cutLine?.problem).toMatch(/^is cut off: /);
      expect(describeTrace(trace)).toMatchObject({ cutBlocks: 1 });
    }),
    { numRuns: caseCount(60) },
  );
});

describe("of a file with four whole blocks", () => {
  const part = file.slice(0, Math.round(file.length * 0.9));

  test("replay by pages, compare and convert take the same references", async () => {
    const whole = await wholeIn(part);
    expect(whole).toBeGreaterThan(0);
    const open = () => openTrace(part, { partial: true });
    const prefix = await fileOf(references.slice(0, whole), { unit: "address", blockReferences: BLOCK });
    const due = await openTrace(prefix);
    expect((await replay(await open())).tlb).toEqual((await replay(due)).tlb);
    const misses = async (trace: Awaited<ReturnType<typeof open>>) =>
      (await compare(trace, { policies: "lru,opt", frames: "4", jobs: 1 })).results.map((row) => row.misses);
    expect(await misses(await open())).toEqual(await misses(due));
    const sink = new BytesSink();
    await convertTrace(await open(), sink, { format: "pagewalk" });
    expect(await readAll(sink.bytes)).toEqual(references.slice(0, whole));
  });

  test("without the option it is refused, with the remedy", async () => {
    await expect(readAll(part)).rejects.toThrow(/is cut off: .*, or convert what is complete with partial$/);
  });

  test("damage before the cut is refused all the same", async () => {
    const damaged = part.slice();
    damaged[200] = (damaged[200] ?? 0) ^ 1;
    await expect(readAll(damaged, { partial: true })).rejects.toThrow(InputError);
  });
});

test("the option is refused for a format without blocks", async () => {
  await expect(openTrace(bytesOf(" L 1000,8\n"), { partial: true })).rejects.toThrow(
    "partial: lackey has no blocks; leave it out",
  );
});
