/** `heap` as a command. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomLog } from "../../bench/heap/random-log.js";
import { pagewalk, start, until } from "./command.js";

const CONTRACT = [
  ...["allocator", "operations", "failed", "peakLiveBytes", "peakHeapBytes", "finalHeapBytes"],
  ...[
    "internalFragmentation",
    "externalFragmentation",
    "brkCalls",
    "mmapCalls",
    "seconds",
    "operationsPerSecond",
  ],
];

const WRONG = [
  "malloc(10) = 0x1000",
  "malloc(3000) = 0x2000",
  "free(0x1000) = <void>",
  "free(0x1000) = <void>",
  "free(0x7777) = <void>",
].join("\n");

let folder: string;
let log: string;
const file = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  log = file("random.ltrace");
  writeFileSync(log, randomLog({ operations: 3000, places: 200 }));
  writeFileSync(file("wrong.ltrace"), `${WRONG}\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("pagewalk heap", () => {
  test("prints a table of the default allocators, with the smallest heap marked", async () => {
    const { status, stdout, stderr } = await pagewalk(["heap", log]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [heading, head, ...rows] = stdout.split("\n");
    expect(heading).toMatch(
      /random\.ltrace {2}ltrace, by content {2}3,000 operations, at most [\d.]+ MiB in \d+ blocks in use/,
    );
    expect(head).toMatch(/allocator +peak heap +final +internal +external +peak resident/);
    expect(rows.filter((row) => /^ (glibc|musl|bump) /.test(row))).toHaveLength(3);
    expect(rows.filter((row) => /iB \*/.test(row)).length).toBeGreaterThan(0);
    expect(stdout).toContain("in the engine");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(160);
  });

  test("prints one JSON document with the contract's keys", async () => {
    const { status, stdout, stderr } = await pagewalk(["heap", log, "--allocators", "glibc,bump", "--json"]);
    expect([status, stderr]).toEqual([0, ""]);
    const { trace, results, findings } = JSON.parse(stdout);
    expect(trace).toMatchObject({ path: log, format: "ltrace", operations: 3000, lines: 3000 });
    expect(findings.leaks.blocks).toBeGreaterThan(0);
    expect(results.map((row: { allocator: string }) => row.allocator)).toEqual(["glibc", "bump"]);
    for (const row of results) {
      expect(Object.keys(row)).toEqual(expect.arrayContaining(CONTRACT));
      for (const key of CONTRACT.slice(1)) expect(typeof row[key]).toBe("number");
      expect(row).not.toHaveProperty("timeline");
    }
  });

  test("adds costs of operations with --costs", async () => {
    const args = ["heap", log, "--allocators", "glibc,first-fit", "--costs"];
    const { stdout } = await pagewalk(args);
    expect(stdout).toMatch(
      /cost of an operation +steps +99 % +99\.9 % +most +lines +99 % .* l1d misses +l2 misses/,
    );
    const { results } = JSON.parse((await pagewalk([...args, "--json"])).stdout);
    expect(Object.keys(results[1].costs.steps)).toEqual(["mean", "p99", "p999", "most"]);
    expect(results[1].costs.steps.mean).toBeGreaterThan(0);
  });

  test("writes the rows as comma-separated values, and the table beside them", async () => {
    const csv = file("rows.csv");
    const { status, stdout } = await pagewalk([
      "heap",
      log,
      "--allocators",
      "glibc,bump",
      "--costs",
      "--csv",
      csv,
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain("peak heap");
    const [head, ...rows] = readFileSync(csv, "utf8").trimEnd().split("\n");
    const keys = head?.split(",") ?? [];
    expect(keys.slice(0, 4)).toEqual(["allocator", "operations", "failed", "peakLiveBytes"]);
    expect(keys).toEqual(expect.arrayContaining(["minorFaults", "steps.p99", "lines.most", "l1d.misses"]));
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row.split(",")).toHaveLength(keys.length);
  });

  test("shows leaks and errors by line of the log", async () => {
    const args = ["heap", file("wrong.ltrace"), "--allocators", "glibc"];
    const { stdout: short } = await pagewalk(args);
    expect(short).toContain(
      "2 calls with a block that is not in use; 1 block, 2.93 KiB, not freed at the end",
    );
    const { status, stdout } = await pagewalk([...args, "--show", "leaks,errors"]);
    expect(status).toBe(0);
    expect(stdout).toContain("leaks  1 block, 2.93 KiB not freed at the end");
    expect(stdout).toMatch(/2 +3,000 +0x2000/);
    expect(stdout).toContain("line 4: free of 0x1000, made at line 1, freed at line 3");
    expect(stdout).toContain("line 5: free of 0x7777, not allocated by a call of the log");
  });

  test("reads standard input, and compressed logs", async () => {
    const { gzipSync } = await import("node:zlib");
    const { status, stdout } = await pagewalk(["heap", "-", "--json", "--allocators", "bump"], {
      input: gzipSync(readFileSync(log)),
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout).trace).toMatchObject({ path: "<stdin>", operations: 3000 });
  });

  test("writes a report and plots", async () => {
    const page = file("heaps.html");
    const plots = file("plots");
    const args = ["heap", log, "--allocators", "glibc,bump", "--report", page, "--plots", plots];
    expect((await pagewalk(args)).status).toBe(0);
    expect(readFileSync(page, "utf8")).toContain('data-figure="heap-map"');
    expect(readdirSync(plots).sort()).toEqual(
      ["bytes", "fragmentation", "lives", "map", "peak", "sizes"].map(
        (name) => `random.ltrace-heap-${name}.svg`,
      ),
    );
  });

  test("exits with 3 after the rows if an allocator's heap does not fit in the simulation", async () => {
    const big = file("big.ltrace");
    // The program stores to all of it, which is refused at once.
    writeFileSync(big, "malloc(10) = 0x1000\nmalloc(1099511627776) = 0x2000\nmalloc(10) = 0x20000000000\n");
    const args = ["heap", big, "--allocators", "glibc,bump", "--costs"];
    const { status, stdout, stderr } = await pagewalk(args);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^ bump † /m);
    expect(stdout).toMatch(/^† bump could not go on at line 2: /m);
    expect(stderr).toMatch(
      /^pagewalk: glibc at line 2: [^\n]*; use --touch none, or leave the allocator out\n$/,
    );
    const untouched = await pagewalk([...args, "--touch", "none"]);
    expect([untouched.status, untouched.stderr]).toEqual([0, ""]);
  });

  test.each([
    [["--allocators", "glibc,tlfs"], /^pagewalk: unknown allocator "tlfs"; did you mean tlsf\? /],
    [["--touch", "some"], /^pagewalk: .*touch.*; [^\n]*\n$/],
    [["--show", "leeks"], /^pagewalk: --show: a heap log has no "leeks" to show; did you mean leaks\? /],
    [["--format", "lackey"], /^pagewalk: [^\n]*lackey[^\n]*; [^\n]*\n$/],
    [["--maps", "nowhere.maps"], /^pagewalk: nowhere\.maps: no such file or directory; check the path\n$/],
    [["--json", "--csv", "-"], /^pagewalk: heap: --json and --csv - both want standard output; /],
    [["--jobs", "0"], /^pagewalk: heap: --jobs cannot be 0; it is at least 1/],
  ])("refuses %j in one line", async (options, message) => {
    const { status, stdout, stderr } = await pagewalk(["heap", log, ...options]);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("names the line of a log that it cannot read", async () => {
    writeFileSync(file("bad.ltrace"), "malloc(10) = 0x1000\nmalloc(ten) = 0x2000\n");
    const { status, stderr } = await pagewalk(["heap", file("bad.ltrace")]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^pagewalk: .*bad\.ltrace:2: [^\n]+; [^\n]+\n$/);
  });

  test("has help with examples, and the allocators with their parameters", async () => {
    const { status, stdout } = await pagewalk(["heap", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("first-fit:");
    expect(stdout).toContain("Examples:\n  pagewalk trace record --heap -o ls.log -- ls\n");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("prints partial rows when it is interrupted, and exits with 130", async () => {
    const child = start(["heap", "-", "--json", "--allocators", "bump,glibc"]);
    // More than is buffered, so that some of it is served.
    const operations = randomLog({ operations: 20_000, places: 300 });
    for (let n = 0; n < 4; n++) child.process.stdin?.write(operations);
    await until(() => child.process.stdin?.writableLength === 0);
    child.kill("SIGINT");
    const { status, stdout, stderr } = await child.ended;
    expect([status, stderr]).toEqual([
      130,
      expect.stringMatching(/^pagewalk: interrupted after 0 of 2 allocators; [^\n]+\n$/),
    ]);
    const { trace, results, interrupted } = JSON.parse(stdout);
    expect(interrupted).toBe(true);
    expect(results.map(({ allocator }: { allocator: string }) => allocator)).toEqual(["bump", "glibc"]);
    for (const row of results) {
      expect(row.operations).toBeGreaterThan(0);
      expect(row.interruptedAt).toBeLessThanOrEqual(trace.interruptedAt);
    }
  });
});
