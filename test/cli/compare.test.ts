/** `compare` as a command: interrupted, resumed, and with `--diverge`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MODELS } from "../policy/models/classics.js";
import { pagewalk, RECORDING, start, until } from "./command.js";

interface Row {
  policy: string;
  frames: number;
  misses: number;
  seconds: number;
  requests: number;
  interruptedAt?: number;
}

const stable = (rows: readonly Row[]) => rows.map(({ policy, frames, misses }) => [policy, frames, misses]);

describe("a comparison that is interrupted", () => {
  let folder: string;
  let trace: string;
  const file = (name: string) => join(folder, name);
  const GRID = ["--policies", "lru,arc,lfu,random", "--frames", "1%,2%,5%,10%,20%,50%", "--jobs", "2"];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    trace = file("zipf.pagewalk");
    await pagewalk(["trace", "generate", "zipf", "--references", "1e6", "-o", trace]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("prints and writes the finished rows, exits with 130, and continues with --resume", async () => {
    const journal = file("runs.jsonl");
    const csv = file("rows.csv");
    const args = ["compare", trace, ...GRID, "--resume", journal, "--json"];
    const child = start([...args, "--csv", csv]);
    await until(() => existsSync(journal) && readFileSync(journal, "utf8").split("\n").length > 2);
    child.kill("SIGINT");
    const { status, stdout, stderr } = await child.ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/^pagewalk: .*runs\.jsonl: interrupted after \d+ of 24 simulations; [^\n]+\n$/);
    const { results: all, interrupted }: { results: Row[]; interrupted: boolean } = JSON.parse(stdout);
    expect(interrupted).toBe(true);
    const results = all.filter(({ interruptedAt }) => interruptedAt === undefined);
    expect(results.length).toBeGreaterThan(0);
    expect(results.length).toBeLessThan(24);
    expect(readFileSync(csv, "utf8").trimEnd().split("\n")).toHaveLength(1 + all.length);

    const resumed = await pagewalk(args);
    const through = await pagewalk(["compare", trace, ...GRID, "--json"]);
    expect(resumed.status).toBe(0);
    expect(resumed.stderr).toBe(`${journal}: had ${results.length} of 24 simulations\n`);
    const rows: Row[] = JSON.parse(resumed.stdout).results;
    expect(stable(rows)).toEqual(stable(JSON.parse(through.stdout).results));
    for (const row of results) expect(rows).toContainEqual(row);
  });

  test("keeps what the simulations of one pass counted, marked as a part", async () => {
    const pages = Array.from({ length: 40_000 }, (_, n) => (n * n) % 997);
    const args = ["compare", "-", "--format", "lirs", "--jobs", "1", "--policies", "lru", "--frames", "300"];
    for (const style of ["--json", "--quiet"]) {
      const child = start([...args, style]);
      // More than is buffered, so that some of it is served.
      for (let n = 0; n < 10; n++) child.process.stdin?.write(`${pages.join("\n")}\n`);
      await until(() => child.process.stdin?.writableLength === 0);
      child.kill("SIGINT");
      const { status, stdout, stderr } = await child.ended;
      expect([status, stderr]).toEqual([
        130,
        expect.stringMatching(/^pagewalk: interrupted after 0 of 1 simulation; [^\n]+\n$/),
      ]);
      if (style === "--quiet") {
        expect(stdout).toMatch(/ 300 +miss ratio +\d+\.\d\d % …\n/);
        expect(stdout).toMatch(/\n… interrupted: of the first [\d,]+ references\n/);
        continue;
      }
      const [row]: Row[] = JSON.parse(stdout).results;
      const served = row?.interruptedAt ?? 0;
      expect([row?.requests, served]).toEqual([served, expect.any(Number)]);
      const list = Array.from({ length: served }, (_, n) => pages[n % pages.length] ?? 0);
      expect(row?.misses).toBe(MODELS.lru?.(list, 300).filter((hit) => !hit).length);
    }
  });

  test("reports the interrupt also while it waits for standard input", async () => {
    const spool = mkdtempSync(join(folder, "spool-"));
    const child = start(["compare", "-", "--format", "lirs", "--json"], { TMPDIR: spool });
    child.process.stdin?.write("1\n2\n3\n".repeat(20_000));
    await until(() => readdirSync(spool).length > 0);
    child.process.kill("SIGINT");
    const { status, stdout, stderr } = await child.ended;
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ results: [], interrupted: true });
    expect(stderr).toMatch(/^pagewalk: interrupted after 0 of \d+ simulations; --resume FILE [^\n]+\n$/);
    expect(readdirSync(spool)).toEqual([]);
  });

  test("ends immediately when it is interrupted again, and leaves no incomplete file", async () => {
    const before = readdirSync(folder);
    const child = start(["compare", trace, ...GRID, "--csv", file("twice.csv")]);
    await until(() => readdirSync(folder).some((name) => name.endsWith(".partial")));
    const again = setInterval(() => child.kill("SIGINT"), 1);
    const { status, signal } = await child.ended;
    clearInterval(again);
    // If the process no longer handles the signal, the signal ends it: a shell reports 130, too.
    expect(signal ?? status).toBeOneOf([130, "SIGINT"]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
    expect(readdirSync(folder).filter((name) => name !== "twice.csv")).toEqual(before);
  });

  test("reports the rows of the file that it could not use", async () => {
    const journal = file("others.jsonl");
    const args = ["compare", RECORDING, "--frames", "16", "--resume", journal];
    await pagewalk([...args, "--policies", "lru,fifo"]);
    const { stderr } = await pagewalk([...args, "--policies", "lru", "--only", "data"]);
    expect(stderr).toBe(`${journal}: had 0 of 1 simulation, and 2 rows of other traces or options\n`);
    expect((await pagewalk([...args, "--policies", "lru", "--quiet"])).stderr).toBe("");
  });

  test.each(["README.md", "pagewalk"])("refuses a %s as its file", async (name) => {
    const notes = file(name);
    const content = name === "README.md" ? "# Notes\n" : readFileSync(trace);
    writeFileSync(notes, content);
    const { status, stdout, stderr } = await pagewalk(["compare", RECORDING, "--resume", notes]);
    expect(stderr).toBe(
      `pagewalk: ${notes}: is not a journal of compare; name a file that --resume wrote, or a new one\n`,
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(readFileSync(notes).equals(Buffer.from(content))).toBe(true);
  });
});

describe("compare --diverge", () => {
  const asked = ["compare", RECORDING, "--diverge", "lru,arc", "--frames", "17,32", "--limit", "2"];

  test("prints JSON, key by key", async () => {
    const { status, stdout, stderr } = await pagewalk([...asked, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { divergences } = JSON.parse(stdout);
    const text = expect.stringMatching(/^0x[0-9a-f]+$/);
    const held = { hits: expect.any(Boolean), only: 1, pages: [text], victim: text };
    expect(divergences).toHaveLength(2);
    expect(divergences[0]).toMatchObject({ trace: RECORDING, policies: ["lru", "arc"], frames: 17 });
    expect(divergences[0].differences[0]).toEqual({
      request: expect.any(Number),
      reference: expect.any(Number),
      place: expect.stringContaining(`${RECORDING}:`),
      page: text,
      address: text,
      kind: "store",
      held: [
        { policy: "lru", resident: 17, ...held },
        { policy: "arc", resident: 17, ...held },
      ],
    });
  });

  test("prints hits, misses and the pages of each policy as text", async () => {
    const { stdout } = await pagewalk(asked);
    expect(stdout).toMatch(
      /wordcount\.pagewalk {2}pagewalk, by content\n {2}lru and arc with 17 frames\nrequest [\d,]+ {2}store 0x/,
    );
    expect(stdout).toMatch(
      /\n {2}lru {2}hits {4}holds 17 pages, 1 of them alone: 0x\w+; next victim 0x\w+\n {2}arc {2}misses /,
    );
    expect(stdout).toMatch(/\nthe first 2 differences, in [\d,]+ requests\n$/);
    expect(stdout).not.toContain("\u001b");
  });

  test.each([
    [["--diverge", "lru"], "two policies are compared, not 1; name two different ones"],
    [["--diverge", "lru,arcc"], "did you mean arc?"],
    [["--diverge", "lru,arc", "--policies", "all"], "--policies has no meaning with --diverge"],
    [["--diverge", "lru,arc", "--resume", "x"], "--resume has no meaning with --diverge"],
    [["--diverge", "lru,arc", "--limit", "x"], '"x" is not a number'],
    [["--diverge", "lru,arc", RECORDING], "--diverge looks at one trace; name one, not 2"],
    [["--limit", "3"], "give --diverge too"],
  ])("%j is one line and exit status 2", async (words, says) => {
    const { status, stdout, stderr } = await pagewalk(["compare", RECORDING, ...words]);
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toContain(says);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
