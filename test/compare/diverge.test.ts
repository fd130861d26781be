/** Divergence of two policies, compared with plain lists of pages. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, type DivergeOptions, diverge, openTrace, UsageError } from "#pagewalk/index.js";
import { policies } from "#pagewalk/policy/policies.js";
import { caseCount } from "../build.js";
import { MODELS } from "../policy/models/every-model.js";

const lirs = (list: readonly number[]) =>
  openTrace(new TextEncoder().encode(`${list.join("\n")}\n`), { name: "some.lirs", format: "lirs" });
const lackey = (lines: string) =>
  openTrace(new TextEncoder().encode(lines), { name: "some.lackey", format: "lackey" });

const pagesAndLoops = fc
  .array(
    fc.oneof(fc.array(fc.nat(30), { maxLength: 30 }), fc.constant([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((phases) => [7, ...phases.flat()]);

/** Policies whose whole state is a list of the pages that they hold, with the index of the next victim. */
const LISTS: Readonly<Record<string, { moves: boolean; victim: (pages: readonly number[]) => number }>> = {
  fifo: { moves: false, victim: () => 0 },
  lru: { moves: true, victim: () => 0 },
  mru: { moves: true, victim: (pages) => pages.length - 1 },
};

/** The expected result of `diverge`, computed with two lists. */
function differencesOf(names: readonly [string, string], pages: readonly number[], frames: number) {
  const sides = names.map((policy) => ({ policy, list: [] as number[], ...LISTS[policy] }));
  return pages.flatMap((page, request) => {
    const held = sides.map(({ policy, list, victim }, n) => {
      const other = sides[1 - n]?.list ?? [];
      const only = list.filter((one) => !other.includes(one)).sort((a, b) => a - b);
      return {
        policy,
        hits: list.includes(page),
        resident: list.length,
        only: only.length,
        pages: only.slice(0, 8).map(String),
        victim: list.length < frames ? null : String(list[victim?.(list) ?? 0]),
      };
    });
    for (const { list, moves, victim } of sides) {
      const at = list.indexOf(page);
      if (at >= 0 && !moves) continue;
      if (at >= 0) list.splice(at, 1);
      else if (list.length === frames) list.splice(victim?.(list) ?? 0, 1);
      list.push(page);
    }
    if (held[0]?.hits === held[1]?.hits) return [];
    return [{ request, reference: request, place: `some.lirs:${request + 1}`, page: String(page), held }];
  });
}

