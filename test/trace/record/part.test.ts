/** The part of a recording that is kept, against a model that goes through an array of references. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partOf } from "#pagewalk/trace/record/part.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelPart, type PartSettings } from "#pagewalk/wasm/part.js";
import { caseCount } from "../../build.js";
import { FETCH, LOAD, type PlainRecord, STORE } from "../records.js";

const CALL = 4;
/** The bytes that the stores of a marker go to, from include/pagewalk.h. */
const START = [7, 12, 1, 14, 3, 9, 0, 15, 5, 10, 2, 13];
const STOP = [...START.slice(0, -1), 4];

const fetch = (address: number): PlainRecord => ({ kind: FETCH, address: BigInt(address), size: 4 });
const store = (address: number, size = 1): PlainRecord => ({ kind: STORE, address: BigInt(address), size });
/** As a compiler makes it: each store is an instruction. */
const marker = (bytes: readonly number[], place: number) =>
  bytes.flatMap((byte) => [fetch(0x5000), store(place * 16 + byte)]);

/** The numbers of the records that are kept. */
function kept(records: readonly PlainRecord[], settings: PartSettings): number[] {
  const { from = { number: 0 }, until, marked = false, windows, limit = Number.POSITIVE_INFINITY } = settings;
  const is = (place: PartSettings["until"], number: number, address: bigint) =>
    place !== undefined && ("number" in place ? number >= place.number : place.address === address);
  const result: number[] = [];
  const stores = new Map<bigint, number[]>();
  let [number, references, ofPart] = [-1, 0, -1];
  let isMarked = !marked;
  let keeps = false;
  for (const [at, { kind, address, size }] of records.entries()) {
    if (kind === FETCH) {
      number++;
      const isBegun = ofPart >= 0 || is(from, number, address);
      // The function with which the part begins may be the one before which it ends: at its next call.
      const mayEnd = ofPart >= 0 || (isBegun && until !== undefined && "number" in until);
      if (mayEnd && is(until, number, address)) break;
      const counts = isBegun && isMarked;
      if (isBegun && ofPart < 0) ofPart = 0;
      keeps = counts && (windows === undefined || ofPart % windows.period < windows.window);
      if (counts) ofPart++;
    }
    if (marked && kind === STORE && size === 1) {
      const place = address / 16n;
      const bytes = [...(stores.get(place) ?? []), Number(address % 16n)].slice(-START.length);
      stores.set(place, bytes);
      if (`${bytes}` === `${START}`) isMarked = true;
      if (`${bytes}` === `${STOP}`) isMarked = false;
    }
    if (kind === CALL) result.push(at);
    else if (keeps) {
      result.push(at);
      if (++references === limit) break;
    }
  }
  return result;
}

/** The numbers of the records that the kernel keeps, in batches of these lengths. */
async function keptByKernel(
  records: readonly PlainRecord[],
  settings: PartSettings,
  lengths: readonly number[],
): Promise<number[]> {
  const kernel = await Kernel.create();
  const part = new KernelPart(kernel, settings);
  const memory = kernel.allocate(Math.max(...lengths) * 16);
  const result: number[] = [];
  for (let first = 0, turn = 0; first < records.length && !part.ended; turn++) {
    const batch = records.slice(first, first + (lengths[turn % lengths.length] ?? 1));
    for (const [n, { kind, address, size }] of batch.entries()) {
      const at = memory + n * 16;
      kernel.view().setBigUint64(at, address, true);
      kernel.view().setUint32(at + 8, size, true);
      // The byte beside the kind carries the number of the record.
      kernel.view().setUint32(at + 12, kind | (n << 8), true);
    }
    const { count, calls } = part.take(memory, batch.length);
    const numbers = Array.from({ length: count }, (_, n) => {
      return first + (kernel.view().getUint32(memory + n * 16 + 12, true) >>> 8);
    });
    expect(numbers.filter((at) => records[at]?.kind === CALL)).toHaveLength(calls);
    result.push(...numbers);
    first += batch.length;
  }
  return result;
}

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }).map((n) => [fetch(0x1000 * n)]) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 63 }).map((n) => [store(0x8000 + n)]) },
  { weight: 2, arbitrary: fc.constant([{ kind: LOAD, address: 0x8007n, size: 1 }, store(0x8007, 8)]) },
  { weight: 1, arbitrary: fc.constant([{ kind: CALL, address: 0n, size: 0 }]) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        isStart: fc.boolean(),
        place: fc.constantFrom(0x800, 0x801),
        length: fc.constantFrom(12, 12, 7),
      })
      .map(({ isStart, place, length }) => marker((isStart ? START : STOP).slice(0, length), place)),
  },
  { weight: 1, arbitrary: fc.constant(shuffled(marker(START, 0x802), marker(STOP, 0x803))) },
);

