import { describe, expect, test } from "vitest";
import { compare, openTrace } from "#pagewalk/index.js";
import { MODELS } from "../policy/models/classics.js";

const text = (pages: readonly number[]) => new TextEncoder().encode(`${pages.join("\n")}\n`);
const open = (pages: readonly number[]) => openTrace(text(pages), { name: "some.lirs", format: "lirs" });
const pages = Array.from(
  { length: 70_001 },
  (_, n) => Math.floor(120 * ((n * 0.6180339887) % 1) ** 2) + (n >> 9),
);

describe("a timeline", () => {
  test("has the misses of a model by the end of each window, for opt too", async () => {
    const options = { policies: "lru,opt", frames: [40], timeline: true, jobs: 1 };
    const { results } = await compare(await open(pages), options);
    for (const { policy, timeline } of results) {
      const hits = MODELS[policy]?.(pages, 40) ?? [];
      let sum = 0;
      const misses = hits.map((hit) => {
        if (!hit) sum++;
        return sum;
      });
      expect(timeline?.requests.at(-1)).toBe(pages.length);
      expect(timeline?.misses).toEqual(timeline?.requests.map((end) => misses[end - 1]));
    }
  });

  test("has from 128 to 255 windows of the same length, except the last, for any length of trace", async () => {
    for (const length of [4096, 4097, 70_001]) {
      const { results } = await compare(await open(pages.slice(0, length)), {
        policies: "fifo",
        frames: [9],
        timeline: true,
      });
      const ends = results[0]?.timeline?.requests ?? [];
      expect(ends.length).toBeGreaterThanOrEqual(128);
      expect(ends.length).toBeLessThan(256);
      const lengths = new Set(ends.slice(0, -1).map((end, n) => end - (ends[n - 1] ?? 0)));
      expect(lengths.size).toBe(1);
    }
  });

  test("changes no count, and is made only if requested", async () => {
    const options = { policies: "lru,arc,opt", frames: [5, 60], jobs: 1 };
    const counts = async (timeline: boolean) =>
      (await compare(await open(pages), { ...options, timeline })).results.map((row) => [
        row.requests,
        row.hits,
        row.misses,
      ]);
    expect(await counts(true)).toEqual(await counts(false));
    const { results } = await compare(await open(pages), options);
    expect(results.filter((row) => "timeline" in row)).toEqual([]);
  });
});
