import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caseCount } from "../build.js";
import { anyU64, createStructures, type Structures } from "../structures.js";

/** The stack as a list, the page requested last at its front. */
class NaiveStack<Page> {
  private pages: Page[] = [];

  /** Returns the old depth, 0 for a new page. */
  touch(page: Page): number {
    const depth = this.pages.indexOf(page) + 1;
    if (depth > 0) this.pages.splice(depth - 1, 1);
    this.pages.unshift(page);
    return depth;
  }

  remove(page: Page): boolean {
    const at = this.pages.indexOf(page);
    if (at >= 0) this.pages.splice(at, 1);
    return at >= 0;
  }

  get size(): number {
    return this.pages.length;
  }
}

/** A stack of the kernel, whose pages are numbered as they come. */
class KernelStack {
  private readonly stack: number;
  private readonly numbers = new Map<bigint, number>();

  constructor(private readonly structures: Structures) {
    this.stack = structures.createStackDistances();
  }

  touch(page: bigint): number {
    return this.structures.touchPage(this.stack, this.numberOf(page));
  }

  remove(page: bigint): void {
    this.structures.removePage(this.stack, this.numberOf(page));
  }

  get size(): number {
    return this.structures.livePages(this.stack);
  }

  isValid(): boolean {
    return this.structures.areDistancesValid(this.stack);
  }

  private numberOf(page: bigint): number {
    const number = this.numbers.get(page) ?? this.numbers.size;
    this.numbers.set(page, number);
    return number;
  }
}

describe("stack distances", () => {
  test("are positions in a list that is searched from its front", async () => {
    const operation = fc.tuple(fc.constantFrom("touch", "touch", "touch", "remove"), anyU64);
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 100, size: "max" }), async (operations) => {
        const stack = new KernelStack(await createStructures());
        const naive = new NaiveStack<bigint>();
        for (const [kind, page] of operations) {
          if (kind === "touch") expect(stack.touch(page)).toBe(naive.touch(page));
          else if (naive.remove(page)) {
            stack.remove(page);
          }
          expect(stack.size).toBe(naive.size);
          expect(stack.isValid()).toBe(true);
        }
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("of Mattson's cyclic string equal the length of its loop", async () => {
    const stack = new KernelStack(await createStructures());
    const depths = Array.from({ length: 30 }, (_, n) => stack.touch(BigInt(n % 7)));
    expect(depths).toEqual([...Array(7).fill(0), ...Array(23).fill(7)]);
  });

  // There are 16,384 positions at first, and room for 4096 pages. When positions run out, few pages are packed into them,
  // and many get twice as many.
  test.each([
    [50, 40_000],
    [9000, 30_000],
  ])("stay exact with %d pages while %d requests use up positions", async (pages, requests) => {
    const stack = new KernelStack(await createStructures());
    const naive = new NaiveStack<number>();
    const wrong: number[] = [];
    for (let n = 0; n < requests; n++) {
      const page = Math.floor(pages * ((n * 0.6180339887) % 1) ** 2);
      if (stack.touch(BigInt(page)) !== naive.touch(page)) wrong.push(n);
      if (n % 64 !== 0) continue;
      const gone = n % pages;
      if (naive.remove(gone)) stack.remove(BigInt(gone));
    }
    expect(wrong).toEqual([]);
    expect(stack.size).toBe(naive.size);
    expect(stack.isValid()).toBe(true);
  });
});
