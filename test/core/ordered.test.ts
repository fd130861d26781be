import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { caseCount } from "../build.js";
import { createStructures, type Structures, U64_MAX } from "../structures.js";

const SETS = 3;
type Pair = [major: bigint, minor: bigint];

// Few numbers, so that pairs share their majors; the largest show that comparison is unsigned.
const word = fc.oneof(fc.bigInt({ min: 0n, max: 6n }), fc.constantFrom(2n ** 63n, U64_MAX - 1n));
const pair: fc.Arbitrary<Pair> = fc.tuple(word, word);

const isBelow = (a: Pair, b: Pair) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
const isEqual = (a: Pair, b: Pair) => a[0] === b[0] && a[1] === b[1];

/** Sets in one pool, by their roots. */
class Sets {
  readonly roots: number[] = Array.from({ length: SETS }, () => 0);

  constructor(
    readonly structures: Structures,
    readonly pool = structures.createOrdered(),
  ) {}

  insert(set: number, [major, minor]: Pair): void {
    this.roots[set] = this.structures.insertPair(this.pool, this.root(set), major, minor);
  }

  remove(set: number, [major, minor]: Pair): void {
    this.roots[set] = this.structures.removePair(this.pool, this.root(set), major, minor);
  }

  root(set: number): number {
    return this.roots[set] as number;
  }

  pairOf(node: number): Pair | undefined {
    const { structures, pool } = this;
    return node === 0 ? undefined : [structures.majorOf(pool, node), structures.minorOf(pool, node)];
  }

  atLeast(set: number, [major, minor]: Pair): Pair | undefined {
    return this.pairOf(this.structures.pairAtLeast(this.pool, this.root(set), major, minor));
  }

  /** The pairs of a set in ascending order, each found by a search from the previous one. */
  list(set: number): Pair[] {
    const found: Pair[] = [];
    let next = this.pairOf(this.structures.firstPair(this.pool, this.root(set)));
    while (next !== undefined) {
      found.push(next);
      next = this.atLeast(set, [next[0], next[1] + 1n]);
    }
    return found;
  }
}

describe("sets in one pool", () => {
  test("give the same answers as sorted arrays of pairs", async () => {
    const operation = fc.tuple(fc.boolean(), fc.nat(SETS - 1), pair, pair);
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 100, size: "max" }),
      async (operations) => {
        const sets = new Sets(await createStructures());
        const naive: Pair[][] = Array.from({ length: SETS }, () => []);
        for (const [isInsert, set, wanted, asked] of operations) {
          const list = naive[set] as Pair[];
          const at = list.findIndex((other) => isEqual(other, wanted));
          if (isInsert && at < 0) {
            sets.insert(set, wanted);
            list.push(wanted);
            list.sort((a, b) => (isBelow(a, b) ? -1 : 1));
          } else if (!isInsert && at >= 0) {
            sets.remove(set, wanted);
            list.splice(at, 1);
          }
          const { structures, pool } = sets;
          expect(structures.isOrderedValid(pool, sets.root(set))).toBe(true);
          expect(sets.atLeast(set, asked)).toEqual(list.find((other) => !isBelow(other, asked)));
          const atMost = structures.pairAtMost(pool, sets.root(set), asked[0]);
          expect(sets.pairOf(atMost)).toEqual(list.findLast(([major]) => major <= asked[0]));
        }
        for (const [set, list] of naive.entries()) expect(sets.list(set)).toEqual(list);
      },
    );
    await fc.assert(property, { numRuns: caseCount(20) });
  });

  const many = Array.from({ length: 1000 }, (_, n): Pair => [BigInt(n >> 2), BigInt(n & 3)]);

  /** The nodes that a search for each pair visits. */
  function stepsOf(sets: Sets): number[] {
    return many.map((wanted) => {
      sets.atLeast(0, wanted);
      return sets.structures.searchSteps(sets.pool);
    });
  }

  test("have a shape that depends only on their pairs, and is balanced even if pairs are added in order", async () => {
    const sets = new Sets(await createStructures());
    for (const next of many) sets.insert(0, next);
    const steps = stepsOf(sets);
    // The expected depth of a random search tree is 2 ln n, 14 here; a list would take 1000.
    expect(Math.max(...steps)).toBeLessThan(40);

    const other = new Sets(await createStructures());
    for (const next of [...many].reverse()) other.insert(0, [next[0] + 500n, next[1]]);
    for (const next of [...many].sort((a, b) => Number(a[1] - b[1]))) other.insert(0, next);
    for (const next of many) other.remove(0, [next[0] + 500n, next[1]]);
    expect(stepsOf(other)).toEqual(steps);
  });

  test("reuse the nodes of removed pairs", async () => {
    const sets = new Sets(await createStructures());
    for (const next of many) sets.insert(0, next);
    const before = sets.structures.arenaBytes();
    for (let round = 1; round < 6; round++) {
      for (const next of many) {
        sets.remove((round - 1) % SETS, next);
        sets.insert(round % SETS, next);
      }
    }
    expect(sets.structures.arenaBytes()).toBe(before);
    expect(sets.list(5 % SETS)).toEqual(many);
  });

  test("have an independent copy", async () => {
    const structures = await createStructures();
    const sets = new Sets(structures);
    for (const next of many) sets.insert(0, next);
    const copy = new Sets(structures, structures.copyOrdered(sets.pool));
    copy.roots[0] = sets.root(0);
    for (const next of many.slice(0, 500)) copy.remove(0, next);
    expect(sets.list(0)).toEqual(many);
    expect(copy.list(0)).toEqual(many.slice(500));
  });
});
