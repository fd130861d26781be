import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";

/** The stack as a list, the page requested last at its front. */
class NaiveStack {
  private pages: number[] = [];

  /** Returns the old depth, 0 for a new page. */
  touch(page: number): number {
    const depth = this.pages.indexOf(page) + 1;
    if (depth > 0) this.pages.splice(depth - 1, 1);
    this.pages.unshift(page);
    return depth;
  }

  remove(page: number): boolean {
    const at = this.pages.indexOf(page);
    if (at >= 0) this.pages.splice(at, 1);
    return at >= 0;
  }

  get size(): number {
    return this.pages.length;
  }
}

describe("stack distances", () => {
  test("are positions in a list that is searched from its front", async () => {
    const operation = fc.tuple(fc.constantFrom("touch", "touch", "touch", "remove"), fc.nat(30));
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 100, size: "max" }), async (operations) => {
        const structures = await createStructures();
        const distances = structures.createStackDistances();
        const naive = new NaiveStack();
        for (const [kind, page] of operations) {
          if (kind === "touch") expect(structures.touchDistances(distances, page)).toBe(naive.touch(page));
          else if (naive.remove(page)) structures.removePage(distances, page);
          expect(structures.livePages(distances)).toBe(naive.size);
          expect(structures.areDistancesValid(distances)).toBe(true);
        }
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("of Mattson's cyclic string equal the length of its loop", async () => {
    const structures = await createStructures();
    const distances = structures.createStackDistances();
    const depths = Array.from({ length: 30 }, (_, n) => structures.touchDistances(distances, n % 7));
    expect(depths).toEqual([...Array(7).fill(0), ...Array(23).fill(7)]);
  });

  // There are 16,384 positions at first, and room for 4096 pages. When positions run out, few pages are packed into them,
  // and many get twice as many.
  test.each([
    [50, 40_000],
    [9000, 30_000],
  ])("stay exact with %d pages while %d requests use up positions", async (pages, requests) => {
    const structures = await createStructures();
    const distances = structures.createStackDistances();
    const naive = new NaiveStack();
    const wrong: number[] = [];
    for (let n = 0; n < requests; n++) {
      const page = Math.floor(pages * ((n * 0.6180339887) % 1) ** 2);
      if (structures.touchDistances(distances, page) !== naive.touch(page)) wrong.push(n);
      if (n % 64 !== 0) continue;
      const gone = n % pages;
      if (naive.remove(gone)) structures.removePage(distances, gone);
    }
    expect(wrong).toEqual([]);
    expect(structures.livePages(distances)).toBe(naive.size);
    expect(structures.areDistancesValid(distances)).toBe(true);
  });
});
