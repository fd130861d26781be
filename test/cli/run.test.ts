import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { pagewalk, start } from "./command.js";

const LOG = `# two pages, one of them touched
p = mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7ffd000
store(p, 8) = ok
store(p + 400000, 4) = SIGSEGV SEGV_MAPERR
close(3) = 0
mlock(p, 4096) = 0
`;
const WRONG = LOG.replaceAll(/\bp\b(?! =)/g, "0x7ffff7000000").replace(
  "= 0x7ffff7ffd000",
  "= 0x7ffff7000000",
);
const MAPS = "7ffff7ffd000-7ffff7fff000 rw-p 00000000 00:00 0 \n";

describe("run", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  const run = (...args: string[]) => pagewalk(["run", ...args]);
  const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).stdout);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    writeFileSync(file("log.calls"), LOG);
    writeFileSync(file("wrong.calls"), WRONG);
    writeFileSync(file("log.gz"), gzipSync(LOG));
    writeFileSync(file("maps"), MAPS);
    writeFileSync(file("empty.calls"), "");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("writes a report of what a recording's allocations cost", async () => {
    const lines = [
      "brk(0) = 0x600000",
      "brk(0x621000) = 0x621000",
      "malloc(9) = 0x6002a0",
      "store(0x6002a0, 8)",
    ];
    const log = await openTrace(new TextEncoder().encode(`${lines.join("\n")}\n`), { format: "calls" });
    const maps = "400000-401000 r-xp 00000000 00:00 1 /program\n";
    const metadata = { maps, placement: "recorded", allocations: "recorded" };
    await convertTrace(log, file("log.pagewalk"), { format: "pagewalk", metadata });
    const written = await run(file("log.pagewalk"), "--report", file("costs.html"), "--plots", file("plots"));
    expect([written.status, written.stderr]).toEqual([0, ""]);
    expect(written.stdout).toMatch(/^Process 1000/m);
    expect(readFileSync(file("costs.html"), "utf8")).toContain('<figure data-figure="charges-sites">');
    const plots = ["charges-sites", "charges-sizes", "faults", "memory", "region-faults", "regions", "tlb"];
    expect(readdirSync(file("plots"))).toEqual(plots.map((id) => `log.pagewalk-${id}.svg`));
    await pagewalk(["replay", file("log.pagewalk"), "--report", file("map.html")]);
    expect(readFileSync(file("map.html"), "utf8")).toContain(
      '"regions":[{"start":"0x400000","end":"0x401000","name":"/program"},{"start":"0x600000","end":"0x621000","name":"[heap]"}]',
    );
    const printed = await run(file("log.pagewalk"), "--report", "-");
    expect([printed.status, printed.stdout.slice(0, 15)]).toEqual([0, "<!doctype html>"]);
  });

  test("writes a report of any log: regions, memory and faults after each call", async () => {
    const args = ["--report", file("process.html"), "--json"];
    const { status, stdout, stderr } = await run(file("log.calls"), ...args);
    expect([status, stderr]).toEqual([0, ""]);
    const { process } = JSON.parse(stdout);
    const [, text = ""] =
      /id="pagewalk-report">(.*?)<\/script>/s.exec(readFileSync(file("process.html"), "utf8")) ?? [];
    const { moments, regions } = JSON.parse(text).traces[0].activity;
    const last = moments.at(-1);
    expect(last).toMatchObject({ at: 5, minorFaults: process.faults.minor, majorFaults: 0 });
    const bytes = Object.values<number>(last.regions).reduce((sum, one) => sum + one, 0);
    expect(bytes).toBe(process.residentBytes);
    const faults = regions.reduce((sum: number, one: { minorFaults: number }) => sum + one.minorFaults, 0);
    expect(faults).toBeLessThanOrEqual(process.faults.minor);
  });

  test("prints only one document on standard output", async () => {
    const both = await run(file("log.calls"), "--json", "--report", "-");
    expect(both.stderr).toMatch(/^pagewalk: run: --json and --report - both want standard output; /);
  });

  test("accepts the log's format by name", async () => {
    const { calls } = await json(file("log.calls"), "--format", "strace");
    expect(calls).toBe(4);
    const unknown = await run(file("log.calls"), "--format", "strase");
    expect(unknown.stderr).toMatch(/^pagewalk: .*unknown trace format "strase"; [^\n]+\n$/);
    const other = await run(file("log.calls"), "--format", "pagewalk");
    expect([other.status, other.stderr.split("\n").length]).toEqual([2, 2]);
  });

  test("learns random addresses from the log", async () => {
    const log = [
      'execve("/no/such", [], 0x0) = 0',
      "brk(NULL) = 0x557b78ff4000",
      "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f786a8ff000",
      "mprotect(0x557b4efe7000, 4096, PROT_READ) = 0",
      "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f786a8fe000",
    ];
    writeFileSync(file("random.calls"), `${log.join("\n")}\n`);
    const { status, stdout } = await run(file("random.calls"), "--verify", "--show", "maps");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^557b4efe7000-557b4efe8000 r--p .* \/no\/such$/m);
    expect(stdout).toMatch(/^7f786a8fe000-7f786a901000 rw-p /m);
    expect(stdout).toMatch(/^7f786a901000-7f786a905000 r--p .* \[vvar\]$/m);
  });

  test("prints the contract's JSON, one document", async () => {
    const any = expect.any(Number);
    expect(await json(file("log.calls"), "--verify")).toMatchObject({
      calls: 4,
      checked: 4,
      matched: 4,
      mismatched: 0,
      signals: [{ line: 4, signal: "SIGSEGV", code: "SEGV_MAPERR", address: "0x7ffff805ea80" }],
      skipped: { close: 1 },
      process: {
        maps: [
          {
            start: "0x7ffff7ffd000",
            end: "0x7ffff7ffe000",
            permissions: "rw-p",
            offset: 0,
            name: "",
            rssBytes: 4096,
            lockedBytes: 4096,
            swapBytes: 0,
          },
          { start: "0x7ffff7ffe000", rssBytes: 0 },
          { name: "[vsyscall]" },
        ],
        residentBytes: 4096,
        lockedBytes: 4096,
        faults: { minor: 1, major: 0 },
        cycles: { total: any },
      },
    });
  });

  test("prints a summary of the run as text, and exits with 0", async () => {
    const { status, stdout, stderr } = await run(file("log.calls"), "--verify");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/checked +4\n/);
    expect(stdout).toMatch(/as recorded +4 +100.00 %/);
  });

  test("exits with 1 if a recorded result differs, and continues from the recorded result", async () => {
    const { status, stdout } = await run(file("wrong.calls"), "--verify", "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      checked: 4,
      matched: 3,
      mismatched: 1,
      firstMismatch: { line: 2, expected: "0x7ffff7000000", actual: "0x7ffff7ffd000" },
    });
  });

  test("compares recorded results only with --verify", async () => {
    expect((await run(file("wrong.calls"))).status).toBe(0);
  });

  test("reads standard input, and compressed logs", async () => {
    const { trace, ...answer } = await json(file("log.calls"));
    const read = { format: "calls", detectedBy: "content" };
    expect(trace).toEqual({ path: file("log.calls"), ...read });
    expect(await json(file("log.gz"))).toEqual({
      trace: { path: file("log.gz"), ...read, compression: "gzip" },
      ...answer,
    });
    const ofStdin = async (input: string | Uint8Array) =>
      JSON.parse((await pagewalk(["run", "-", "--json"], { input })).stdout);
    expect(await ofStdin(LOG)).toEqual({ trace: { path: "<stdin>", ...read }, ...answer });
    for (const compression of ["xz", "zstd"]) {
      const packed = compressed(compression, LOG);
      if (packed !== undefined)
        expect(await ofStdin(packed)).toEqual({
          trace: { path: "<stdin>", ...read, compression },
          ...answer,
        });
    }
  });

  test.each([
    ["maps", "7ffff7ffd000-7ffff7ffe000 rw-p 00000000 00:00 0"],
    ["smaps", "Locked:                4 kB"],
    ["status", "VmLck:\t       4 kB"],
    ["pagemap", "0x7ffff7ffd000"],
    ["pagetable", "PML4"],
    ["tlb", "l1d"],
    ["signals", "SIGSEGV"],
    ["faults", "line 2"],
    ["calls", "  4  store(p + 400000, 4) = SIGSEGV SEGV_MAPERR"],
  ])("shows %s", async (what, text) => {
    expect((await run(file("log.calls"), "--show", what)).stdout).toContain(text);
    const [shown] = (await json(file("log.calls"), "--show", what)).show;
    expect(shown).toMatchObject({ what, pid: expect.any(Number) });
  });

  test("shows the state before a line, or before the next call if the line has none", async () => {
    const { show } = await json(file("log.calls"), "--show", "maps@2,maps@6,maps@5,maps@99,status@1");
    expect(show.map(({ what, line }: { what: string; line: number }) => [what, line])).toEqual([
      ["status", 1],
      ["maps", 2],
      ["maps", 5],
      ["maps", 6],
      ["maps", 99],
    ]);
    expect(show.map(({ regions }: { regions?: object[] }) => regions?.length)).toEqual([
      undefined,
      1,
      2,
      2,
      3,
    ]);
  });

  test("reports that the log has no such line", async () => {
    const { stdout } = await run(file("log.calls"), "--show", "maps@6,maps@7,calls@7");
    expect(stdout).toMatch(/^maps {2}process 1000, before line 6$/m);
    expect(stdout).toMatch(/^maps {2}process 1000, at the end: the log has no line 7$/m);
    expect(stdout).toMatch(/^calls {2}4, at the end: the log has no line 7$/m);
    const stopped = await pagewalk(["run", "-", "--show", "maps@6"], { input: `${LOG.slice(0, 60)}\n` });
    expect(stopped.stdout).toContain("at the end: the run was stopped before line 6");
    const { show } = await json(file("log.calls"), "--show", "maps@6,maps@7");
    expect(show.map(({ beyond }: { beyond?: boolean }) => beyond)).toEqual([undefined, true]);
  });

  test("shows each difference", async () => {
    const input = `${WRONG}munmap(0x1001, 1) = 0\nmunmap(0x1001, 2) = 0\n`;
    const args = ["run", "-", "--verify", "--show", "differences,calls@3"];
    const { status, stdout } = await pagewalk(args, { input });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^differences {2}3, at the end\n {2}2 {2}p = mmap.* = 0x7ffff7ffd000\n +recorded 0x7ffff7000000\n {2}7 {2}munmap.*\(Invalid argument\) {2}recorded 0$/m,
    );
    const { show } = JSON.parse((await pagewalk([...args, "--json"], { input })).stdout);
    expect(show).toMatchObject([
      { what: "calls", line: 3, calls: [{ line: 2, pid: 1000, answer: "0x7ffff7ffd000", matched: false }] },
      {
        what: "differences",
        count: 3,
        calls: [
          { line: 2 },
          { line: 7, call: "munmap(0x1001, 1)", answer: "-1 EINVAL (Invalid argument)", recorded: "0" },
          { line: 8 },
        ],
      },
    ]);
    const unasked = await pagewalk(["run", "-", "--show", "differences"], { input });
    expect(unasked.stderr).toMatch(/^pagewalk: --show: differences are what --verify finds; [^\n]+\n$/);
    expect([unasked.status, unasked.stdout]).toEqual([2, ""]);
  });

  test("reports calls that failed although the log records no failure", async () => {
    const { refused, signals } = await json(file("log.calls"), "--ulimit", "as=4096");
    expect(refused).toEqual({
      count: 1,
      calls: [
        {
          line: 2,
          pid: 1000,
          call: "p = mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
          answer: "-1 ENOMEM (Cannot allocate memory)",
          recorded: "0x7ffff7ffd000",
          matched: false,
        },
      ],
    });
    expect(signals[0].line).toBe(3);
  });

  test("warns if there was nothing to verify", async () => {
    const { status, stdout, stderr } = await pagewalk(["run", "-", "--verify"], { input: "brk(NULL)\n" });
    expect(stderr).toMatch(/^pagewalk: <stdin>: nothing was verified, [^\n]+\n$/);
    expect(stdout).toMatch(/^ {2}checked +0 {2}none of them has a result in the log$/m);
    expect(status).toBe(0);
  });

  test("starts from the regions of a maps file, even without a call", async () => {
    const { process } = await json(file("empty.calls"), "--maps", file("maps"));
    expect(process.maps[0]).toMatchObject({ start: "0x7ffff7ffd000", end: "0x7ffff7fff000" });
  });

  test("respects limits", async () => {
    const input =
      "mlock(mmap, 1)".replace("mmap", "0") && LOG.replace("mlock(p, 4096) = 0", "mlock(p, 4096) = -1 EPERM");
    expect((await pagewalk(["run", "-", "--verify", "--ulimit", "memlock=0"], { input })).status).toBe(0);
    expect(
      (await pagewalk(["run", "-", "--verify", "--ulimit", "as=4096"], { input: `${WRONG.split("\n")[1]}` }))
        .status,
    ).toBe(1);
  });

  test.each(["i386", "sv57", "aarch64-64k"])("runs on %s", async (arch) => {
    const input = 'execve("/bin/none", ["none"], 0) = 0\nbrk(NULL)\nalloca(100000)\ngetpagesize()\n';
    const { status, stdout, stderr } = await pagewalk(["run", "-", "--arch", arch, "--json"], { input });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^pagewalk: \/bin\/none is not at hand[^\n]*\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ calls: 4, signals: [] });
  });

  test("has random addresses that are the same for the same seed", async () => {
    const brk = 'execve("/bin/none", ["none"], 0) = 0\nbrk(NULL)\n';
    const maps = async (seed: string) =>
      JSON.parse((await pagewalk(["run", "-", "--json", "--randomize", seed], { input: brk })).stdout).process
        .maps;
    expect(await maps("1")).toEqual(await maps("1"));
    expect((await maps("1"))[0].start).not.toBe((await maps("2"))[0].start);
  });

  test("reports the calls before Ctrl-C, and exits with 130", async () => {
    const child = start(["run", "-", "--verify", "--json"]);
    const lines = "munmap(0x1000, 1) = 0\n".repeat(50_000);
    // More than a pipe holds: the run is on its way when all is written.
    await new Promise((resolve) => child.process.stdin?.write(lines, resolve));
    child.kill("SIGINT");
    const { status, stdout, stderr } = await child.ended;
    expect(status).toBe(130);
    const [, line] = /^pagewalk: <stdin>:(\d+): interrupted; the results so far follow\n$/.exec(stderr) ?? [];
    const stopped = stderr.replace(/^pagewalk: |\n$/g, "");
    expect(JSON.parse(stdout)).toMatchObject({ calls: Number(line), matched: Number(line), stopped });
  });

  test("warns on standard error, except with --quiet", async () => {
    const input = "shmat(1, NULL, 0) = 0x7000\n";
    expect((await pagewalk(["run", "-"], { input })).stderr).toMatch(
      /^pagewalk: <stdin>:1: shmat is not modelled, [^\n]+\n$/,
    );
    expect((await pagewalk(["run", "-", "--quiet"], { input })).stderr).toBe("");
    expect(
      JSON.parse((await pagewalk(["run", "-", "--json", "--quiet"], { input })).stdout).warnings,
    ).toHaveLength(1);
  });

  test("names options in warnings as its flags", async () => {
    const input = '7 execve("/no/such", ["x"], 0x1) = 0\n7 brk(NULL) = 0x1000000\n';
    const { stdout, stderr } = await pagewalk(["run", "-", "--json"], { input });
    expect(stderr).toMatch(/^pagewalk: [^\n]*; --root names the directory that has it\n$/);
    expect(`pagewalk: ${JSON.parse(stdout).warnings}\n`).toBe(stderr);
  });
});

/** Undefined if the tool is not installed. */
function compressed(tool: string, text: string): Buffer | undefined {
  try {
    return execFileSync(tool, ["-c"], { input: text, stdio: ["pipe", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}
