import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { OPS } from "#pagewalk/process/calls/ops.js";
import { checkCount } from "#pagewalk/process/log/calls/operands.js";
import { type CallRow, callRows } from "#pagewalk/trace/calls/table.js";
import { runLines } from "../../process/logs.js";

const DOCS = readFileSync(new URL("../../../docs/process.md", import.meta.url), "utf8");

const calls = callRows().flatMap((row) => row.names.map((name) => ({ name, row })));
/** Calls that are served after their return, in the order of the kernel. */
const served = calls.filter(({ row }) => row.family !== "task" && row.family !== "descriptor");
const checked = served.filter(({ row }) => row.isChecked);

/** The call with its first `count` arguments, and others if it has fewer. */
function line(name: string, { parameters }: CallRow, count: number): string {
  const texts = Array.from({ length: count }, (_, n) => {
    const parameter = parameters[n];
    if (parameter?.isStruct) return "{rlim_cur=1<<30, rlim_max=1<<30}";
    return parameter?.name === "stored" ? "[q]" : "0";
  });
  return `${name}(${texts.join(", ")})`;
}

describe("the table of calls", () => {
  test("has each name once", () => {
    const names = calls.map(({ name }) => name);
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
  });

  test("marks only calls of the simulated kernel as such", () => {
    const passed = calls.filter(({ row }) => row.server === "kernel").map(({ name }) => name);
    expect(passed.filter((name) => !Object.hasOwn(OPS, name))).toEqual([]);
    expect(passed).toContain("munmap");
  });

  test("has the calls that docs/process.md lists, and no others", () => {
    const listed = namesIn(DOCS.slice(DOCS.indexOf("\n## Call logs"), DOCS.indexOf("\n## Time lines")));
    expect(listed.sort()).toEqual(calls.map(({ name }) => name).sort());
  });

  test("has a function that serves each call, whatever its arguments", async () => {
    // Each in a process of its own, since some end it. mmap2 is a call of 32 bits.
    const lines = served.flatMap(({ name, row }, n) => {
      if (row.abi === "32-bit") return [];
      const before = name === "leave" ? [`[pid ${n + 1}] enter(0)`] : [];
      return [...before, `[pid ${n + 1}] ${line(name, row, least(row))}`];
    });
    const { stopped, lines: read } = await runLines(lines);
    expect(stopped?.message).toBeUndefined();
    expect(read).toBe(lines.length);
  });

  test("has the number of arguments of each call", () => {
    for (const { name, row } of checked) {
      const most = row.parameters.length;
      expect(faultOf(name, row, most), name).toBeUndefined();
      expect(faultOf(name, row, least(row)), name).toBeUndefined();
      expect(faultOf(name, row, most + 1)).toBe(`${name} has ${most + 1} arguments`);
      if (least(row) > 0)
        expect(faultOf(name, row, least(row) - 1)).toBe(`argument ${least(row)} of ${name} is missing`);
    }
  });

  test.each([
    ["mremap(0, 4096)", "argument 3 of mremap is missing"],
    ["mmap(0, 4096, 3, 34, -1, 0, 0)", "mmap has 7 arguments"],
    ["prlimit64(0)", "argument 2 of prlimit64 is missing"],
    ["malloc(1, 2)", "malloc has 2 arguments"],
    ["read()", undefined],
  ])("says of %s: %s", async (text, problem) => {
    const { stopped } = await runLines([text]);
    expect(stopped?.problem).toBe(problem);
  });
});

function least({ parameters }: CallRow): number {
  return parameters.filter(({ isOptional }) => !isOptional).length;
}

/** The error of the call with this number of arguments. */
function faultOf(name: string, row: CallRow, count: number): string | undefined {
  const args = Array.from({ length: count }, () => ({ kind: "number", value: 0n }) as const);
  try {
    checkCount({ name, row, args, place: "log:1" });
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.problem;
    throw error;
  }
}

/** The names in the first column of tables: `mlock munlock`, `load(address, bytes)`. */
function namesIn(text: string): string[] {
  const cells = text.split("\n").flatMap((row) => /^\| (.*?) \|/.exec(row)?.[1] ?? []);
  const spans = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((span) => span[1] ?? ""));
  return spans.flatMap((span) => span.replace(/\(.*$/, "").split(" "));
}
