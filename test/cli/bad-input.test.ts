import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Outcome, pagewalk, RECORDING, type RunOptions } from "./command.js";

const LACKEY = "I  00401000,3\n L 1fff000758,8\n S 0000602000,8\n";

describe("bad input", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    const recording = readFileSync(RECORDING);
    const flipped = (at: number) => recording.map((byte, index) => (index === at ? byte ^ 0x10 : byte));
    const wrongMagic = Uint8Array.from(recording);
    wrongMagic.set([0x58, 0x58], 0);
    writeFileSync(file("good.lackey"), LACKEY);
    writeFileSync(file("cut.pagewalk"), recording.subarray(0, 500_000));
    // A page path comes first in a block; replay unpacks that alone, the other commands the rest.
    writeFileSync(file("flipped-path.pagewalk"), flipped(1000));
    writeFileSync(file("flipped.pagewalk"), flipped(300_000));
    writeFileSync(file("magic.pagewalk"), wrongMagic);
    writeFileSync(file("empty.pagewalk"), "");
    writeFileSync(file("text.pagewalk"), "hello, this is not a trace\n");
    writeFileSync(file("cut.lackey.gz"), gzipSync(LACKEY.repeat(10_000)).subarray(0, 200));
    writeFileSync(file("odd.lackey"), `${LACKEY} X 1234,8\n`);
    writeFileSync(file("calls.oracleGeneral"), LACKEY);
    writeFileSync(file("start.pagewalk"), recording.subarray(0, 5));
    writeFileSync(file("odd.din"), "0 1000\n7 1000\n");
    writeFileSync(file("cut.champsimtrace"), Buffer.alloc(100).fill(64, 2, 3).fill(64, 66, 67));
    writeFileSync(file("odd.drmemtrace"), "1 1: 7 read 8 byte(s) @ 0x10\n1 1: 7 raed 8 byte(s) @ 0x10\n");
    writeFileSync(file("odd.csv"), "time,lbn,op\n1,2,r\n1,two,r\n");
    writeFileSync(file("bare.csv"), "1,2\n3,4\n");
    writeFileSync(file("odd.arc"), "1 2 0 1\n1 2 0\n");
    writeFileSync(file("cut.vscsi"), Buffer.alloc(70).fill(1, 15, 16).fill(1, 47, 48));
    writeFileSync(file("comments.lackey"), "==1== Lackey, an example Valgrind tool\n");
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Expects one line with the fault and the remedy, exit status 2, and no standard output. */
  function expectRefusal({ status, stdout, stderr }: Outcome, ...says: (string | RegExp)[]): void {
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    for (const words of says) expect(stderr).toMatch(words);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  }

  const replayed = (name: string, options?: RunOptions) => pagewalk(["replay", file(name)], options);

  test.each([
    ["a file cut off", "cut.pagewalk", /cut\.pagewalk:\d+: /],
    ["a flipped bit", "flipped-path.pagewalk", /path\.pagewalk:\d+: /],
    ["a flipped bit in what replay passes over", "flipped.pagewalk", /flipped\.pagewalk:\d+: /],
    ["a wrong magic", "magic.pagewalk", /magic\.pagewalk/],
    ["an empty file", "empty.pagewalk", "is empty"],
    ["text where binary is due", "text.pagewalk", /text\.pagewalk/],
    ["compressed data cut off", "cut.lackey.gz", /cut\.lackey\.gz:\d+: .*gzip/],
    ["a line of no format", "odd.lackey", "odd.lackey:4: "],
    ["a trace without references", "comments.lackey", "has no references when it is read as lackey"],
    ["a file cut inside its first bytes", "start.pagewalk", /start\.pagewalk:\d: is cut off/],
    ["a label that din has not", "odd.din", 'odd.din:2: not a din line: "7 1000"'],
    [
      "an instruction cut off",
      "cut.champsimtrace",
      "cut.champsimtrace:64: the trace ends inside a record of 64",
    ],
    ["a word that view does not print", "odd.drmemtrace", "odd.drmemtrace:2: not a drmemtrace-text line"],
    ["a missing file", "missing.pagewalk", "missing.pagewalk: no such file"],
    ["a directory", ".", "is a directory"],
  ])("%s is reported with its position", async (_, name, says) => {
    expectRefusal(await replayed(name), says);
  });

  test.each(["cut.pagewalk", "flipped.pagewalk", "odd.lackey"])(
    "converting %s leaves no file behind",
    async (name) => {
      const before = readdirSync(folder);
      expectRefusal(await pagewalk(["trace", "convert", file(name), file("out.lackey")]));
      expect(readdirSync(folder)).toEqual(before);
    },
  );

  test("comparing a broken trace leaves no CSV behind", async () => {
    const before = readdirSync(folder);
    const args = ["compare", file("flipped.pagewalk"), "--policies", "lru", "--csv", file("out.csv")];
    expectRefusal(await pagewalk(args), /flipped\.pagewalk:\d+: /);
    expect(readdirSync(folder)).toEqual(before);
  });

  test("a trace whose lines are all skipped by the given format is refused", async () => {
    const args = ["compare", file("good.lackey"), "--format", "lirs", "--frames", "2"];
    expectRefusal(await pagewalk(args), "has no references when it is read as lirs");
  });

  test.each(["lackey", "lirs", "oracleGeneral"])("a pagewalk file is refused as %s", async (format) => {
    expectRefusal(await pagewalk(["compare", RECORDING, "--format", format]), "is a pagewalk file");
  });

  test.each([
    ["a page that is not a number", "odd.csv", "odd.csv:3: a field that is read is empty or not a number"],
    ["a table without header or columns", "bare.csv", "bare.csv:1: no header says which of the 2 columns"],
    ["a line of three numbers", "odd.arc", 'odd.arc:2: not an arc line: "1 2 0"'],
    ["a record cut off", "cut.vscsi", "cut.vscsi:64: the trace ends inside a record of 32 bytes"],
  ])("compare reports %s with its position", async (_, name, says) => {
    expectRefusal(await pagewalk(["compare", file(name), "--frames", "1"]), says);
  });

  test("text is refused as a binary format", async () => {
    const args = ["compare", file("calls.oracleGeneral"), "--format", "oracleGeneral"];
    expectRefusal(await pagewalk(args), "is text");
  });

  test("a line of 1 GiB is refused before it is read to its end", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1 << 20, "7");
    const endless = new Readable({
      read() {
        sent += chunk.length;
        this.push(sent > 2 ** 30 ? null : chunk);
      },
    });
    const outcome = await pagewalk(["replay", "-", "--format", "lackey"], { input: endless });
    endless.destroy();
    expectRefusal(outcome, /<stdin>:1: .*line/);
    expect(sent).toBeLessThan(2 ** 28);
  });

  test("an address beyond the architecture's width is reported with its line", async () => {
    const outcome = await pagewalk(["replay", file("good.lackey"), "--arch", "i386"]);
    expectRefusal(outcome, "good.lackey:2: ", "0x1fff000758", "i386");
  });
});

