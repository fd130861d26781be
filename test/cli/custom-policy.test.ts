import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pagewalk, RECORDING } from "./command.js";

const MINE = fileURLToPath(new URL("../../examples/custom-policy/mine.js", import.meta.url));
const WRONG = `export default { name: "wrong", create: () => ({
  insert() {},
  evict() {
    return queue.shift();
  },
}) };`;

describe("custom policies on the command line", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-own-"));
    writeFileSync(join(folder, "wrong.js"), WRONG);
    writeFileSync(join(folder, "half.js"), "const half = ;");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const compared = (policies: string, ...more: string[]) =>
    pagewalk(["compare", RECORDING, "--frames", "64", "--policies", policies, ...more], { cwd: folder });

  test("compare shows them beside the kernel's, marked as JavaScript", async () => {
    const { status, stdout, stderr } = await compared(`lru,${MINE}:secondary=1`);
    expect([status, stderr]).toEqual([0, ""]);
    const [lru, mine] = /misses +([\d,]+) +([\d,]+)\n/.exec(stdout)?.slice(1) ?? [];
    expect(mine).toBe(lru);
    expect(stdout).toContain("segmented-fifo:secondary=1 (JavaScript): slower than what is in the kernel\n");
  });

  test("compare --json marks their rows, and no others", async () => {
    const { stdout } = await compared(`lru,${MINE}`, "--json");
    const { results }: { results: { policy: string; javascript?: true }[] } = JSON.parse(stdout);
    expect(results.map(({ policy, javascript }) => [policy, javascript])).toEqual([
      ["lru", undefined],
      ["segmented-fifo", true],
    ]);
  });

  test.each([
    [
      "compare",
      "wrong.js",
      /wrong\.js:4: evict at request \d+ throws ReferenceError: queue is not defined; /,
    ],
    ["compare", "./missing.mjs", "./missing.mjs: no such file or directory; "],
    ["replay", "./wrong.js", 'the custom policy "./wrong.js" runs in JavaScript'],
    [
      "compare",
      "half.js",
      /half\.js:1: importing it throws SyntaxError: .*; correct it: "node half\.js" shows/,
    ],
    ["check", "missing.js", "missing.js: no such file or directory; "],
    ["check", "lru", 'policy check: "lru" does not name a file with a custom policy; give a path: ./lru'],
  ])("%s reports the fault of %s in one line", async (command, policy, says) => {
    const args = {
      compare: ["compare", RECORDING, "--frames", "64", "--policies", policy],
      replay: ["replay", RECORDING, "--policy", policy],
      check: ["policy", "check", policy],
    }[command];
    const { status, stdout, stderr } = await pagewalk(args ?? [], { cwd: folder });
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect([status, stdout]).toEqual([2, ""]);
  });

  test("policy check lists every claim that holds", async () => {
    const { status, stdout, stderr } = await pagewalk(["policy", "check", MINE, "--trials", "20"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^ {2}holds {3}\S/gm)).toHaveLength(8);
    expect(stdout).toMatch(/\nall 8 claims hold\n$/);
  });

  test("policy check prints the shortest case of a broken claim, with exit status 1", async () => {
    const { status, stdout, stderr } = await pagewalk(["policy", "check", "wrong.js"], { cwd: folder });
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toContain(
      [
        "  broken  serves every request",
        "          wrong.js:4: evict at request 1 throws ReferenceError: queue is not defined",
        "          with 1 frame, requests for pages 1, 2",
      ].join("\n"),
    );
  });

  test("policy check --json prints one document, large pages as strings", async () => {
    const path = join(folder, "adds.js");
    const text = `export default { name: "adds", create() {
      const pages = [];
      return { insert: (page) => pages.push(page + 0), evict: () => pages.pop() };
    } };`;
    writeFileSync(path, text);
    const { status, stdout, stderr } = await pagewalk(["policy", "check", path, "--json"]);
    expect([status, stderr]).toEqual([1, ""]);
    const { policy, claims } = JSON.parse(stdout);
    expect(policy).toBe("adds");
    expect(claims).toHaveLength(8);
    expect(claims[0]).toEqual({ claim: "serves every request", holds: true });
    expect(claims[7]).toMatchObject({
      holds: false,
      frames: 1,
      place: `${path}:3`,
      requests: [{ page: "18446744073709551615", kind: "load" }],
    });
  });
});
