/** Events of the plugin for QEMU, as lines of a call log. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numberOf, textOf } from "#pagewalk/process/log/parse/argument.js";
import { parseCall } from "#pagewalk/process/log/parse/grammar.js";
import { LogReader } from "#pagewalk/process/log/parse/reader.js";
import { callNumbers } from "#pagewalk/trace/calls/numbers.js";
import { QemuCalls, recordedCalls } from "#pagewalk/trace/calls/qemu.js";
import { caseCount } from "../../build.js";

const hex = (bytes: Iterable<number>) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const textHex = (text: string) => hex(new TextEncoder().encode(text));
const wordsHex = (...values: bigint[]) => hex(new Uint8Array(new BigUint64Array(values).buffer));
/** `struct stat` of x86-64, with these fields. */
function statusHex(mode: number, size: bigint): string {
  const view = new DataView(new ArrayBuffer(56));
  view.setUint32(24, mode, true);
  view.setBigUint64(48, size, true);
  return hex(new Uint8Array(view.buffer));
}

/** The lines of one thread's events. */
function lines(events: readonly string[], cpu = "x86_64"): (string | undefined)[] {
  const calls = new QemuCalls(cpu);
  return events.map((event) => calls.read(0, event));
}

// The numbers of calls and all others are hexadecimal.
test.each([
  [
    "a mapping",
    "call 9 0 2000 3 22 ffffffff 0 = 7f0000001000",
    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000",
  ],
  [
    "an error",
    "call b 7f0000001001 1000 0 0 0 0 = ffffffffffffffea",
    "munmap(0x7f0000001001, 4096) = -1 EINVAL (Invalid argument)",
  ],
  ["an error without a text", "call 3 9 0 0 0 0 0 = fffffffffffffe01", "close(9) = -1 ERRNO_511"],
  ["a call that a signal interrupts", "call 0 0 7f00 1 0 0 0 = fffffffffffffe00", "read(0, 0x7f00, 1) = ?"],
  [
    "a path",
    `call 101 ffffff9c 40001000 80000 0 0 0 s1=${textHex("/tmp/a b")} = 3`,
    'openat(AT_FDCWD, "/tmp/a b", O_RDONLY|O_CLOEXEC, 0) = 3',
  ],
  [
    "a path that cannot be read",
    "call 101 ffffff9c 1 0 0 0 0 = fffffffffffffff2",
    "openat(AT_FDCWD, 0x1, O_RDONLY, 0) = -1 EFAULT (Bad address)",
  ],
  [
    "a limit",
    `call 12e 0 8 40001000 0 0 0 b2=${wordsHex(65536n, 2n ** 64n - 1n)} = 0`,
    "prlimit64(0, 8, {rlim_cur=65536, rlim_max=18446744073709551615}, NULL) = 0",
  ],
  [
    "a limit that QEMU does not set",
    `call a0 9 40001000 0 0 0 0 b1=${wordsHex(65536n, 65536n)} = 0`,
    "setrlimit(9, NULL) = 0",
  ],
  [
    "a handler",
    `call d b 40001000 0 8 0 0 b1=${wordsHex(0x401000n, 0x8000004n)} = 0`,
    "rt_sigaction(11, {sa_handler=0x401000, sa_mask=[], sa_flags=0x8000004}, NULL, 8) = 0",
  ],
  [
    "the status of a file",
    `call 5 3 40001000 0 0 0 0 = 0 B1=${statusHex(0o100644, 41123n)}`,
    "fstat(3, {st_mode=S_IFREG|0644, st_size=41123, ...}) = 0",
  ],
  ["a pipe", "call 16 40001000 0 0 0 0 0 = 0 B0=0300000004000000", "pipe([3, 4]) = 0"],
  [
    "an allocation",
    `heap 40 30 40002a0 10c2f3 0 0 s0=${textHex("@ malloc(%lu) = 0x%lx # 0x%lx\n")}`,
    "malloc(48) = 0x40002a0 # 0x10c2f3",
  ],
])("%s is written as strace writes it", (_, event, line) => {
  expect(lines([event])).toEqual([line]);
});

test("a call that others overlap is written in two halves", () => {
  const events = ["enter b 7f0000001000 1000 0 0 0 0", "leave b = 0"];
  expect(lines(events)).toEqual([
    "munmap(0x7f0000001000, 4096 <unfinished ...>",
    "<... munmap resumed>) = 0",
  ]);
});

