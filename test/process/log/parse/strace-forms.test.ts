/**
 * Forms of lines that strace's own tests expect, from 4.5 to 7.2: displays of the same call, signals, and lines that are
 * no calls. Sources of the forms: tests/*.c, *.expected and NEWS of strace.
 */
import { describe, expect, test } from "vitest";
import type { LogEntry } from "#pagewalk/process/log/parse/entry.js";
import { LogReader } from "#pagewalk/process/log/parse/reader.js";
import { read } from "./read.js";

const MMAP = "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
const ANSWER = "0x7ffff7ffd000";
const meaning = (lines: readonly string[]) =>
  read(...lines).map((entry) => {
    if (entry.type !== "call") return entry;
    const { name, args, expected } = entry;
    return { name, args, expected };
  });

describe("a call is the same in every display", () => {
  const plain = meaning([`${MMAP} = ${ANSWER}`]);
  const rest = `, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ${ANSWER}`;
  test.each([
    ["-X raw", `mmap(NULL, 8192, 0x3, 0x22, -1, 0) = ${ANSWER}`],
    [
      "-X verbose",
      `mmap(NULL, 8192, 0x3 /* PROT_READ|PROT_WRITE */, 0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */, -1, 0) = ${ANSWER}`,
    ],
    [
      "--arg-names",
      `mmap(addr=NULL, length=8192, prot=PROT_READ|PROT_WRITE, flags=MAP_PRIVATE|MAP_ANONYMOUS, fd=-1, offset=0) = ${ANSWER}`,
    ],
    ["--syscall-number", `[   9] ${MMAP} = ${ANSWER}`],
    ["-i", `[00007f3a5c1e7d3b] ${MMAP} = ${ANSWER}`],
    ["-i, the address unknown", `[????????????????] ${MMAP} = ${ANSWER}`],
    ["-t", `15:04:05 ${MMAP} = ${ANSWER}`],
    ["-tt", `15:04:05.000006 ${MMAP} = ${ANSWER}`],
    ["-ttt", `1700000000.000006 ${MMAP} = ${ANSWER}`],
    ["-r", `     0.000123 ${MMAP} = ${ANSWER}`],
    ["-r in seconds", `     0 ${MMAP} = ${ANSWER}`],
    ["-r with -t", `15:04:05 (+     0.000123) ${MMAP} = ${ANSWER}`],
    ["-T", `${MMAP} = ${ANSWER} <0.000012>`],
    ["-T in seconds", `${MMAP} = ${ANSWER} <0>`],
    ["--secontext", `[unconfined_t] ${MMAP} = ${ANSWER}`],
    ["-a", `${MMAP}                    = ${ANSWER}`],
    ["the kernel's delay", `${MMAP} = ${ANSWER} (DELAYED)`],
    ["--color", `\u001b[33mmmap\u001b[0m(NULL, \u001b[35m8192\u001b[0m, PROT_READ|PROT_WRITE${rest}`],
  ])("%s", (_, line) => {
    expect(meaning([line])).toEqual(plain);
  });

  test.each([
    ["-f", `[pid    12] ${MMAP} = ${ANSWER}`],
    ["-f -o", `12    ${MMAP} = ${ANSWER}`],
    ["--decode-pids=comm", `[pid 12<true>] ${MMAP} = ${ANSWER}`],
    ["--decode-pids=comm -o", `12<foo\\74bar\\76> ${MMAP} = ${ANSWER}`],
    ["a name with blanks", `12<my program> ${MMAP} = ${ANSWER}`],
    ["all at once", `[pid 12<a>] 15:04:05.000006 [   9] [00007f3a5c1e7d3b] ${MMAP} = ${ANSWER} <0.000012>`],
  ])("with its process: %s", (_, line) => {
    expect(meaning([line])).toEqual(plain);
    expect(read(line)).toMatchObject([{ pid: 12 }]);
  });
});

