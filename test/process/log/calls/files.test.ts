/** Claims about logs whose calls open files, change them, and map them: open(2), mmap(2), ftruncate(2), write(2). */
import { expect, test } from "vitest";
import { runLines } from "../../logs.js";

const RW = "PROT_READ|PROT_WRITE";

/** Expects that every answer of the log equals the model's. */
async function verified(...lines: readonly string[]) {
  const result = await runLines(lines, { verify: true, format: "calls" });
  expect(result.stopped).toBeUndefined();
  expect(result.firstMismatch).toBeUndefined();
  return result;
}

const map = (
  fd: number | string,
  protection: string,
  kind: string,
  answer: string,
  offset: number | string = 0,
) => `mmap(0x10000000, 8192, ${protection}, ${kind}|MAP_FIXED, ${fd}, ${offset}) = ${answer}`;
const DONE = "0x10000000";
const openat = (fd: number, flags: string, path = "/data") =>
  `openat(AT_FDCWD, "${path}", ${flags}, 0666) = ${fd}`;

test.each([
  ["O_RDONLY", "PROT_READ", "MAP_SHARED", DONE],
  ["O_RDONLY", RW, "MAP_SHARED", "-1 EACCES"],
  ["O_RDONLY", RW, "MAP_PRIVATE", DONE],
  ["O_WRONLY", "PROT_READ", "MAP_SHARED", "-1 EACCES"],
  ["O_WRONLY", "PROT_WRITE", "MAP_SHARED", "-1 EACCES"],
  ["O_WRONLY", "PROT_NONE", "MAP_PRIVATE", "-1 EACCES"],
  ["O_RDWR", RW, "MAP_SHARED", DONE],
  ["O_RDWR", RW, "MAP_SHARED_VALIDATE", DONE],
  ["O_RDWR", RW, "MAP_SHARED_VALIDATE|MAP_DENYWRITE|MAP_EXECUTABLE", DONE],
  ["O_RDWR", RW, "MAP_SHARED_VALIDATE|0x2000000", "-1 EOPNOTSUPP"],
  ["O_RDWR", RW, "MAP_SHARED|0x2000000", DONE],
  ["O_RDWR", RW, "MAP_PRIVATE|MAP_GROWSDOWN", "-1 EINVAL"],
  ["O_PATH", "PROT_READ", "MAP_PRIVATE", "-1 EBADF"],
  ["O_RDONLY|O_DIRECTORY", "PROT_READ", "MAP_PRIVATE", "-1 ENODEV"],
  ["O_RDONLY|O_DIRECTORY", RW, "MAP_SHARED", "-1 EACCES"],
])("a file open %s is mapped %s, %s: %s", async (flags, protection, kind, answer) => {
  await verified(openat(3, flags), map(3, protection, kind, answer));
});

test("a shared mapping of a file open for reading can never be made writable, as its flags show", async () => {
  const { process } = await verified(
    openat(3, "O_RDONLY"),
    map(3, "PROT_READ", "MAP_SHARED", DONE),
    "mprotect(0x10000000, 4096, PROT_READ|PROT_WRITE) = -1 EACCES",
    "mprotect(0x10000000, 4096, PROT_READ|PROT_EXEC) = 0",
    "madvise(0x10001000, 4096, MADV_REMOVE) = -1 EACCES",
    "madvise(0x10001000, 4096, MADV_POPULATE_WRITE) = -1 EINVAL",
    "mremap(0x10001000, 0, 4096, MREMAP_MAYMOVE) = 0x7ffff7ffe000",
  );
  expect(process.maps[1]).toMatchObject({
    permissions: "r--s",
    vmFlags: ["rd", "mr", "me", "ms"],
  });
});

