import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pagewalk, RECORDING } from "./command.js";

const GRID = ["--policies", "lru,arc,opt", "--frames", "5%,20%", "--quiet"];

describe("compare's pictures", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pagewalk-report-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("are a page, written beside the printed table", async () => {
    const { status, stdout, stderr } = await pagewalk([
      "compare",
      RECORDING,
      ...GRID,
      "--report",
      file("a.html"),
    ]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("over time");
    const html = await readFile(file("a.html"), "utf8");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain("pagewalk compare ");
    for (const text of ["6,591,938", "355, 1.39 MiB"]) expect(html).toContain(text);
    const figures = [...html.matchAll(/<figure data-figure="([\w-]+)"/g)].map(([, id]) => id);
    expect(figures).toEqual(["curves", "policies", "over-time", "reuse", "addresses"]);
  });

  test("are a folder of SVG files, which is created if it is missing", async () => {
    const { status } = await pagewalk(["compare", RECORDING, ...GRID, "--plots", file("new/plots")]);
    expect(status).toBe(0);
    const names = await readdir(file("new/plots"));
    expect(names.sort()).toEqual([
      "wordcount.pagewalk-addresses.svg",
      "wordcount.pagewalk-curves.svg",
      "wordcount.pagewalk-over-time.svg",
      "wordcount.pagewalk-policies.svg",
      "wordcount.pagewalk-reuse.svg",
    ]);
    for (const name of names)
      expect(await readFile(file(`new/plots/${name}`), "utf8")).toMatch(/^<svg .*<\/svg>$/s);
  });

  test("are written by mrc too, with working sets and reuse that the command does not print", async () => {
    const options = ["mrc", RECORDING, "--points", "10", "--quiet", "--json", "--report", file("m.html")];
    const { status, stdout } = await pagewalk(options);
    expect(status).toBe(0);
    expect(Object.keys(JSON.parse(stdout))).toEqual(["trace", "curves"]);
    const html = await readFile(file("m.html"), "utf8");
    const figures = [...html.matchAll(/<figure data-figure="([\w-]+)"/g)].map(([, id]) => id);
    expect(figures).toEqual(["curves", "reuse", "working-set", "working-set-sizes", "addresses"]);
  });

  test("change nothing of --json", async () => {
    const options = ["compare", RECORDING, ...GRID, "--json"];
    const plain = JSON.parse((await pagewalk(options)).stdout);
    const pictured = JSON.parse((await pagewalk([...options, "--report", file("b.html")])).stdout);
    const keys = ({ results }: { results: object[] }) => results.map(Object.keys);
    expect(keys(pictured)).toEqual(keys(plain));
  });

  test("can be made from standard input, and written to standard output", async () => {
    const input = await readFile(RECORDING);
    const { status, stdout } = await pagewalk(["compare", "-", ...GRID, "--report", "-"], { input });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  });

  test.each([
    [
      ["--report", "/nowhere/a.html"],
      /^pagewalk: \/nowhere\/a\.html: no such file or directory; check the path\n$/,
    ],
    [
      ["--json", "--report", "-"],
      /^pagewalk: compare: --json and --report - both want standard output; give --report a file\n$/,
    ],
    [
      ["--csv", "-", "--report", "-"],
      /^pagewalk: compare: --csv - and --report - both want standard output; give --report a file\n$/,
    ],
  ])("refuse %j in one line", async (options, message) => {
    const { status, stdout, stderr } = await pagewalk(["compare", RECORDING, ...GRID, ...options]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  test("refuse a folder that is a file, before the work", async () => {
    await writeFile(file("taken"), "");
    const { status, stderr } = await pagewalk(["compare", RECORDING, ...GRID, "--plots", file("taken")]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^pagewalk: .*taken: .*; .*\n$/);
  });

  test("leave no incomplete page if the comparison fails", async () => {
    const { status } = await pagewalk(["compare", file("missing"), ...GRID, "--report", file("c.html")]);
    expect(status).toBe(2);
    expect((await readdir(folder)).filter((name) => name.startsWith("c.html"))).toEqual([]);
  });
});

test("replay writes a report of the machine over time, without a change of its output", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pagewalk-report-"));
  try {
    const file = join(folder, "machine.html");
    const asked = ["replay", RECORDING, "--memory", "256K", "--quiet", "--json"];
    const [plain, pictured] = await Promise.all([
      pagewalk(asked),
      pagewalk([...asked, "--report", file, "--plots", join(folder, "plots")]),
    ]);
    const counts = (text: string) => ({ ...JSON.parse(text), time: undefined });
    expect(pictured.stderr).toBe("");
    expect(counts(pictured.stdout)).toEqual(counts(plain.stdout));
    const html = await readFile(file, "utf8");
    for (const id of ["memory", "faults", "tlb", "swap", "working-set", "addresses"])
      expect(html).toContain(`<figure data-figure="${id}">`);
    expect(await readdir(join(folder, "plots"))).toHaveLength(9);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
