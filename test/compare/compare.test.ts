/** `compare` through the public API, on traces made here. */
import { describe, expect, test } from "vitest";
import { type CompareProgress, compareUntilStopped } from "#pagewalk/compare/compare.js";
import {
  type CompareOptions,
  compare,
  InputError,
  openTrace,
  type Trace,
  UsageError,
} from "#pagewalk/index.js";
import { MODELS } from "../policy/models/classics.js";

const names = Object.keys(MODELS);
const text = (pages: readonly number[]) => new TextEncoder().encode(`${pages.join("\n")}\n`);
const pages = Array.from(
  { length: 3000 },
  (_, n) => Math.floor(120 * ((n * 0.6180339887) % 1) ** 2) + (n >> 9),
);
const lirs = (list: readonly number[], name = "some.lirs") => openTrace(text(list), { name, format: "lirs" });

const misses = (policy: string, list: readonly number[], frames: number) =>
  (MODELS[policy]?.(list, frames) ?? []).filter((hit) => !hit).length;

/** The parts that do not depend on the clock. */
const stable = ({ results }: Awaited<ReturnType<typeof compare>>) =>
  results.map(({ trace, policy, frames, requests, hits, misses }) => {
    return { trace, policy, frames, requests, hits, misses };
  });

describe("compare", () => {
  test("counts what the models count, with rows in the given order of frames, then policies", async () => {
    const result = await compare(await lirs(pages), { policies: names, frames: [60, 7], jobs: 1 });
    const expected = [60, 7].flatMap((frames) =>
      names.map((policy) => {
        const missed = misses(policy, pages, frames);
        return { trace: "some.lirs", policy, frames, requests: 3000, hits: 3000 - missed, misses: missed };
      }),
    );
    expect(stable(result)).toEqual(expected);
  });

  test("reports the average number of pages of variable-space policies only", async () => {
    const { results } = await compare(await lirs([1, 2, 1, 3, 4, 1]), {
      policies: "lru,working-set:window=2,vmin:window=2",
      frames: [9],
    });
    expect(results.map(({ meanResidentPages }) => meanResidentPages)).toEqual([undefined, 11 / 6, 2 / 6]);
  });

  test("accepts shares of the distinct pages, rounded down, at least one", async () => {
    const list = [...Array(1222).keys()];
    const result = await compare(await lirs(list), { policies: "lru", frames: "0.01%,2%,5%,10%,25%,50%" });
    expect(result.results.map(({ frames }) => frames)).toEqual([1, 24, 61, 122, 305, 611]);
  });

  test("computes a share from its decimal notation, not from its binary value", async () => {
    const result = await compare(await lirs([...Array(100).keys()]), {
      policies: "lru",
      frames: "7%,29%,57%",
    });
    expect(result.results.map(({ frames }) => frames)).toEqual([7, 29, 57]);
  });

  test("gives the same rows for any number of workers", async () => {
    const list = Array.from({ length: 400_000 }, (_, n) => ((n * 7919) % 4099) ^ (n >> 6));
    const one = await compare(await lirs(list), { frames: "5%,20%", jobs: 1 });
    for (const jobs of [2, 3]) {
      expect(stable(await compare(await lirs(list), { frames: "5%,20%", jobs }))).toEqual(stable(one));
    }
  });

  test("compares several traces in order, each with frames of its own", async () => {
    const traces = [await lirs([1, 2, 3, 4], "a"), await lirs([...Array(40).keys()], "b")];
    const { results } = await compare(traces, { policies: "fifo", frames: "50%" });
    expect(results.map(({ trace, frames }) => [trace, frames])).toEqual([
      ["a", 2],
      ["b", 20],
    ]);
  });

  test("needs no memory for frames that no page fills", async () => {
    const { results } = await compare(await lirs([1, 2, 1, 2]), {
      policies: "lru,arc,lfu,opt",
      frames: [4e9],
    });
    expect(results.map((row) => [row.frames, row.misses])).toEqual(Array(4).fill([4e9, 2]));
  });

  test("reads a stream as often as necessary", async () => {
    const stream = new Blob([text(pages)]).stream();
    const trace = await openTrace(stream, { format: "lirs" });
    const { results } = await compare(trace, { policies: "opt,lru", frames: "10%" });
    const frames = results[0]?.frames ?? 0;
    expect(results.map((row) => row.misses)).toEqual([
      misses("opt", pages, frames),
      misses("lru", pages, frames),
    ]);
    await trace.close();
  });

  test("reports progress up to the end", async () => {
    const seen: (number | undefined)[] = [];
    let last: Omit<CompareProgress, "fraction"> | undefined;
    await compare(await lirs(pages), {
      policies: "lru,opt",
      frames: [5, 9],
      onProgress: ({ fraction, ...counts }) => {
        seen.push(fraction);
        last = counts;
      },
    });
    expect(seen.at(-1)).toBeCloseTo(1);
    const read = 5 * pages.length; // four simulations, and the pass that finds the future
    const sizeBytes = text(pages).length;
    expect(last).toEqual({
      finished: 4,
      simulations: 4,
      references: read,
      bytesRead: 5 * sizeBytes,
      sizeBytes,
    });
  });

  test.each([1, 2])("keeps what it counted until a signal stops it, with %i threads", async (jobs) => {
    const list = Array.from({ length: 400_000 }, (_, n) => ((n * 7919) % 4099) ^ (n >> 6));
    const controller = new AbortController();
    const rows: unknown[] = [];
    const options: CompareOptions = {
      // With each request aging looks at every page, so that the signal comes long before the end.
      policies: "lru,fifo,clock,aging:interval=1",
      frames: [60, 900],
      jobs,
      signal: controller.signal,
      onProgress: ({ fraction = 0 }) => fraction > 0.1 && controller.abort(),
    };
    const { results, interrupted } = await compareUntilStopped(await lirs(list), options, (row) =>
      rows.push(row),
    );
    expect(interrupted).toBe(true);
    const cut = results.filter(({ interruptedAt }) => interruptedAt !== undefined);
    expect(cut.length).toBeGreaterThan(0);
    expect(rows).toHaveLength(results.length - cut.length);
    for (const { policy, frames, ...row } of cut) {
      expect(row.requests).toBe(row.interruptedAt);
      if (policy.startsWith("aging")) continue;
      const served = list.slice(0, row.interruptedAt);
      expect([policy, frames, row.misses]).toEqual([policy, frames, misses(policy, served, frames)]);
    }
  });

  test("stops when its signal is aborted", async () => {
    const controller = new AbortController();
    const stopped = compare(await lirs(pages), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow(/abort/i);
  });
});

describe("references", () => {
  const lackey = (lines: string) =>
    openTrace(new TextEncoder().encode(lines), { format: "lackey", name: "t" });
  const lines = "I  00001000,3\n L 00001ffe,4\n S 00003000,8\n M 00002fff,2\nI  00001003,2\n";
  const run = async (trace: Trace, options: object) => {
    const { results } = await compare(trace, { policies: "lru", frames: [10], ...options });
    return [results[0]?.requests, results[0]?.misses];
  };

  test("that cross a page boundary are requests for both pages", async () => {
    expect(await run(await lackey(lines), {})).toEqual([7, 3]);
  });

  test("can be limited to data or to instructions", async () => {
    expect(await run(await lackey(lines), { only: "data" })).toEqual([5, 3]);
    expect(await run(await lackey(lines), { only: "instructions" })).toEqual([2, 1]);
  });

  test("are divided into pages of the given size", async () => {
    expect(await run(await lackey(lines), { pageSize: 65536 })).toEqual([5, 1]);
    expect(await run(await lackey(" L 00000000,4\n"), { pageSize: 1 })).toEqual([4, 4]);
  });

  test("may span more pages than fit in one step", async () => {
    expect(await run(await lackey(` L 00000000,${2 ** 28}\n`), {})).toEqual([65536, 65536]);
  });

  test("of block traces are for one page, whatever their size", async () => {
    const record = new Uint8Array(24);
    new DataView(record.buffer).setUint32(12, 100_000, true);
    const trace = await openTrace(record, { format: "oracleGeneral", name: "t" });
    expect(await run(trace, {})).toEqual([1, 1]);
  });
});

describe("invalid options and input", () => {
  test.each([
    [{ policies: "lur" }, /unknown replacement policy "lur"; did you mean lru\?/],
    [{ policies: "random:sed=3" }, /random has no parameter "sed"; did you mean seed\?/],
    [{ policies: "lru:k=2" }, /lru has no parameter "k"; it takes none/],
    [
      { policies: "random:seed=-1" },
      /seed of random cannot be "-1"; give a whole number from 0 to 4294967295/,
    ],
    [{ policies: "random:seed=1.5" }, /seed of random cannot be "1.5"/],
    [{ policies: "random:seed" }, /seed of random cannot be ""/],
    [{ policies: " , " }, /no replacement policy is named/],
    [{ frames: "0" }, /"0" is not a number of frames/],
    [{ frames: "5%%" }, /"5%%" is not a number of frames/],
    [{ frames: "200%" }, /"200%" is not a number of frames/],
    [{ frames: 1e12 }, /is more frames than there can be/],
    [{ frames: [] }, /no number of frames is given/],
    [{ pageSize: 1000 }, /^pageSize: a page size of 1000 bytes is not a power of two/],
    [{ jobs: 0 }, /jobs cannot be 0; it is at least 1/],
    [{ polices: "lru" } as CompareOptions, /unknown option "polices"; did you mean "policies"\?/],
  ])("%j is refused", async (options, message) => {
    const refused = compare(await lirs([1]), options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
  });

  test("a bad line gives the same error in a worker as in this thread", async () => {
    const bytes = new TextEncoder().encode(`${"l 0x1000 1\n".repeat(800_000)}l zzz 1\n`);
    const trace = await openTrace(bytes, { format: "address", name: "bad" });
    const refused = compare(trace, { policies: "lru,fifo", frames: [2, 3], jobs: 2 });
    await expect(refused).rejects.toBeInstanceOf(InputError);
    await expect(refused).rejects.toThrow(/^bad:800001: /);
  });
});

test("names of policies may have parameters, and be lists", async () => {
  const { results } = await compare(await lirs(pages), {
    policies: "LRU,random:seed=7,random: seed=8",
    frames: 9,
  });
  expect(results.map(({ policy }) => policy)).toEqual(["lru", "random:seed=7", "random: seed=8"]);
});
