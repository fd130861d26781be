import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_GROUPS, SAMPLE_TOTAL } from "../../assembly/abi/analysis.js";
import {
  KIND_CALL,
  KIND_FETCH,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../assembly/abi/core.js";
import {
  LEAST_AT_ONCE,
  ONLY_ALL,
  ONLY_DATA,
  ONLY_INSTRUCTIONS,
  PAGES_ALREADY,
} from "../../assembly/abi/requests.js";
import { caseCount } from "../build.js";
import { createStructures, put, type Structures, U64_MAX, viewOf } from "../structures.js";
import { requestsOf } from "./requests.js";

const WORD = 2n ** 32n;

interface Reference {
  address: bigint;
  size: number;
  kind: number;
}

interface Options {
  pageShift: number;
  only: number;
  limit: number;
  seed: number;
}

/** Wellons's mixing of 32 bits ("Prospecting for Hash Functions", 2018: lowbias32), with unlimited integers. */
function mix(value: bigint): bigint {
  let x = value;
  x = ((x ^ (x >> 16n)) * 0x7feb352dn) % WORD;
  x = ((x ^ (x >> 15n)) * 0x846ca68bn) % WORD;
  return x ^ (x >> 16n);
}

function hashOf(page: bigint, seed: number): bigint {
  const folded = ((page / WORD) * 0x9e3779b1n) % WORD;
  return mix((page % WORD) ^ folded ^ mix((BigInt(seed) + 1n) % WORD));
}

/** All requests of the references, one for each page. */
function requestsFor(references: readonly Reference[], { pageShift, only }: Options) {
  const wanted = references.filter(({ kind }) => {
    if (kind === KIND_CALL) return false;
    return only === ONLY_ALL || (only === ONLY_INSTRUCTIONS) === (kind === KIND_FETCH);
  });
  return wanted.flatMap(({ address, size, kind }) => {
    if (pageShift === PAGES_ALREADY) return [{ page: address, kind }];
    const end = address + BigInt(Math.max(size, 1) - 1);
    const last = (end > U64_MAX ? U64_MAX : end) >> BigInt(pageShift);
    const first = address >> BigInt(pageShift);
    return Array.from({ length: Number(last - first) + 1 }, (_, n) => ({ page: first + BigInt(n), kind }));
  });
}

function putRecords(structures: Structures, references: readonly Reference[]): number {
  const view = new DataView(new ArrayBuffer(references.length * RECORD_BYTES));
  for (const [n, { address, size, kind }] of references.entries()) {
    const at = n * RECORD_BYTES;
    view.setBigUint64(at + RECORD_ADDRESS, address, true);
    view.setUint32(at + RECORD_SIZE, size, true);
    view.setUint8(at + RECORD_KIND, kind);
  }
  return put(structures, new Uint8Array(view.buffer));
}

/** The sample of one batch, and that of each group. */
async function sampleOf(references: readonly Reference[], { pageShift, only, limit, seed }: Options) {
  const structures = await createStructures();
  const whole = structures.createRequests(pageShift, only);
  const sample = structures.createSample(whole, pageShift, only, limit, seed);
  const parts = Array.from({ length: SAMPLE_GROUPS }, () => structures.createRequests(pageShift, only));
  for (const part of parts) structures.addSampleGroup(sample, part);
  structures.beginSample(sample, putRecords(structures, references), references.length);
  const found: { page: bigint; kind: number }[] = [];
  const groups: { page: bigint; kind: number }[][] = parts.map(() => []);
  let steps = 0;
  for (let isMore = true; isMore; steps++) {
    isMore = structures.stepSample(sample);
    expect(structures.isSampleValid(sample)).toBe(true);
    found.push(...requestsOf(structures, whole));
    for (const [n, part] of parts.entries()) groups[n]?.push(...requestsOf(structures, part));
  }
  const total = Number(viewOf(structures).getBigUint64(sample + SAMPLE_TOTAL, true));
  return { found, groups, total, steps };
}

const reference: fc.Arbitrary<Reference> = fc.record({
  address: fc.oneof(
    fc.bigInt({ min: 0n, max: 100_000n }),
    fc.bigInt({ min: 0n, max: U64_MAX }),
    fc.bigInt({ min: U64_MAX - 5000n, max: U64_MAX }),
  ),
  size: fc.oneof({ weight: 4, arbitrary: fc.nat(16) }, { weight: 1, arbitrary: fc.nat(20_000) }),
  kind: fc.nat(KIND_CALL),
});

const options: fc.Arbitrary<Options> = fc.record({
  pageShift: fc.constantFrom(12, 14, PAGES_ALREADY),
  only: fc.constantFrom(ONLY_ALL, ONLY_DATA, ONLY_INSTRUCTIONS),
  limit: fc.constantFrom(0xffffffff, 0x80000000, 0x30000000),
  seed: fc.nat(5),
});

describe("a sample", () => {
  test("has the requests for the pages whose hash is within the limit, in order, and counts the others", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(reference, { maxLength: 60, size: "max" }),
        options,
        async (references, chosen) => {
          const { found, groups, total } = await sampleOf(references, chosen);
          const all = requestsFor(references, chosen);
          const hashOfPage = (page: bigint) => hashOf(page, chosen.seed);
          const expected = all.filter(({ page }) => hashOfPage(page) <= BigInt(chosen.limit));
          expect(total).toBe(all.length);
          expect(found).toEqual(expected);
          for (const [n, group] of groups.entries()) {
            const own = expected.filter(({ page }) => hashOfPage(page) % BigInt(SAMPLE_GROUPS) === BigInt(n));
            expect(group).toEqual(own);
          }
        },
      ),
      { numRuns: caseCount(30) },
    );
  });

  test("has the pages whose hash equals the limit", async () => {
    const pages = Array.from({ length: 9 }, (_, n) => BigInt(n));
    const references = pages.map((address) => ({ address, size: 0, kind: 1 }));
    for (const page of pages) {
      const limit = Number(hashOf(page, 0));
      const chosen = { pageShift: PAGES_ALREADY, only: ONLY_ALL, seed: 0 };
      const isIn = async (upTo: number) => {
        return (await sampleOf(references, { ...chosen, limit: upTo })).found.some(
          (request) => request.page === page,
        );
      };
      expect([await isIn(limit), await isIn(limit - 1)]).toEqual([true, false]);
    }
  });

  test("of one reference to more pages than fit in a step continues in the next step", async () => {
    const size = 4096 * (LEAST_AT_ONCE + 1000);
    const references = [{ address: 4096n, size, kind: 1 }];
    const chosen = { pageShift: 12, only: ONLY_ALL, limit: 0xffffffff, seed: 0 };
    const { found, total, steps } = await sampleOf(references, chosen);
    expect([found.length, total, steps]).toEqual([LEAST_AT_ONCE + 1000, LEAST_AT_ONCE + 1000, 2]);
    expect(found.at(-1)?.page).toBe(BigInt(LEAST_AT_ONCE + 1000));
  });

  test("has about the share of pages that its limit gives, and other pages with another seed", async () => {
    const references = Array.from({ length: 20_000 }, (_, n) => ({ address: BigInt(n), size: 0, kind: 1 }));
    const limit = Math.round(2 ** 32 / 10);
    const samples = [0, 1].map((seed) => {
      return sampleOf(references, { pageShift: PAGES_ALREADY, only: ONLY_ALL, limit, seed });
    });
    const [first, second] = (await Promise.all(samples)).map(({ found }) => found.map(({ page }) => page));
    // Five standard deviations of a binomial distribution.
    const tolerance = 5 * Math.sqrt(20_000 * 0.1 * 0.9);
    expect(Math.abs((first?.length ?? 0) - 2000)).toBeLessThan(tolerance);
    expect(Math.abs((second?.length ?? 0) - 2000)).toBeLessThan(tolerance);
    expect(first).not.toEqual(second);
  });
});
