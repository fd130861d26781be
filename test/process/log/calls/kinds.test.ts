/** Logs of programs of all kinds: 32-bit ones, musl's, static ones, those of old kernels and of other machines. */
import { describe, expect, test } from "vitest";
import type { RunOptions } from "#pagewalk/index.js";
import { runLines } from "../../logs.js";
import { movable } from "../../program/elf-file.js";

const exec = (path = "/no/such") => `execve("${path}", ["such"], 0x0 /* 38 vars */) = 0`;
const map = (bytes: number, at: string, name = "mmap", flags = "MAP_PRIVATE|MAP_ANONYMOUS") =>
  `${name}(NULL, ${bytes}, PROT_READ|PROT_WRITE, ${flags}, -1, 0) = ${at}`;
const protect = (at: string, bytes = 4096) => `mprotect(${at}, ${bytes}, PROT_READ) = 0`;
const brk = (at: string, to = "NULL") => `brk(${to}) = ${at}`;

async function verified(lines: readonly string[], options: RunOptions = {}) {
  const result = await runLines(lines, { verify: true, ...options });
  expect(result.stopped).toBeUndefined();
  expect(result.firstMismatch).toBeUndefined();
  expect(result.checked).toBeGreaterThan(0);
  return result;
}

const NARROW = [
  exec(),
  brk("0x849a000"),
  map(8192, "0xf7fb3000", "mmap2"),
  "mmap2(NULL, 85091, PROT_READ, MAP_PRIVATE, 3, 0) = 0xf7f9e000",
  "munmap(0xf7f9e000, 85091) = 0",
  brk("0x84bb000", "0x84bb000"),
];

describe("a 32-bit program on a 64-bit kernel", () => {
  test("has almost 4 GiB, and no vsyscall page", async () => {
    const { process } = await verified(NARROW);
    const stack = process.maps.find(({ name }) => name === "[stack]");
    expect(stack?.end).toBe(0xffffe000n);
    expect(process.maps.some(({ name }) => name === "[vsyscall]")).toBe(false);
  });

  test("is recognised by strace's remark if the log begins later", async () => {
    const at = "mmap(0xfffdc000, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0xfffdc000";
    const past =
      "mmap(0xfffff000, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 ENOMEM (Cannot allocate memory)";
    await verified(["[ Process PID=77 runs in 32 bit mode. ]", at, past]);
  });

  test("can be in one log with 64-bit programs", async () => {
    const own = [exec("/bin/wide"), brk("0x55d8240b7000"), map(8192, "0x7f374a8c0000"), "fork() = 2"];
    const after = [map(4096, "0x7f374a8bf000")];
    const lines = [
      ...own.map((line) => `1 ${line}`),
      ...NARROW.map((line) => `2 ${line}`),
      ...after.map((line) => `1 ${line}`),
    ];
    const { processes } = await verified(lines);
    const stacks = processes.map(({ maps }) => maps.find(({ name }) => name === "[stack]")?.end);
    expect(stacks).toEqual([0x7ffffffff000n, 0xffffe000n]);
  });

  test("can execute a 64-bit program, and be executed by one", async () => {
    const wide = [exec("/bin/wide"), brk("0x55d8240b7000"), map(8192, "0x7f374a8c0000")];
    const { process } = await verified([...wide, ...NARROW, ...wide]);
    expect(process.maps.at(-1)?.name).toBe("[vsyscall]");
  });

  test("has a child of the same kind", async () => {
    const child = map(4096, "0xf7fb2000", "mmap2");
    await verified([...NARROW.map((line) => `1 ${line}`), "1 fork() = 2", `2 ${child}`, `1 ${child}`]);
  });
});