test("an unmappable file is recognised by its open call, or by the path of strace -y", async () => {
  await verified(
    "pipe2([3, 4], O_CLOEXEC) = 0",
    map(3, "PROT_READ", "MAP_PRIVATE", "-1 ENODEV"),
    map(3, RW, "MAP_SHARED", "-1 EACCES"),
    map(4, "PROT_READ", "MAP_PRIVATE", "-1 EACCES"),
    "socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0) = 5",
    map(5, RW, "MAP_SHARED", "-1 ENODEV"),
    "socket(AF_UNIX, SOCK_STREAM, 0) = 10",
    "accept4(10, NULL, NULL, 0) = 11",
    map(11, RW, "MAP_SHARED", "-1 ENODEV"),
    "socket(AF_INET, SOCK_STREAM, 0) = 12",
    map(12, "PROT_READ", "MAP_SHARED", DONE),
    "eventfd2(0, EFD_CLOEXEC) = 6",
    map(6, RW, "MAP_SHARED", "-1 ENODEV"),
    'openat(AT_FDCWD, "/etc", O_RDONLY) = 7',
    "fstat(7, {st_mode=S_IFDIR|0755, st_size=4096, ...}) = 0",
    map(7, "PROT_READ", "MAP_PRIVATE", "-1 ENODEV"),
    map("8<UNIX-STREAM:[123]>", "PROT_READ", "MAP_PRIVATE", "-1 ENODEV"),
    map("9</lib/other.so>", RW, "MAP_PRIVATE", DONE),
  );
});

test("a closed descriptor is invalid; one opened before the log gets a file of its own", async () => {
  await verified(
    map(3, RW, "MAP_SHARED", DONE),
    "close(3) = 0",
    map(3, RW, "MAP_SHARED", "-1 EBADF"),
    openat(4, "O_RDONLY"),
    "dup2(4, 5) = 5",
    "fcntl(4, F_DUPFD_CLOEXEC, 9) = 9",
    "close_range(4, 4, 0) = 0",
    map(4, "PROT_READ", "MAP_SHARED", "-1 EBADF"),
    map(5, RW, "MAP_SHARED", "-1 EACCES"),
    map(9, RW, "MAP_SHARED", "-1 EACCES"),
    map(-1, RW, "MAP_PRIVATE", "-1 EBADF"),
  );
});

test("a closed descriptor that is mapped was opened again by a call that is not in the log", async () => {
  await verified("close(3) = 0", map(3, RW, "MAP_SHARED", DONE));
});

test("execve closes descriptors with O_CLOEXEC", async () => {
  await verified(
    openat(3, "O_RDONLY|O_CLOEXEC"),
    openat(4, "O_RDONLY"),
    openat(5, "O_RDONLY"),
    "fcntl(5, F_SETFD, FD_CLOEXEC) = 0",
    'execve("/bin/x", ["x"], 0x7ffe /* 1 var */) = 0',
    map(3, "PROT_READ", "MAP_PRIVATE", "-1 EBADF"),
    map(4, "PROT_READ", "MAP_PRIVATE", DONE),
    map(5, "PROT_READ", "MAP_PRIVATE", "-1 EBADF"),
  );
});

test("offsets are whole pages, up to the largest of a file", async () => {
  await verified(
    openat(3, "O_RDWR"),
    map(3, RW, "MAP_SHARED", "-1 EINVAL", 100),
    map(3, RW, "MAP_SHARED", DONE, "0x7fffffffffffd000"),
    map(3, RW, "MAP_SHARED", "-1 EOVERFLOW", "0x7fffffffffffe000"),
    map(3, RW, "MAP_SHARED", "-1 EOVERFLOW", "0xfffffffffffff000"),
    "mmap(0x10000000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0xfffffffffffff000) = 0x10000000",
  );
});

