/** Custom policies in `compare`, beside the kernel's: by file and as objects, here and in workers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomFrom } from "#pagewalk/custom/random.js";
import {
  type CompareOptions,
  type CompareRow,
  compare,
  InputError,
  openTrace,
  PagewalkError,
  type PolicyDefinition,
  type PolicySpec,
  replay,
} from "#pagewalk/index.js";
import arc from "../../examples/custom-policy/arc.js";
import mine from "../../examples/custom-policy/mine.js";
import { customHits, queue } from "../policy/custom/run.js";

const examples = new URL("../../examples/custom-policy/", import.meta.url).pathname;
const random = randomFrom(1);
const pages = Array.from({ length: 3000 }, (_, n) => Math.floor(120 * random() ** 2) + (n >> 9));
const lirs = (list: readonly number[]) =>
  openTrace(new TextEncoder().encode(`${list.join("\n")}\n`), { name: "t", format: "lirs" });
const rowsOf = async (policies: CompareOptions["policies"], options: CompareOptions = {}) => {
  const { results } = await compare(await lirs(pages), {
    frames: [9, 40],
    ...options,
    ...(policies !== undefined && { policies }),
  });
  return results;
};
/** The parts that do not depend on the thread that computes them. */
const counts = (rows: readonly CompareRow[]) =>
  rows.map(({ frames, requests, hits, misses, missRatio }) => [frames, requests, hits, misses, missRatio]);

let folder: string;
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-own-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("compare", () => {
  test("gives custom policies rows like the kernel's, marked as JavaScript", async () => {
    const custom = await rowsOf([`${examples}lru.js`, arc]);
    const kernels = await rowsOf("lru,arc");
    expect(counts(custom)).toEqual(counts(kernels));
    expect(custom.map(({ policy, javascript }) => [policy, javascript])).toEqual([
      ["my-lru", true],
      ["my-arc", true],
      ["my-lru", true],
      ["my-arc", true],
    ]);
    expect(kernels.every((row) => !("javascript" in row))).toBe(true);
  });

  test("keeps the order in which kernel's and custom policies are named", async () => {
    const rows = await rowsOf(["lru", mine, "fifo", `${examples}lru.js`], { frames: 5 });
    expect(rows.map(({ policy }) => policy)).toEqual(["lru", "segmented-fifo", "fifo", "my-lru"]);
  });

  test("sets parameters by name, in the path and beside the object", async () => {
    const [byPath, byObject, byDefault] = await rowsOf(
      [`${examples}mine.js:secondary=1`, { policy: mine, parameters: { secondary: 0.2 } }, mine],
      { frames: 20 },
    );
    const missesOf = (value: number) => customHits(mine, pages, 20, [value]).filter((hit) => !hit).length;
    expect([byPath?.policy, byPath?.misses]).toEqual(["segmented-fifo:secondary=1", missesOf(1)]);
    expect([byObject?.policy, byObject?.misses]).toEqual(["segmented-fifo:secondary=0.2", missesOf(0.2)]);
    expect([byDefault?.policy, byDefault?.misses]).toEqual(["segmented-fifo", missesOf(0.5)]);
    expect(new Set([missesOf(0.2), missesOf(0.5), missesOf(1)]).size).toBe(3);
  });

  test("accepts an export called policy, and uses a policy that is named twice once", async () => {
    const path = file("named.mjs", `export { default as policy } from "${examples}lru.js";`);
    const rows = await rowsOf(`${path},lru,${path}`, { frames: 5 });
    expect(rows.map(({ policy }) => policy)).toEqual(["my-lru", "lru"]);
  });

  test("gives the same rows for any number of workers", async () => {
    const list = Array.from({ length: 400_000 }, (_, n) => ((n * 7919) % 4099) ^ (n >> 6));
    const run = async (jobs: number) => {
      const policies = ["lru", `${examples}arc.js`, mine, `${examples}lru.js`];
      const { results } = await compare(await lirs(list), { policies, frames: "5%,20%", jobs });
      return results.map(({ policy, javascript }, n) => [policy, javascript, counts(results)[n]]);
    };
    expect(await run(2)).toEqual(await run(1));
  });

  test("imports a file in the workers, and runs an object in the calling thread", async () => {
    const path = file(
      "threads.mjs",
      `import { isMainThread } from "node:worker_threads";
       import fifo from "${examples}fifo.js";
       export default {
         name: "elsewhere",
         create(setup) {
           if (isMainThread) throw new Error("not in a worker");
           return fifo.create(setup);
         },
       };`,
    );
    let inserted = 0;
    const here = queue("here", { insert: () => inserted++ });
    const list = Array.from({ length: 600_000 }, (_, n) => n % 1000);
    const options = { policies: [path, here, "fifo"], frames: [1000, 1001], jobs: 2 };
    const { results } = await compare(await lirs(list), options);
    expect(results.map(({ policy, misses }) => [policy, misses])).toEqual([
      ...["elsewhere", "here", "fifo", "elsewhere", "here", "fifo"].map((policy) => [policy, 1000]),
    ]);
    expect(inserted).toBe(2000);
  });

  test("reports a policy's error from a worker", async () => {
    const path = file(
      "late.mjs",
      `export default { name: "late", create: () => ({\n  insert(page, kind, now) {\n    if (now > 5e5) oh.no();\n  },\n  evict: () => 0,\n}) };`,
    );
    const list = Array.from({ length: 600_000 }, (_, n) => n);
    const late = compare(await lirs(list), { policies: [path], frames: [1e6, 2e6], jobs: 2 });
    await expect(late).rejects.toThrow(InputError);
    await expect(late).rejects.toThrow(
      `${path}:3: insert at request 500001 throws ReferenceError: oh is not`,
    );
  });
});

