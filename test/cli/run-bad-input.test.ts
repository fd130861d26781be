import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runLog } from "#pagewalk/index.js";
import { programsBelow } from "#pagewalk/process/program/files.node.js";
import { type Outcome, pagewalk, RECORDING } from "./command.js";

const MAP = "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
/** The calls before the faulty line. */
const BEFORE = `p = ${MAP}\nstore(p, 8)\n`;
const GARBAGE = Uint8Array.from({ length: 5000 }, (_, n) => (n * 7919) % 251);

describe("run and bad input", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  const runOf = (input: string | Uint8Array | Readable, ...args: string[]) =>
    pagewalk(["run", "-", ...args], { input });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    writeFileSync(file("log.calls"), BEFORE);
    writeFileSync(file("garbage.maps"), GARBAGE);
    writeFileSync(file("empty.maps"), "");
    writeFileSync(file("overlap.maps"), "1000-3000 r--p 00000000 00:00 0\n2000-4000 r--p 00000000 00:00 0\n");
    writeFileSync(
      file("beyond.maps"),
      "ffff00000000-ffff00001000 r--p 00000000 00:00 0\n7fffffff0000-8fffffff0000 r--p 00000000 00:00 0\n",
    );
    writeFileSync(file("program.txt"), "hello, this is not a program\n");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Expects one line with place, fault and remedy, without a stack trace. */
  function expectLine({ status, stderr }: Outcome, says: string | RegExp, exitStatus = 2): void {
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(status).toBe(exitStatus);
  }

  test.each([
    ["mmap(NULL", /<stdin>:3: a "\)" is missing; complete the line/],
    ["mmap(NULL, 4096)", /<stdin>:3: argument 3 of mmap is missing; /],
    ["munmap(0x1000, 1, 2)", /<stdin>:3: munmap has 3 arguments; it takes 2 at most/],
    ["munmap(0x1000, 18446744073709551616)", /<stdin>:3: "18446744073709551616" does not fit in 64 bits; /],
    ["munmap(0x1000, 4096.5)", /<stdin>:3: "4096.5" is not a whole number; /],
    ['munmap("here", 4096)', /<stdin>:3: argument 1 of munmap is not a number; /],
    ["munmap(q, 4096)", /<stdin>:3: "q" is unknown; names are given by NAME = call/],
    ["mprotect(p, 4096, PROT_FOO)", /<stdin>:3: "PROT_FOO" is unknown; /],
    ["brk(NULL) = what", /<stdin>:3: "what" is not a result; /],
    ["load(p, 1099511627776)", /<stdin>:3: 1099511627776 bytes are too many to touch; /],
    ["leave()", /<stdin>:3: leave without enter; /],
    ["malloc(40, 1)", /<stdin>:3: malloc has 2 arguments; it takes 1 at most/],
    ["free(q)", /<stdin>:3: "q" is unknown; /],
    ["store(p, 9, 1)", /<stdin>:3: 9 bytes are not a value; /],
    ["setrlimit(RLIMIT_STACK, {rlim_cur=1})", /<stdin>:3: rlim_max is missing; /],
    ["[pid 0] brk(NULL)", /<stdin>:3: there is no process 0; /],
    ["[pid 99999999999999999999] brk(NULL)", /<stdin>:3: there is no process 99999999999999999999; /],
    ["clone(flags=SIGCHLD) = 4294967297", /<stdin>:3: 4294967297 is not a process; /],
    ['execve("PROGRAM", ["x"], 0) = 0', /program\.txt:0: this is not an ELF file; /],
  ])("%j ends the run, and the results of the calls before it are kept", async (line, says) => {
    const log = `${BEFORE}${line.replace("PROGRAM", file("program.txt"))}\n${MAP}\n`;
    const { stopped, calls, process } = await runLog(new TextEncoder().encode(log), {
      name: "<stdin>",
      readProgram: programsBelow("/"),
    });
    expect(stopped?.message).toMatch(/^[^\n]+; [^\n]+$/);
    expect(stopped?.message).toMatch(says);
    expect(calls - Number(/exec/.test(line))).toBe(2);
    if (!line.startsWith("exec")) expect(process.residentBytes).toBe(4096);
  });

  test("the calls before an error are reported as text and as one document, with the reason of the end", async () => {
    const log = `${BEFORE}munmap(q, 4096)\n${MAP}\n`;
    const text = await runOf(log, "--show", "maps");
    expectLine(text, '"q" is unknown');
    expect(text.stdout).toMatch(/^Calls\n {2}run +2\n/m);
    expect(text.stdout).toContain("7ffff7ffd000-7ffff7fff000 rw-p");
    const json = await runOf(log, "--json");
    expectLine(json, '"q" is unknown');
    expect(JSON.parse(json.stdout)).toMatchObject({
      calls: 2,
      process: { residentBytes: 4096 },
      stopped: json.stderr.replace(/^pagewalk: |\n$/g, ""),
    });
  });

  test("lines that are not calls are skipped, with a warning and a count", async () => {
    const log = `${BEFORE}hello there\nSegmentation fault\n${MAP}\n`;
    const json = await runOf(log, "--json");
    expect(json.status).toBe(0);
    expect(json.stderr).toBe(
      'pagewalk: <stdin>:3: "hello there" is not a call, nor is 1 other line; such lines are skipped\n',
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ calls: 3, otherLines: 2 });
    expect((await runOf(log)).stdout).toMatch(/\n {2}other lines +2 {2}not calls, skipped\n/);
  });

  test.each([
    "munmap(p, -1)",
    "mmap(NULL, -1, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
    "mlock(-4096, 8192)",
    "mremap(p, 4096, 18446744073709551615, MREMAP_MAYMOVE)",
    "madvise(p, 4096, 99999)",
    "alloca(-1)",
    "brk(18446744073709551615)",
    "setrlimit(99, {rlim_cur=1, rlim_max=1})",
    "mincore(p, 18446744073709551615)",
  ])("%s is refused by the kernel", async (line) => {
    const { stopped, calls } = await runLog(new TextEncoder().encode(`${BEFORE}${line}\n`));
    expect(stopped).toBeUndefined();
    expect(calls).toBe(3);
  });

  test("garbage is not a call log", async () => {
    const outcome = await runOf(GARBAGE);
    expectLine(outcome, /<stdin>:1: ".*" is not a call, nor are 20 other lines; /);
    expect(outcome.stderr.trimEnd()).not.toMatch(/[\p{Cc}\ufffd]/u);
  });

  test.each([
    ["an empty log", "", /<stdin>: there is no call; /],
    ["a log of comments", "# nothing\n", /<stdin>: there is no call; /],
  ])("%s has no calls", async (_, input, says) => {
    expectLine(await runOf(input), says);
  });

  test("a line of 1 GiB is refused before it is read to its end, and the calls before it are reported", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1 << 20, "7");
    const endless = new Readable({
      read() {
        this.push(sent === 0 ? BEFORE : sent > 2 ** 30 ? null : chunk);
        sent += chunk.length;
      },
    });
    const outcome = await runOf(endless, "--json");
    endless.destroy();
    expectLine(outcome, /<stdin>:3: the line has no end; /);
    expect(JSON.parse(outcome.stdout).calls).toBe(2);
    expect(sent).toBeLessThan(2 ** 28);
  });

  test("endless forks run out of process numbers", async () => {
    const forks = Array.from(
      { length: 40_000 },
      (_, n) => `clone(child_stack=NULL, flags=SIGCHLD) = ${n + 2000}\n`,
    );
    const outcome = await runOf(BEFORE + forks.join(""), "--quiet");
    expectLine(outcome, /<stdin>:32770: no more processes can be made \(EAGAIN\); /);
    expect(outcome.stdout.length).toBeLessThan(10_000);
  });

  test("a long sequence of processes is served", async () => {
    const lives = Array.from(
      { length: 5000 },
      (_, n) => `1 fork() = ${n + 2}\n${n + 2} exit_group(0) = ?\n${n + 2} +++ exited with 0 +++\n`,
    );
    const { status, stdout } = await runOf(`1 brk(NULL) = 0x1000\n${lives.join("")}`, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).processes.length).toBeLessThanOrEqual(1001);
  });

  test.each([
    ["a missing log", ["missing.calls"], /missing\.calls: no such file/],
    ["a directory", ["."], /is a directory; /],
    [
      "maps that are bytes",
      ["log.calls", "--maps", "garbage.maps"],
      /garbage\.maps:1: this is not a line of a maps file; /,
    ],
    ["empty maps", ["log.calls", "--maps", "empty.maps"], /empty\.maps: there is no region; /],
    [
      "maps that overlap",
      ["log.calls", "--maps", "overlap.maps"],
      /overlap\.maps:2: the region overlaps that of line 1/,
    ],
    [
      "maps of another architecture",
      ["log.calls", "--maps", "beyond.maps", "--arch", "sv48"],
      /beyond\.maps:2: /,
    ],
  ])("%s is reported before the run starts", async (_, args, says) => {
    const outcome = await pagewalk(["run", ...args], { cwd: folder });
    expectLine(outcome, says);
    expect(outcome.stdout).toBe("");
  });

  test("a program for another machine ends the run", async () => {
    const outcome = await runOf(
      `${BEFORE}execve("${process.execPath}", ["node"], 0) = 0\n`,
      "--arch",
      "sv48",
    );
    expectLine(
      outcome,
      /<stdin>:3: \S+ is a program for another machine \(ELF machine \d+\); name the architecture that it is for$/m,
    );
    expect(outcome.stdout).toMatch(/^Calls\n/m);
  });

  test.each([
    [
      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xffff8b7e0000",
      "x86-64",
      "0xffff8b7e0000",
    ],
    ["brk(NULL) = 0xaaaaeb5c9000", "x86-64", "0xaaaaeb5c9000"],
    ["brk(NULL) = 0x555555560000", "sv39", "0x555555560000"],
    ["munmap(0x7ffff7fb7000, 4096) = 0", "i386", "0x7ffff7fb7000"],
    ["store(0x7ffff7fb7000, 8) = ok", "i386-pae", "0x7ffff7fb7000"],
  ])("%s is not a call of %s", async (line, arch, address) => {
    const log = new TextEncoder().encode(`${BEFORE}${line}\n`);
    const { stopped, calls } = await runLog(log, { name: "log", arch });
    expect(stopped?.message).toBe(
      `log:3: ${address} is not an address of ${arch}; name the architecture that the log is from with arch`,
    );
    expect(calls).toBe(2);
  });

  test("mmap2 is a call of 32-bit programs", async () => {
    const line = "mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7fc0000\n";
    expectLine(await runOf(line, "--arch", "sv39"), /<stdin>:1: sv39 has no mmap2; /);
    expect((await runOf(line)).status).toBe(0);
    expect((await runOf(line, "--arch", "i386")).status).toBe(0);
  });

  test("a device is not a program", async () => {
    const { status, stderr } = await runOf('execve("/dev/zero", ["zero"], 0) = 0\nbrk(NULL)\n');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^pagewalk: \/dev\/zero is not at hand, /);
  });

  test.each([
    [["--memory", "1"], /--memory: 1 byte is not a whole number of pages of 4KiB; give 4KiB, for example/],
    [["--memory", "4KiB"], /--memory: 4KiB has no room/],
    [["--memory", "16TiB"], /more memory than WebAssembly can give/, 3],
    [["--swap", "1000TiB"], /more memory than WebAssembly can give/, 3],
    [["--ulimit", "stack=99999999999TiB"], /--ulimit: 99999999999TiB is too large; /],
    [["--hugetlb", "99999999"], /--hugetlb cannot be 99999999; /],
    [["--hugetlb", "65535", "--memory", "1GiB"], /more memory than WebAssembly can give/, 3],
    [["--randomize", "-1"], /--randomize: -1 is negative; /],
    [["--show", "foo"], /--show: "foo" is nothing to show; /],
    [["--memory", "1MiB", "--policy", "opt"], /--policy: opt needs the future, /],
    [["--allocator", "glib"], /--allocator: unknown allocator "glib"; did you mean glibc\?/],
    [
      ["--allocator", "glibc:tcache=3"],
      /--allocator: the allocator glibc has no parameter "tcache"; did you mean tcache_max/,
    ],
    [["--allocator", "bump", "--arch", "i386"], /--arch: i386 has no heap here; /],
    [["--maps", "/dev/zero"], /\/dev\/zero: is too large for a maps file; /],
  ])("%j is refused", async (args, says, exitStatus = 2) => {
    const outcome = await runOf(BEFORE, ...args);
    expectLine(outcome, says, exitStatus);
    expect(outcome.stdout).toBe("");
  });

  test.each([
    ["--memory", "64KiB"],
    ["--swap", "1TiB"],
    ["--hugetlb", "65535"],
    ["--ulimit", "stack=0,as=0,data=0,memlock=0"],
    ["--randomize", "9007199254740991"],
  ])("%s %s is unusual but accepted", async (...args) => {
    const { status, stderr } = await runOf(BEFORE.replace(/\nstore.*/, ""), ...args);
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("a trace without calls and regions is for replay", async () => {
    const { status, stderr } = await pagewalk(["run", RECORDING]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^pagewalk: .*wordcount\.pagewalk: it has references, but neither[^\n]*; replay it, [^\n]*\n$/,
    );
  });
});
