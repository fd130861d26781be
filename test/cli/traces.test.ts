/** Traces on the command line: reference strings, detection, options that have no effect. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { pagewalk } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MSR = join(folder, "volumes.csv");
writeFileSync(MSR, "8,hm,1,Read,0,4096,100\n9,hm,1,Write,512,4096,100\n");

const READING = {
  path: MSR,
  format: "csv",
  detectedBy: "option",
  columns: "volume=2+3,offset=5,length=6,kind=4:read=load:write=store",
};
const PRESET = ["--preset", "msr", "--json"];

describe("--requests", () => {
  test("gives a reference string in place of a trace", async () => {
    const string = "1 2 3 4 1 2 5 1 2 3 4 5";
    const { stdout } = await pagewalk([
      "compare",
      "--requests",
      string,
      "--frames",
      "3,4",
      "--policies",
      "fifo,lru",
      "--json",
    ]);
    const { trace, results } = JSON.parse(stdout);
    expect(trace).toEqual({ path: "--requests", format: "references", detectedBy: "option" });
    expect(results.map(({ misses }: { misses: number }) => misses)).toEqual([9, 10, 10, 8]);
    const curve = await pagewalk(["mrc", "--requests", string, "--frames", "3", "--json"]);
    expect(JSON.parse(curve.stdout).curves[0].points).toEqual([
      { frames: 3, missRatio: 10 / 12, misses: 10 },
    ]);
  });

  test.each([
    [["compare", MSR, "--requests", "1 2"], "--requests and a trace exclude each other"],
    [["mrc", "--requests", "1 2", "--format", "lirs"], "--requests and --format exclude each other"],
    [["compare", "--requests", " "], "--requests: there are no requests"],
    [["compare", "--requests", "1 twenty-two"], '--requests:1: not a references line: "twenty-two"'],
    [["compare"], "compare: no trace is given; usage: pagewalk compare"],
  ])("%j is refused", async (args, message) => {
    const { status, stderr } = await pagewalk(args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("the detected format is reported by", () => {
  test.each([
    [["compare", MSR, "--policies", "lru", "--frames", "1"]],
    [["mrc", MSR, "--frames", "1"]],
    [["trace", "info", MSR]],
    [["replay", MSR]],
    [["trace", "convert", MSR, join(folder, "out.pagewalk")]],
    [["compare", MSR, "--diverge", "lru,fifo", "--frames", "1"]],
  ])("%j", async (args) => {
    const { stdout, stderr } = await pagewalk([...args, ...PRESET]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).trace).toMatchObject(READING);
  });

  test("trace info counts the lines without a reference", async () => {
    const log = join(folder, "skipped.lackey");
    writeFileSync(log, "==1== Lackey\nI  0401ab70,3\n L 1fff000758,8\n==1== Exit\n");
    const { stdout } = await pagewalk(["trace", "info", log]);
    expect(stdout).toMatch(/lines without a reference +2 +skipped/);
  });

  test("the first line of a text", async () => {
    for (const command of ["compare", "mrc", "replay", "trace info"]) {
      const { stdout } = await pagewalk([...command.split(" "), MSR, "--preset", "msr"]);
      expect(stdout.split("\n")[0]).toContain(`csv ${READING.columns}, by option`);
    }
  });
});

test("a page size is refused if it has no effect", async () => {
  const blocks = join(folder, "blocks.lirs");
  writeFileSync(blocks, "1\n2\n1\n");
  for (const command of ["compare", "mrc"]) {
    const { status, stderr } = await pagewalk([command, blocks, "--page-size", "8KiB", "--frames", "1"]);
    expect(status).toBe(2);
    expect(stderr).toContain("lirs traces hold page numbers, whatever a page's size; leave out --page-size");
  }
});
