import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../build.js";
import { anyU64, createStructures, U64_MAX } from "../structures.js";

test("a page is in the set after it was added, up to the largest of 64 bits", async () => {
  const page = fc.oneof(anyU64, fc.constantFrom(0n, U64_MAX, U64_MAX - 1n));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(page, page), { maxLength: 60, size: "max" }), async (operations) => {
      const structures = await createStructures();
      const set = structures.createPageSet();
      const naive = new Set<bigint>();
      for (const [added, asked] of operations) {
        expect(structures.addPage(set, added)).toBe(true);
        naive.add(added);
        expect(structures.hasPage(set, asked)).toBe(naive.has(asked));
        expect(structures.pageCount(set)).toBe(BigInt(naive.size));
        expect(structures.isPageSetValid(set)).toBe(true);
      }
    }),
    { numRuns: caseCount(20) },
  );
});

test("no page is lost while the table doubles", async () => {
  const structures = await createStructures();
  const set = structures.createPageSet();
  const pages = Array.from({ length: 10_000 }, (_, n) => BigInt(n) * (n % 3 === 0 ? 4096n : 1n));
  for (const page of pages) structures.addPage(set, page);
  expect(structures.pageCount(set)).toBe(BigInt(new Set(pages).size));
  expect(structures.isPageSetValid(set)).toBe(true);
  expect(pages.every((page) => structures.hasPage(set, page))).toBe(true);
  const others = pages.map((page) => page + 50_000_000n);
  expect(others.some((page) => structures.hasPage(set, page))).toBe(false);
});
