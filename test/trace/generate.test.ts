import { describe, expect, test } from "vitest";
import { UsageError } from "#pagewalk/errors.js";
import { type GenerateOptions, generateTrace } from "#pagewalk/trace/generate.js";
import { LOAD, type PlainRecord, readTrace, STORE } from "./records.js";

const generate = (options: GenerateOptions) => readTrace(generateTrace(options));
const pagesOf = (records: readonly PlainRecord[]) => records.map(({ address }) => Number(address / 4096n));

function countsOf(pages: readonly number[], of: number): number[] {
  const counts = new Array<number>(of).fill(0);
  for (const page of pages) counts[page] = (counts[page] ?? 0) + 1;
  return counts;
}

/**
 * Pearson's chi-squared over its degrees of freedom: close to 1 when counts follow the expectation. Neighbours are
 * taken together until ten are expected.
 */
function misfit(counts: readonly number[], expected: readonly number[]): number {
  const bins: { count: number; wanted: number }[] = [];
  for (const [i, count] of counts.entries()) {
    const last = bins.at(-1);
    const wanted = expected[i] ?? 0;
    if (last === undefined || last.wanted >= 10) bins.push({ count, wanted });
    else Object.assign(last, { count: last.count + count, wanted: last.wanted + wanted });
  }
  const sum = bins.reduce((all, { count, wanted }) => all + (count - wanted) ** 2 / wanted, 0);
  return sum / (bins.length - 1);
}

// xoshiro256** and SplitMix64 as their authors publish them, on BigInt.
const wrap = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint) => wrap((value << by) | (value >> (64n - by)));