test("a shortened file loses the pages behind its end in all processes, private copies included; growing restores them", async () => {
  const { processes } = await verified(
    openat(3, "O_RDWR|O_CREAT|O_TRUNC"),
    "ftruncate(3, 8192) = 0",
    map(3, RW, "MAP_SHARED", DONE),
    "mmap(0x20000000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000",
    "store(0x10000000, 8192) = ok",
    "store(0x20000000, 8192) = ok",
    "fork() = 50",
    "ftruncate(3, 4096) = 0",
    "load(0x10000000) = ok",
    "load(0x10001000) = SIGBUS BUS_ADRERR",
    "load(0x20000000) = ok",
    "[pid 50] load(0x20001000) = SIGBUS BUS_ADRERR",
    "ftruncate(3, 4097) = 0",
    "store(0x10001000) = ok",
    "[pid 50] load(0x20001000) = ok",
    "ftruncate(3, -1) = -1 EINVAL",
  );
  expect(processes.map(({ residentBytes }) => residentBytes)).toEqual([12288, 8192]);
});

test("only a file open for writing can be shortened", async () => {
  await verified(
    openat(3, "O_RDONLY"),
    openat(7, "O_PATH"),
    "pipe([4, 6]) = 0",
    "close(5) = 0",
    map(3, "PROT_READ", "MAP_SHARED", DONE),
    "ftruncate(3, 0) = -1 EINVAL",
    "ftruncate(6, 0) = -1 EINVAL",
    "ftruncate(5, 0) = -1 EBADF",
    "ftruncate(7, 0) = -1 EBADF",
    'truncate("/data", -1) = -1 EINVAL',
    "load(0x10000000) = ok",
    'truncate("/data", 0) = 0',
    "load(0x10000000) = SIGBUS",
  );
});

test("writes behind the end extend a file, from the file position", async () => {
  await verified(
    openat(3, "O_RDWR|O_CREAT|O_EXCL"),
    "mmap(0x10000000, 65536, PROT_READ, MAP_SHARED|MAP_FIXED, 3, 0) = 0x10000000",
    "load(0x10000000) = SIGBUS",
    'write(3, ""..., 4096) = 4096',
    "fork() = 50",
    "load(0x10001000) = SIGBUS",
    // The child's copy continues where the parent stopped.
    '[pid 50] write(3, ""..., 100) = 100',
    "load(0x10001000) = ok",
    "load(0x10002000) = SIGBUS",
    "lseek(3, 8192, SEEK_SET) = 8192",
    'write(3, ""..., 1) = 1',
    "load(0x10002000) = ok",
    'pwrite64(3, ""..., 1, 16384) = 1',
    "load(0x10003000, 8192) = ok",
    openat(4, "O_WRONLY|O_APPEND"),
    'write(4, ""..., 4096) = 4096',
    "load(0x10005000) = ok",
    "load(0x10006000) = SIGBUS",
    "fallocate(3, 0, 0, 28672) = 0",
    "load(0x10006000) = ok",
    "fallocate(3, FALLOC_FL_KEEP_SIZE, 0, 65536) = 0",
    "load(0x10007000) = SIGBUS",
    "_llseek(3, 28672, [28672], SEEK_SET) = 0",
    'write(3, ""..., 1) = 1',
    "load(0x10007000) = ok",
    openat(5, "O_WRONLY|O_TRUNC"),
    "load(0x10000000) = SIGBUS",
  );
});

test("punching a hole removes an object's own pages, not their private copies", async () => {
  const { process } = await verified(
    'memfd_create("m", MFD_CLOEXEC) = 3',
    map(3, RW, "MAP_SHARED", DONE),
    "load(0x10000000) = SIGBUS",
    "ftruncate(3, 8192) = 0",
    "store(0x10000000, 8192) = ok",
    "mmap(0x20000000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000",
    "store(0x20000000, 8192) = ok",
    "fallocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 1, 8191) = 0",
  );
  expect(process.maps.slice(0, 2).map(({ rssBytes }) => rssBytes)).toEqual([4096, 8192]);
});

