/**
 * Each request of a short trace, compared with tables of textbooks, plain lists of frames, and the models of the
 * policies.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompareStep, compareSteps, definePolicy, openTrace, type SteppedRow } from "#pagewalk/index.js";
import { policies } from "#pagewalk/policy/policies.js";
import { caseCount } from "../build.js";
import { MODELS } from "../policy/models/every-model.js";

const references = (pages: readonly number[]) =>
  openTrace(new TextEncoder().encode(pages.join(" ")), { name: "string", format: "references" });

/** Frames as a textbook draws them: a row for each, a column for each request. */
function drawn({ steps, frames }: SteppedRow): string[] {
  return Array.from({ length: frames }, (_, n) => steps.map((step) => step.frames[n] ?? ".").join(" "));
}

const outcomes = ({ steps }: SteppedRow) => steps.map(({ hit }) => (hit ? "H" : "M")).join("");

async function stepped(pages: readonly number[], names: string, frames: number): Promise<SteppedRow[]> {
  return (await compareSteps(await references(pages), { policies: names, frames })).results;
}

/** Frames under fifo and lru: the victim is the page that entered, or was requested, longest ago. */
function naive(pages: readonly number[], count: number, isLru: boolean) {
  const frames = new Array<string | null>(count).fill(null);
  const since = new Array<number>(count).fill(0);
  return pages.map((number, request) => {
    const page = String(number);
    const at = frames.indexOf(page);
    if (at >= 0) {
      if (isLru) since[at] = request;
      return { request, page, hit: true, victim: null, frames: [...frames] };
    }
    const free = frames.indexOf(null);
    const into = free >= 0 ? free : since.indexOf(Math.min(...since));
    const victim = frames[into] ?? null;
    frames[into] = page;
    since[into] = request;
    return { request, page, hit: false, victim, frames: [...frames] };
  });
}

/** Silberschatz, Galvin, Gagne: Operating System Concepts, chapter on virtual memory. */
const CONCEPTS = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
const BELADY = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];

describe("the steps of a reference string", () => {
  test("are those that Operating System Concepts prints: 15 faults for fifo, 12 for lru, 9 for opt", async () => {
    const [fifo, lru, opt] = (await stepped(CONCEPTS, "fifo,lru,opt", 3)) as [
      SteppedRow,
      SteppedRow,
      SteppedRow,
    ];
    expect([fifo, lru, opt].map(({ misses }) => misses)).toEqual([15, 12, 9]);
    expect(drawn(fifo)).toEqual([
      "7 7 7 2 2 2 2 4 4 4 0 0 0 0 0 0 0 7 7 7",
      ". 0 0 0 0 3 3 3 2 2 2 2 2 1 1 1 1 1 0 0",
      ". . 1 1 1 1 0 0 0 3 3 3 3 3 2 2 2 2 2 1",
    ]);
    expect(drawn(lru)).toEqual([
      "7 7 7 2 2 2 2 4 4 4 0 0 0 1 1 1 1 1 1 1",
      ". 0 0 0 0 0 0 0 0 3 3 3 3 3 3 0 0 0 0 0",
      ". . 1 1 1 3 3 3 2 2 2 2 2 2 2 2 2 7 7 7",
    ]);
    expect(drawn(opt).map((row) => row.slice(0, 33))).toEqual([
      "7 7 7 2 2 2 2 2 2 2 2 2 2 2 2 2 2",
      ". 0 0 0 0 0 0 4 4 4 0 0 0 0 0 0 0",
      ". . 1 1 1 3 3 3 3 3 3 3 3 1 1 1 1",
    ]);
  });

  test("show Belady's anomaly: fifo misses 9 times with 3 frames, 10 times with 4", async () => {
    const { results } = await compareSteps(await references(BELADY), { policies: "fifo", frames: "3,4" });
    expect(results.map(outcomes)).toEqual(["MMMMMMMHHMMH", "MMMMHHMMMMMM"]);
    expect(results[0]?.steps.map(({ victim }) => victim ?? ".").join("")).toBe("...1234..12.");
  });

  test.each(["fifo", "lru"])("of %s are those of frames kept naively", async (policy) => {
    const pages = fc.array(fc.nat(9), { minLength: 1, maxLength: 80, size: "max" });
    await fc.assert(
      fc.asyncProperty(pages, fc.integer({ min: 1, max: 8 }), async (list, frames) => {
        const [row] = await stepped(list, policy, frames);
        expect(row?.steps).toEqual(naive(list, frames, policy === "lru"));
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("of every policy hit where its model does, and change only the requested page and the victim", async () => {
    const pages = Array.from(
      { length: 250 },
      (_, n) => Math.floor(30 * ((n * 0.618034) % 1) ** 2) + (n >> 6),
    );
    const rows = await stepped(pages, "all", 12);
    expect(rows.map(({ policy }) => policy)).toEqual((await policies()).map(({ name }) => name));
    for (const row of rows) {
      const model = MODELS[row.policy]?.(pages, 12);
      expect(row.steps.map(({ hit }) => hit)).toEqual(model);
      expect(row.misses).toBe(row.steps.filter(({ hit }) => !hit).length);
      let before: CompareStep["frames"] = new Array(12).fill(null);
      for (const { page, hit, victim, released = [], frames } of row.steps) {
        expect(before.includes(page)).toBe(hit);
        expect(victim === null || before.includes(victim)).toBe(true);
        const kept = new Set(before);
        for (const gone of [victim, ...released]) kept.delete(gone);
        if (!released.includes(page)) kept.add(page);
        const sorted = (held: Iterable<string | null>) => [...held].filter((one) => one !== null).sort();
        expect(sorted(frames)).toEqual(sorted(kept));
        before = frames;
      }
    }
  });

  test("are shown for a custom policy, too", async () => {
    const mine = definePolicy({
      name: "newest-goes",
      create: () => {
        let newest = 0 as number | bigint;
        return {
          insert: (page) => {
            newest = page;
          },
          evict: () => newest,
        };
      },
    });
    const { results } = await compareSteps(await references([1, 2, 3, 4, 1]), {
      policies: [mine],
      frames: 2,
    });
    expect(results.map(drawn)).toEqual([["1 1 1 1 1", ". 2 3 4 4"]]);
    expect(results.map(outcomes)).toEqual(["MMMMH"]);
  });

  test("have the addresses of pages, one for each page that a reference spans, in a trace of addresses", async () => {
    const text = " L 1ffe,4\n S 5000,8\n";
    const trace = await openTrace(new TextEncoder().encode(text), { format: "lackey", name: "some.lackey" });
    const { results } = await compareSteps(trace, { policies: "lru", frames: 2 });
    expect(results[0]?.steps.map(({ page, victim }) => [page, victim])).toEqual([
      ["0x1000", null],
      ["0x2000", null],
      ["0x5000", "0x1000"],
    ]);
  });

  test("of more than 1,000 requests or 100 frames are refused", async () => {
    const pages = Array.from({ length: 1001 }, (_, n) => n);
    await expect(compareSteps(await references(pages), { frames: 3 })).rejects.toThrow(
      "string: has more than 1000 requests, too many to show each; give a shorter one",
    );
    const { results } = await compareSteps(await references(pages.slice(1)), { policies: "fifo", frames: 3 });
    expect(results[0]?.steps).toHaveLength(1000);
    await expect(compareSteps(await references([1, 2]), { frames: 101 })).rejects.toThrow(
      "frames: 101 frames are too many to show each; give at most 100",
    );
  });
});
