/** Faults and TLB misses by region: compared with a naive machine that has one small TLB a side. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openTrace, type RegionCosts, replay } from "#pagewalk/index.js";
import { caseCount } from "../build.js";

const PAGE = 4096;
const ENTRIES = 3;
const LETTERS = { I: "I ", L: " L", S: " S", M: " M" } as const;

interface Reference {
  kind: keyof typeof LETTERS;
  address: number;
  size: number;
}

const references = fc.array(
  fc.record({
    kind: fc.constantFrom<Reference["kind"]>("I", "L", "S", "M"),
    address: fc.integer({ min: 2 * PAGE, max: 10 * PAGE }),
    size: fc.integer({ min: 1, max: 64 }),
  }),
  { minLength: 1, maxLength: 200, size: "max" },
);
const bounds = fc.uniqueArray(fc.integer({ min: 1, max: 11 * PAGE }), { minLength: 2, maxLength: 6 });

const traceOf = (list: readonly Reference[]) => {
  const lines = list.map(({ kind, address, size }) => `${LETTERS[kind]} ${address.toString(16)},${size}\n`);
  return openTrace(new TextEncoder().encode(lines.join("")), { format: "lackey", name: "t" });
};

/** Touches a page in a fully associative TLB with LRU; whether it was missing. */
function touch(tlb: number[], page: number): boolean {
  const at = tlb.indexOf(page);
  if (at >= 0) tlb.splice(at, 1);
  tlb.unshift(page);
  tlb.length = Math.min(tlb.length, ENTRIES);
  return at < 0;
}

/** The costs of each reference, by the name of the region that it begins in. */
function naive(list: readonly Reference[], nameOf: (address: number) => string) {
  const seen = new Set<number>();
  const tlbs = { l1i: [] as number[], l1d: [] as number[] };
  const costs = new Map<string, Omit<RegionCosts, "start" | "end">>();
  for (const { kind, address, size } of list) {
    const side = kind === "I" ? "l1i" : "l1d";
    const name = nameOf(address);
    const cost = costs.get(name) ?? {
      name,
      minorFaults: 0,
      majorFaults: 0,
      walks: 0,
      tlbMisses: { l1i: 0, l1d: 0 },
    };
    costs.set(name, cost);
    let missing = 0;
    for (let page = Math.floor(address / PAGE); page <= Math.floor((address + size - 1) / PAGE); page++) {
      if (!seen.has(page)) cost.minorFaults++;
      seen.add(page);
      if (touch(tlbs[side], page)) missing++;
    }
    cost.walks += missing;
    if (missing > 0) cost.tlbMisses[side] = (cost.tlbMisses[side] ?? 0) + 1;
  }
  return [...costs.values()].filter(({ minorFaults, walks }) => minorFaults + walks > 0);
}

const byName = <Cost extends { name: string }>(costs: readonly Cost[]) =>
  costs.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe("costs by region", () => {
  test("are those of the references that begin there, and together all", async () => {
    await fc.assert(
      fc.asyncProperty(references, bounds, async (list, ends) => {
        const sorted = ends.toSorted((a, b) => a - b);
        // Every second stretch is a region, so that some references are in none.
        const regions = sorted.flatMap((start, n) => {
          const end = sorted[n + 1];
          if (end === undefined || n % 2 === 1) return [];
          return [{ start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}`, name: `region ${n}` }];
        });
        const nameOf = (address: number) =>
          regions.find(({ start, end }) => Number(start) <= address && address < Number(end))?.name ??
          "elsewhere";
        const result = await replay(await traceOf(list), {
          tlb: `l1i=${ENTRIES}xfull,l1d=${ENTRIES}xfull`,
          regions: regions.toReversed(),
        });
        const told = new Map<string, Omit<RegionCosts, "start" | "end">>();
        for (const { start: _, end: __, ...costs } of result.regions ?? []) {
          const sum = told.get(costs.name);
          // References elsewhere lie between the regions, in several parts.
          if (sum === undefined) told.set(costs.name, costs);
          else {
            sum.minorFaults += costs.minorFaults;
            sum.walks += costs.walks;
            for (const [tlb, count] of Object.entries(costs.tlbMisses))
              sum.tlbMisses[tlb] = (sum.tlbMisses[tlb] ?? 0) + count;
          }
        }
        expect(byName([...told.values()])).toEqual(byName(naive(list, nameOf)));
      }),
      { numRuns: caseCount(60) },
    );
  });

  test("have the major faults of limited memory", async () => {
    const list: Reference[] = Array.from({ length: 400 }, (_, n) => ({
      kind: "S",
      address: (n % 40) * PAGE,
      size: 8,
    }));
    const half = `0x${(20 * PAGE).toString(16)}`;
    const { regions, faults } = await replay(await traceOf(list), {
      memory: "128KiB",
      regions: [
        { start: "0x0", end: half, name: "low" },
        { start: half, end: "0x100000", name: "high" },
      ],
    });
    const sum = (key: "minorFaults" | "majorFaults") =>
      (regions ?? []).reduce((all, one) => all + one[key], 0);
    expect([sum("minorFaults"), sum("majorFaults")]).toEqual([faults.minor, faults.major]);
    expect(regions?.map(({ name, minorFaults }) => [name, minorFaults])).toEqual([
      ["low", 20],
      ["high", 20],
    ]);
    for (const { majorFaults } of regions ?? []) expect(majorFaults).toBeGreaterThan(0);
  });

  test.each([
    [{ start: "0x1000", end: "0x1000" }, /^regions: "a" has no bytes from 0x1000 to 0x1000; /],
    [{ start: "4096", end: "0x2000" }, /^regions: "4096" is no address; /],
    [
      { start: "0x1000", end: "0x3001" },
      /^regions: the regions at 0x3000 overlap; give regions that do not overlap/,
    ],
  ])("of %j are refused", async (region, message) => {
    const regions = [
      { ...region, name: "a" },
      { start: "0x3000", end: "0x4000", name: "b" },
    ];
    const refused = replay(await traceOf([{ kind: "L", address: 0, size: 1 }]), { regions });
    await expect(refused).rejects.toThrow(message);
  });
});
