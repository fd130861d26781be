/** The pass over a trace: the batches that it serves, its progress, its end, and aborts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BytesSink,
  compare,
  convertTrace,
  diverge,
  generateTrace,
  heatMap,
  mrc,
  openTrace,
  replay,
  reuseDistances,
  type Trace,
  type TraceReader,
  traceInfo,
  workingSet,
} from "#pagewalk/index.js";
import { END, eachBatch, readTrace } from "#pagewalk/pass/pass.js";
import { type Progress, Work } from "#pagewalk/pass/progress.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../build.js";

/** A batch of `count` references, decoded from `bytes` bytes. */
type Step = readonly [references: number, bytes: number];

const kernel = await Kernel.create();

/** A trace of the given batches that remembers whether it is open. */
function traceOf(steps: readonly Step[]) {
  let isOpen = false;
  let at = 0;
  const sum = (of: 0 | 1) => steps.slice(0, at).reduce((total, step) => total + step[of], 0);
  const reader = {
    get counts() {
      return { references: sum(0) };
    },
    get bytesRead() {
      return sum(1);
    },
    next: async () => {
      const firstReference = sum(0);
      const [count] = steps[at++] ?? [];
      return count === undefined ? undefined : { records: 0, count, firstReference, calls: [] };
    },
    close: async () => {
      isOpen = false;
    },
  };
  const read = async () => {
    isOpen = true;
    return reader as unknown as TraceReader;
  };
  const sizeBytes = steps.reduce((total, [, bytes]) => total + bytes, 0);
  return { trace: { read, sizeBytes } as unknown as Trace, isOpen: () => isOpen };
}

const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 99 })));

describe("a pass", () => {
  test("serves each batch in order, and reports the sums after each", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const { trace, isOpen } = traceOf(given);
        const served: number[] = [];
        const seen: Progress[] = [];
        const { watch } = Work.over(trace, 1, { onProgress: (progress) => seen.push(progress) });
        await readTrace(trace, kernel, (reader) =>
          eachBatch(reader, watch, ({ count }) => {
            served.push(count);
          }),
        );
        expect(served).toEqual(given.map(([references]) => references));
        const naive = given.map((_, n) => {
          const until = given.slice(0, n + 1);
          const bytesRead = until.reduce((sum, [, bytes]) => sum + bytes, 0);
          const references = until.reduce((sum, [count]) => sum + count, 0);
          const sizeBytes = trace.sizeBytes ?? 0;
          const fraction = sizeBytes === 0 ? undefined : bytesRead / sizeBytes;
          return { fraction, references, bytesRead, sizeBytes };
        });
        expect(seen).toEqual(naive);
        expect(isOpen()).toBe(false);
      }),
      { numRuns: caseCount(50) },
    );
  });

  test.each<[string, () => Promise<typeof END>]>([
    ["at the end that its consumer asks for", async () => END],
    ["at an error of its consumer", () => Promise.reject(new Error("enough"))],
  ])("ends and closes the trace %s", async (_, serve) => {
    const { trace, isOpen } = traceOf([
      [1, 10],
      [1, 10],
    ]);
    const work = Work.over(trace, 1, {});
    let served = 0;
    const pass = readTrace(trace, kernel, (reader) =>
      eachBatch(reader, work.watch, () => {
        served++;
        return serve();
      }),
    );
    await pass.catch((error: Error) => expect(error.message).toBe("enough"));
    expect({ served, isOpen: isOpen() }).toEqual({ served: 1, isOpen: false });
  });
});

interface Options {
  onProgress: (progress: Progress) => void;
  signal: AbortSignal;
}
const functions: [string, (trace: Trace, options: Partial<Options>) => Promise<unknown>][] = [
  ["compare", (trace, options) => compare(trace, { ...options, policies: "lru", frames: 64, jobs: 1 })],
  [
    "compare with opt",
    (trace, options) => compare(trace, { ...options, policies: "opt", frames: 8, jobs: 1 }),
  ],
  ["convertTrace", (trace, options) => convertTrace(trace, new BytesSink(), options)],
  ["diverge", (trace, options) => diverge(trace, { ...options, policies: "lru,fifo", frames: "100%" })],
  ["heatMap", (trace, options) => heatMap(trace, options)],
  ["mrc", (trace, options) => mrc(trace, { ...options, policy: "lru,opt", frames: "8", jobs: 1 })],
  ["mrc of a sample", (trace, options) => mrc(trace, { ...options, policy: "opt", points: 3, sample: 0.9 })],
  ["replay", (trace, options) => replay(trace, options)],
  ["replay with opt", (trace, options) => replay(trace, { ...options, memory: "64KiB", policy: "opt" })],
  ["reuseDistances", (trace, options) => reuseDistances(trace, options)],
  ["traceInfo", (trace, options) => traceInfo(trace, options)],
  ["workingSet", (trace, options) => workingSet(trace, options)],
];

describe.each(functions)("%s", (_, call) => {
  test("stops with the signal's reason, although the trace never waits for its input", async () => {
    const endless = generateTrace({ pattern: "uniform", references: 2 ** 40, pages: 100 });
    const controller = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason));
    await expect(call(endless, { signal: controller.signal })).rejects.toBe(reason);
  });

  test("reports a growing share of the work, up to all of it", async () => {
    const sink = new BytesSink();
    await convertTrace(generateTrace({ pattern: "uniform", references: 100_000, pages: 200 }), sink, {
      format: "lackey",
    });
    const shares: number[] = [];
    let last: Progress | undefined;
    const onProgress = (progress: Progress) => {
      shares.push(progress.fraction ?? Number.NaN);
      last = progress;
    };
    await call(await openTrace(sink.bytes, { format: "lackey" }), { onProgress });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    // Whole passes: each takes all bytes and all references.
    const { references = 0, bytesRead = 0, sizeBytes = 0 } = last ?? {};
    expect(sizeBytes).toBe(sink.bytes.length);
    expect(bytesRead / sizeBytes).toBeGreaterThanOrEqual(1);
    expect(references / 100_000).toBe(bytesRead / sizeBytes);
  });
});
