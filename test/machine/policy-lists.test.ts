/** A machine's view of its replacement policy, against its frames and naive lists. */
import { describe, expect, test } from "vitest";
import { Machine, policies } from "#pagewalk/index.js";
import { xoshiro256 } from "../policy/models/classics.js";

const PAGE = 4096;
const BASE = 0x40000000;
/** 28 frames for pages: the tables of one region take four. */
const MEMORY = "128KiB";
const FRAMES = 28;

const named = policies().then((all) => all.filter(({ needsFuture }) => !needsFuture).map(({ name }) => name));
const pageOf = ({ address }: { address: bigint }) => (Number(address) - BASE) / PAGE;

/** Pages of a program with a few hot pages and a long tail. */
function* requests(count: number): Generator<number> {
  const next = xoshiro256(7n);
  for (let n = 0; n < count; n++) yield Number(next() % (next() % 3n === 0n ? 80n : 20n));
}

async function machineOf(policy: string): Promise<Machine> {
  return Machine.create({ policy, memory: MEMORY });
}

function framesOf(machine: Machine): number[] {
  return [...machine.frames()].flatMap(({ page }) => (page === undefined ? [] : pageOf(page)));
}

const sorted = (pages: readonly number[]) => [...pages].sort((a, b) => a - b);

describe("the lists of the replacement policy", () => {
  test("have each page in memory once, and ghosts that are not there, with every policy", async () => {
    for (const policy of await named) {
      const machine = await machineOf(policy);
      for (const [n, page] of [...requests(120)].entries()) {
        machine.access(BASE + page * PAGE, page % 5 === 0 ? "store" : "load");
        if (n % 3 !== 0) continue;
        const held = machine.policyLists.flatMap(({ pages }) => pages);
        const residents = held.filter(({ isGhost }) => !isGhost).map(pageOf);
        expect(sorted(residents), policy).toEqual(sorted(framesOf(machine)));
        expect(new Set(held.map(pageOf)).size, policy).toBe(held.length);
      }
    }
  });

  test("have names, not numbers, with every policy whose number of lists is fixed", async () => {
    const numbered = new Set(["lfu", "slru", "mq"]);
    for (const policy of await named) {
      const machine = await machineOf(policy);
      for (const page of requests(100)) machine.access(BASE + page * PAGE);
      const names = machine.policyLists.map(({ name }) => name);
      expect(
        names.filter((name) => /^list \d/.test(name)),
        policy,
      ).toEqual([]);
      if (numbered.has(policy))
        expect(names.every((name) => /^(bucket|segment|queue) \d+$/.test(name))).toBe(true);
    }
  });

  test("are a stack with lru and a queue with fifo, the newest page in front", async () => {
    for (const policy of ["lru", "fifo"]) {
      const machine = await machineOf(policy);
      let list: number[] = [];
      for (const page of requests(200)) {
        machine.access(BASE + page * PAGE);
        if (policy === "lru" || !list.includes(page)) {
          list = [page, ...list.filter((other) => other !== page)].slice(0, FRAMES);
        }
        expect(machine.policyLists.map(({ pages }) => pages.map(pageOf))).toEqual([list]);
      }
    }
  });

  test("are the ring of clock, the page under the hand at the back, with its counter", async () => {
    const machine = await machineOf("clock");
    const ring: { page: number; counter: number }[] = [];
    for (const page of requests(200)) {
      machine.access(BASE + page * PAGE);
      const hit = ring.find((one) => one.page === page);
      if (hit !== undefined) hit.counter = 1;
      else {
        while (ring.length === FRAMES) {
          const last = ring.pop();
          if (last === undefined || last.counter === 0) break;
          ring.unshift({ ...last, counter: 0 });
        }
        ring.unshift({ page, counter: 0 });
      }
      const [list] = machine.policyLists;
      expect(list?.pages.map((one) => [pageOf(one), ...one.marks])).toEqual(
        ring.map((one) => [one.page, `counter ${one.counter}`]),
      );
    }
  });

  test("are those of 2Q's paper: A1in, then A1out as a ghost, then Am", async () => {
    const machine = await machineOf("2q");
    const placeOf = (page: number) =>
      machine.policyLists.flatMap(({ name, pages }) =>
        pages
          .filter((one) => pageOf(one) === page)
          .map(({ isGhost }) => (isGhost ? `${name}, a ghost` : name)),
      );
    machine.access(BASE);
    expect(placeOf(0)).toEqual(["A1in"]);
    for (let page = 1; page <= FRAMES; page++) machine.access(BASE + page * PAGE);
    expect(placeOf(0)).toEqual(["A1out, a ghost"]);
    machine.access(BASE);
    expect(placeOf(0)).toEqual(["Am"]);
  });

  test("are none while memory is unlimited", async () => {
    const machine = await Machine.create();
    machine.access(BASE);
    expect(machine.policyLists).toEqual([]);
    expect(await machine.nextVictim()).toBeUndefined();
  });
});

test("the next victim is the page that the next eviction takes, and asking changes nothing", async () => {
  // Policies whose choice does not depend on the page that is requested.
  for (const policy of ["fifo", "lru", "mru", "clock", "gclock", "sieve", "lfu", "random"]) {
    const machine = await machineOf(policy);
    let evictions = 0;
    for (const page of requests(120)) {
      const expected = await machine.nextVictim();
      const before = framesOf(machine);
      machine.access(BASE + page * PAGE);
      const after = framesOf(machine);
      const [gone, ...more] = before.filter((other) => !after.includes(other));
      if (gone === undefined) continue;
      evictions++;
      expect([expected && pageOf(expected), more], policy).toEqual([gone, []]);
    }
    expect(evictions, policy).toBeGreaterThan(10);
  }
});
