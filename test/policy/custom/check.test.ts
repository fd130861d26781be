/** `checkPolicy` on correct policies, and on policies with one fault each. */
import { describe, expect, test } from "vitest";
import { checkPolicy, type Page, type PolicyDefinition, UsageError } from "#pagewalk/index.js";
import { queue } from "./run.js";

const example = (name: string) =>
  new URL(`../../../examples/custom-policy/${name}`, import.meta.url).pathname;

/** The first fault: its claim, problem, frames and pages. */
async function faultOf(policy: PolicyDefinition) {
  const [fault] = await checkPolicy(policy);
  return fault && { ...fault, requests: fault.requests.map(({ page }) => page) };
}

test.each(["fifo.js", "lru.js", "arc.js", "mine.js", "mine.js:secondary=0", "mine.js:secondary=0.9"])(
  "the example %s meets every claim",
  async (name) => {
    expect(await checkPolicy(example(name))).toEqual([]);
  },
);

describe("checkPolicy reports, with the shortest case,", () => {
  test("a victim that is not resident", async () => {
    expect(await faultOf(queue("wrong", { evict: () => 1000 }))).toMatchObject({
      claim: "serves every request",
      problem: "evict returns page 1000, which is not resident, at request 1",
      frames: 1,
      requests: [1, 2],
    });
  });

  test("a page that is lost on its second hit", async () => {
    const lossy: PolicyDefinition = {
      name: "lossy",
      create() {
        const hits = new Map<Page, number>();
        return {
          hit: (page) => hits.set(page, (hits.get(page) ?? 0) + 1),
          insert: (page) => hits.set(page, 0),
          evict() {
            const victim = [...hits].find(([, count]) => count !== 2)?.[0];
            if (victim !== undefined) hits.delete(victim);
            return victim;
          },
        };
      },
    };
    const fault = await faultOf(lossy);
    expect(fault).toMatchObject({ problem: "evict returns undefined at request 3", frames: 1 });
    expect(fault?.requests).toEqual([1, 1, 1, 2]);
  });

  test("an error that only stores cause", async () => {
    const stores = queue("stores", {
      hit: (_: Page, kind: string) => {
        if (kind === "store") throw new Error("no stores, please");
      },
    });
    const [fault] = await checkPolicy(stores);
    expect(fault?.problem).toBe("hit at request 1 throws Error: no stores, please");
    expect(fault?.requests).toEqual([
      { page: 1, kind: "load" },
      { page: 1, kind: "store" },
    ]);
  });

  test("an inconsistent state, if the policy has isValid", async () => {
    let inserted = 0;
    const unsound: PolicyDefinition = {
      name: "unsound",
      create() {
        inserted = 0;
        const { insert, evict } = queue("inner").create({} as never);
        return {
          insert: (...request) => {
            inserted++;
            insert(...request);
          },
          evict,
          isValid: (resident) => inserted === resident.size,
        };
      },
    };
    expect(await faultOf(unsound)).toMatchObject({
      problem: "its state is inconsistent after request 1",
      frames: 1,
      requests: [1, 2],
    });
  });

  test("unseeded randomness", async () => {
    const dice: PolicyDefinition = {
      name: "dice",
      create() {
        const pages: Page[] = [];
        return {
          insert: (page) => pages.push(page),
          evict: () => pages.splice(Math.floor(Math.random() * pages.length), 1)[0],
        };
      },
    };
    const claims = (await checkPolicy(dice)).map(({ claim }) => claim);
    expect(claims).toContain("gives the same results when run again");
  });

  test("state shared by simulations", async () => {
    let pages: Page[] = [];
    const shared: PolicyDefinition = {
      name: "shared",
      create() {
        pages = [];
        return { insert: (page) => pages.push(page), evict: () => pages.shift() };
      },
    };
    expect(await faultOf(shared)).toMatchObject({ claim: "keeps interleaved simulations apart", frames: 1 });
  });

  test("arithmetic that fails for large page numbers", async () => {
    const faults = await checkPolicy({
      name: "adding",
      create() {
        const custom: Page[] = [];
        return { insert: (page) => custom.push((page as number) + 0), evict: () => custom.pop() };
      },
    });
    expect(faults).toMatchObject([
      { claim: "accepts page numbers up to the largest of 64 bits", requests: [{ page: 2n ** 64n - 1n }] },
    ]);
    expect(faults[0]?.problem).toMatch(/insert at request 0 throws TypeError: Cannot mix BigInt/);
  });

  test("a hook that never returns", async () => {
    const endless: PolicyDefinition = {
      name: "endless",
      create() {
        const pages: Page[] = [];
        return {
          insert: (page) => pages.push(page),
          evict() {
            while (pages.length === 2);
            return pages.shift();
          },
        };
      },
    };
    const fault = await faultOf(endless);
    expect(fault).toMatchObject({ problem: "does not return within 1 s", frames: 2 });
    expect(fault?.requests).toEqual([1, 2, 3]);
  });
});

test("the same seed gives the same case", async () => {
  const wrong = queue("wrong", { evict: () => undefined });
  expect(await checkPolicy(wrong, { seed: 5 })).toEqual(await checkPolicy(wrong, { seed: 5 }));
});

test.each([{ seed: -1 }, { seed: 1.5 }, { trials: 0 }, { trials: 1e9 }])("%o is refused", async (options) => {
  await expect(checkPolicy(queue("fine"), options)).rejects.toThrow(UsageError);
});
