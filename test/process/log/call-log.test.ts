import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/index.js";
import { type LogEntry, LogReader } from "#pagewalk/process/log/call-log.js";
import { isDebug } from "../../build.js";

function read(...lines: string[]): LogEntry[] {
  const reader = new LogReader("log");
  return lines.map((line) => reader.read(line)).filter((entry) => entry !== undefined);
}

/** Name and process of each call. */
const calls = (...lines: string[]) =>
  read(...lines).flatMap((entry) => (entry.type === "call" ? [[entry.name, entry.pid]] : []));

describe("one line", () => {
  test.each([
    ["brk(NULL) = 0x1000", undefined],
    ["[pid  4711] brk(NULL) = 0x1000", 4711],
    ["4711  brk(NULL) = 0x1000", 4711],
    ["10:02:03 brk(NULL) = 0x1000", undefined],
    ["4711  10:02:03.123456 brk(NULL) = 0x1000", 4711],
    ["4711  1700000000.123456 brk(NULL) = 0x1000", 4711],
    ["     0.000123 brk(NULL) = 0x1000 <0.000010>", undefined],
    ["[pid 4711]      0.000123 brk(NULL) = 0x1000", 4711],
    ["[00007f1234567890] brk(NULL) = 0x1000", undefined],
    ["4711  [  12] [00007f1234567890] brk(NULL) = 0x1000", 4711],
    ["4711 [????????????????] brk(NULL) = 0x1000", 4711],
    ["libc.so.6->brk(0) = 0x1000", undefined],
  ])("%s is a call of process %s", (line, pid) => {
    expect(calls(line)).toEqual([["brk", pid]]);
  });

  test.each([
    [""],
    ["# a comment"],
    ["// another"],
    ["strace: Process 12 attached"],
    ["==12== Lackey, an example Valgrind tool"],
    ["--- stopped by SIGSTOP ---"],
    [" > /usr/lib/x86_64-linux-gnu/libc.so.6(mmap64+0x21) [0x10a]"],
    ['[pid 12] <... read resumed>"", 4096) = 0'],
  ])("%s says nothing", (line) => {
    expect(read(line)).toEqual([]);
  });

  test.each([
    [
      "12 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---",
      { type: "signal", name: "SIGSEGV", code: "SEGV_MAPERR", address: 0n },
    ],
    [
      "12 --- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---",
      { type: "signal", name: "SIGALRM", code: "SI_KERNEL" },
    ],
    ["12 +++ exited with 0 +++", { type: "exit" }],
    ["12 +++ killed by SIGSEGV (core dumped) +++", { type: "exit", killedBy: "SIGSEGV" }],
  ])("%s", (line, entry) => {
    expect(read(line)).toEqual([{ line: 1, pid: 12, ...entry }]);
  });

  test("a call whose arguments nobody needs may have any syntax", () => {
    expect(
      calls(
        "wait4(7, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 7",
        'ioctl(1, TCGETS, {c_iflag=ICRNL|IXON, c_cc[VMIN]=1, c_cc="\\x03"...}) = 0',
        "select(4, [3], NULL, NULL, {tv_sec=1, tv_usec=0}) = 1 (in [3], left {tv_sec=0, tv_usec=9})",
      ).map(([name]) => name),
    ).toEqual(["wait4", "ioctl", "select"]);
  });
});

