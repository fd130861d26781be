import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { missesByDistance, spread } from "#pagewalk/mrc/points.js";

describe("points", () => {
  test("are whole, ascending, include both ends, and are as many as requested if there are enough frames", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 2, max: 300 }),
        fc.constantFrom("log", "linear"),
        (first, more, count, spacing) => {
          const points = spread(first, first + more, count, spacing);
          expect(points).toHaveLength(Math.min(count, more + 1));
          expect(points[0]).toBe(first);
          expect(points.at(-1)).toBe(first + more);
          expect(points.every((point, n) => Number.isInteger(point) && point > (points[n - 1] ?? 0))).toBe(
            true,
          );
        },
      ),
    );
  });

  test("are spaced by equal differences, or by equal factors as far as numbers are whole", () => {
    expect(spread(1, 101, 5, "linear")).toEqual([1, 26, 51, 76, 101]);
    expect(spread(1, 4096, 5, "log")).toEqual([1, 8, 64, 512, 4096]);
    expect(spread(1, 10, 5, "log")).toEqual([1, 2, 3, 5, 10]);
  });

  test("misses between two numbers of frames are interpolated linearly", () => {
    const misses = missesByDistance(Float64Array.of(3, 10, 6));
    expect([0, 1, 1.5, 2, 9].map(misses)).toEqual([19, 9, 6, 3, 3]);
  });
});