/** Two threads that take turns. */
function shuffled(one: readonly PlainRecord[], other: readonly PlainRecord[]): PlainRecord[] {
  return one.flatMap((record, n) => [record, other[n] as PlainRecord]);
}

const place = fc.option(
  fc.oneof(
    fc.integer({ min: 0, max: 60 }).map((number) => ({ number })),
    fc.constantFrom(1, 2, 5, 6).map((n) => ({ address: BigInt(n * 0x1000) })),
  ),
  { nil: undefined },
);
const settings: fc.Arbitrary<PartSettings> = fc.record({
  from: place,
  until: place,
  marked: fc.boolean(),
  windows: fc.option(
    fc.record({ window: fc.integer({ min: 1, max: 4 }), period: fc.integer({ min: 4, max: 9 }) }),
    { nil: undefined },
  ),
  limit: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
});

test("keeps the references that a model keeps, in any batches", async () => {
  const pieces = fc.array(piece, { maxLength: 60, size: "max" });
  const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(pieces, settings, lengths, async (all, given, pace) => {
      const records = all.flat();
      expect(await keptByKernel(records, given, pace)).toEqual(kept(records, given));
    }),
    { numRuns: caseCount(300) },
  );
});

describe("between markers", () => {
  test("the instruction after START is the first, and the last store of STOP the last", async () => {
    const inside = [fetch(0x1000), store(0x9000, 8), fetch(0x2000)];
    const records = [
      fetch(0x3000),
      ...marker(START, 0x800),
      ...inside,
      ...marker(STOP, 0x800),
      fetch(0x4000),
    ];
    const first = 1 + 2 * START.length;
    const last = first + inside.length + 2 * STOP.length;
    const due = Array.from({ length: last - first }, (_, n) => first + n);
    expect(await keptByKernel(records, { marked: true }, [7])).toEqual(due);
  });

  test("a marker is found among the stores of other threads", async () => {
    const others = Array.from({ length: 24 }, (_, n) => store(0x8000 + 16 * (n % 3) + 7));
    const records = [...shuffled(marker(START, 0x900), others), fetch(0x1000)];
    expect(await keptByKernel(records, { marked: true }, [50])).toEqual([48]);
  });
});

describe("an option", () => {
  const none = () => 0n;

  test("is a number or the name of a function", () => {
    const part = partOf({ from: "1e6", until: "finish" });
    expect(part.functions).toEqual({ until: "finish" });
    expect(part.settings(() => 0x401000n)).toMatchObject({
      from: { number: 1_000_000 },
      until: { address: 0x401000n },
    });
  });

  test("is a share of the time", () => {
    expect(partOf({ sample: 0.01 }).settings(none)?.windows).toEqual({ window: 100_000, period: 10_000_000 });
    expect(partOf({ sample: 1 }).settings(none)).toBeUndefined();
  });

  test("is a number of references or the size of the output", () => {
    expect(partOf({ limit: "1e9" }).settings(none)?.limit).toBe(1_000_000_000);
    const { limitBytes, settings } = partOf({ limit: "1GiB" });
    expect([limitBytes, settings(none)]).toEqual([2 ** 30, undefined]);
  });

  test.each([
    [{ from: -1 }, "from: -1 is negative; leave out the minus sign"],
    [{ from: "12x" }, 'from: "12x" is not a number; give digits, such as 1000 or 0.5'],
    [{ from: 5, until: 5 }, "until: 5 is not after 5, where the part begins; give a larger one"],
    [{ sample: 0 }, "sample: 0 is not a share; give more than 0 and at most 1, such as 0.01"],
    [{ limit: 0 }, "limit: a recording of 0 references is empty; give at least 1, or a size such as 1GiB"],
    [{ limit: "0GiB" }, "limit: the size is zero; give bytes or a size such as 64KiB, 16M or 1GiB"],
  ])("%j is refused", (options, message) => {
    expect(() => partOf(options)).toThrow(message);
  });
});