describe("the kind of a program that is not available", () => {
  test("is musl's if the linker's protection gives the base", async () => {
    const heap =
      "mmap(0x564b36dc3000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x564b36dc3000";
    const { process } = await verified([
      exec(),
      brk("0x564b36dc3000"),
      brk("0x564b36dc5000", "0x564b36dc5000"),
      heap,
      protect("0x7fd32712d000"),
      protect("0x564b218c6000"),
    ]);
    const linker = process.maps.filter(({ name }) => name.includes("ld-linux"));
    expect(linker.some(({ start, permissions }) => start === 0x7fd32712d000n && permissions === "r--p")).toBe(
      true,
    );
  });

  test("is static, without a linker and at fixed addresses", async () => {
    const { process } = await verified([
      exec(),
      brk("0x1f0c3000"),
      brk("0x1f0c3dc0", "0x1f0c3dc0"),
      protect("0x4c1000", 16384),
    ]);
    expect(process.maps.filter(({ name }) => name.startsWith("/")).map(({ name }) => name)).not.toContain(
      "/lib64/ld-linux-x86-64.so.2",
    );
    expect(
      process.maps.find(({ permissions, start }) => start === 0x4c1000n && permissions === "r--p")?.end,
    ).toBe(0x4c5000n);
  });

  test("is static and movable, among the mappings", async () => {
    const { process } = await verified(
      [
        exec(),
        brk("0x555556a2c000"),
        protect("0x7f11d2ac3000", 12288),
        map(4096, "0x7f11d29f0000").replace("4096", "4096"),
      ].slice(0, 3),
    );
    const own = process.maps.filter(({ name }) => name === "/no/such");
    expect(
      own.some(
        ({ start, end, permissions }) =>
          start === 0x7f11d2ac3000n && end === 0x7f11d2ac6000n && permissions === "r--p",
      ),
    ).toBe(true);
    expect(process.maps.some(({ name }) => name.includes("ld-linux"))).toBe(false);
  });

  test("protects as much as in the log, and so does its linker", async () => {
    const { process } = await verified([
      exec(),
      brk("0x557b78ff4000"),
      map(8192, "0x7f786a8ff000"),
      protect("0x557b4efe7000", 0x9000),
      protect("0x7f786a940000", 0x3000),
    ]);
    const protectedBy = (name: string) =>
      process.maps
        .filter((region) => region.name === name && region.permissions === "r--p")
        .map(({ start }) => start);
    expect(protectedBy("/no/such")).toContain(0x557b4efe7000n);
    expect(protectedBy("/lib64/ld-linux-x86-64.so.2")).toContain(0x7f786a940000n);
  });

  test("is not taken from another file with the same path", async () => {
    const bytes = movable();
    const readProgram = async (path: string) => ({ path, bytes });
    const lines = [exec("/bin/other"), brk("0x557b78ff4000"), map(8192, "0x7f786a8ff000", "mmap2")];
    const { warnings } = await verified([lines[0] as string, ...NARROW.slice(1)], { readProgram });
    expect(warnings[0]).toMatch(/^\/bin\/other here is not the program of the log, so a typical program/);
  });
});

test("without a reader of programs, the warning says that none are read", async () => {
  const { warnings } = await verified([exec("/bin/other"), ...NARROW.slice(1)]);
  expect(warnings).toEqual(["programs are not read here, so a typical program is used for /bin/other"]);
});

test("a program with hundreds of libraries shows its addresses late", async () => {
  const lines = [exec(), brk("0x557b78ff4000"), map(8192, "0x7f786a8ff000")];
  for (let n = 1n; n <= 700n; n++) lines.push(map(4096, `0x${(0x7f786a8ff000n - n * 4096n).toString(16)}`));
  const { process } = await verified([...lines, protect("0x557b4efe7000")]);
  expect(process.maps.find(({ name }) => name === "/no/such")?.start).toBe(0x557b4efdd000n);
});

describe("the bottom-up layout", () => {
  test("of setarch -L places mappings upwards", async () => {
    const { process } = await verified([
      exec(),
      brk("0x555555560000"),
      map(8192, "0x2aaaaaae3000"),
      map(4096, "0x2aaaaaae5000"),
      map(4096, "0x2aaaaaae6000"),
      "munmap(0x2aaaaaae3000, 8192) = 0",
      map(12288, "0x2aaaaaae7000"),
      map(4096, "0x2aaaaaae3000"),
    ]);
    expect(process.maps[0]?.start).toBeLessThan(0x2aaaaaae3000n);
  });

  test("of an old kernel's i386 does too", async () => {
    await verified(
      [
        exec("/sbin/prog"),
        "brk(0) = 0x804c000",
        "old_mmap(NULL, 74950, PROT_READ, MAP_PRIVATE, 3, 0) = 0x40016000",
        "old_mmap(NULL, 1268836, PROT_READ|PROT_EXEC, MAP_PRIVATE, 3, 0) = 0x40029000",
        "mprotect(0x40158000, 27748, PROT_NONE) = 0",
        map(4096, "0x4015f000", "old_mmap"),
        "munmap(0x40016000, 74950) = 0",
        map(4096, "0x40016000", "old_mmap"),
      ],
      { arch: "i386" },
    );
  });
});