describe("invalid policies", () => {
  const plain = (name: string, rest = "") =>
    `export default { name: "${name}", ${rest} create: () => ({ insert() {}, evict() {} }) };`;

  test.each<[string, string, RegExp]>([
    ["a file that throws", '\n\nthrow new Error("bang")', /:3: importing it throws Error: bang; correct it$/],
    [
      "a file that exports something else",
      "export const x = 3, y = 4;",
      /exports x, y, and no policy; export/,
    ],
    ["a file that exports nothing", "globalThis.x = 3", /exports nothing; export one as default, or under/],
    ["a file that exports no policy", "export default 3;", /a policy cannot be the number 3; give an object/],
    ["a policy with a name of the kernel's", plain("lru"), /has the name lru of a policy in the kernel;/],
    [
      "a policy that asks for the future",
      plain("x", "future: 1,"),
      /has an unknown property "future"; known are/,
    ],
    [
      "a policy that evicts nothing",
      plain("x"),
      /evict returns undefined at request \d+; return a page that/,
    ],
  ])("%s is reported with its name", async (name, text, says) => {
    const path = file(`${name.replaceAll(" ", "-")}.mjs`, text);
    const refused = rowsOf(path, { jobs: 1 });
    await expect(refused).rejects.toThrow(PagewalkError);
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toThrow(path);
  });

  test.each<[PolicySpec[], RegExp]>([
    [["./missing.js"], /^\.\/missing\.js: no such file or directory; check the path/],
    [[examples], /is not a file; give a module that exports a policy/],
    [
      [`${examples}mine.js:secondary=2`],
      /secondary of segmented-fifo cannot be "2"; give a number from 0 to 1/,
    ],
    [[`${examples}mine.js:second=1`], /segmented-fifo has no parameter "second"; did you mean secondary\?/],
    [[`${examples}lru.js:k=1`], /my-lru has no parameter "k"; it takes none/],
    [
      [{ policy: mine, parameters: { secondary: Number.NaN } }],
      /secondary of segmented-fifo cannot be "NaN"/,
    ],
    [
      [queue("twin"), queue("twin")],
      /two policies are called twin: policy twin and policy twin; give one of/,
    ],
    [[{ name: "x" } as PolicyDefinition], /the policy's create cannot be undefined/],
    [[3 as never], /a policy cannot be the number 3/],
    [[], /no replacement policy is named/],
  ])("%o is refused", async (policies, says) => {
    const refused = rowsOf(policies);
    await expect(refused).rejects.toThrow(PagewalkError);
    await expect(refused).rejects.toThrow(says);
  });

  test("replay refuses custom policies, and refers to compare", async () => {
    const trace = await openTrace(new TextEncoder().encode(" L 1000,8\n"), { format: "lackey", name: "t" });
    const refused = replay(trace, { memory: "1MiB", policy: "./mine.js" });
    await expect(refused).rejects.toThrow(/"\.\/mine\.js" runs in JavaScript, .*; use it with compare/);
  });
});