describe("bad usage", () => {
  test.each([
    ["replay", "x", "--polcy", "lru", "did you mean --policy?"],
    ["compare", "x", "--frame", "5", "did you mean --frames?"],
    ["replya", "x", "did you mean replay?"],
    ["trace", "inf", "x", "did you mean info?"],
    ["replay", RECORDING, "--policy", "clok", "did you mean clock?"],
    ["compare", RECORDING, "--policies", "lru,seive", "did you mean sieve?"],
    ["replay", RECORDING, "--arch", "x86_64", "did you mean x86-64?"],
    ["replay", RECORDING, "--format", "pagwalk", "did you mean pagewalk?"],
    ["trace", "generate", "zip", "-o", "-", "did you mean zipf?"],
    ["replay", RECORDING, "--huge", "sometimes", "There are never, always, madvise"],
    ["replay", RECORDING, "--memory", "0", "zero"],
    ["replay", RECORDING, "--memory", "99999999999TiB", "too large"],
    ["replay", RECORDING, "--memory", "12 apples", "64KiB"],
    ["replay", RECORDING, "--memory", "4KiB", "no room"],
    ["replay", RECORDING, "--swap", "-1", "64KiB"],
    ["replay", RECORDING, "--tlb", "l1i=0x4,l1d=64x4", "entries"],
    ["replay", RECORDING, "--tlb", "banana", "l1i=64x4"],
    ["compare", RECORDING, "--frames", "0", "5%"],
    ["compare", RECORDING, "--frames", "101%", "5%"],
    ["compare", RECORDING, "--frames", "99999999999999", "5%"],
    ["compare", RECORDING, "--only", "dta", "did you mean data?"],
    ["compare", RECORDING, "--jobs", "0", "at least 1"],
    ["trace", "generate", "loop", "-o", "-", "--pages", "0", "at least 1"],
    [
      "trace",
      "generate",
      "loop",
      "-o",
      "-",
      "--page-size",
      "1000",
      "--page-size: a page size of 1000 bytes is not a power of two",
    ],
    [
      "trace",
      "generate",
      "loop",
      "-o",
      "-",
      "--set-pages",
      "5",
      "loop takes --references, --pages, --page-size",
    ],
    ["trace", "generate", "mixture", "-o", "-", "mixture needs its parts"],
    ["trace", "generate", "loop", "zipf", "-o", "-", "only a mixture and phases have parts"],
    ["trace", "generate", "mixture", "zipf + loop:page=5", "-o", "-", 'part 2: unknown option "page"'],
    [
      "trace",
      "generate",
      "phases",
      "loop; zipf:references=2e6",
      "-o",
      "-",
      "--references",
      "5",
      "--references is 5",
    ],
    ["compare", RECORDING, "--columns", "page=1", "is a pagewalk file"],
    ["compare", RECORDING, "--format", "pagewalk", "--columns", "page=1", "pagewalk has no columns"],
    ["trace", "convert", RECORDING, "out.drmemtrace", "drmemtrace-text can be read but not written"],
    ["trace", "generate", "loop", "--output"],
    ["replay", "replay --help"],
    ["give one of replay"],
    [
      "nope",
      "--help",
      "there are replay, compare, merge, worker, mrc, run, heap, translate, exercise, trace, formats, policy",
    ],
    [
      "help",
      "nope",
      "there are replay, compare, merge, worker, mrc, run, heap, translate, exercise, trace, formats, policy",
    ],
    ["trace", "help", "nope", "there are info, convert, generate, record"],
    ["replay", "a", "b", "takes 1 argument but got 2; see pagewalk replay --help"],
    ["compare", "-", "-", "standard input is named twice"],
    ["compare", RECORDING, "--jobs", "1e30", "too large"],
    ["trace", "convert", RECORDING, "out.lackey.zst", "end the name with .gz"],
  ])("%s %s %s %s %s is one line and exit status 2", async (...words) => {
    const says = words.at(-1) ?? "";
    const { status, stdout, stderr } = await pagewalk(words.slice(0, -1));
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toContain(says);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test.each(["7TiB", "16TiB"])(
    "a simulation of %s, larger than WebAssembly's memory, has exit status 3",
    async (memory) => {
      const { status, stdout, stderr } = await pagewalk(["replay", RECORDING, "--memory", memory]);
      expect(stderr).toMatch(/^pagewalk: [^\n]*4 GiB[^\n]*; [^\n]+\n$/);
      expect(stdout).toBe("");
      expect(status).toBe(3);
    },
  );

  test("a stack trace is printed only with --debug", async () => {
    const plain = await pagewalk(["replay", "missing"]);
    const debug = await pagewalk(["replay", "missing", "--debug"]);
    expect(plain.stderr).not.toMatch(/^\s+at /m);
    expect(debug.stderr).toMatch(/^\s+at /m);
    expect(debug.status).toBe(2);
  });
});

describe("errors of the command name its flags", () => {
  test.each([
    [["replay", RECORDING, "--memory", "12x"], /^pagewalk: --memory: "12x" is not a size; /],
    [["replay", RECORDING, "--walk-cache", "x"], /^pagewalk: --walk-cache: "x" is not a cache/],
    [
      ["replay", RECORDING, "--memory", "1M", "--policy", "opt", "--swap", "1M"],
      /leave out --huge and --swap/,
    ],
    [["mrc", RECORDING, "--page-size", "3K"], /^pagewalk: --page-size: a page size of 3KiB is not a power/],
    [["mrc", RECORDING, "--windows", "x"], /^pagewalk: --windows: "x" is not a window/],
    [["mrc", RECORDING, "--ways", "4"], /--ways is for curves by --sets; give --sets as well/],
    [["compare", RECORDING, "--diverge", "lru"], /^pagewalk: --diverge: two policies are compared, not 1/],
    [
      ["compare", RECORDING, "--policy", "nosuch1,lru,nosuch2"],
      /unknown policies "nosuch1", "nosuch2"; did you/,
    ],
    [["compare", "nosuch1", "nosuch2"], /^pagewalk: nosuch1, nosuch2: no such file or directory; check/],
  ])("%j", async (args, message) => {
    const { status, stdout, stderr } = await pagewalk(args);
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

test("--policy and --policies are the same option, and sizes and counts may have suffixes", async () => {
  const results = async (...args: string[]) => {
    const { stdout } = await pagewalk([...args, "--json"]);
    return JSON.parse(stdout, (key, value) => (/[sS]econds?$/.test(key) ? 0 : value));
  };
  const compare = ["compare", RECORDING, "--jobs", "1", "--frames"];
  expect(await results(...compare, "1e2", "--policy", "lru")).toEqual(
    await results(...compare, "100", "--policies", "lru"),
  );
  const replay = ["replay", RECORDING, "--memory"];
  expect(await results(...replay, "1M", "--policies", "lru")).toEqual(
    await results(...replay, "1MiB", "--policy", "lru"),
  );
});
