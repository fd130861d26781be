import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { BytesSink, compare, convertTrace, openTrace, replay } from "#pagewalk/index.js";

const RECORDING = new URL("../../examples/wordcount/wordcount.pagewalk", import.meta.url);
const COUNTED = new URL("../../examples/wordcount/cachegrind.json", import.meta.url);

interface Row {
  tlb: string;
  instructionFetches: number;
  dataReferences: number;
  misses: Record<string, number>;
}

const { rows }: { rows: Row[] } = JSON.parse(readFileSync(COUNTED, "utf8"));

describe("the recording that ships", () => {
  for (const engine of ["auto", "exact"] as const) {
    test.each(rows)(`misses in $tlb as often as cachegrind counted, engine ${engine}`, async (row) => {
      const { trace, tlb } = await replay(await openTrace(RECORDING), { tlb: row.tlb, engine });
      expect(trace.instructionFetches).toBe(row.instructionFetches);
      expect(tlb.l1i?.lookups).toBe(row.instructionFetches);
      expect(tlb.l1d?.lookups).toBe(row.dataReferences);
      expect(tlb.l2?.lookups).toBe((tlb.l1i?.misses ?? 0) + (tlb.l1d?.misses ?? 0));
      expect(trace.loads + trace.stores + trace.modifies).toBe(row.dataReferences);
      const misses = Object.entries(tlb).map(([name, counts]) => [name, counts.misses]);
      expect(Object.fromEntries(misses)).toEqual(row.misses);
    });
  }
});

describe("comparing policies on the data references of the recording that ships", () => {
  const FRAMES = [16, 64, 256];
  let requests: number[];

  beforeAll(async () => {
    const text = new BytesSink();
    await convertTrace(await openTrace(RECORDING), text, { format: "lackey" });
    requests = pagesOf(Buffer.from(text.bytes).toString("latin1"));
  });

  test.each([
    ["lru", naiveLru],
    ["fifo", naiveFifo],
    ["opt", naiveOpt],
  ] as const)("%s misses as often as a naive model", async (policy, model) => {
    const trace = await openTrace(RECORDING);
    const { results } = await compare(trace, { policies: policy, frames: FRAMES, only: "data" });
    expect(results.map(({ misses }) => misses)).toEqual(FRAMES.map((frames) => model(requests, frames)));
    expect(results[0]?.requests).toBe(requests.length);
  });
});

/** The data references' page numbers in lackey text, both pages of a reference that crosses. */
function pagesOf(text: string): number[] {
  const pages: number[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(" ")) continue;
    const comma = line.indexOf(",");
    const address = Number.parseInt(line.slice(3, comma), 16);
    const last = Math.floor((address + Number(line.slice(comma + 1)) - 1) / 4096);
    for (let page = Math.floor(address / 4096); page <= last; page++) pages.push(page);
  }
  return pages;
}

/** A `Map` remembers the order of insertion: its first key is the oldest. */
function naiveLru(pages: readonly number[], frames: number): number {
  const resident = new Map<number, true>();
  let misses = 0;
  for (const page of pages) {
    if (!resident.delete(page)) {
      misses++;
      if (resident.size === frames) resident.delete(resident.keys().next().value ?? 0);
    }
    resident.set(page, true);
  }
  return misses;
}

function naiveFifo(pages: readonly number[], frames: number): number {
  const resident = new Set<number>();
  let misses = 0;
  for (const page of pages) {
    if (resident.has(page)) continue;
    misses++;
    if (resident.size === frames) resident.delete(resident.values().next().value ?? 0);
    resident.add(page);
  }
  return misses;
}

/** Belady's policy: evicts the page whose next use is farthest away. Checks every resident page. */
function naiveOpt(pages: readonly number[], frames: number): number {
  const next = new Array<number>(pages.length);
  const seen = new Map<number, number>();
  for (let index = pages.length - 1; index >= 0; index--) {
    const page = pages[index] ?? 0;
    next[index] = seen.get(page) ?? Number.POSITIVE_INFINITY;
    seen.set(page, index);
  }
  const resident = new Map<number, number>();
  let misses = 0;
  pages.forEach((page, index) => {
    if (!resident.has(page)) {
      misses++;
      if (resident.size === frames) {
        let farthest = -1;
        let victim = 0;
        for (const [candidate, use] of resident) {
          if (use > farthest) [victim, farthest] = [candidate, use];
        }
        resident.delete(victim);
      }
    }
    resident.set(page, next[index] ?? 0);
  });
  return misses;
}