describe("a descriptor", () => {
  test.each([
    ["3</lib/libc.so>", "/lib/libc.so"],
    ["3</dev/zero<char 1:5>>", "/dev/zero"],
    ["3</tmp/a\\76b>", "/tmp/a>b"],
    ["3</tmp/x>(deleted)", "/tmp/x (deleted)"],
    ["3</lib/x.so> [system_u:object_r:lib_t:s0]", "/lib/x.so"],
    ["3<TCP:[10.0.0.1:80->10.0.0.2:1234]>", "TCP:[10.0.0.1:80->10.0.0.2:1234]"],
    ['3<UNIX-STREAM:[1->2, "/run/x>y"]>', 'UNIX-STREAM:[1->2, "/run/x>y"]'],
    ["3<anon_inode:[eventfd]>", "anon_inode:[eventfd]"],
  ])("%s is of %s", (shown, path) => {
    const [entry] = read(`mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, ${shown}, 0) = ${ANSWER}`);
    expect(entry).toMatchObject({ name: "mmap", expected: { kind: "value" } });
    expect(entry?.type === "call" && entry.args[4]).toEqual({ kind: "number", value: 3n, path });
    expect(entry?.type === "call" && entry.args).toHaveLength(6);
  });
});

describe("a result", () => {
  test.each([
    ["-1 ENOMEM (Cannot allocate memory)", { kind: "error", name: "ENOMEM" }],
    ["-1 ERRNO_524 (Unknown error 524)", { kind: "error", name: "ERRNO_524" }],
    ["-1 (errno 12)", { kind: "error", name: "ENOMEM" }],
    ["-524 (errno 524)", { kind: "error", name: "ERRNO_524" }],
    ["?", undefined],
    ["? <unavailable>", undefined],
    ["? ERESTARTSYS (To be restarted if SA_RESTART is set)", undefined],
  ])("%s", (text, expected) => {
    expect(read(`munmap(0x7ffff7ffd000, 4096) = ${text}`)).toMatchObject([{ name: "munmap" }]);
    const [entry] = read(`munmap(0x7ffff7ffd000, 4096) = ${text}`);
    expect(entry?.type === "call" && entry.expected).toEqual(expected);
  });
});

describe("a signal", () => {
  test.each([
    ["SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10}", "SEGV_MAPERR", 16n],
    ["SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=NULL}", "SEGV_ACCERR", 0n],
    ["SIGSEGV {si_signo=11, si_code=0x1, si_addr=0x10}", "SEGV_MAPERR", 16n],
    ["SIGSEGV {si_signo=11, si_code=2, si_addr=0x10}", "SEGV_ACCERR", 16n],
    ["SIGSEGV {si_signo=11 /* SIGSEGV */, si_code=0x1 /* SEGV_MAPERR */, si_addr=0x10}", "SEGV_MAPERR", 16n],
    ["SIGSEGV {si_signo=11, si_code=0x80, si_addr=NULL}", "SI_KERNEL", 0n],
    ["SIGSEGV {si_signo=11, si_code=0xfffffffa, si_pid=7, si_uid=0}", "SI_TKILL", undefined],
    ["SIGSEGV (Segmentation fault) @ 401136 (7f0010)", undefined, 0x7f0010n],
    ["SIGSEGV (Segmentation fault)", undefined, undefined],
    ["{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} (Segmentation fault)", "SEGV_MAPERR", 16n],
  ])("%s", (text, code, address) => {
    expect(read(`--- ${text} ---`)).toMatchObject([{ type: "signal", name: "SIGSEGV", code, address }]);
  });

  test.each([
    ["12    +++ killed by SIGSEGV (core dumped) +++", "SIGSEGV"],
    ["[pid 12] +++ killed by SIGKILL +++", "SIGKILL"],
    ["12<a b> 15:04:05 +++ exited with 1 +++", undefined],
  ])("ends a process: %s", (line, killedBy) => {
    expect(read(line)).toMatchObject([{ type: "exit", pid: 12, killedBy }]);
  });
});

