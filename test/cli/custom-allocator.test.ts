import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomLog } from "../../bench/heap/random-log.js";
import { pagewalk } from "./command.js";

const example = (name: string) =>
  fileURLToPath(new URL(`../../examples/custom-allocator/${name}`, import.meta.url));
const WRONG = `export default { name: "wrong", create: (memory) => ({
  malloc: (bytes) => memory.sbrk(bytes + 16 & ~15),
  realloc(address, bytes) {
    return heap.grow(address, bytes);
  },
  free() {},
}) };`;

describe("custom allocators on the command line", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-own-"));
    writeFileSync(join(folder, "t.log"), randomLog({ operations: 300, places: 50 }));
    writeFileSync(join(folder, "wrong.js"), WRONG);
    writeFileSync(join(folder, "half.js"), "const half = ;");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const compared = (allocators: string, ...more: string[]) =>
    pagewalk(["heap", "t.log", "--format", "ltrace", "--allocators", allocators, ...more], { cwd: folder });

  test("heap shows them beside the kernel's, marked as JavaScript", async () => {
    const { status, stdout, stderr } = await compared(`first-fit,${example("first-fit.js")}`);
    expect([status, stderr]).toEqual([0, ""]);
    const [kernel, own] = ["first-fit", "my-first-fit"].map((name) =>
      new RegExp(`^ ${name} (.*) [\\d.]+ \\w+$`, "m").exec(stdout)?.[1]?.trim(),
    );
    expect(kernel).toMatch(/KiB/);
    expect(own).toBe(kernel);
    expect(stdout).toContain("my-first-fit (JavaScript): slower than what is in the kernel\n");
  });

  test("heap --json marks their rows, and --report and --csv have them", async () => {
    const list = `bump,${example("mine.js")}:largest=64`;
    const { stdout } = await compared(list, "--costs", "--json", "--report", "r.html", "--csv", "r.csv");
    const { results }: { results: { allocator: string; javascript?: true; costs: object }[] } =
      JSON.parse(stdout);
    expect(results.map(({ allocator, javascript }) => [allocator, javascript])).toEqual([
      ["bump", undefined],
      ["power-of-two:largest=64", true],
    ]);
    expect(results[1]?.costs).toMatchObject({ lines: { mean: expect.any(Number) } });
    expect(readFileSync(join(folder, "r.csv"), "utf8")).toMatch(/\n"?power-of-two:largest=64"?,/);
    expect(readFileSync(join(folder, "r.html"), "utf8")).toContain("power-of-two:largest=64");
  });

  test.each<[string, string, string | RegExp]>([
    [
      "heap",
      "wrong.js",
      /^pagewalk: wrong\.js:4: realloc\(0x\w+, \d+\) at t\.log:\d+ throws ReferenceError: heap is not defined; correct it; "pagewalk allocator check wrong\.js" looks/,
    ],
    ["heap", "./missing.mjs", "./missing.mjs: no such file or directory; "],
    ["heap", "half.js", /half\.js:1: importing it throws SyntaxError: .*; correct it: "node half\.js" shows/],
    ["heap", `${example("mine.js")}:largest=8`, "the parameter largest of power-of-two cannot be"],
    ["run", "./wrong.js", '--allocator: the custom allocator "./wrong.js" runs outside of the kernel'],
    ["check", "missing.js", "missing.js: no such file or directory; "],
    [
      "check",
      "glibc",
      'allocator check: "glibc" does not name a file with a custom allocator; give a path: ./glibc',
    ],
  ])("%s reports the fault of %s in one line", async (command, allocator, says) => {
    const args = {
      heap: ["heap", "t.log", "--format", "ltrace", "--allocators", allocator],
      run: ["run", "t.log", "--allocator", allocator],
      check: ["allocator", "check", allocator],
    }[command];
    const { status, stdout, stderr } = await pagewalk(args ?? [], { cwd: folder });
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect([status, stdout]).toEqual([2, ""]);
  });

  test("allocator check lists every claim that holds", async () => {
    const { status, stdout, stderr } = await pagewalk([
      "allocator",
      "check",
      example("bump.js"),
      "--trials",
      "3",
    ]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^ {2}holds {3}\S/gm)).toHaveLength(11);
    expect(stdout).toMatch(/\nall 11 claims hold\n$/);
  });

  test("allocator check prints a short program that breaks a claim, with exit status 1", async () => {
    const args = ["allocator", "check", "wrong.js"];
    const { status, stdout, stderr } = await pagewalk(args, { cwd: folder });
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(
      /^ {2}broken {2}serves every call, .*\n {10}wrong\.js:4: realloc\(0x\w+, 1\) throws ReferenceError: heap is not defined\n {10}b1 = malloc\(1\)\n {10}b1 = realloc\(b1, 1\)\n/m,
    );
    const { claims } = JSON.parse((await pagewalk([...args, "--json"], { cwd: folder })).stdout);
    expect(claims).toHaveLength(1);
    expect(claims[0]).toMatchObject({
      holds: false,
      place: "wrong.js:4",
      calls: [{ call: "malloc", block: 1 }, {}],
    });
  });
});