function* splitMix64(seed: bigint): Generator<bigint> {
  for (let state = wrap(seed + 0x9e3779b97f4a7c15n); ; state = wrap(state + 0x9e3779b97f4a7c15n)) {
    let z = wrap((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = wrap((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    yield z ^ (z >> 31n);
  }
}

function* xoshiro256(state: readonly bigint[]): Generator<bigint> {
  let [a = 0n, b = 0n, c = 0n, d = 0n] = state;
  for (;;) {
    yield wrap(rotate(wrap(b * 5n), 7n) * 9n);
    const shifted = wrap(b << 17n);
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 45n);
  }
}

const take = (from: Generator<bigint>, count: number) =>
  Array.from({ length: count }, () => from.next().value);

describe("the random numbers", () => {
  test("of the model equal the published ones", () => {
    expect(take(splitMix64(1234567n), 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
    expect(take(xoshiro256([1n, 2n, 3n, 4n]), 5)).toEqual([
      11520n,
      0n,
      1509978240n,
      1215971899390074240n,
      1216172134540287360n,
    ]);
  });

  test.each([0, 1, 42, Number.MAX_SAFE_INTEGER])(
    "of the kernel equal the model's, seeded with %d",
    async (seed) => {
      // Over 2^32 pages a page number is the upper half of one random number.
      const options = {
        pattern: "uniform",
        pages: 2 ** 32,
        pageSize: 16,
        size: 1,
        references: 1000,
        seed,
      } as const;
      const numbers = (await generate(options)).map(({ address }) => address / 16n);
      const model = xoshiro256(take(splitMix64(BigInt(seed)), 4));
      expect(numbers).toEqual(take(model, 1000).map((number) => number >> 32n));
    },
  );
});

describe("zipf", () => {
  test.each([0, 0.5, 0.99, 1, 1.000001, 1.5, 3])("alpha %d gives every rank its share", async (alpha) => {
    const pages = 50;
    const references = 200_000;
    const weights = Array.from({ length: pages }, (_, i) => (i + 1) ** -alpha);
    const total = weights.reduce((sum, weight) => sum + weight);
    const expected = weights.map((weight) => (weight * references) / total);
    const records = await generate({ pattern: "zipf", alpha, pages, references, seed: 7 });
    expect(misfit(countsOf(pagesOf(records), pages), expected)).toBeLessThan(1.8);
  });

  test("over four billion pages stays in range and keeps the ratio of the first ranks", async () => {
    const records = await generate({ pattern: "zipf", pages: 2 ** 32, references: 200_000 });
    const numbers = pagesOf(records);
    expect(Math.max(...numbers.slice(0, 50_000))).toBeLessThan(2 ** 32);
    const [first = 0, second = 0] = countsOf(
      numbers.filter((page) => page < 2),
      2,
    );
    expect(first / second).toBeGreaterThan(1.8);
    expect(first / second).toBeLessThan(2.2);
  });

  test("over one page gives that page", async () => {
    expect(new Set(pagesOf(await generate({ pattern: "zipf", pages: 1, references: 100 })))).toEqual(
      new Set([0]),
    );
  });
});

test("uniform gives every page the same share", async () => {
  const records = await generate({ pattern: "uniform", pages: 97, references: 200_000 });
  expect(misfit(countsOf(pagesOf(records), 97), new Array(97).fill(200_000 / 97))).toBeLessThan(1.6);
});

test("sequential reads an array from start to end, repeatedly", async () => {
  const records = await generate({
    pattern: "sequential",
    pages: 2,
    references: 1025,
    size: 8,
    start: 65536,
  });
  expect(records.map(({ address }) => Number(address))).toEqual(
    Array.from({ length: 1025 }, (_, i) => 65536 + (i % 1024) * 8),
  );
});

test("loop takes the pages in turn", async () => {
  expect(pagesOf(await generate({ pattern: "loop", pages: 3, references: 7 }))).toEqual([
    0, 1, 2, 0, 1, 2, 0,
  ]);
});

test("stride advances by its bytes and never leaves the pages", async () => {
  const records = await generate({ pattern: "stride", stride: 3000, pages: 2, references: 5 });
  expect(records.map(({ address }) => Number(address))).toEqual([0, 3000, 6000, 0, 3000]);
});

test("a working set holds its share of a phase and moves with the next", async () => {
  const records = await generate({
    pattern: "working-set",
    pages: 10_000,
    setPages: 20,
    phases: 4,
    locality: 0.9,
    references: 40_000,
  });
  const pages = pagesOf(records);
  const starts = [0, 1, 2, 3].map((phase) => {
    const counts = countsOf(pages.slice(phase * 10_000, (phase + 1) * 10_000), 10_000);
    const hot = counts.flatMap((count, page) => (count > 200 ? [page] : []));
    expect(hot).toHaveLength(20);
    expect((hot.at(-1) ?? 0) - (hot[0] ?? 0)).toBe(19);
    const inside = hot.reduce((sum, page) => sum + (counts[page] ?? 0), 0);
    expect(inside / 10_000).toBeGreaterThan(0.88);
    expect(inside / 10_000).toBeLessThan(0.92);
    return hot[0];
  });
  expect(new Set(starts).size).toBe(4);
});

test("stores have the requested share", async () => {
  const records = await generate({ pattern: "uniform", writes: 0.25, references: 100_000 });
  const stores = records.filter(({ kind }) => kind === STORE).length;
  expect(stores / 100_000).toBeCloseTo(0.25, 2);
  expect(records.filter(({ kind }) => kind === LOAD)).toHaveLength(100_000 - stores);
});

describe("a mixture", () => {
  const alone = (options: GenerateOptions) => generate(options);

  test("gives each part its share, in pages of its own", async () => {
    const parts = "3*uniform:pages=10 + loop:pages=5";
    const pages = pagesOf(await generate({ pattern: "mixture", parts, references: 100_000 }));
    const counts = countsOf(pages, 15);
    const wanted = [...new Array(10).fill(7500), ...new Array(5).fill(5000)];
    expect(pages.every((page) => page < 15)).toBe(true);
    expect(misfit(counts, wanted)).toBeLessThan(2);
  });

  test("holds each part's own references in their order", async () => {
    const parts = [
      { pattern: "zipf", pages: 50, seed: 7, start: 0, weight: 2 },
      { pattern: "sequential", pages: 2, start: 2 ** 30 },
    ] as const;
    const mixed = await generate({ pattern: "mixture", parts: [...parts], references: 10_000 });
    const low = mixed.filter(({ address }) => address < 2n ** 30n);
    const high = mixed.filter(({ address }) => address >= 2n ** 30n);
    expect(low).toEqual(await alone({ pattern: "zipf", pages: 50, seed: 7, references: low.length }));
    const sequential = { pattern: "sequential", pages: 2, start: 2 ** 30 } as const;
    expect(high).toEqual(await alone({ ...sequential, references: high.length }));
    expect(low.length / mixed.length).toBeCloseTo(2 / 3, 1);
  });

  test("written as text equals the mixture of the same parts", async () => {
    const parts = [
      { pattern: "zipf", pages: 1000, alpha: 0.9, weight: 0.7 },
      { pattern: "working-set", pages: 500, setPages: 20, writes: 0.5, weight: 0.3 },
    ] as const;
    const text = "0.7*zipf:pages=1e3,alpha=0.9 + 0.3 * working-set: pages=500, set-pages=20, writes=0.5";
    expect(await generate({ pattern: "mixture", parts: text, references: 5000 })).toEqual(
      await generate({ pattern: "mixture", parts: [...parts], references: 5000 }),
    );
  });

  test("of two equal parts gives different references: each part has its own seed", async () => {
    const parts = "uniform:pages=1000,start=0 + uniform:pages=1000,start=65536000";
    const mixed = await generate({ pattern: "mixture", parts, references: 2000 });
    const offsets = (least: bigint) =>
      mixed
        .filter(({ address }) => address >= least && address < least + 4096000n)
        .map(({ address }) => address - least);
    expect(offsets(0n).slice(0, 500)).not.toEqual(offsets(65536000n).slice(0, 500));
  });

  test("is the same in each run and differs with another seed", async () => {
    const options = { pattern: "mixture", parts: "zipf + 2*uniform", references: 70_000 } as const;
    expect(await generate(options)).toEqual(await generate(options));
    expect(await generate({ ...options, seed: 2 })).not.toEqual(await generate(options));
  });
});

describe("phases", () => {
  test("follow one another, each in its own pages and with its own length", async () => {
    const phases = "loop:pages=3,references=5; loop:pages=2,references=3; loop:pages=1,start=0,references=2";
    expect(pagesOf(await generate({ pattern: "phases", phases }))).toEqual([0, 1, 2, 0, 1, 3, 4, 3, 0, 0]);
  });

  test("share the remaining references", async () => {
    const phases = "loop:pages=1,references=10; loop:pages=1; loop:pages=1";
    const counts = countsOf(pagesOf(await generate({ pattern: "phases", phases, references: 31 })), 3);
    expect(counts).toEqual([10, 10, 11]);
  });

  test("may be mixtures, and end inside batches", async () => {
    const phases = [
      { parts: [{ pattern: "loop", pages: 7 } as const], references: 40_000 },
      { parts: [{ pattern: "uniform", pages: 5 } as const, { pattern: "loop", pages: 1 } as const] },
    ];
    const pages = pagesOf(await generate({ pattern: "phases", phases, references: 100_000 }));
    expect(pages.slice(0, 40_000)).toEqual(Array.from({ length: 40_000 }, (_, i) => i % 7));
    const rest = countsOf(pages.slice(40_000), 13).slice(7);
    expect(misfit(rest, [6000, 6000, 6000, 6000, 6000, 30_000])).toBeLessThan(2.5);
  });
});

test("the same options give the same trace, and another seed gives another", async () => {
  const options = { pattern: "zipf", pages: 1000, references: 70_000, seed: 5, writes: 0.5 } as const;
  expect(await generate(options)).toEqual(await generate(options));
  expect(await generate({ ...options, seed: 6 })).not.toEqual(await generate(options));
});

describe("invalid options are refused", () => {
  test.each([
    [{ pattern: "zipff" }, 'unknown pattern "zipff"; did you mean zipf?'],
    [{ pattern: "zipf", alpa: 1 }, 'unknown option "alpa"'],
    [{ pattern: "uniform", alpha: 1 }, 'unknown option "alpha"; uniform takes references, pages, '],
    [{ pattern: "zipf", pages: 0 }, "pages cannot be 0; it is at least 1"],
    [{ pattern: "zipf", pages: 2 ** 33 }, "pages cannot be 8589934592; it is at most 4294967296"],
    [{ pattern: "zipf", references: 1.5 }, "references cannot be 1.5; give a whole number"],
    [{ pattern: "loop", writes: 2 }, "writes cannot be 2; it is at most 1"],
    [{ pattern: "mixture", parts: "0*zipf" }, "the weight of zipf is 0; give a number above 0"],
    [{ pattern: "mixture", parts: "x*zipf" }, 'the weight in "x*zipf" is "x"; give a number'],
    [{ pattern: "mixture", parts: "" }, '"" is not a part of a mixture; one is like'],
    [{ pattern: "mixture", parts: [] }, "a mixture of 0 parts; give 1 to 64"],
    [{ pattern: "mixture", parts: "zipff:pages=5" }, 'part 1: unknown pattern "zipff"; did you mean zipf?'],
    [{ pattern: "mixture", parts: "zipf + loop:alpha=1" }, 'part 2: unknown option "alpha"; loop takes '],
    [{ pattern: "mixture", parts: "loop:pages=0" }, "part 1: pages cannot be 0; it is at least 1"],
    [{ pattern: "mixture", parts: "loop:set-pages=1" }, 'part 1: unknown option "set-pages"; loop takes '],
    [{ pattern: "mixture", parts: "loop:pages" }, '"pages" in "loop:pages" is not an option'],
    [{ pattern: "mixture", parts: "loop:pages=1,pages=2" }, '"loop:pages=1,pages=2" gives pages twice'],
    [{ pattern: "mixture", parts: "loop:references=5" }, "part 1 cannot have its own references"],
    [{ pattern: "phases", phases: "loop:references=5 + zipf:references=6" }, "gives its references twice"],
    [
      { pattern: "phases", phases: "loop:references=5", references: 9 },
      "references is 9, and the phases have 5",
    ],
    [
      { pattern: "phases", phases: "loop:references=5; zipf", references: 5 },
      "references is 5, and the phases have 5",
    ],
    [{ pattern: "loop", seed: "x" }, "seed cannot be x; give a number"],
  ])("%o", (options, message) => {
    const generating = () => generateTrace(options as GenerateOptions);
    expect(generating).toThrow(UsageError);
    expect(generating).toThrow(/^trace generate: /);
    expect(generating).toThrow(message);
  });

  test.each([
    [{ pattern: "loop", pageSize: 1000 }, "pageSize: a page size of 1000 bytes is not a power of two; "],
    [{ pattern: "loop", size: "8KiB" }, "size: 8KiB is too large; give 1 byte to 4KiB"],
    [{ pattern: "mixture", parts: "stride:stride=4x" }, 'stride: "4x" is not a size; '],
  ])("%o, a size", (options, message) => {
    expect(() => generateTrace(options as GenerateOptions)).toThrow(message);
  });
});
