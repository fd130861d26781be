import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/index.js";
import { LogReader } from "#pagewalk/process/log/parse/reader.js";
import { isDebug } from "../../../build.js";
import { read } from "./read.js";

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
    ["4711<strace> brk(NULL) = 0x1000", 4711],
    ["4711<a b> 06:12:58.450974 [  59] brk(NULL) = 0x1000 <0.000318>", 4711],
    ["[pid  4711<sh>] brk(NULL) = 0x1000", 4711],
    ["4711  06:12:57.561963 (+     0.000336) brk(NULL) = 0x1000", 4711],
    ["05:44:47.339985 (+ 0.000000) brk(NULL) = 0x1000", undefined],
    ["4711  1700000000 brk(NULL) = 0x1000", 4711],
    ["SYS_brk(0) = 0x1000", undefined],
    ["[0x401136] brk(NULL) = 0x1000", undefined],
    ["     0 brk(NULL) = 0x1000", undefined],
    ["    12 brk(NULL) = 0x1000", undefined],
    ["4711       3 brk(NULL) = 0x1000", 4711],
    ["[unconfined_t] brk(NULL) = 0x1000", undefined],
    ["4711 [unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023] brk(NULL) = 0x1000", 4711],
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
    [" | 00000  7f 45 4c 46 02 01 01 03  00 00 00 00 00 00 00 00  .ELF............ |"],
    [" * 5 bytes in buffer 0"],
  ])("%s is ignored", (line) => {
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

  test("a call whose arguments are unused may have any syntax", () => {
    expect(
      calls(
        "wait4(7, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 7",
        'ioctl(1, TCGETS, {c_iflag=ICRNL|IXON, c_cc[VMIN]=1, c_cc="\\x03"...}) = 0',
        "select(4, [3], NULL, NULL, {tv_sec=1, tv_usec=0}) = 1 (in [3], left {tv_sec=0, tv_usec=9})",
      ).map(([name]) => name),
    ).toEqual(["wait4", "ioctl", "select"]);
  });
});

test("an optional argument, or one of a failed call, may be missing", () => {
  expect(
    calls(
      "store(0x1000) = 0",
      "load(0x1000, 8) = ok",
      "clone3(0x7fffffffe4f0, 88) = -1 ENOSYS (Function not implemented)",
      "prlimit64(0, RLIMIT_STACK, NULL, 0x7fffffffe4f0) = 0",
      "getsockopt(3, SOL_FOO) = -1 EFOO (of no bearing)",
    ),
  ).toHaveLength(5);
});

