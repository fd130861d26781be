/** Custom policies compared with the kernel's, the arguments of their hooks, and the checks of their answers. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError, type Page, type PolicyDefinition } from "#pagewalk/index.js";
import { CustomSimulation } from "#pagewalk/policy/custom/simulation.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelRequests } from "#pagewalk/wasm/pages.js";
import { KIND_MODIFY, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND } from "../../../assembly/abi/core.js";
import arc from "../../../examples/custom-policy/arc.js";
import fifo from "../../../examples/custom-policy/fifo.js";
import lru from "../../../examples/custom-policy/lru.js";
import mine from "../../../examples/custom-policy/mine.js";
import { caseCount } from "../../build.js";
import { hitsOf } from "../replay.js";
import { customHits, queue } from "./run.js";

const phase = fc.oneof(
  fc.array(fc.nat(30), { maxLength: 40, size: "max" }),
  fc.array(fc.nat(6), { maxLength: 40, size: "max" }),
  fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 12 })).map(([from, length]) => {
    return Array.from({ length: length * 2 }, (_, n) => from + (n % length));
  }),
);
const sequences = fc.array(phase, { minLength: 1, maxLength: 8, size: "max" }).map((phases) => phases.flat());
const capacities = fc.integer({ min: 1, max: 12 });

describe("the same policy in JavaScript and in the kernel", () => {
  test.each<[string, string, PolicyDefinition, number[]]>([
    ["fifo", "fifo", fifo, []],
    ["lru", "lru", lru, []],
    ["arc", "arc", arc, []],
    ["segmented FIFO without a secondary segment", "fifo", mine, [0]],
    ["segmented FIFO with a primary segment of one frame", "lru", mine, [1]],
  ])("%s hits where %s does", async (_, name, definition, values) => {
    await fc.assert(
      fc.asyncProperty(sequences, capacities, async (pages, frames) => {
        expect(customHits(definition, pages, frames, values)).toEqual(await hitsOf(name, pages, frames));
      }),
      { numRuns: caseCount(60) },
    );
  });
});

test("segmented FIFO moves a page of its secondary segment back when it is requested (Turner and Levy 1981)", () => {
  // Two frames each: 3 pushes 1 out of the primary; 1 comes back and pushes 2 out; 5 evicts 2, where FIFO evicts 1.
  const hits = customHits(mine, [1, 2, 3, 1, 4, 5, 1, 3, 2], 4, [0.5]);
  expect(hits).toEqual([false, false, false, true, false, false, true, true, false]);
});

describe("a policy", () => {
  test("gets hooks in the kernel's order: hit, or miss, evict and insert", () => {
    const calls: unknown[] = [];
    const note = (hook: string) => (page: Page, kind: string, now: number) => {
      calls.push([hook, page, kind, now]);
      return hook === "evict" ? 1 : undefined;
    };
    const names = ["hit", "miss", "insert", "evict"];
    const hooks = Object.fromEntries(names.map((name) => [name, note(name)]));
    const simulation = new CustomSimulation(queue("noted", hooks), [], 2, { place: "noted" });
    const requests = [
      [1, "load"],
      [1, "store"],
      [2, "fetch"],
      [3, "modify"],
    ] as const;
    expect(requests.map(([page, kind]) => simulation.serve(page, kind))).toEqual([false, true, false, false]);
    expect(calls).toEqual([
      ["miss", 1, "load", 0],
      ["insert", 1, "load", 0],
      ["hit", 1, "store", 1],
      ["miss", 2, "fetch", 2],
      ["insert", 2, "fetch", 2],
      ["miss", 3, "modify", 3],
      ["evict", 3, "modify", 3],
      ["insert", 3, "modify", 3],
    ]);
    expect(simulation.counters).toEqual({
      requests: 4,
      hits: 1,
      misses: 3,
      evictions: 1,
      residence: 0,
      writebacks: 1,
    });
  });

  test("may be an object of a class, with hooks that it inherits", () => {
    class Stack {
      private readonly pages: Page[] = [];
      insert(page: Page) {
        this.pages.push(page);
      }
      evict() {
        return this.pages.pop();
      }
    }
    const mru = { name: "stack", create: () => new Stack() };
    expect(customHits(mru, [1, 2, 3, 1, 2], 2)).toEqual([false, false, false, true, false]);
  });

  test.each([[0n], [2n ** 53n - 1n], [2n ** 53n], [2n ** 64n - 1n], [2n ** 32n], [2n ** 31n]])(
    "gets page %s as a number if a number can hold it, and as a bigint otherwise",
    async (page) => {
      const kernel = await Kernel.create();
      const requests = KernelRequests.create(kernel, undefined, "all");
      const record = kernel.allocate(RECORD_BYTES);
      kernel.view().setBigUint64(record + RECORD_ADDRESS, page, true);
      kernel.view().setUint8(record + RECORD_KIND, KIND_MODIFY);
      let seen: unknown[] = [];
      const watching = queue("watching", { insert: (...told: unknown[]) => (seen = told) });
      requests.begin(record, 1);
      requests.fill();
      new CustomSimulation(watching, [], 2, { place: "watching" }).run(requests);
      const expected = page <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(page) : page;
      expect(seen).toEqual([expected, "modify", 0]);
    },
  );

  test("gets the same random numbers with the same seed, and others with another", () => {
    const draws: number[][] = [];
    const dice: PolicyDefinition = {
      name: "dice",
      create({ random }) {
        draws.push([random(), random(1), random(2)].flatMap((next) => [next(), next(), next()]));
        return queue("dice").create({} as never);
      },
    };
    customHits(dice, [1], 1);
    customHits(dice, [1], 1);
    const [first = [], second] = draws;
    expect(second).toEqual(first);
    expect(first.slice(0, 3)).toEqual(first.slice(3, 6));
    expect(new Set(first).size).toBe(6);
    expect(first.every((one) => one >= 0 && one < 1)).toBe(true);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["nothing", { evict: () => undefined }, /^bad: evict returns undefined at request 2; return a page/],
    ["a page that is not resident", { evict: () => 7 }, /evict returns page 7, which is not resident, at/],
    ["the page that wants in", { evict: (page: Page) => page }, /evict returns page 3, which is not/],
    ["a word", { evict: () => "2" }, /evict returns the string "2" at request 2;/],
    ["a promise", { evict: () => Promise.resolve(1) }, /evict returns a promise: hooks are not async/],
  ])("that evicts %s is reported", (_, hooks, says) => {
    expect(() => customHits(queue("bad", hooks), [1, 2, 3], 2)).toThrow(InputError);
    expect(() => customHits(queue("bad", hooks), [1, 2, 3], 2)).toThrow(says);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["an error", { insert: () => JSON.parse("{") }, /insert at request 0 throws Syntax/],
    [
      "a value",
      {
        hit: () => {
          throw 3;
        },
      },
      /hit at request 1 throws the value 3; correct it; checkPolicy/,
    ],
    [
      "for a stack that overflows",
      {
        miss: function deep(): void {
          deep();
        },
      },
      /miss at .* Maximum call stack/,
    ],
  ])("that throws %s is reported", (_, hooks, says) => {
    expect(() => customHits(queue("bad", hooks), [1, 1], 2)).toThrow(says);
  });

  test("cannot have more frames than a JavaScript Set can hold", () => {
    const create = () => new CustomSimulation(queue("large"), [], 2 ** 24, { place: "large" });
    expect(create).toThrow("large: 16777216 frames are more than a policy in JavaScript can have");
  });
});
