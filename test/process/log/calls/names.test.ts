/**
 * Claims about files whose names change, descriptors that no call of the log opened, and special files. The answers and
 * the names are those of Linux 6.18.
 */
import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

const RW = "PROT_READ|PROT_WRITE";
const PAGE = (fd: number, address: string, kind = "MAP_PRIVATE") =>
  `mmap(${address}, 4096, PROT_READ, ${kind}|MAP_FIXED, ${fd}, 0) = ${address}`;

async function namesAfter(...lines: readonly string[]) {
  const { stopped, firstMismatch, process } = await runLines(lines, { verify: true, format: "calls" });
  expect(stopped).toBeUndefined();
  expect(firstMismatch).toBeUndefined();
  return process.maps.map(({ name }) => name).filter((name) => name !== "[vsyscall]");
}

describe("maps show", () => {
  const opened = ['openat(AT_FDCWD, "/t/a", O_RDWR|O_CREAT, 0600) = 3', PAGE(3, "0x10000000")];

  test("an unlinked file as deleted, and a new one of that name as another file", async () => {
    const names = await namesAfter(
      ...opened,
      'unlink("/t/a") = 0',
      'openat(AT_FDCWD, "/t/a", O_RDWR|O_CREAT, 0600) = 4',
      PAGE(4, "0x20000000"),
      PAGE(3, "0x30000000"),
    );
    expect(names).toEqual(["/t/a (deleted)", "/t/a", "/t/a (deleted)"]);
  });

  test("the new name of a renamed file or directory, and a replaced file as deleted", async () => {
    const names = await namesAfter(
      ...opened,
      'openat(AT_FDCWD, "/t/b", O_RDWR|O_CREAT, 0600) = 4',
      PAGE(4, "0x20000000"),
      'rename("/t/a", "/t/b") = 0',
      'renameat2(AT_FDCWD, "/t", AT_FDCWD, "/u", 0) = 0',
      PAGE(3, "0x30000000"),
      'rename("/u/b", "/u/c") = -1 ENOENT',
    );
    expect(names).toEqual(["/u/b", "/u/b (deleted)", "/u/b"]);
  });

  test("exchanged names exchanged", async () => {
    const names = await namesAfter(
      ...opened,
      'openat(AT_FDCWD, "/t/b", O_RDWR|O_CREAT, 0600) = 4',
      PAGE(4, "0x20000000"),
      'renameat2(AT_FDCWD, "/t/a", AT_FDCWD, "/t/b", RENAME_EXCHANGE) = 0',
    );
    expect(names).toEqual(["/t/b", "/t/a"]);
  });

  test("full paths of names relative to the process's directory or to a descriptor", async () => {
    const names = await namesAfter(
      'chdir("/t/x") = 0',
      'openat(AT_FDCWD, "../a", O_RDONLY) = 3',
      PAGE(3, "0x10000000"),
      'openat(AT_FDCWD, "/lib", O_RDONLY|O_DIRECTORY) = 4',
      'openat(4, "b.so", O_RDONLY) = 5',
      PAGE(5, "0x20000000"),
      "fchdir(4) = 0",
      'open("./c.so", O_RDONLY) = 6',
      PAGE(6, "0x30000000"),
      'getcwd("/home/me", 4096) = 9',
      'open("d", O_RDONLY) = 7',
      PAGE(7, "0x40000000"),
      'unlinkat(4, "b.so", 0) = 0',
    );
    expect(names).toEqual(["/t/a", "/lib/b.so (deleted)", "/lib/c.so", "/home/me/d"]);
  });
});