test("a hole across a file's end removes its whole last page, and a hole behind the end removes nothing", async () => {
  const resident = async (hole: string) => {
    const { process } = await verified(
      openat(3, "O_RDWR|O_TRUNC"),
      'pwrite64(3, ""..., 9924, 0) = 9924',
      "mmap(0x10000000, 12288, PROT_READ, MAP_SHARED|MAP_FIXED, 3, 0) = 0x10000000",
      "load(0x10000000, 9000) = ok",
      `fallocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, ${hole}) = 0`,
    );
    return process.maps[0]?.rssBytes;
  };
  expect(await resident("3723, 6000")).toBe(8192); // pages 0 and 2 are left
  expect(await resident("3723, 7044")).toBe(4096);
  expect(await resident("9925, 10000")).toBe(12288);
});

test("a hole within an object's first page unmaps it everywhere, but removes no page", async () => {
  const { process } = await verified(
    'memfd_create("m", 0) = 3',
    "ftruncate(3, 8192) = 0",
    map(3, RW, "MAP_SHARED", DONE),
    "store(0x10000000, 8192) = ok",
    "mlock(0x10001000, 4096) = 0",
    "fallocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 10, 20) = 0",
  );
  expect(process.maps.slice(0, 2).map(({ rssBytes }) => rssBytes)).toEqual([4096, 0]);
  expect(process.faults.major).toBe(0);
});

test("a part by which a file was extended without a write is read from disk", async () => {
  const { process } = await verified(
    openat(3, "O_RDWR|O_TRUNC"),
    "ftruncate(3, 8192) = 0",
    'pwrite64(3, ""..., 1, 4096) = 1',
    map(3, "PROT_READ", "MAP_SHARED", DONE),
    "load(0x10001000) = ok",
    "load(0x10000000) = ok",
  );
  expect(process.faults).toMatchObject({ minor: 1, major: 1 });
});

test("a file has the length that fstat shows", async () => {
  await verified(
    openat(3, "O_RDONLY"),
    "fstat(3, {st_mode=S_IFREG|0644, st_size=4000, ...}) = 0",
    map(3, "PROT_READ", "MAP_PRIVATE", DONE),
    "load(0x10000000) = ok",
    "load(0x10001000) = SIGBUS",
  );
});

test("a new file of an old path is another file, and the old one is shown as deleted", async () => {
  const { process } = await verified(
    openat(3, "O_RDWR"),
    map(3, RW, "MAP_SHARED", DONE),
    "store(0x10000000) = ok",
    openat(4, "O_RDWR|O_CREAT|O_EXCL"),
    "load(0x10000000) = ok",
  );
  expect(process.maps[0]?.name).toBe("/data (deleted)");
});

test("adjacent mappings merge only if they use the same open file", async () => {
  const at = (page: number, fd: number) =>
    `mmap(0x1000${page}000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED, ${fd}, ${page * 4096}) = 0x1000${page}000`;
  const { process } = await verified(
    openat(3, "O_RDONLY"),
    "dup(3) = 4",
    openat(5, "O_RDONLY"),
    at(0, 3),
    at(1, 4),
    at(2, 5),
  );
  expect(process.maps.slice(0, 2).map(({ start, end }) => Number(end - start))).toEqual([8192, 4096]);
});

test("only calls that change files are checked", async () => {
  const { skipped } = await verified(
    "write()",
    'pwrite64(3, "x") = 1',
    'pwritev(3, [{iov_base="x", iov_len=1}], 1) = 1',
    "read(3) = 5",
    "lseek(3)",
    "fstat(3)",
    "fstat(3, 0x7ffe) = 0",
    'newfstatat(3, "") = 0',
    "openat() = 3",
    "fcntl(3) = 0",
    "pipe(0x7ffe) = 0",
    "close()",
    "close_range(3) = 0",
    "dup2(7) = 8",
    "fsync() = 0",
  );
  expect(Object.keys(skipped)).toContain("pwrite64");
  const { stopped } = await runLines(["ftruncate(3)"]);
  expect(stopped?.message).toBe("log:1: argument 2 of ftruncate is missing; complete the line");
});