test.each([
  ["signal b 1 10 0 0", "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"],
  ["signal b 80 0 0 0", "--- SIGSEGV {si_signo=SIGSEGV, si_code=SI_KERNEL, si_addr=NULL} ---"],
  ["signal b 0 10 0 0", "--- SIGSEGV {si_signo=SIGSEGV, si_addr=0x10} ---"],
  ["signal 8", "--- SIGFPE {si_signo=SIGFPE} ---"],
  ["signal e 80 0 0 0", "--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---"],
  ["signal f 0 0 4d2 3e8", "--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1234, si_uid=1000} ---"],
  [
    "signal 6 fffffffa 0 4d2 0",
    "--- SIGABRT {si_signo=SIGABRT, si_code=SI_TKILL, si_pid=1234, si_uid=0} ---",
  ],
  [
    "signal 11 1 7 4d2 0",
    "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=1234, si_uid=0, si_status=7} ---",
  ],
  ["exited 3", "+++ exited with 3 +++"],
  ["killed 9", "+++ killed by SIGKILL +++"],
])("the event %s is written as strace writes it, and read by run's reader", (event, line) => {
  expect(lines([event])).toEqual([line]);
  const entry = new LogReader("log").read(`[pid 7] ${line}`);
  const [, name] = /^--- (\w+)|killed by (\w+)/.exec(line)?.filter(Boolean) ?? [];
  const expected = line.startsWith("---") ? { type: "signal", name } : { type: "exit", killedBy: name };
  expect(entry).toMatchObject({ ...expected, pid: 7 });
});

const narrowHex = (...values: number[]) => hex(new Uint8Array(new Uint32Array(values).buffer));

test.each([
  [
    "mmap with its arguments in memory",
    `call 5a 8000 0 0 0 0 0 b0=${narrowHex(0, 8192, 3, 0x22, 0xffffffff, 0)} = fffffffff7ff0000`,
    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7ff0000",
  ],
  ["mmap whose arguments cannot be read", "call 5a 8 0 0 0 0 0 = fffffffffffffff2", undefined],
  ["shmget by ipc", "call 75 17 0 4000 3b6 0 0 = 7", "shmget(0, 16384, 950) = 7"],
  [
    "shmat by ipc, which stores its result",
    `call 75 15 7 0 8000 0 0 = 0 B3=${narrowHex(0xf7ff0000)}`,
    "shmat(7, NULL, 0) = 0xf7ff0000",
  ],
  [
    "shmat by ipc that fails",
    "call 75 15 7 0 8000 0 0 = ffffffffffffffea",
    "shmat(7, NULL, 0) = -1 EINVAL (Invalid argument)",
  ],
  ["shmctl by ipc", "call 75 18 7 0 0 8000 0 = 0", "shmctl(7, 0, 0x8000) = 0"],
  ["a semaphore by ipc", "call 75 2 7 0 0 8000 0 = 0", undefined],
  [
    "recv by socketcall",
    `call 66 a 8000 0 0 0 0 b1=${narrowHex(3, 0x9000, 16, 0, 0, 0)} = 10`,
    "recv(3, 0x9000, 16) = 16",
  ],
  [
    "the old status of a file",
    `call 6c 3 8000 0 0 0 0 = 0 B1=${narrowHex(1, 2, 0o100644, 0, 0, 41123)}`,
    "fstat(3, {st_mode=S_IFREG|0644, st_size=41123, ...}) = 0",
  ],
  [
    "the position of a file",
    `call 8c 3 1 2 8000 0 0 = 0 B3=${narrowHex(2, 1)}`,
    "_llseek(3, 1, 2, [4294967298], SEEK_SET) = 0",
  ],
  [
    "an old handler",
    `call 43 b 8000 0 0 0 0 b1=${narrowHex(0x401000, 0, 0x10000000)} = 0`,
    "sigaction(11, {sa_handler=0x401000, sa_mask=[], sa_flags=0x10000000}, NULL) = 0",
  ],
])("of i386 %s is written as strace writes it", (_, event, line) => {
  expect(lines([event], "i386")).toEqual([line]);
});

test("of i386 a call behind a number is written in two halves", () => {
  const events = ["enter 75 15 7 0 8000 0 0", `leave 75 = 0 B3=${narrowHex(0xf7ff0000)}`];
  expect(lines(events, "i386")).toEqual([
    "shmat(7, NULL, 0 <unfinished ...>",
    "<... shmat resumed>) = 0xf7ff0000",
  ]);
});

test("a program that is executed begins with its regions, and the call by which it was", () => {
  const events = [
    `enter 3b 40001000 40002000 40003000 0 0 0 s0=${textHex("/bin/ls")} l1=.${textHex("ls")}`,
    "region 400000-402000 r-xp 00001000 fe:00 12                             /bin/l s\\012",
    "region 7f0000-7f4000 rw-p 00000000 00:00 0 ",
    "exec",
    "leave 3b = 0",
  ];
  expect(lines(events)).toEqual([
    'execve("/bin/ls", ["ls"], 0x40003000 <unfinished ...>',
    'region(0x400000, 0x402000, "r-xp", 0x1000, "/bin/l s\\\\012")',
    'region(0x7f0000, 0x7f4000, "rw-p", 0)',
    'execve("/bin/ls", ["ls"], 0x40003000) = 0',
    undefined,
  ]);
  expect(lines(["exec"])).toEqual(["execve(...) = 0"]);
});

