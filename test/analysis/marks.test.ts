import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";

// One region, four of them, one top, and eight tops: two vectors.
test.each([14, 16, 18, 21])("2^%d marks are counted as by a loop over the cleared ones", async (order) => {
  const capacity = 2 ** order;
  const position = fc.oneof(
    fc.nat(capacity - 1),
    fc.nat(200),
    fc.integer({ min: capacity - 200, max: capacity - 1 }),
  );
  const positions = fc.array(position, { minLength: 1, maxLength: 80, size: "max" });
  const property = fc.asyncProperty(positions, positions, async (cleared, asked) => {
    const structures = await createStructures();
    const marks = structures.createMarks(capacity);
    const naive = new Set<number>();
    for (const at of cleared) {
      expect(structures.isMarked(marks, at)).toBe(!naive.has(at));
      if (!naive.has(at)) structures.clearMark(marks, at);
      naive.add(at);
    }
    expect(structures.areMarksValid(marks)).toBe(true);
    for (const at of [...asked, ...cleared]) {
      const expected = at - [...naive].filter((other) => other < at).length;
      expect(structures.marksBefore(marks, at)).toBe(expected);
    }
    structures.markAll(marks);
    expect(structures.areMarksValid(marks)).toBe(true);
    for (const at of asked) expect(structures.marksBefore(marks, at)).toBe(at);
  });
  await fc.assert(property, { numRuns: caseCount(12) });
});
