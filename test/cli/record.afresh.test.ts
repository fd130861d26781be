import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingForShim } from "../heap/afresh.js";
import { pagewalk } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = missingForShim();
const title = `trace record --heap${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

describe.runIf(missing.length === 0)(title, () => {
  test("records a program's allocations with glibc's addresses, and run agrees with each of them", async () => {
    const log = file("sort.log");
    const sort = ["sort", "--numeric-sort"];
    const { status, stdout, stderr } = await pagewalk(
      ["trace", "record", "--heap", "-o", log, "--", ...sort],
      {
        input: "10\n9\n8\n",
      },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "8\n9\n10\n" });
    expect(stderr).toMatch(/^pagewalk: \S+sort\.log: [\d,]+ calls recorded\n$/);
    expect(readFileSync(log, "latin1")).toMatch(
      /^# pagewalk heap log\n# allocator glibc 2\.\d+\n# cores \d+\n# command sort --numeric-sort\n/,
    );
    const verified = await pagewalk(["run", log, "--verify", "--maps", `${log}.maps`, "--json"]);
    const result = JSON.parse(verified.stdout);
    expect({ status: verified.status, mismatched: result.mismatched }).toEqual({ status: 0, mismatched: 0 });
    expect(result.matched).toBeGreaterThan(5);
  });

  test("writes one file if its name ends with .pagewalk, and the document describes its content", async () => {
    const trace = file("sh.pagewalk");
    const { stdout, status } = await pagewalk([
      ...["trace", "record", "--heap", "--json", "-o", trace, "--"],
      ...["sh", "-c", "echo printed; exit 3"],
    ]);
    expect(status).toBe(0);
    const { calls, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ path: trace, format: "pagewalk", others: [], exitCode: 3 });
    const { stdout: told } = await pagewalk(["heap", trace, "--allocators", "bump", "--json"]);
    const { results } = JSON.parse(told);
    expect(results[0].operations).toBe(calls);
    expect(existsSync(`${trace}.maps`)).toBe(false);
  });

  test("writes the recording to standard output and the program's output to standard error", async () => {
    const { stdout, stderr } = await pagewalk(["trace", "record", "--heap", "-o", "-", "--", "echo", "said"]);
    expect(stdout).toMatch(/^# pagewalk heap log\n/);
    expect(stderr).toMatch(/^said\npagewalk: -: \d+ calls? recorded\n$/);
  });

  test("with --follow records the programs that the program starts", async () => {
    const log = file("all.log");
    const command = ["sh", "-c", "sort /dev/null; sort /dev/null; true"];
    const { stderr } = await pagewalk(["trace", "record", "--heap", "--follow", "-o", log, "--", ...command]);
    const paths = [...stderr.matchAll(/^pagewalk: (\S+): /gm)].map(([, path]) => path ?? "");
    expect(paths[0]).toBe(log);
    expect(paths.length).toBe(3);
    for (const path of paths) expect(existsSync(path) && existsSync(`${path}.maps`)).toBe(true);
  });

  test("needs a compiler, and explains how to get one", async () => {
    const args = ["trace", "record", "--heap", "-o", file("none.log"), "--", "/bin/true"];
    const { status, stderr } = await pagewalk(args, { env: { PATH: folder } });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^pagewalk: cc: no C compiler is installed.*; install one \(Debian, Ubuntu: apt install gcc/,
    );
    expect(stderr.trimEnd().split("\n").length).toBe(1);
  });

  test.each([
    [["no-such-program"], "no-such-program: there is no such program; check its name"],
    [[folder], `${folder}: it cannot be run; check that it is executable`],
  ])("%j is refused in one line", async (command, line) => {
    const { status, stderr } = await pagewalk([
      ...["trace", "record", "--heap", "-o", file("none.log"), "--"],
      ...command,
    ]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `pagewalk: ${line}\n` });
    expect(existsSync(file("none.log"))).toBe(false);
  });
});

test.each([
  [
    ["--heap", "--calls", "--follow"],
    "--follow is for --heap alone, or for references; leave one of them out",
  ],
  [["--heap", "--to", "din"], "din: din cannot hold an allocator's calls; write calls or pagewalk"],
])("trace record %j is refused", async (flags, line) => {
  const { status, stderr } = await pagewalk(["trace", "record", ...flags, "-o", file("no"), "--", "true"]);
  expect({ status, stderr }).toEqual({ status: 2, stderr: `pagewalk: ${line}\n` });
});