describe("a descriptor", () => {
  test("that was never opened is EBADF, if the log shows so or has calls that open files", async () => {
    await namesAfter("mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 1023, 0) = -1 EBADF (Bad file descriptor)");
    const { answers } = await runLines(
      ['openat(AT_FDCWD, "/x", O_RDONLY) = 3', "p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 7, 0)"],
      { answers: true },
    );
    expect(
      JSON.stringify(answers, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    ).toContain("EBADF");
  });

  test("that a memory-only log maps has a file of its own", async () => {
    const { mismatched } = await runLines([PAGE(3, "0x10000000")], { verify: true });
    expect(mismatched).toBe(0);
  });

  test("may be received by SCM_RIGHTS", async () => {
    const received =
      "msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[7]}]";
    await namesAfter(
      'openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 7',
      "close(7) = 0",
      `recvmsg(3, {msg_name=NULL, msg_namelen=0, ${received}, msg_controllen=24, msg_flags=0}, 0) = 1`,
      "ftruncate(7, 4096) = 0",
    );
    expect(
      await namesAfter(
        `recvmsg(3, {msg_name=NULL, msg_namelen=0, ${received.replace("[7]", "[7</t/sent>]")}, msg_flags=0}, 0) = 1`,
        PAGE(7, "0x10000000"),
      ),
    ).toEqual(["/t/sent"]);
  });
});

test("mincore with a vector that cannot be written is EFAULT", async () => {
  await namesAfter(
    `mmap(0x10000000, 8192, ${RW}, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x10000000`,
    "mincore(0x10000000, 8192, 0x8) = -1 EFAULT (Bad address)",
    "mincore(0x10000000, 8192, [1, 0]) = 0",
    "mincore(0x20000000, 4096, 0x8) = -1 ENOMEM",
  );
});

describe("a file without memory of its own", () => {
  test.each([
    "/dev/null",
    "/dev/full",
    "/dev/urandom",
    "/proc/self/maps",
    "/proc/sys/kernel/osrelease",
    "/sys/kernel/notes",
  ])("%s cannot be mapped", async (path) => {
    await namesAfter(
      `openat(AT_FDCWD, "${path}", O_RDONLY) = 3`,
      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = -1 ENODEV (No such device)",
    );
  });

  test.each(["/proc/cpuinfo", "/proc/net/tcp", "/proc/self/net/tcp"])(
    "%s fails to be mapped",
    async (path) => {
      await namesAfter(
        `openat(AT_FDCWD, "${path}", O_RDONLY) = 3`,
        "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = -1 EIO (Input/output error)",
      );
    },
  );

  test("/dev/zero gives anonymous memory: private, which keeps its name, or shared", async () => {
    const { process, firstMismatch } = await runLines(
      [
        'openat(AT_FDCWD, "/dev/zero", O_RDWR) = 5',
        `z = mmap(NULL, 16384, ${RW}, MAP_PRIVATE, 5, 0) = 0x7ffff7ffb000`,
        "load(z, 1) = ok",
        "load(z + 4096, 1) = ok",
        "store(z, 1) = ok",
        `s = mmap(NULL, 16384, ${RW}, MAP_SHARED, 5, 0) = 0x7ffff7ff7000`,
        `mmap(NULL, 0x400000, ${RW}, MAP_PRIVATE, 5, 0) = 0x7ffff7a00000`,
        `a = mmap(NULL, 4096, ${RW}, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7ff6000`,
      ],
      { verify: true },
    );
    expect(firstMismatch).toBeUndefined();
    const told = process.maps.map(({ name, permissions, rssBytes }) => [name, permissions, rssBytes]);
    expect(told.slice(0, 4)).toEqual([
      ["/dev/zero", "rw-p", 0],
      ["", "rw-p", 0],
      ["/dev/zero (deleted)", "rw-s", 0],
      ["/dev/zero", "rw-p", 4096],
    ]);
    expect(process.faults.minor).toBe(3);
  });
});

test("sbrk without an execve has the heap of a typical program, and sbrk(0) changes nothing", async () => {
  const { signals, firstMismatch } = await runLines(
    [
      "p = sbrk(0)",
      "q = sbrk(4096)",
      "store(q, 8) = ok",
      "r = sbrk(0)",
      "load(r - 4096, 1) = ok",
      "store(q, 8) = ok",
      "sbrk(-4096)",
      "load(q, 1) = SIGSEGV",
      "sbrk(-8192) = -1 ENOMEM",
    ],
    { verify: true },
  );
  expect(firstMismatch).toBeUndefined();
  expect(signals).toHaveLength(1);
});
