/** The policies of operating systems and textbooks: R and M bits, virtual time, ghosts; and what their sources print. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SYSTEM_MODELS } from "./models-systems.js";
import { hitsOf } from "./replay.js";

/** Phases of locality, loops and scans; true: the request writes. */
const phase = fc.oneof(
  fc.array(fc.nat(30), { maxLength: 60 }),
  fc.array(fc.nat(8), { maxLength: 60 }),
  fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 14 })).map(([from, length]) => {
    return Array.from({ length: length * 3 }, (_, n) => from + (n % length));
  }),
);
const pages = fc.array(phase, { minLength: 1, maxLength: 8 }).map((phases) => phases.flat());
const requests = pages.chain((list) =>
  fc.record({
    pages: fc.constant(list),
    writes: fc.array(fc.boolean(), { minLength: list.length, maxLength: list.length }),
  }),
);

const CASES: [name: string, parameters: Record<string, number>][] = [
  ["nru", {}],
  ["nru", { interval: 7 }],
  ["gclock", { initial: 0, step: 3, most: 7 }],
  ["gclock", { initial: 2, most: 63 }],
  ["second-chance-enhanced", {}],
  ["aging", {}],
  ["aging", { bits: 2, interval: 5 }],
  ["aging", { bits: 32, interval: 3 }],
  ["nfu", { interval: 4 }],
  ["wsclock", {}],
  ["wsclock", { window: 3 }],
  ["wsclock", { window: 40 }],
  ["working-set", { window: 1 }],
  ["working-set", { window: 17 }],
  ["pff", { threshold: 1 }],
  ["pff", { threshold: 4 }],
  ["vmin", { window: 1 }],
  ["vmin", { window: 17 }],
  ["linux-lru", {}],
  ["mglru", {}],
];
describe.each(CASES)("%s %o", (name, parameters) => {
  const policy =
    Object.keys(parameters).length === 0
      ? name
      : `${name}:${Object.entries(parameters)
          .map(([key, value]) => `${key}=${value}`)
          .join(",")}`;

  test("hits and misses where the model does, with stores among the requests", async () => {
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 12 }), async ({ pages, writes }, frames) => {
        const expected = SYSTEM_MODELS[name]?.(pages, frames, { writes, parameters });
        expect(await hitsOf(policy, pages, frames, writes)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
