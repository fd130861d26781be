/** The command `mrc`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pagewalk, RECORDING } from "./command.js";

describe("mrc", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("prints the contract's JSON, key by key", async () => {
    const { status, stdout, stderr } = await pagewalk(["mrc", RECORDING, "--points", "7", "--json"]);
    expect([status, stderr]).toEqual([0, ""]);
    const { curves } = JSON.parse(stdout);
    expect(curves).toHaveLength(1);
    expect(curves[0]).toMatchObject({
      policy: "lru",
      method: "exact",
      requests: 6591938,
      distinctPages: 355,
    });
    expect(curves[0].points).toHaveLength(7);
    expect(curves[0].points.at(-1)).toEqual({ frames: 355, missRatio: 355 / 6591938, misses: 355 });
  });

  test("adds an error bar to each point of a sampled curve", async () => {
    const args = ["mrc", RECORDING, "--sample", "0.5", "--policy", "lru,arc", "--points", "4", "--json"];
    const { curves } = JSON.parse((await pagewalk(args)).stdout);
    expect(curves.map(({ policy, method }: Record<string, string>) => [policy, method])).toEqual([
      ["lru", "sampled"],
      ["arc", "sampled"],
    ]);
    const point = { frames: expect.any(Number), missRatio: expect.any(Number), errorBar: expect.any(Number) };
    for (const { points } of curves) expect(points).toEqual([point, point, point, point]);
  });

  test("prints a sparkline and a table as text", async () => {
    const { stdout } = await pagewalk(["mrc", RECORDING, "--frames", "17,71", "--policy", "lru,opt"]);
    expect(stdout).toContain("6,591,938 requests for 355 pages of 4 KiB");
    expect(stdout).toMatch(/^ {2}lru {2}[▁-█]{2} {2}1\.22 % to 0\.53 %$/m);
    expect(stdout).toMatch(/^ {2}17 +68 KiB +1\.22 % +0\.73 %$/m);
  });

  test("adds working sets and histograms", async () => {
    const { stdout } = await pagewalk(["mrc", RECORDING, "--windows", "1000,5000", "--reuse"]);
    for (const words of ["Working sets", "Stack distances", "Reuse times", "first requests"]) {
      expect(stdout).toContain(words);
    }
  });

  test("writes a line of CSV for each point", async () => {
    const args = ["mrc", RECORDING, "--sets", "16", "--ways", "4", "--only", "data", "--csv", file("c.csv")];
    expect((await pagewalk(args)).status).toBe(0);
    const lines = readFileSync(file("c.csv"), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("trace,policy,method,pageSize,sets,ways,frames,requests,misses,missRatio,errorBar");
    expect(lines).toHaveLength(5);
    expect(lines[4]).toBe(`${RECORDING},lru,exact,4096,16,4,64,1098074,39111,${39111 / 1098074},`);
  });

  test("reads standard input, also if it needs two passes", async () => {
    // Belady, Nelson and Shedler's string.
    const input = `${[1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5].join("\n")}\n`;
    const args = ["mrc", "-", "--format", "lirs", "--policy", "lru,fifo", "--json"];
    const { curves } = JSON.parse((await pagewalk(args, { input })).stdout);
    const misses = curves.map(({ points }: { points: { misses: number }[] }) =>
      points.map((point) => point.misses),
    );
    expect(misses).toEqual([
      [12, 12, 10, 8, 5],
      [12, 12, 9, 10, 5],
    ]);
  });

  test.each([
    [["--polcy", "lru"], "did you mean --policy?"],
    [["--policy", "clok"], "did you mean clock?"],
    [["--points", "x"], "not a number"],
    [["--sample", "2"], "it is at most 1"],
    [["--sets", "3"], "powers of two"],
    [["--windows", "0"], "1000,100000"],
    [["--json", "--csv", "-"], "both want standard output"],
  ])("%j is one line and exit status 2", async (options, says) => {
    const { status, stdout, stderr } = await pagewalk(["mrc", RECORDING, ...options]);
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toContain(says);
    expect([status, stdout]).toEqual([2, ""]);
  });

  test("a broken trace is reported with its position, and leaves no CSV file", async () => {
    writeFileSync(file("odd.lackey"), "I  00401000,3\n X 1234,8\n");
    const before = readdirSync(folder);
    const { status, stderr } = await pagewalk(["mrc", file("odd.lackey"), "--csv", file("out.csv")]);
    expect(stderr).toMatch(/^pagewalk: [^\n]*odd\.lackey:2: [^\n]+\n$/);
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual(before);
  });
});