describe("MAP_32BIT", () => {
  const low = (bytes: number, at: string) => map(bytes, at, "mmap", "MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT");
  const START = [exec(), brk("0x557b78ff4000"), map(8192, "0x7f786a8ff000")];

  test("with randomised addresses is searched for from a random page", async () => {
    const { mismatched } = await verified([
      ...START,
      low(131072, "0x41a85000"),
      low(131072, "0x4112e000"),
      low(2097152, "0x41e00000"),
    ]);
    expect(mismatched).toBe(0);
  });

  test("is searched for in free addresses, up to the first gap from the last page", async () => {
    const first = [...START, low(131072, "0x41a85000")];
    for (const wrong of ["0x41a86000", "0x43000000", "0x3ffff000"]) {
      const { firstMismatch } = await runLines([...first, low(8192, wrong)], { verify: true });
      expect(firstMismatch?.line).toBe(5);
    }
  });

  test("of a system with random addresses differs from search to search, and not from run to run", async () => {
    const lines = Array<string>(8).fill(
      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT, -1, 0)",
    );
    const starts = async (randomize: number) => {
      const { process } = await runLines(lines, { randomize });
      return process.maps.map(({ start }) => start).filter((start) => start < 1n << 32n);
    };
    const own = await starts(7);
    expect(own.every((start) => start >= 0x40000000n && start < 0x42000000n)).toBe(true);
    expect(new Set(own.map((start, n) => start - (own[n - 1] ?? 0n))).size).toBeGreaterThan(4);
    expect(await starts(7)).toEqual(own);
    expect(await starts(8)).not.toEqual(own);
  });

  test("with fixed addresses is the lowest", async () => {
    const { firstMismatch } = await runLines([exec(), brk("0x555555560000"), low(4096, "0x41a85000")], {
      verify: true,
    });
    expect(firstMismatch?.actual).toBe("0x40000000");
  });
});

test("concurrent forks: the parent's result identifies its child", async () => {
  const { processes } = await verified([
    `10 ${exec("/bin/a")}`,
    "10 brk(NULL) = 0x55555555b000",
    "10 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbe000",
    "10 fork() = 11",
    "10 fork( <unfinished ...>",
    "11 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbd000",
    "11 fork( <unfinished ...>",
    "13 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbc000",
    "11 <... fork resumed>) = 13",
    "12 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbd000",
    "10 <... fork resumed>) = 12",
  ]);
  expect(processes.map(({ pid }) => pid)).toEqual([10, 11, 13, 12]);
});

test("a log without an execve begins with a program if it protects a program's relocations", async () => {
  const start = [brk("0x557b78ff4000"), map(8192, "0x7f786a8ff000"), protect("0x557b4efe7000")];
  const { warnings, process } = await verified(start);
  expect(warnings[0]).toMatch(/^log:1: the log does not have the execve/);
  expect(process.maps.some(({ start }) => start === 0x557b4efe7000n)).toBe(true);
  const { process: empty } = await runLines(start.slice(0, 2));
  expect(empty.maps).toHaveLength(2);
});

/** The start of a program that is linked statically with musl, as strace -e trace=memory shows it. */
test.each([
  ["at a random place", "0x323e2000", "0x7fa1eb271000", "400000"],
  ["right behind the program", "0x408000", "0x7ffff7ff6000", "3f8000"],
])(
  "so does one of a static program that protects nothing, with its heap %s",
  async (_, heap, mapped, base) => {
    const below = `0x${(BigInt(mapped) - 4096n).toString(16)}`;
    const { warnings, process } = await verified([
      brk(heap),
      `brk(0x${(BigInt(heap) + 8192n).toString(16)}) = 0x${(BigInt(heap) + 8192n).toString(16)}`,
      `mmap(${heap}, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = ${heap}`,
      map(4096, mapped),
      map(4096, below),
    ]);
    expect(warnings[0]).toMatch(/^log:1: the log does not have the execve/);
    const names = process.maps.map(({ start, name }) => `${start.toString(16)} ${name}`);
    expect(names[0]).toBe(`${base} program`);
    expect(names).toContain(`${(BigInt(mapped) + 4096n).toString(16)} [vvar]`);
  },
);

test("another break than the last one's is that of a further program without an execve", async () => {
  const start = [brk("0x557b78ff4000"), map(8192, "0x7f786a8ff000"), protect("0x557b4efe7000")];
  const next = [brk("0x561a00000000"), map(8192, "0x7fb000100000"), protect("0x5619f0000000")];
  const { process } = await verified([...start, brk("0x557b78ff4000"), ...next, brk("0x561a00000000")]);
  expect(process.maps.some(({ start }) => start === 0x5619f0000000n)).toBe(true);
  expect(process.maps.some(({ start }) => start === 0x557b4efe7000n)).toBe(false);
});

test("a child's first calls may precede the line of its parent's fork (strace -e status)", async () => {
  const { processes } = await verified([
    exec("/bin/a"),
    brk("0x55555555b000"),
    map(8192, "0x7ffff7fbe000"),
    `[pid 12] ${map(4096, "0x7ffff7fbd000")}`,
    "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7ffff7d9fa10) = 12",
    `[pid 12] ${exec("/bin/b")}`,
    `[pid 11] ${map(4096, "0x7ffff7fbd000")}`,
  ]);
  expect(processes.map(({ pid }) => pid)).toEqual([11, 12]);
});

test("fcntl's commands may be numbers (strace -X raw)", async () => {
  const { process } = await verified([
    'open("/bin/a", 0) = 3',
    "fcntl(3, 0, 0x14) = 20",
    "close(3) = 0",
    "mmap(NULL, 4096, 0x1, 0x2, 20, 0) = 0x7ffff7ffe000",
  ]);
  expect(process.maps[0]?.name).toBe("/bin/a");
});
