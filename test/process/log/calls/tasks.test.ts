import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

const MAP = "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
/** The two highest places for a page. */
const [FIRST, SECOND] = ["0x7ffff7ffe000", "0x7ffff7ffd000"];

async function verified(...lines: string[]) {
  const result = await runLines(lines, { verify: true });
  expect(result.stopped).toBeUndefined();
  expect(result.firstMismatch).toBeUndefined();
  return result;
}

describe("processes of a log", () => {
  test("have a copy of the memory after fork", async () => {
    const { processes } = await verified(
      `1 ${MAP} = ${FIRST}`,
      "1 fork() = 2",
      `2 ${MAP} = ${SECOND}`,
      `1 ${MAP} = ${SECOND}`,
    );
    expect(processes.map(({ pid, maps }) => [pid, maps.filter(({ name }) => name === "").length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  test("share memory as threads", async () => {
    const { processes } = await verified(
      `1 ${MAP} = ${FIRST}`,
      "1 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_THREAD) = 2",
      `2 ${MAP} = ${SECOND}`,
      "2 exit(0) = ?",
      "2 +++ exited with 0 +++",
      `1 munmap(${SECOND}, 4096) = 0`,
      `1 ${MAP} = ${SECOND}`,
    );
    expect(processes).toHaveLength(1);
  });

  test("share the parent's memory after vfork, until they run another program", async () => {
    await verified(
      "1 vfork( <unfinished ...>",
      `2 ${MAP} = ${FIRST}`,
      '2 execve("/bin/x", ["x"], 0x1) = 0',
      "1 <... vfork resumed>) = 2",
      `1 ${MAP} = ${SECOND}`,
      "2 brk(NULL) = 0x555555560000",
      "2 exit_group(0) = ?",
      "2 +++ exited with 0 +++",
      `1 munmap(${FIRST}, 4096) = 0`,
    );
  });

  test("release the parent's memory when they end", async () => {
    await verified(
      "1 vfork( <unfinished ...>",
      "2 exit_group(0) = ?",
      "1 <... vfork resumed>) = 2",
      "2 +++ exited with 0 +++",
      `1 ${MAP} = ${FIRST}`,
    );
  });

  test("are distinguished on a terminal, where at first only one of several has a number", async () => {
    const { processes } = await verified(
      `${MAP} = ${FIRST}`,
      "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 12 attached",
      ") = 12",
      `[pid 12] ${MAP} = ${SECOND}`,
      `[pid 11] ${MAP} = ${SECOND}`,
      "[pid 11] exit_group(0) = ?",
      "[pid 11] +++ exited with 0 +++",
      // Only the child is left.
      `munmap(${SECOND}, 4096) = 0`,
      `${MAP} = ${SECOND}`,
    );
    expect(processes).toHaveLength(2);
  });

  test("end with all their threads", async () => {
    const { processes } = await verified(
      "1 fork() = 2",
      "2 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_THREAD) = 3",
      "3 exit_group(1) = ?",
      `2 ${MAP} = 0x1234000`,
      "1 brk(NULL) = 0",
    );
    expect(processes.map(({ pid, alive }) => [pid, alive])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  test("share descriptors with their threads, and copy them to their children", async () => {
    const open = (pid: number, path: string) => `${pid} openat(AT_FDCWD, "${path}", O_RDONLY) = 3`;
    const map = (pid: number) => `${pid} mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0)`;
    const { processes } = await verified(
      "1 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD) = 2",
      open(2, "/a"),
      map(1),
      "1 fork() = 3",
      open(3, "/b"),
      map(3),
      map(1),
    );
    expect(processes.map(({ maps }) => [...new Set(maps.map(({ name }) => name))].sort())).toEqual([
      ["/a", "[vsyscall]"],
      ["/a", "/b", "[vsyscall]"],
    ]);
  });

  test("keep their limits after execve", async () => {
    await verified(
      "1 prlimit64(0, RLIMIT_STACK, {rlim_cur=1024*1024*1024, rlim_max=RLIM64_INFINITY}, NULL) = 0",
      '1 execve("/bin/x", ["x"], 0x1) = 0',
      `1 ${MAP} = 0x7fffbfec1000`,
    );
  });

  test("survive signals that they have handlers for", async () => {
    const handler = "{sa_handler=0x401136, sa_mask=[], sa_flags=SA_RESTORER, sa_restorer=0x7ffff7e1a050}";
    const survivor = await runLines([
      `rt_sigaction(SIGSEGV, ${handler}, NULL, 8) = 0`,
      "store(0x1000, 1)",
      "brk(NULL)",
    ]);
    expect(survivor).toMatchObject({ calls: 2, process: { alive: true } });
    const dead = await runLines([
      "rt_sigaction(SIGSEGV, {sa_handler=SIG_IGN}, NULL, 8) = 0",
      "store(0x1000, 1)",
      "brk(NULL)",
    ]);
    expect(dead).toMatchObject({ calls: 1, process: { alive: false } });
  });
});

describe("a log that begins in the middle", () => {
  const maps =
    "7ffff7fff000-7ffff8000000 rw-p 00000000 00:00 0\n7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]\n";

  test("has the threads of the attached process", async () => {
    const { process, processes, mismatched } = await runLines(
      [`7 ${MAP} = ${FIRST}`, `8 ${MAP} = ${SECOND}`, `7 munmap(${SECOND}, 4096 <detached ...>`],
      { verify: true, maps },
    );
    expect({ mismatched, processes: processes.length, pid: process.pid }).toEqual({
      mismatched: 0,
      processes: 1,
      pid: 7,
    });
  });

  test("reports that it cannot be verified", async () => {
    const { warnings } = await runLines([`7 ${MAP} = 0x7f1234567000`, `7 ${MAP} = 0x7f1234566000`], {
      verify: true,
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^log:1: the log does not show what process 7 had mapped.*regions by maps$/);
  });

  test("does not begin with another program", async () => {
    const { warnings, calls } = await runLines(['7 execve("/bin/x", ["x"], 0x1) = 0'], { maps });
    expect([calls, warnings.length]).toEqual([1, 1]);
  });
});

describe("signals in a log", () => {
  const SEGV = "7 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x12340} ---";

  test("are explained, and end the process if the log shows its end", async () => {
    const { signals } = await runLines([`7 ${MAP} = ${FIRST}`, SEGV, "7 +++ killed by SIGSEGV +++"]);
    expect(signals).toMatchObject([
      { line: 2, pid: 7, signal: "SIGSEGV", code: "SEGV_MAPERR", address: 0x12340n, deadly: true },
    ]);
    expect(signals[0]?.surroundings?.above?.start).toBe(BigInt(FIRST));
  });

  test("do not end a process that continues", async () => {
    const { signals, process } = await runLines([SEGV, `7 ${MAP} = ${FIRST}`]);
    expect(signals).toMatchObject([{ deadly: false }]);
    expect(process.alive).toBe(true);
  });

  test("count once for all threads of a process", async () => {
    const { signals } = await runLines([
      `7 ${MAP} = ${FIRST}`,
      "7 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_THREAD) = 8",
      "7 --- SIGABRT {si_signo=SIGABRT, si_code=SI_TKILL, si_pid=7, si_uid=0} ---",
      "8 +++ killed by SIGABRT +++",
      "7 +++ killed by SIGABRT +++",
    ]);
    expect(signals).toMatchObject([{ signal: "SIGABRT", deadly: true }]);
  });
});

describe("concurrent calls of threads", () => {
  const THREADS = ["1 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_THREAD) = 2"];

  test("are run in the order that explains their results", async () => {
    await verified(
      ...THREADS,
      `1 ${MAP.slice(0, -1)} <unfinished ...>`,
      `2 ${MAP.slice(0, -1)} <unfinished ...>`,
      `2 <... mmap resumed>) = ${SECOND}`,
      `1 <... mmap resumed>) = ${FIRST}`,
    );
  });

  test("may free address ranges for one another", async () => {
    await verified(
      `1 ${MAP} = ${FIRST}`,
      ...THREADS,
      `2 munmap(${FIRST}, 4096 <unfinished ...>`,
      `1 ${MAP} = ${FIRST}`,
      "2 <... munmap resumed>) = 0",
      `1 ${MAP} = ${SECOND}`,
    );
  });

  // As glibc makes arenas: each maps 128 MiB, keeps the half that is aligned to 64 MiB, and hints at another's for more.
  test("wait for one another, in any number", async () => {
    const arena = (at: string) => `mmap(${at}, 0x4000000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0`;
    const [UPPER, LOWER] = ["0x7ffff0000000", "0x7fffec000000"];
    await verified(
      ...THREADS,
      "1 clone(child_stack=0x2000, flags=CLONE_VM|CLONE_THREAD) = 3",
      `1 mmap(NULL, 0x3ffd000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff4002000`,
      `1 ${arena("NULL")}) = ${UPPER}`,
      `1 ${arena("NULL")}) = ${LOWER}`,
      // 3 came before 2 had freed what it hints at, and was put where 1 had made room.
      `1 munmap(${LOWER}, 0x4000000 <unfinished ...>`,
      `2 munmap(${UPPER}, 0x4000000 <unfinished ...>`,
      `3 ${arena(UPPER)} <unfinished ...>`,
      "2 <... munmap resumed>) = 0",
      "1 <... munmap resumed>) = 0",
      `3 <... mmap resumed>) = ${LOWER}`,
      `1 ${arena(UPPER)}) = ${UPPER}`,
    );
  });

  test("wait for one another while threads are made and end", async () => {
    await verified(
      ...THREADS,
      `1 ${MAP.slice(0, -1)} <unfinished ...>`,
      `2 ${MAP} = ${SECOND}`,
      "2 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_THREAD) = 3",
      "2 exit(0) = ?",
      "2 +++ exited with 0 +++",
      `1 <... mmap resumed>) = ${FIRST}`,
    );
  });

  test("are served if the call they waited for never returns", async () => {
    const { calls } = await verified(
      ...THREADS,
      `2 msync(${FIRST}, 4096, MS_SYNC <unfinished ...>`,
      `1 ${MAP} = ${FIRST}`,
      "2 +++ exited with 0 +++",
      `1 ${MAP} = ${SECOND}`,
      `2 munmap(${FIRST}, 4096 <unfinished ...>`,
      `1 ${MAP} = 0x7ffff7ffc000`,
    );
    expect(calls).toBe(4);
  });

  test("are served in time, even if one takes long", async () => {
    const rounds = Array.from({ length: 200 }, () => [`1 ${MAP} = ${FIRST}`, `1 munmap(${FIRST}, 4096) = 0`]);
    const lines = [
      ...THREADS,
      `2 msync(${SECOND}, 4096, MS_SYNC <unfinished ...>`,
      ...rounds.flat(),
      '1 openat(AT_FDCWD, "/a", O_RDONLY) = 3',
      "2 <... msync resumed>) = -1 ENOMEM (Cannot allocate memory)",
    ];
    const served: number[] = [];
    const onLine = (line: number) => served.push(line);
    const { calls, mismatched } = await runLines(lines, { verify: true, onLine });
    expect({ calls, mismatched }).toEqual({ calls: 402, mismatched: 0 });
    // A call that opens a file does not wait, so it shows how much was served until then.
    expect(served.indexOf(lines.length - 1)).toBeGreaterThan(200);
  });

  test("are run even if no order explains all of them", async () => {
    const same = Array.from({ length: 8 }, (_, n) => `${n + 2} ${MAP.slice(0, -1)}`);
    const threads = same.map((_, n) => `1 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_THREAD) = ${n + 2}`);
    const result = await runLines(
      [
        ...threads,
        ...same.map((call) => `${call} <unfinished ...>`),
        ...same.map((_, n) => `${n + 2} <... mmap resumed>) = 0x7000000${n}000`),
      ],
      { verify: true },
    );
    expect(result).toMatchObject({ calls: 16, checked: 16, mismatched: 8 });
  });

  test("use the files of their descriptors at the start of the call", async () => {
    const map = "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0)";
    const { process } = await verified(
      "1 clone(child_stack=0x1000, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD) = 2",
      '1 openat(AT_FDCWD, "/a", O_RDONLY) = 3',
      `2 ${MAP.slice(0, -1)} <unfinished ...>`,
      `1 ${map} = ${FIRST}`,
      "1 close(3) = 0",
      '1 openat(AT_FDCWD, "/b", O_RDONLY) = 3',
      `2 <... mmap resumed>) = ${SECOND}`,
    );
    expect(process.maps.map(({ name }) => name)).toContain("/a");
  });

  test("do not hide a result that no order explains", async () => {
    const result = await runLines(
      [
        ...THREADS,
        `2 ${MAP.slice(0, -1)} <unfinished ...>`,
        `1 ${MAP} = 0x7ffff0000000`,
        `2 <... mmap resumed>) = ${FIRST}`,
      ],
      { verify: true },
    );
    expect(result).toMatchObject({ checked: 3, mismatched: 1, firstMismatch: { line: 3 } });
  });
});

describe("calls that are not modelled", () => {
  test("give one warning, with their line", async () => {
    const { warnings, skipped } = await runLines([
      "shmat(1, NULL, 0) = 0x7000",
      "shmat(2, NULL, 0) = 0x8000",
      "getpid() = 5",
    ]);
    expect(warnings).toEqual(["log:1: shmat is not modelled, and memory may differ from here on"]);
    expect(skipped).toEqual({ shmat: 2, getpid: 1 });
  });

  test("that are misspelt calls of Pagewalk end the run", async () => {
    for (const [typed, meant] of [
      ["stoer", "store"],
      ["Store", "store"],
      ["mumap", "munmap"],
      ["mprotekt", "mprotect"],
    ]) {
      const { stopped, calls } = await runLines(["brk(NULL)", `${typed}(0x1000, 4096) = 0`]);
      expect(stopped?.message).toBe(`log:2: there is no call ${typed}; did you mean ${meant}?`);
      expect(calls).toBe(1);
    }
    expect((await runLines(["flock(3, LOCK_EX) = 0", "mallopt(1, 2) = 1"])).stopped).toBeUndefined();
  });

  test("that failed give no warning", async () => {
    expect((await runLines(["shmat(1, NULL, 0) = -1 EINVAL", "brk(NULL)"])).warnings).toEqual([]);
  });

  test("with an invalid key are mprotect", async () => {
    await verified(
      `${MAP} = ${FIRST}`,
      `pkey_mprotect(${FIRST}, 4096, PROT_READ, -1) = 0`,
      `store(${FIRST}, 1) = SIGSEGV SEGV_ACCERR`,
    );
  });
});
