/** Numbers whose ranges are raised and lowered, compared with an array. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caseCount } from "../build.js";
import { createStructures } from "../structures.js";

/** Ranges close together and far apart, which are raised, or lowered if none of their numbers is 0. */
const change = (capacity: number) => {
  const position = fc.oneof(fc.nat(capacity - 2), fc.nat(Math.min(20, capacity - 2)));
  return fc.record({ from: position, to: position, lowers: fc.boolean() });
};

describe("slack", () => {
  test.each([16, 32, 256, 4096])(
    "on %d positions has the sums and the first zeros of an array",
    async (capacity) => {
      const changes = fc.array(change(capacity), { maxLength: 150, size: "max" });
      const property = fc.asyncProperty(changes, async (list) => {
        const structures = await createStructures();
        const slack = structures.createSlack(capacity);
        const naive = new Array<number>(capacity).fill(0);
        for (const { from, to, lowers } of list) {
          const [first, end] = [Math.min(from, to), Math.max(from, to) + 1];
          const by = lowers && Math.min(...naive.slice(first, end)) > 0 ? -1 : 1;
          structures.addSlack(slack, first, end, by);
          for (let at = first; at < end; at++) naive[at] = (naive[at] ?? 0) + by;
          for (const at of [0, first, end, to]) {
            expect(structures.firstZero(slack, at)).toBe(naive.indexOf(0, at));
            expect(structures.slackOf(slack, at)).toBe(naive[at]);
          }
        }
        expect(structures.isSlackValid(slack)).toBe(true);
      });
      await fc.assert(property, { numRuns: caseCount(20) });
    },
  );

  test("that is compacted has the least number up to the next position that is kept", async () => {
    const capacity = 2 ** 14;
    const arguments_ = [
      fc.array(change(300), { size: "max", maxLength: 80 }),
      fc.array(fc.nat(300)),
      fc.boolean(),
    ] as const;
    const property = fc.asyncProperty(...arguments_, async (changes, others, grows) => {
      const structures = await createStructures();
      const slack = structures.createSlack(capacity);
      const naive = new Array<number>(301).fill(0);
      for (const { from, to } of changes) {
        const [first, end] = [Math.min(from, to), Math.max(from, to) + 1];
        structures.addSlack(slack, first, end, 1);
        for (let at = first; at < end; at++) naive[at] = (naive[at] ?? 0) + 1;
      }
      const marks = structures.createMarks(capacity);
      structures.clearAllMarks(marks);
      const kept = [...new Set([0, ...others])].sort((a, b) => a - b);
      for (const at of kept) structures.setMark(marks, at);
      structures.countMarks(marks);
      expect(structures.areMarksValid(marks)).toBe(true);
      expect(structures.compactSlack(slack, marks, naive.length, grows)).toBeTruthy();
      const least = kept.map((at, n) => Math.min(...naive.slice(at, kept[n + 1])));
      expect(least.map((_, n) => structures.slackOf(slack, n))).toEqual(least);
      expect(structures.firstZero(slack, 0)).toBe([...least, 0].indexOf(0));
      expect(structures.isSlackValid(slack)).toBe(true);
    });
    await fc.assert(property, { numRuns: caseCount(20) });
  });
});