test("the memory that a call writes is in its second half", () => {
  const events = ["enter 16 40001000 0 0 0 0 0", "leave 16 = 0 B0=0500000006000000"];
  expect(lines(events)).toEqual(["pipe( <unfinished ...>", "<... pipe resumed>[5, 6]) = 0"]);
});

test("a second half without a first one, as the child of a fork has it, is no line", () => {
  expect(lines(["leave 39 = 0"])).toEqual([undefined]);
});

test("vfork is written as fork, and clone with CLONE_VFORK without sharing memory", () => {
  expect(lines(["enter 3a 0 0 0 0 0 0", "enter 38 4111 0 0 0 0 0"])).toEqual([
    "fork( <unfinished ...>",
    "clone(child_stack=NULL, flags=0x0|SIGCHLD <unfinished ...>",
  ]);
});

test("the halves of a 64-bit number are joined on i386", () => {
  expect(lines(["call b5 3 40001000 10 89abcdef 1 0 = 10"], "i386")).toEqual([
    "pwrite64(3, 0x40001000, 16, 6604705263) = 16",
  ]);
});

test("a list of arguments ends with dots where it is cut", () => {
  const event = `enter 3b 1000 2000 3000 0 0 0 s0=${textHex("/bin/sh")} l1=.${textHex("sh")}.${textHex("-c")}+.+`;
  expect(lines([event])).toEqual(['execve("/bin/sh", ["sh", "-c"..., ...], 0x3000 <unfinished ...>']);
});

test("any bytes of a path come back from the line", () => {
  const path = fc.uint8Array({ minLength: 1, maxLength: 64, size: "max" });
  fc.assert(
    fc.property(path, (bytes) => {
      const [line = ""] = lines([`call 57 40001000 0 0 0 0 0 s0=${hex(bytes)} = 0`]);
      expect(line).toMatch(/^[\x20-\x7e]*$/);
      const text = textOf(parseCall(line).args[0]) ?? "";
      expect(Array.from(text, (character) => character.charCodeAt(0))).toEqual([...bytes]);
    }),
    { numRuns: caseCount(200), seed: 7 },
  );
});

test("numbers of any call come back from the line", () => {
  const numbers = [...(callNumbers("x86_64") ?? [])].filter(
    ([, name]) => !/clone|exit|prctl|vfork|setrlimit|prlimit/.test(name),
  );
  const value = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 9n }));
  const args = fc.array(value, { minLength: 6, maxLength: 6, size: "max" });
  fc.assert(
    fc.property(fc.constantFrom(...numbers), args, fc.nat(2 ** 30), ([number, name], values, result) => {
      const event = `call ${[number, ...values].map((one) => one.toString(16)).join(" ")} = ${result.toString(16)}`;
      const [line = ""] = lines([event]);
      const call = parseCall(line);
      expect([call.name, call.expected]).toEqual([name, { kind: "value", value: BigInt(result) }]);
      for (const [at, argument] of call.args.entries()) {
        // An int has 32 bits; names stand for their numbers.
        const shown = numberOf(argument);
        if (shown === undefined) continue;
        const bits = BigInt.asIntN(64, shown) < 0n || shown < 2n ** 32n ? 32 : 64;
        expect(BigInt.asUintN(bits, shown)).toBe(BigInt.asUintN(bits, values[at] ?? 0n));
      }
    }),
    { numRuns: caseCount(500), seed: 8 },
  );
});

describe("an event that is damaged", () => {
  const whole = `call 101 ffffff9c 40001000 80000 0 0 0 s1=${textHex("/tmp")} = 3`;

  test("never throws, and its line has no control characters", () => {
    const calls = new QemuCalls("x86_64");
    const bytes = fc.uint8Array({ maxLength: 40, size: "max" }).map((all) => String.fromCharCode(...all));
    const damaged = fc.tuple(fc.nat(whole.length), bytes).map(([at, text]) => {
      return whole.slice(0, at) + text + whole.slice(at + 1);
    });
    fc.assert(
      fc.property(damaged, (text) => {
        expect(calls.read(0, text) ?? "").toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: caseCount(300), seed: 9 },
    );
  });

  test.each([
    ["of an unknown call", "call 3e7 0 0 0 0 0 0 = 0"],
    ["without numbers", "call"],
    ["without the format of an allocation", "heap 1 2 3 4 5 6"],
  ])("%s is no line", (_, event) => {
    expect(lines([event])).toEqual([undefined]);
  });
});

test("a processor whose calls have no numbers here is refused", () => {
  expect(recordedCalls("arm")).toBeUndefined();
  expect(recordedCalls("riscv64")).toMatch(
    /^\d+[uxX]?(\.[slbB]\d(:\d+)?)*(\+\d+[uxX]?(\.[slbB]\d(:\d+)?)*)*$/,
  );
});