describe("two policies", () => {
  test.each([
    ["lru", "fifo"],
    ["fifo", "mru"],
    ["mru", "lru"],
  ] as const)(
    "%s and %s diverge at the same requests, with the same pages, as plain lists",
    async (...names) => {
      await fc.assert(
        fc.asyncProperty(pagesAndLoops, fc.integer({ min: 1, max: 14 }), async (pages, frames) => {
          const { divergences } = await diverge(await lirs(pages), { policies: names, frames, limit: 1000 });
          const differences = differencesOf(names, pages, frames);
          const whole = {
            trace: "some.lirs",
            policies: names,
            frames,
            requests: pages.length,
            complete: true,
          };
          expect(divergences).toEqual([{ ...whole, differences }]);
        }),
        { numRuns: caseCount(60) },
      );
    },
  );

  test("every pair of policies diverges where the models do", async () => {
    const names = (await policies()).map(({ name }) => name);
    const pages = Array.from(
      { length: 1500 },
      (_, n) => Math.floor(60 * ((n * 0.618034) % 1) ** 2) + (n >> 8),
    );
    for (const [n, first] of names.entries()) {
      const second = names[(n + 1) % names.length] ?? "";
      const [one, other] = [first, second].map((name) => MODELS[name]?.(pages, 20) ?? []);
      const expected = [...pages.keys()].filter((at) => one?.[at] !== other?.[at]);
      const asked = { policies: [first, second], frames: 20, limit: 1500 };
      const { divergences } = await diverge(await lirs(pages), asked);
      expect(divergences[0]?.differences.map(({ request }) => request)).toEqual(expected);
    }
  });

  test("diverge as often as their counts require, over many steps and batches", async () => {
    const pages = Array.from(
      { length: 80_000 },
      (_, n) => Math.floor(90 * ((n * 0.618034) % 1) ** 3) + (n >> 12),
    );
    const asked = { policies: "sieve,arc", frames: 88 };
    const { divergences } = await diverge(await lirs(pages), { ...asked, limit: 100_000 });
    const { results } = await compare(await lirs(pages), asked);
    const hits = [0, 1].map(
      (n) => divergences[0]?.differences.filter(({ held }) => held[n]?.hits).length ?? 0,
    );
    expect(hits[0]).toBeGreaterThan(100);
    expect((hits[0] ?? 0) - (hits[1] ?? 0)).toBe((results[0]?.hits ?? 0) - (results[1]?.hits ?? 0));
  });

  test("the policy that misses evicts the page that is named", async () => {
    const pages = Array.from(
      { length: 800 },
      (_, n) => Math.floor(40 * ((n * 0.618034) % 1) ** 2) + (n >> 7),
    );
    const { divergences } = await diverge(await lirs(pages), {
      policies: "arc,random",
      frames: 12,
      limit: 800,
    });
    let checked = 0;
    for (const { request, page, held } of divergences[0]?.differences ?? []) {
      const loser = held.find(({ hits }) => !hits);
      if (loser === undefined || loser.victim === null) continue;
      // One request more: whether the victim hits then.
      const then = [...pages.slice(0, request), Number(page), Number(loser.victim)];
      const hits = MODELS[loser.policy]?.(then, 12) ?? [];
      expect(hits.at(-1)).toBe(false);
      checked++;
    }
    expect(checked).toBeGreaterThan(20);
  });

  test("differences are reported up to a limit, for each number of frames", async () => {
    const pages = Array.from({ length: 3000 }, (_, n) => (n * n) % 97);
    const asked = { policies: "lru,mru", frames: "10%,30", limit: 3 };
    const { divergences } = await diverge(await lirs(pages), asked);
    const all = await diverge(await lirs(pages), { ...asked, limit: 3000 });
    for (const [n, { differences, complete, requests }] of divergences.entries()) {
      expect(complete).toBe(false);
      expect(differences).toEqual(all.divergences[n]?.differences.slice(0, 3));
      expect(requests).toBe((differences.at(-1)?.request ?? 0) + 1);
    }
    expect(divergences.map(({ frames }) => frames)).toEqual([4, 30]);
  });

  test("diverge on a stream as on bytes", async () => {
    const pages = Array.from({ length: 3000 }, (_, n) => (n * n) % 97);
    const stream = () => new Blob([`${pages.join("\n")}\n`]).stream();
    for (const options of [
      { policies: "lru,arc", frames: 9 },
      { policies: "lru,opt", frames: "20%" },
    ]) {
      const trace = await openTrace(stream(), { name: "some.lirs", format: "lirs" });
      expect(await diverge(trace, options)).toEqual(await diverge(await lirs(pages), options));
      await trace.close();
    }
  });
});

describe("a difference in a trace of addresses", () => {
  // Pages 1 2 1 3 4 1, the fourth reference crossing from 3 into 4.
  const lines = "==1== lackey\nI  00001000,3\n L 00002000,4\n S 00001008,8\n M 00003ffe,4\n L 00001010,1\n";

  test("has its reference, address, kind and line, and requests counted apart from references", async () => {
    const { divergences } = await diverge(await lackey(lines), { policies: "fifo,lru", frames: 3 });
    const [first] = divergences[0]?.differences ?? [];
    expect(first).toMatchObject({
      request: 5,
      reference: 4,
      place: "some.lackey:6",
      page: "0x1000",
      address: "0x1010",
      kind: "load",
      held: [
        { policy: "fifo", hits: false, only: 1, pages: ["0x2000"], victim: "0x2000" },
        { policy: "lru", hits: true, only: 1, pages: ["0x1000"], victim: "0x1000" },
      ],
    });
  });

  test("is counted only among the selected references", async () => {
    const asked = { policies: "fifo,lru", frames: 2, only: "data" } as const;
    const { divergences } = await diverge(await lackey(` S 00001000,1\n${lines}`), asked);
    // Data pages 1 2 1 3 4 1.
    expect(divergences[0]).toMatchObject({ requests: 6, complete: true, differences: [] });
    const three = await diverge(await lackey(` S 00001000,1\n${lines}`), { ...asked, frames: 3 });
    expect(three.divergences[0]?.differences[0]).toMatchObject({
      request: 5,
      reference: 5,
      place: "some.lackey:7",
    });
  });
});

test.each([
  [{ policies: "lru" }, /two policies are compared, not 1; name two different ones/],
  [{ policies: "lru,lru" }, /two policies are compared, not 1/],
  [{ policies: "lru,arc,opt" }, /two policies are compared, not 3/],
  [{ policies: "lru,ark" }, /did you mean arc\?/],
  [{ policies: "lru,arc", limit: 0 }, /limit cannot be 0; it is at least 1/],
  [{ policies: "lru,arc", frames: "none" }, /"none" is not a number of frames/],
  [{ policies: "lru,arc", limits: 3 } as DivergeOptions, /unknown option "limits"; did you mean "limit"\?/],
])("%j is refused", async (options, message) => {
  const refused = diverge(await lirs([1]), options);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toBeInstanceOf(UsageError);
});