describe("a call that another interrupts", () => {
  test("is put together again", () => {
    const [begun, other, call] = read(
      "12 munmap(0x1000, 4096 <unfinished ...>",
      "13 brk(NULL) = 0x1000",
      "12 <... munmap resumed>) = 0",
    );
    expect(begun).toMatchObject({ type: "begun", pid: 12, call: { name: "munmap" } });
    expect(other).toMatchObject({ type: "call", name: "brk" });
    expect(call).toMatchObject({ type: "call", line: 3, pid: 12, name: "munmap", expected: { value: 0n } });
  });

  test("is the one of its process", () => {
    const entries = read(
      "12 munmap(0x1000, 1 <unfinished ...>",
      "13 munmap(0x2000, 2 <unfinished ...>",
      "12 <... munmap resumed>) = 0",
      "13 <... munmap resumed>) = 0",
    );
    expect(entries.slice(2).map((entry) => "text" in entry && entry.text)).toEqual([
      "munmap(0x1000, 1) = 0",
      "munmap(0x2000, 2) = 0",
    ]);
  });

  test("may have begun before its process had a number in the log", () => {
    const entries = read(
      "vfork(strace: Process 13 attached",
      " <unfinished ...>",
      "[pid 13] exit_group(0) = ?",
      "[pid 12] <... vfork resumed>) = 13",
    );
    expect(entries.map(({ type, pid }) => [type, pid])).toEqual([
      ["begun", undefined],
      ["call", 13],
      ["call", 12],
    ]);
  });

  test("goes on in the next line behind what strace itself had to say", () => {
    expect(
      read(
        "[pid 12] clone(child_stack=NULL, flags=SIGCHLDstrace: Process 13 attached",
        ", child_tidptr=0x7ffff7d9fa10) = 13",
      ),
    ).toMatchObject([{ type: "call", name: "clone", pid: 12, expected: { value: 13n } }]);
  });

  test("is its process's, where a thread was replaced by a program", () => {
    expect(
      calls(
        '13 execve("/bin/true", ["true"], 0x1 /* 3 vars */ <unfinished ...>',
        "12 +++ superseded by execve in pid 13 +++",
        "12 <... execve resumed>) = 0",
      ),
    ).toEqual([["execve", 12]]);
  });
});

describe("a line that makes no sense", () => {
  test.each([
    ["brk(NULL", /^log:2: a "\)" is missing; /],
    ["[pid 0] brk(NULL)", /^log:2: there is no process 0; /],
    [
      "[pid 99999999999999999999] brk(NULL)",
      /^log:2: there is no process 9+; Linux numbers them from 1 to 4194304$/,
    ],
    ["I  0401ab70,3", /^log:2: I has no arguments; /],
    ["\u0000\u0001\u0002", /^log:2: what is not text is no call; /],
  ])("%s is told with its line", (line, says) => {
    expect(() => read("# first", line)).toThrow(InputError);
    expect(() => read("# first", line)).toThrow(says);
  });

  test("calls without end do not fill memory", () => {
    const reader = new LogReader("log");
    const long = "x".repeat(1 << 20);
    expect(() => {
      for (let pid = 1; pid < 100; pid++) reader.read(`${pid} read(3, "${long} <unfinished ...>`);
    }).toThrow(/too many calls are unfinished/);
  });

  test("whatever the lines, nothing but one-line errors is thrown", () => {
    const real = [
      '12 execve("/usr/bin/cat", ["cat"], 0x7ffe /* 35 vars */) = 0',
      "[pid  12] mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fc0000",
      "12 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f00, stack_size=0x7fff80}, 88 <unfinished ...>",
      "12 <... clone3 resumed> => {parent_tid=[13]}, 88) = 13",
      "12 --- SIGSEGV {si_signo=SIGSEGV, si_addr=0x10} ---",
      "13 +++ exited with 0 +++",
      "vfork(strace: Process 13 attached",
    ];
    const mutated = fc
      .tuple(fc.constantFrom(...real), fc.nat(90), fc.nat(12), fc.string({ maxLength: 6, unit: "binary" }))
      .map(([line, at, gone, put]) => line.slice(0, at) + put + line.slice(at + gone));
    const rounds = isDebug ? 300 : 2000;
    fc.assert(
      fc.property(fc.array(mutated, { maxLength: 8 }), (lines) => {
        try {
          read(...lines);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect(String((error as Error).message)).toMatch(/^log:\d+: [^\n]+; [^\n]+$/);
        }
      }),
      { numRuns: rounds },
    );
  });
});