describe("a call interrupted by another", () => {
  test("is joined", () => {
    const [begun, other, call] = read(
      "12 munmap(0x1000, 4096 <unfinished ...>",
      "13 brk(NULL) = 0x1000",
      "12 <... munmap resumed>) = 0",
    );
    expect(begun).toMatchObject({ type: "begun", pid: 12, call: { name: "munmap" } });
    expect(other).toMatchObject({ type: "call", name: "brk" });
    expect(call).toMatchObject({ type: "call", line: 3, pid: 12, name: "munmap", expected: { value: 0n } });
  });

  test("is joined with the rest of the same process", () => {
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

  test("may begin before its process has a number in the log", () => {
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

  test("continues on the next line, after a message of strace", () => {
    expect(
      read(
        "[pid 12] clone(child_stack=NULL, flags=SIGCHLDstrace: Process 13 attached",
        ", child_tidptr=0x7ffff7d9fa10) = 13",
      ),
    ).toMatchObject([{ type: "call", name: "clone", pid: 12, expected: { value: 13n } }]);
  });

  test("continues on the next line if strace waits for its end", () => {
    // strace -z, and -e status=… without unfinished.
    const [begun, call] = read(
      "12 munmap(0x1000, 4096 <unfinished ...>",
      ")                                       = 0",
    );
    expect(begun).toMatchObject({ type: "begun", pid: 12 });
    expect(call).toMatchObject({ type: "call", name: "munmap", pid: 12, expected: { value: 0n } });
    expect(() => read("12 munmap(0x1000, 1 <unfinished ...>", "13 brk(0) = 0", ") = 0")).toThrow(
      /is not a call/,
    );
  });

  test("continues after output of the program", () => {
    const lines = ['12 write(1, "hello\\nyou\\n", 10hello', "you", ")                  = 10", "brk(0) = 0"];
    const reader = new LogReader("log");
    const entries = lines.flatMap((line) => reader.read(line) ?? []);
    expect(entries).toMatchObject([
      { name: "write", pid: 12, expected: { value: 10n } },
      { name: "brk", pid: undefined },
    ]);
    expect(entries[0]).toMatchObject({ args: [{ value: 1n }, { text: "hello\nyou\n" }, { value: 10n }] });
    expect(reader.others.count).toBe(1);
  });

  test("continues within an argument, where strace -z has split it", () => {
    const lines = [
      "10 read(3,  <unfinished ...>",
      '"", 4096)                               = 0',
      "10 close(3) = 0",
    ];
    expect(calls(...lines)).toEqual([
      ["read", 10],
      ["close", 10],
    ]);
  });

  test("is skipped if it began before the log, and refused if another call began", () => {
    expect(read("12 <... munmap resumed>) = 0")).toEqual([]);
    expect(() => read("12 munmap(0x1000, 4096 <unfinished ...>", "12 <... mmap resumed>) = 0x1000")).toThrow(
      /^log:2: mmap goes on, and munmap was begun; add the line that is missing before it$/,
    );
  });

  test("belongs to its process if execve replaced the thread", () => {
    expect(
      calls(
        '13 execve("/bin/true", ["true"], 0x1 /* 3 vars */ <unfinished ...>',
        "12 +++ superseded by execve in pid 13 +++",
        "12 <... execve resumed>) = 0",
      ),
    ).toEqual([["execve", 12]]);
  });
});

describe("after the last line", () => {
  test("the table of strace -C is ignored", () => {
    const table = [
      "% time     seconds  usecs/call     calls    errors syscall",
      "------ ----------- ----------- --------- --------- ----------------",
      "100.00    0.000012           3         4           mmap",
    ];
    expect(calls("12 brk(NULL) = 0x1000", ...table)).toEqual([["brk", 12]]);
    expect(read("System call usage summary for 64 bit mode:", ...table)).toEqual([]);
  });
});

describe("messages of strace before 4.8", () => {
  test.each([
    "Process 31245 attached",
    "Process 31245 attached (waiting for parent)",
    "Process 31245 resumed (parent 31244 ready)",
    "Process 31244 suspended",
    "Process 31245 detached",
  ])("%s is not a call", (line) => {
    const reader = new LogReader("log");
    expect(reader.read(line)).toBeUndefined();
    expect(reader.others.count).toBe(0);
    expect(reader.read("[pid 31245] brk(0) = 0x1000")).toMatchObject({ name: "brk", pid: 31245 });
  });

  test("give the kind of a process", () => {
    const [entry] = read("[pid 12] [ Process PID=31245 runs in 32 bit mode. ]");
    expect(entry).toMatchObject({ type: "mode", pid: 12, named: 31245, bits: 32 });
  });

  test("may be in the middle of a call", () => {
    expect(
      read("clone(child_stack=0, flags=SIGCHLDProcess 13 attached", ", child_tidptr=0x7ffff7d9fa10) = 13"),
    ).toMatchObject([{ name: "clone", expected: { value: 13n } }]);
  });
});

describe("an injected result", () => {
  test.each([
    ["mprotect(0x1000, 4096, PROT_READ) = -1 EPERM (Operation not permitted) (INJECTED)", "other"],
    ["mprotect(0x1000, 4096, PROT_READ) = 0 (INJECTED)", "other"],
    ["mprotect(0x1000, 4096, PROT_READ) = 0 (INJECTED: args, retval) <0.000010>", "other"],
    ["mprotect(0x1000, 4096, PROT_READ) = 0 (INJECTED: args)", "memory"],
    ["mprotect(0x1000, 4096, PROT_READ) = 0 (DELAYED)", "memory"],
  ])("skips the call, which the kernel did not run: %s", (line, family) => {
    expect(read(line)).toMatchObject([{ name: "mprotect", row: { family } }]);
  });
});

describe("an invalid line", () => {
  test.each([
    ["brk(NULL", /^log:2: a "\)" is missing; /],
    ["[pid 0] brk(NULL)", /^log:2: there is no process 0; /],
    [
      "[pid 99999999999999999999] brk(NULL)",
      /^log:2: there is no process 9+; Linux numbers them from 1 to 4194304$/,
    ],
    ["brk(NULL) = -1 ENOMEN", /^log:2: there is no error "ENOMEN"; did you mean ENOMEM\?$/],
    ["load(1) = SIGSEVG", /^log:2: there is no signal "SIGSEVG"; did you mean SIGSEGV\?$/],
    ["store(0x1000) = 1", /^log:2: store has no such result; give ok, a signal, or nothing$/],
    ["load(0x1000, 8) = -1 EFAULT", /^log:2: load has no such result; /],
    ["enter(16) = 0x7ffff000", /^log:2: enter has no such result; /],
    [
      "clone3(0x7fffffffe4f0, 88) = 12",
      /^log:2: the log does not show what argument 1 of clone3 points to; /,
    ],
    ["setrlimit(RLIMIT_STACK, 0x7fffffffe4f0) = 0", /does not show what argument 2 of setrlimit points to; /],
    ["prlimit64(0, RLIMIT_STACK, 0x7fffffffe4f0, NULL) = 0", /argument 3 of prlimit64 points to; /],
    ["munmap 0x1000, 4096", /^log:2: munmap has no arguments; /],
    ["munmap", /^log:2: munmap has no arguments; /],
    ["mumap(0x1000, 4096 = 0", /^log:2: "= 0" was not expected; /],
  ])("%s is reported with its line", (line, says) => {
    expect(() => read("# first", line)).toThrow(InputError);
    expect(() => read("# first", line)).toThrow(says);
  });

  test.each([
    "I  0401ab70,3",
    "\u0000\u0001\u0002",
    "hello there",
    "Segmentation fault (core dumped)",
    "123456789 bytes (123 MB) copied, 0.04 s",
    "free(): double free detected in tcache 2",
    "load average: 0.00",
    "see foo(3) for more",
    'openat(AT_FDCWD, "/lib/x86_64-linux-gnu/lib...',
  ])("%s is not a call, and is skipped and counted", (line) => {
    const reader = new LogReader("log");
    const entries = ["brk(NULL) = 0x1000", line, "munmap(0x1000, 4096) = 0"].map((one) => reader.read(one));
    expect(entries.map((entry) => entry?.type)).toEqual(["call", undefined, "call"]);
    expect(reader.others.count).toBe(1);
    expect(reader.others.warning()).toMatch(/^log:2: .* is not a call; such lines are skipped$/);
    expect(() => reader.end()).not.toThrow();
  });

  test("a log of mostly other lines is refused, at its end or after a thousand", () => {
    const reader = new LogReader("log");
    for (const line of ["brk(NULL) = 0x1000", "one two", "three four"]) reader.read(line);
    expect(() => reader.end()).toThrow(/^log:2: "one two" is not a call, nor is 1 other line; /);
    const lines = new LogReader("log");
    const many = () => {
      for (let n = 1; n <= 5000; n++) lines.read(`line ${n}`);
    };
    expect(many).toThrow(/^log:1: "line 1" is not a call, nor are 999 other lines; /);
  });

  test("endless unfinished calls do not fill memory", () => {
    const reader = new LogReader("log");
    const long = "x".repeat(1 << 20);
    expect(() => {
      for (let pid = 1; pid < 100; pid++) reader.read(`${pid} read(3, "${long} <unfinished ...>`);
    }).toThrow(/too many calls are unfinished/);
  });

  test("any lines give calls or one-line errors", () => {
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

  test("a line with long runs of spaces and marks is read in one pass", () => {
    const spaces = " ".repeat(500_000);
    const lines = [
      `store(0x10${spaces})`,
      `store(0x10)${spaces}x`,
      `brk(NULL) = 0${spaces}# x`,
      `madvise(0, 4096, 4) = 0${spaces}x`,
      `getpid(${spaces}`,
      `foo(1 ? 2${"()=x".repeat(200_000)}\u2028y`,
      `load(0x10, 1) = SIG${"A".repeat(500_000)}\u2028a b\u2028c`,
      `load(0x10, 1) = 0 ${"# ".repeat(200_000)}\u2028z`,
      `brk(a${"-1".repeat(200_000)})`,
    ];
    for (const line of lines) {
      try {
        new LogReader("log").read(line);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
    expect(read(`exit_group(0 <no return ...>`)).toMatchObject([{ name: "exit_group" }]);
  });
});
