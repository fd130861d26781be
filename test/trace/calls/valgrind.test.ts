import { describe, expect, test } from "vitest";
import { openTrace, traceInfo } from "#pagewalk/index.js";
import { ValgrindCalls } from "#pagewalk/trace/calls/valgrind.js";
import { programMaps } from "#pagewalk/trace/calls/valgrind-maps.js";
import { bytesOf, FETCH, LOAD, readPlaces } from "../records.js";

const read = (...lines: string[]) => {
  const calls = new ValgrindCalls();
  return lines.map((line) => calls.read(line)).filter((call) => call !== undefined);
};

describe("valgrind's lines of system calls", () => {
  test("become lines of a call log", () => {
    expect(
      read(
        "SYSCALL[4711,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x4835000) ",
        "SYSCALL[4711,1](10) sys_mprotect ( 0x4a42000, 16384, 1 )[sync] --> Success(0x0) ",
        "SYSCALL[4711,1](11) sys_munmap ( 0x1, 4096 )[sync] --> Failure(0x16) ",
      ),
    ).toEqual([
      "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x4835000",
      "mprotect(0x4a42000, 16384, PROT_READ) = 0",
      "munmap(0x1, 4096) = -1 EINVAL (Invalid argument)",
    ]);
  });

  test("are joined from their halves, for each thread", () => {
    expect(
      read(
        "SYSCALL[9,1](257) sys_openat ( 4294967196, 0x402a2a0(/etc/ld.so.cache), 524288 ) --> [async] ... ",
        "SYSCALL[9,2](257) sys_openat ( 4294967196, 0x402a2a0(/lib/libc.so.6), 524288 ) --> [async] ... ",
        "SYSCALL[9,2](257) ... [async] --> Success(0x4) ",
        "SYSCALL[9,1](257) ... [async] --> Failure(0x2) ",
      ),
    ).toEqual([
      'openat(AT_FDCWD, "/lib/libc.so.6", O_RDONLY|O_CLOEXEC) = 4',
      'openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
    ]);
  });

  test("that do not concern memory are left out, and so are other lines", () => {
    expect(
      read("SYSCALL[9,1](0) sys_read ( 3, 0x1ffeffee28, 832 ) --> [async] ... ", " --> [pre-fail]"),
    ).toEqual([]);
  });

  test("stay in order between references, and positions still count lines", async () => {
    const text = [
      "==9== Lackey",
      "I  04000000,3",
      "SYSCALL[9,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) ",
      " L 04000008,8",
      "SYSCALL[9,1](334) unimplemented (by the kernel) syscall: 334! (ni_syscall)",
      " --> [pre-fail] Failure(0x26)",
      " L 04000010,8",
    ].join("\n");
    const places = await readPlaces(await openTrace(bytesOf(text), { name: "log" }));
    expect(places.map(({ record: { kind } }) => kind)).toEqual([FETCH, 4, LOAD, LOAD]);
    const trace = await openTrace(bytesOf(text), { name: "log" });
    expect(await traceInfo(trace)).toMatchObject({ references: 3, calls: 1 });
  });
});

test("a line with long runs of blanks is read in one pass", () => {
  const blanks = " ".repeat(500_000);
  const calls = new ValgrindCalls();
  expect(calls.read(`SYSCALL[1,1](12) sys_brk ( ${blanks}x`)).toBeUndefined();
  expect(calls.read(`SYSCALL[1,1](12) sys_brk ( 0x0 )${blanks}x`)).toBeUndefined();
  expect(calls.read(`SYSCALL[1,1](12) sys_brk ( ${blanks}0x0${blanks})${blanks}--> Success(0x5)`)).toBe(
    "brk(NULL) = 0x5",
  );
});

test.each([60_000, 70_000, 2_000_000])(
  "a call's line of %d characters is read, or refused with its position",
  async (length) => {
    const text = ` L 1fff000758,8\n**1** @ ${"0".repeat(length)}\n L 1fff000760,8\n`;
    const opened = openTrace(bytesOf(text), { name: "T", format: "lackey" }).then(traceInfo);
    if (length < 65_536) expect((await opened).loads).toBe(2);
    else await expect(opened).rejects.toThrow("T:2: the line is longer than 65536 bytes");
  },
);

describe("the regions of a program under valgrind", () => {
  test("are those of its files, the memory after them, and its own stack", () => {
    const maps = [
      "00108000-0010c000 r-xp 00000000 fe:00 2601   /usr/bin/ls",
      "0010c000-0010d000 rw-p 00000000 00:00 0 ",
      "04000000-04001000 r--p 00000000 fe:00 9944   /usr/lib/ld-linux-x86-64.so.2",
      "04035000-04036000 rwxp 00000000 00:00 0 ",
      "58000000-58001000 r--p 00000000 fe:00 1618   /usr/libexec/valgrind/lackey-amd64-linux",
      "58001000-58c25000 rw-p 00000000 00:00 0 ",
      "1002001000-100278c000 rwxp 00000000 00:00 0 ",
      "1ffefff000-1fff001000 rw-p 00000000 00:00 0 ",
      "7ffedc94d000-7ffedc96e000 rw-p 00000000 00:00 0   [stack]",
    ].join("\n");
    expect(programMaps(maps).split("\n")).toEqual([
      "00108000-0010c000 r-xp 00000000 fe:00 2601 /usr/bin/ls",
      "0010c000-0010d000 rw-p 00000000 00:00 0",
      "04000000-04001000 r--p 00000000 fe:00 9944 /usr/lib/ld-linux-x86-64.so.2",
      "1ffefff000-1fff001000 rw-p 00000000 00:00 0 [stack]",
      "",
    ]);
  });
});
