/** OPT's distances, compared with Belady's algorithm at every number of frames. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";

/** For each request, true if it hits with `frames` frames. The victim is the page requested latest, or never again. */
function hitsOf(pages: readonly number[], frames: number): boolean[] {
  const resident = new Set<number>();
  return pages.map((page, at) => {
    if (resident.has(page)) return true;
    if (resident.size === frames) {
      const next = (one: number) => {
        const request = pages.indexOf(one, at);
        return request < 0 ? Number.POSITIVE_INFINITY : request;
      };
      resident.delete([...resident].reduce((one, other) => (next(other) > next(one) ? other : one)));
    }
    resident.add(page);
    return false;
  });
}

/** The least number of frames with which each request hits; 0 for a page's first request. */
function naiveDistances(pages: readonly number[]): number[] {
  const distances = pages.map(() => 0);
  for (let frames = new Set(pages).size; frames > 0; frames--) {
    for (const [at, isHit] of hitsOf(pages, frames).entries()) if (isHit) distances[at] = frames;
  }
  return distances;
}

async function distancesOf(pages: readonly number[]): Promise<number[]> {
  const structures = await createStructures();
  const stack = structures.createCriticalStack();
  const numbers = new Map<number, number>();
  const distances = pages.map((page) => {
    const number = numbers.get(page) ?? numbers.size;
    numbers.set(page, number);
    return structures.touchCritical(stack, number);
  });
  expect(structures.isCriticalStackValid(stack)).toBe(true);
  return distances;
}

describe("OPT's stack distances", () => {
  test("are the fewest frames with which Belady's algorithm hits", async () => {
    const near = fc.array(fc.nat(25), { minLength: 1, maxLength: 150, size: "max" });
    // Sweeps over a range, up or down: many pages have the same number of requests between theirs.
    const sweep = fc
      .tuple(fc.nat(10), fc.integer({ min: 1, max: 12 }), fc.boolean())
      .map(([from, count, isDown]) => {
        const pages = Array.from({ length: count }, (_, n) => from + n);
        return isDown ? pages.reverse() : pages;
      });
    const sweeps = fc.array(sweep, { minLength: 1, maxLength: 15, size: "max" }).map((list) => list.flat());
    const property = fc.asyncProperty(fc.oneof(near, sweeps), async (pages) => {
      expect(await distancesOf(pages)).toEqual(naiveDistances(pages));
    });
    await fc.assert(property, { numRuns: caseCount(300) });
  });

  test("of a page that is requested twice in a row are 1", async () => {
    expect(await distancesOf([4, 4, 4, 5, 5, 4, 4])).toEqual([0, 1, 1, 0, 1, 2, 1]);
  });

  // With f frames a loop over p pages hits f - 1 times in p - 1 requests.
  test("of a loop take turns from two frames to all pages", async () => {
    const distances = (await distancesOf(Array.from({ length: 700 }, (_, n) => n % 7))).slice(7);
    for (let frames = 1; frames <= 7; frames++) {
      const hits = distances.filter((distance) => distance <= frames).length;
      expect(Math.abs(hits - (distances.length * (frames - 1)) / 6)).toBeLessThan(7);
    }
  });
});