/** Returns the entries of the lines, and the number of lines that belong to no call. */
function all(lines: readonly string[]): { entries: LogEntry[]; others: number } {
  const reader = new LogReader("log");
  const entries = lines.map((line) => reader.read(line)).filter((entry) => entry !== undefined);
  return { entries, others: reader.others.count };
}

describe("a line that is no call of its own", () => {
  test.each([
    " > /lib/libc.so.6(__mmap+0x13) [0x11c0a3]",
    " > /lib/libc.so.6(__mmap+0x13) [0x11c0a3] at ./mman.c:34",
    " > unexpected_backtracing_error [0x7f0010]",
    "strace: Process 12 attached with 3 threads",
    "strace: Process 12 detached",
    " <detached ...>",
    "strace: Exit of unknown pid 12 ignored",
    "????( <unfinished ...>",
    "<... ???? resumed>) = ?",
    "--- stopped by SIGSTOP ---",
    "12    <... nanosleep resumed> <unfinished ...>) = ?",
    "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3 <unfinished ...>) = ?",
    "munmap(0x7ffff7ffd000 <detached ...>",
  ])("%s", (line) => {
    expect(all([line])).toEqual({ entries: [], others: 0 });
  });
});

describe("an unfinished call", () => {
  test("goes on in a line without a number once its process is the only one", () => {
    const { entries, others } = all([
      "[pid 12] munmap(0x7ffff7ffd000, 4096 <unfinished ...>",
      "[pid 13] +++ exited with 0 +++",
      "<... munmap resumed>) = 0",
      "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 14 attached",
      " <unfinished ...>",
      "[pid 12] <... clone resumed>, child_tidptr=0x7ffff7d9fa10) = 14",
    ]);
    const calls = entries.flatMap((entry) => (entry.type === "call" ? [[entry.name, entry.expected]] : []));
    expect(calls).toEqual([
      ["munmap", { kind: "value", value: 0n }],
      ["clone", { kind: "value", value: 14n }],
    ]);
    expect(others).toBe(0);
  });

  test("of a process that ended is no other's", () => {
    const { entries } = all([
      "[pid 12] wait4(-1,  <unfinished ...>",
      "[pid 12] +++ killed by SIGKILL +++",
      "[pid 12] munmap(0x7ffff7ffd000, 4096 <unfinished ...>",
      "[pid 12] <... munmap resumed>) = 0",
    ]);
    expect(entries.at(-1)).toMatchObject({ type: "call", name: "munmap", expected: { value: 0n } });
  });

  test("an execve goes on under the number of the process", () => {
    const { entries } = all([
      '13    execve("/bin/true", ["true"], 0x7ffc0000 /* 3 vars */ <pid changed to 12 ...>',
      "12    +++ superseded by execve in pid 13 +++",
      "12    <... execve resumed>) = 0",
    ]);
    expect(entries).toMatchObject([{ type: "call", name: "execve", pid: 12, expected: { value: 0n } }]);
  });
});

describe("a call that strace answered itself", () => {
  test.each([
    ["brk(NULL) = 0x555555559000 (INJECTED)"],
    ["fork() = 77 (INJECTED)"],
    ["12    fork() = 77 (INJECTED) <0.000010>"],
    ['execve("/bin/x", ["x"], 0x7ffc0000 /* 3 vars */) = 0 (INJECTED)'],
    ["mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x1000 (INJECTED: args, retval)"],
    [
      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM (Cannot allocate memory) (INJECTED)",
    ],
    [
      "[pid 12] munmap(0x7ffff7ffd000 <unfinished ...>",
      "[pid 12] <... munmap resumed>, 4096) = 0 (INJECTED)",
    ],
  ])("has no effect: %s", (...lines) => {
    const entries = all(lines).entries.filter(({ type }) => type === "call");
    expect(entries).toMatchObject([{ row: { server: "nothing" } }]);
  });
});
