/** The errors of `mrc`, and its progress. */
import { describe, expect, test } from "vitest";
import { InputError, type MrcOptions, mrc, openTrace, UsageError } from "#pagewalk/index.js";
import { mrcUntilStopped } from "#pagewalk/mrc/mrc.js";
import { MODELS } from "../policy/models/classics.js";
import { traceOf } from "./models.js";

const lackey = () => openTrace(new TextEncoder().encode(" L 00001000,8\n"), { format: "lackey", name: "t" });

describe("invalid options", () => {
  test.each([
    [{ policy: "lur" }, /unknown replacement policy "lur"; did you mean lru\?/],
    [{ points: 1 }, /points cannot be 1; it is at least 2/],
    [{ points: 2.5 }, /points cannot be 2.5; give a whole number/],
    [{ spacing: "even" }, /spacing cannot be even; did you mean .*\? There are log, linear/],
    [{ frames: 5, points: 10 }, /frames and points both choose the points/],
    [{ frames: "0" }, /"0" is not a number of frames/],
    [{ only: "dta" }, /only cannot be dta; did you mean data\? There are all, data, instructions/],
    [{ pageSize: "4KiB,5000" }, /^pageSize: a page size of 5000 bytes is not a power of two/],
    [{ pageSize: 0 }, /the size is zero/],
    [{ sets: "16,17" }, /"17" is not a number of sets; give powers of two/],
    [{ sets: "," }, /no number of sets is given/],
    [{ ways: 4 }, /ways is for curves by sets/],
    [{ sets: 16, sample: 0.1 }, /so sample has no effect; leave out sample/],
    [{ sets: 16, sampleSize: 100 }, /so sampleSize has no effect/],
    [{ sets: 16, policy: "arc" }, /only lru has curves by sets/],
    [{ sets: 2 ** 24, ways: 65536 }, /are too many; give fewer/],
    [{ sample: 0 }, /0 is not a share of the pages; give a number above 0 and up to 1, such as 0.01/],
    [{ sample: 1.5 }, /sample cannot be 1.5; it is at most 1/],
    [{ sampleSize: 5 }, /sampleSize cannot be 5; it is at least 64/],
    [{ seed: 3 }, /seed chooses what is sampled/],
    [{ workingSet: "10,x" }, /"x" is not a window in requests/],
    [{ jobs: 0 }, /jobs cannot be 0; it is at least 1/],
    [{ polciy: "lru" }, /unknown option "polciy"; did you mean "policy"\?/],
  ])("%j is refused", async (options, message) => {
    const refused = mrc(await lackey(), options as MrcOptions);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
  });

  test("page sizes for a trace of page numbers are refused", async () => {
    await expect(mrc(await traceOf([1, 2]), { pageSize: 4096 })).rejects.toThrow(
      /^some.lirs: lirs traces hold/,
    );
  });

  test("a sample that is too small is refused", async () => {
    const trace = await traceOf([...Array(500).keys()]);
    await expect(mrc(trace, { sample: 0.01 })).rejects.toThrow(/a sample of \d+ pages says nothing/);
  });

  test("numbers of frames below a sample's range are refused, with the least one in the message", async () => {
    const trace = await traceOf([...Array(5000).keys()]);
    await expect(mrc(trace, { sample: 0.1, frames: "79,1000" })).rejects.toThrow(
      /a sample of 0.1 is too small for 79 frames; give 80 frames or more/,
    );
  });

  test("a trace without references is refused, a side without references is not", async () => {
    const text = new TextEncoder().encode("==1== Lackey\n");
    const empty = () => openTrace(text, { format: "lackey", name: "empty" });
    for (const options of [{}, { sets: 4 }, { sample: 0.5 }, { policy: [], reuse: true }]) {
      await expect(mrc(await empty(), options)).rejects.toBeInstanceOf(InputError);
    }
    const { curves } = await mrc(await lackey(), { only: "instructions", frames: [3] });
    expect(curves[0]).toMatchObject({ requests: 0, distinctPages: 0, points: [{ frames: 3, missRatio: 0 }] });
  });
});

describe("a curve in progress", () => {
  const list = Array.from({ length: 70_000 }, (_, n) => (n * n) % 4099);

  test.each([{}, { policy: "lru,fifo", points: 3 }, { policy: "fifo", sample: 0.5, points: 3 }])(
    "%j reports progress up to the end, never decreasing",
    async (options) => {
      const seen: number[] = [];
      await mrc(await traceOf(list), {
        ...options,
        jobs: 1,
        onProgress: ({ fraction }) => seen.push(fraction ?? Number.NaN),
      });
      expect(seen.at(-1)).toBeCloseTo(1);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    },
  );

  test.each([{}, { policy: "fifo", points: 3 }, { sample: 0.5 }])(
    "%j stops when its signal is aborted",
    async (options) => {
      const controller = new AbortController();
      const stopped = mrc(await traceOf(list), {
        ...options,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      await expect(stopped).rejects.toThrow(/abort/i);
    },
  );

  test.each([0.2, 0.8])("keeps what it counted until a signal stops it at %d of its work", async (share) => {
    const controller = new AbortController();
    const { curves, interruptedAt, interrupted, workingSets } = await mrcUntilStopped(await traceOf(list), {
      policy: "lru,fifo",
      frames: "50,700",
      workingSet: [100],
      jobs: 1,
      signal: controller.signal,
      onProgress: ({ fraction = 0 }) => fraction > share && controller.abort(),
    });
    const read = interruptedAt ?? list.length;
    expect(interrupted).toBe(true);
    expect(curves.map(({ policy }) => policy)).toEqual(share < 0.5 ? ["lru"] : ["lru", "fifo"]);
    expect(workingSets?.[0]?.requests).toBe(read);
    for (const { policy, points, requests } of curves) {
      expect(requests).toBe(read);
      for (const point of points) {
        const served = point.interruptedAt ?? read;
        const hits = MODELS[policy]?.(list.slice(0, served), point.frames) ?? [];
        const misses = hits.filter((hit) => !hit).length;
        expect([policy, point.missRatio, point.misses]).toEqual([policy, misses / served, misses]);
      }
    }
    const ends = curves.flatMap(({ points }) => points.flatMap((point) => point.interruptedAt ?? []));
    expect(ends.length > 0 || read < list.length).toBe(true);
  });
});
