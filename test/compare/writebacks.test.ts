/** Claims about dirty victims: a page that had a store since it came in is written when it is evicted. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, openTrace, replay } from "#pagewalk/index.js";
import lru from "../../examples/custom-policy/lru.js";
import { caseCount } from "../build.js";
import { gapsOf, Replay } from "../policy/replay.js";

/** The resident pages before a request, in the order in which the next is evicted, and whether each is dirty. */
type Resident = Map<number, boolean>;
type Serve = (resident: Resident, page: number, write: boolean, before: readonly number[]) => boolean[];

/** Each returns whether its victims are dirty. */
const NAIVE: Record<string, Serve> = {
  fifo: (resident, page, write) => enter(resident, page, write, resident.has(page)),
  lru: (resident, page, write) => enter(resident, page, write, false),
  // Pages that are not among the last five requests leave.
  "working-set:window=5": (resident, page, write, before) => {
    const written = enter(resident, page, write, false);
    const kept = new Set([...before, page].slice(-5));
    for (const [one, isDirty] of resident)
      if (!kept.has(one)) {
        written.push(isDirty);
        resident.delete(one);
      }
    return written;
  },
};
const FRAMES = 6;

function enter(resident: Resident, page: number, write: boolean, keepsPlace: boolean): boolean[] {
  const isDirty = write || resident.get(page) === true;
  const victims: boolean[] = [];
  if (!resident.has(page) && resident.size === FRAMES) {
    const [[oldest, wasDirty] = [Number.NaN, false]] = resident;
    victims.push(wasDirty);
    resident.delete(oldest);
  }
  if (!keepsPlace) resident.delete(page);
  resident.set(page, isDirty);
  return victims;
}

const requests = fc.array(fc.tuple(fc.nat(11), fc.boolean()), { minLength: 1, maxLength: 300, size: "max" });

test.each(Object.entries(NAIVE))("%s writes the victims that are dirty", async (policy, serve) => {
  await fc.assert(
    fc.asyncProperty(requests, async (list) => {
      const pages = list.map(([page]) => page);
      const kernel = await Replay.of(policy, FRAMES);
      kernel.serve(
        pages,
        gapsOf(pages),
        list.map(([, write]) => write),
      );
      const resident: Resident = new Map();
      const written = list.flatMap(([page, write], n) => serve(resident, page, write, pages.slice(0, n)));
      expect(kernel.counters.writebacks).toBe(written.filter((isDirty) => isDirty).length);
    }),
    { numRuns: caseCount(40) },
  );
});

describe("compare", () => {
  const address = (list: readonly (readonly [number, boolean])[]) =>
    openTrace(
      new TextEncoder().encode(
        list.map(([page, write]) => `${write ? "s" : "l"} 0x${(page * 4096 + 8).toString(16)} 1\n`).join(""),
      ),
      { name: "t", format: "address" },
    );
  // 1 is stored to and evicted, 2 is only read, 3 becomes dirty by its second request, 1 comes back clean.
  const list = [
    [1, true],
    [2, false],
    [3, false],
    [3, true],
    [4, false],
    [1, false],
    [5, false],
    [6, false],
  ] as const;

  test("counts them for policies of the kernel and in JavaScript alike", async () => {
    const { results } = await compare(await address(list), { policies: ["lru", lru], frames: [2] });
    // Victims in order: 1 (dirty), 2, 3 (dirty), 4, 1 (clean now).
    expect(results.map(({ writebacks }) => writebacks)).toEqual([2, 2]);
  });

  test("counts what replay counts for wsclock, which writes pages before it evicts them", async () => {
    const long = Array.from({ length: 4000 }, (_, n) => [(n * n * 7 + n * 3) % 61, n % 3 === 0] as const);
    const { machine, replacement } = await replay(await address(long), {
      memory: "128KiB",
      policy: "wsclock",
    });
    expect(machine.memoryBytes).toBe(128 << 10);
    const tables = 4; // a root, two levels, and one table of entries
    const { results } = await compare(await address(long), { policies: ["wsclock"], frames: [32 - tables] });
    expect(results[0]?.writebacks).toBeGreaterThan(100);
    expect(results[0]?.writebacks).toBe(replacement.writebacks);
  });

  test("counts none if requests have no kinds", async () => {
    const blocks = await openTrace(new TextEncoder().encode("1\n2\n3\n1\n"), { name: "t", format: "lirs" });
    expect((await compare(blocks, { frames: [1] })).results[0]?.writebacks).toBe(0);
  });
});
