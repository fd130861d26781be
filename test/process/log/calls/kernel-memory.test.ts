/**
 * Claims about calls that map memory made by the kernel. The answers and the lines of maps are those of Linux 6.18 on
 * x86-64.
 */
import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

const RW = "PROT_READ|PROT_WRITE";
const ANYWHERE = "MAP_PRIVATE|MAP_ANONYMOUS";
const AT = (address: string, kind = "MAP_PRIVATE") => `${kind}|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = ${address}`;

/** Expects that every answer of the log equals the model's. Returns the regions, except vsyscall's. */
async function regionsAfter(lines: readonly string[], options: { huge?: "always" | "madvise" } = {}) {
  const { stopped, firstMismatch, mismatched, process, warnings, checked } = await runLines(lines, {
    verify: true,
    format: "calls",
    ...options,
  });
  expect(stopped).toBeUndefined();
  expect(firstMismatch).toBeUndefined();
  expect(mismatched).toBe(0);
  expect(checked).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
  return process.maps.filter(({ name }) => name !== "[vsyscall]");
}

const shown = (regions: Awaited<ReturnType<typeof regionsAfter>>) =>
  regions.map(({ start, end, permissions, name, vmFlags }) =>
    [start.toString(16), end.toString(16), permissions, name, vmFlags.join(" ")].join(" ").trim(),
  );

describe("mseal", () => {
  // 16 pages at 0x10000000, of which two are sealed.
  const sealed = [
    `mmap(0x10000000, 65536, ${RW}, ${AT("0x10000000")}`,
    "mseal(0x10003000, 8192, 0) = 0",
  ] as const;

  test("forbids changes of the region, and an unmapping that fails may have split another region", async () => {
    const regions = await regionsAfter([
      sealed[0],
      "store(0x10003000, 8) = ok",
      sealed[1],
      "munmap(0x10001000, 16384) = -1 EPERM (Operation not permitted)",
      "munmap(0x10000000, 8192) = 0",
      "mprotect(0x10002000, 8192, PROT_READ) = -1 EPERM",
      "mprotect(0x10003000, 4096, PROT_READ|PROT_WRITE) = -1 EPERM",
      "mremap(0x10003000, 4096, 4096, 0) = -1 EPERM",
      "mremap(0x10003000, 4096, 8192, MREMAP_MAYMOVE) = -1 EPERM",
      "mremap(0x10006000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, 0x10003000) = -1 EPERM",
      `mmap(0x10003000, 4096, ${RW}, ${ANYWHERE}|MAP_FIXED, -1, 0) = -1 EPERM`,
      "pkey_mprotect(0x10003000, 4096, PROT_READ, -1) = -1 EPERM",
      "mlock(0x10003000, 4096) = 0",
      "madvise(0x10003000, 4096, MADV_DONTNEED) = -1 EINVAL",
      "munlock(0x10003000, 4096) = 0",
      "madvise(0x10003000, 4096, MADV_DONTNEED) = 0",
      "store(0x10003000, 8) = ok",
    ]);
    expect(shown(regions)).toEqual([
      "10002000 10003000 r--p  rd mr mw me ac",
      "10003000 10005000 rw-p  rd wr mr mw me ac sl",
      "10005000 10010000 rw-p  rd wr mr mw me ac",
    ]);
  });

  test("forbids advice that discards contents that the process can no longer write", async () => {
    const errors = [
      "DONTNEED",
      "FREE",
      "REMOVE",
      "DONTFORK",
      "WIPEONFORK",
      "DONTNEED_LOCKED",
      "GUARD_INSTALL",
    ];
    const allowed = ["NORMAL", "RANDOM", "WILLNEED", "DOFORK", "DONTDUMP", "KEEPONFORK", "COLD", "PAGEOUT"];
    await regionsAfter([
      `mmap(0x10000000, 16384, PROT_READ, ${AT("0x10000000")}`,
      "mseal(0x10000000, 8192, 0) = 0",
      ...errors.map((advice) => `madvise(0x10000000, 4096, MADV_${advice}) = -1 EPERM`),
      ...allowed.map((advice) => `madvise(0x10000000, 4096, MADV_${advice}) = 0`),
      "madvise(0x10000000, 4096, MADV_GUARD_REMOVE) = 0",
      "madvise(0x10002000, 4096, MADV_DONTNEED) = 0",
      `mmap(0x20000000, 8192, PROT_READ, ${AT("0x20000000", "MAP_SHARED")}`,
      "mseal(0x20000000, 8192, 0) = 0",
      "madvise(0x20000000, 4096, MADV_DONTNEED) = 0",
    ]);
  });

  test("checks its arguments, and seals nothing if there is a hole", async () => {
    const regions = await regionsAfter([
      `mmap(0x10000000, 16384, ${RW}, ${AT("0x10000000")}`,
      "munmap(0x10001000, 4096) = 0",
      "mseal(0x10000000, 12288, 0) = -1 ENOMEM",
      "mseal(0x10000001, 4096, 0) = -1 EINVAL",
      "mseal(0x10000000, 4096, 1) = -1 EINVAL",
      "mseal(0x10000000, 0xffffffffffffffff, 0) = -1 EINVAL",
      "mseal(0x10000000, 0x1000000000000000, 0) = -1 ENOMEM",
      "mseal(0x10000000, 0, 0) = 0",
    ]);
    expect(shown(regions).filter((line) => line.endsWith("sl"))).toEqual([]);
  });

  test("survives fork, and a sealed heap cannot shrink", async () => {
    await regionsAfter([
      "brk(NULL) = 0x10000000",
      "brk(0x10004000) = 0x10004000",
      "mseal(0x10001000, 4096, 0) = 0",
      "brk(0x10000000) = 0x10004000",
      "brk(0x10002000) = 0x10002000",
      "brk(0x10003000) = 0x10003000",
      "fork() = 2000",
      "[pid 2000] munmap(0x10001000, 4096) = -1 EPERM",
    ]);
  });

  test("lets mremap move the regions before a sealed one, since 6.17", async () => {
    const regions = await regionsAfter([
      `mmap(0x10000000, 12288, ${RW}, ${AT("0x10000000")}`,
      "mseal(0x10001000, 4096, 0) = 0",
      "mremap(0x10000000, 12288, 12288, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20000000) = -1 EPERM",
    ]);
    expect(regions.map(({ start }) => start)).toEqual([0x10001000n, 0x10002000n, 0x20000000n]);
  });

  test("is recognised by its number, as strace before 6.9 shows it; before Linux 6.10 it does not exist", async () => {
    await regionsAfter([
      `mmap(NULL, 65536, ${RW}, ${ANYWHERE}, -1, 0) = 0x7ffff7fef000`,
      "syscall_0x1ce(0x7ffff7ff0000, 0x2000, 0, 0, 0, 0) = 0",
      "munmap(0x7ffff7fef000, 65536) = -1 EPERM (Operation not permitted)",
    ]);
    const old = await runLines(["mseal(0x10000000, 4096, 0) = -1 ENOSYS"], { verify: true, kernel: "6.9" });
    expect([old.checked, old.mismatched]).toEqual([1, 0]);
  });
});

describe("MAP_DROPPABLE", () => {
  test("is private memory that is not inherited by fork, not accounted, not dumped and not locked", async () => {
    const [region] = await regionsAfter([
      `mmap(0x10000000, 8192, ${RW}, ${AT("0x10000000", "MAP_DROPPABLE")}`,
      "mlock(0x10000000, 4096) = 0",
      "madvise(0x10000000, 4096, MADV_KEEPONFORK) = -1 EINVAL",
      "madvise(0x10000000, 4096, MADV_DODUMP) = -1 EINVAL",
      "madvise(0x10000000, 4096, MADV_WIPEONFORK) = 0",
      `mmap(NULL, 8192, ${RW}, MAP_DROPPABLE|MAP_ANONYMOUS|MAP_LOCKED, -1, 0) = -1 EINVAL`,
      `mmap(NULL, 8192, ${RW}, MAP_DROPPABLE|MAP_ANONYMOUS|MAP_GROWSDOWN, -1, 0) = -1 EINVAL`,
      'openat(AT_FDCWD, "/data", O_RDWR) = 3',
      `mmap(NULL, 8192, ${RW}, MAP_DROPPABLE, 3, 0) = -1 EINVAL`,
    ]);
    expect(region).toMatchObject({ permissions: "rw-p", name: "" });
    expect(region?.vmFlags.join(" ")).toBe("rd wr mr mw me nr wf dd dp");
  });

  test("loses its pages without swap, and then reads as zeros", async () => {
    const lines = [
      `d = mmap(NULL, 0x40000, ${RW}, MAP_DROPPABLE|MAP_ANONYMOUS, -1, 0)`,
      "store(d, 0x40000)",
      `p = mmap(NULL, 0x40000, ${RW}, ${ANYWHERE}, -1, 0)`,
      "store(p, 0x40000)",
    ];
    const { process, signals } = await runLines(lines, { memory: "400KiB", format: "calls" });
    expect(signals).toEqual([]);
    const [dropped, kept] = [...process.maps]
      .filter(({ name }) => name === "")
      .sort((a, b) => Number(a.vmFlags.length - b.vmFlags.length))
      .reverse();
    expect(dropped?.vmFlags).toContain("dp");
    expect(dropped?.rssBytes).toBeLessThan(0x40000);
    expect(dropped?.swapBytes).toBe(0);
    expect(kept?.rssBytes).toBe(0x40000);
  });

  test("is unknown before Linux 6.11", async () => {
    const line = `mmap(NULL, 4096, ${RW}, MAP_DROPPABLE|MAP_ANONYMOUS, -1, 0) = -1 EINVAL`;
    const { checked, mismatched } = await runLines([line], { verify: true, kernel: "6.10" });
    expect([checked, mismatched]).toEqual([1, 0]);
  });
});

describe("io_setup", () => {
  test("maps a ring for twice the events, which cannot grow and is not executable", async () => {
    const regions = await regionsAfter([
      `mmap(NULL, 65536, ${RW}, ${ANYWHERE}, -1, 0) = 0x7ffff7fef000`,
      "io_setup(128, [0x7ffff7fec000]) = 0",
      "mprotect(0x7ffff7fec000, 4096, PROT_READ|PROT_EXEC) = -1 EACCES",
      "mremap(0x7ffff7fec000, 8192, 65536, MREMAP_MAYMOVE) = -1 EFAULT",
      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7feb000",
    ]);
    expect(shown(regions)[1]).toBe("7ffff7fec000 7ffff7fef000 rw-s /[aio] (deleted) rd wr sh mr mw ms de");
  });

  test.each([
    [1, 1, 1],
    [1, 4, 1],
    [1, 64, 5],
    [128, 32, 3],
    [128, 64, 5],
    [128, 256, 17],
  ])("of %d events on a machine with %d processors maps %d pages", async (events, cpus, pages) => {
    const { process } = await runLines([`io_setup(${events}, [c]) = 0`], { format: "calls", cpus });
    const ring = process.maps.find(({ name }) => name.startsWith("/[aio]"));
    expect(ring && (ring.end - ring.start) / 4096n).toBe(BigInt(pages));
  });

  test("is undone by io_destroy, and refuses too many events", async () => {
    const regions = await regionsAfter([
      "io_setup(1000, [c]) = 0",
      "io_destroy(c) = 0",
      "io_destroy(0x10000000) = -1 EINVAL",
      "io_setup(0, [0]) = -1 EINVAL",
      "io_setup(65537, [0]) = -1 EAGAIN",
      "munmap(0x10000000, 4096) = 0",
    ]);
    expect(regions).toEqual([]);
  });
});

describe("System V shared memory", () => {
  const SHMGET = "shmget(IPC_PRIVATE, 10000, IPC_CREAT|0600) = 5";

  test("is mapped by shmat, once or several times, and named by its key", async () => {
    const regions = await regionsAfter([
      SHMGET,
      "shmat(5, NULL, 0) = 0x7ffff7ffc000",
      "shmat(5, NULL, SHM_RDONLY) = 0x7ffff7ff9000",
      "shmat(5, 0x7ffff7ffc000, 0) = -1 EINVAL",
      "shmat(5, 0x7ffff7ffc001, 0) = -1 EINVAL",
      "shmat(5, NULL, SHM_REMAP) = -1 EINVAL",
      "shmat(5, 0x7ffff7ffc001, SHM_RND|SHM_REMAP) = 0x7ffff7ffc000",
      "store(0x7ffff7ffc000, 8) = ok",
      "load(0x7ffff7ff9000, 8) = ok",
      "store(0x7ffff7ff9000, 8) = SIGSEGV SEGV_ACCERR",
      "shmget(0x1234, 4096, IPC_CREAT|0600) = 6",
      "shmat(6, NULL, 0) = 0x7ffff7ff8000",
    ]);
    expect(shown(regions)).toEqual([
      "7ffff7ff8000 7ffff7ff9000 rw-s /SYSV00001234 (deleted) rd wr sh mr mw me ms",
      "7ffff7ff9000 7ffff7ffc000 r--s /SYSV00000000 (deleted) rd mr me ms",
      "7ffff7ffc000 7ffff7fff000 rw-s /SYSV00000000 (deleted) rd wr sh mr mw me ms",
    ]);
  });

  test("is unmapped by shmdt, including the rest around a hole", async () => {
    const regions = await regionsAfter([
      SHMGET,
      "shmat(5, NULL, 0) = 0x7ffff7ffc000",
      "shmat(5, NULL, SHM_RDONLY) = 0x7ffff7ff9000",
      "shmdt(0x7ffff7ffd000) = -1 EINVAL",
      "munmap(0x7ffff7ffd000, 4096) = 0",
      "shmdt(0x7ffff7ffc000) = 0",
      "shmdt(0x7ffff7ffc000) = -1 EINVAL",
    ]);
    expect(regions.map(({ start }) => start)).toEqual([0x7ffff7ff9000n]);
  });

  test("that shmctl removes ends with its last mapping", async () => {
    const regions = await regionsAfter([
      "shmget(0x1234, 4096, IPC_CREAT|0600) = 0",
      "shmget(0x1235, 8192, IPC_CREAT|0600) = 5",
      "shmat(0, NULL, 0) = 0x7ffff7ffe000",
      "shmctl(0, IPC_RMID, NULL) = 0",
      "shmat(0, NULL, 0) = 0x7ffff7ffd000",
      "fork() = 2000",
      "shmdt(0x7ffff7ffd000) = 0",
      "shmdt(0x7ffff7ffe000) = 0",
      "shmat(0, NULL, 0) = 0x7ffff7ffe000",
      "shmdt(0x7ffff7ffe000) = 0",
      "[pid 2000] exit(0)",
      "[pid 1000] shmat(0, NULL, 0) = -1 EINVAL (Invalid argument)",
      "[pid 1000] shmctl(0, IPC_RMID, NULL) = -1 EINVAL",
      "[pid 1000] shmctl(5, IPC_64|IPC_RMID, NULL) = 0",
      "[pid 1000] shmat(5, NULL, 0) = -1 EINVAL",
      "[pid 1000] shmget(0x1234, 8192, IPC_CREAT|0600) = 0",
      "[pid 1000] shmat(0, NULL, SHM_RDONLY) = 0x7ffff7ffd000",
    ]);
    expect(shown(regions)).toEqual(["7ffff7ffd000 7ffff7fff000 r--s /SYSV00001234 (deleted) rd mr me ms"]);
  });

  test("that is older than the log is known from IPC_STAT", async () => {
    const regions = await regionsAfter([
      "shmctl(9, IPC_STAT, {shm_perm={uid=0, gid=0, mode=0600, key=0x77, cuid=0, cgid=0}, shm_segsz=5000, shm_nattch=0, ...}) = 0",
      "shmat(9, NULL, 0) = 0x7ffff7ffd000",
    ]);
    expect(regions).toMatchObject([
      { name: "/SYSV00000077 (deleted)", start: 0x7ffff7ffd000n, end: 0x7ffff7fff000n },
    ]);
  });

  test("of explicit huge pages is skipped with a warning", async () => {
    const { warnings } = await runLines([
      "shmget(IPC_PRIVATE, 2097152, IPC_CREAT|SHM_HUGETLB|0600) = 7",
      "shmat(7, NULL, 0) = 0x7ffff7c00000",
    ]);
    expect(warnings).toEqual(["log:2: shmat is not modelled, and memory may differ from here on"]);
  });

  test("created before the log is skipped with a warning", async () => {
    const { warnings } = await runLines(["shmat(9, NULL, 0) = 0x7ffff7ffc000"]);
    expect(warnings).toEqual(["log:1: shmat is not modelled, and memory may differ from here on"]);
  });
});

describe("PR_SET_THP_DISABLE", () => {
  const MAP = `mmap(0x10000000, 0x400000, ${RW}, ${AT("0x10000000")}`;
  const HUGE = 2 << 20;
  const hugeAfter = async (...lines: readonly string[]) => {
    const regions = await regionsAfter([...lines, MAP, "store(0x10000000, 8) = ok"], { huge: "always" });
    return regions.map(({ measure, thpEligible }) => [measure.anonHuge, thpEligible]);
  };

  test("excludes huge pages, and is inherited by fork", async () => {
    expect(await hugeAfter()).toEqual([[HUGE, true]]);
    expect(await hugeAfter("prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) = 0")).toEqual([[0, false]]);
    await regionsAfter([
      "prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) = 0",
      "fork() = 2000",
      "[pid 2000] prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) = 1",
    ]);
  });

  test("can exempt regions of MADV_HUGEPAGE, and checks its arguments", async () => {
    const lines = [
      "prctl(PR_SET_THP_DISABLE, 1, 1, 0, 0) = -1 EINVAL",
      "prctl(PR_SET_THP_DISABLE, 0, 2, 0, 0) = -1 EINVAL",
      "prctl(PR_SET_THP_DISABLE, 0, 0, 0, 1) = -1 EINVAL",
      "prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0) = -1 EINVAL",
      "prctl(PR_SET_THP_DISABLE, 1, 2, 0, 0) = 0",
      "prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) = 3",
    ];
    expect(await hugeAfter(...lines)).toEqual([[0, false]]);
    const advised = [...lines, MAP, "madvise(0x10000000, 0x400000, MADV_HUGEPAGE) = 0"];
    const [region] = await regionsAfter([...advised, "store(0x10000000, 8) = ok"], { huge: "always" });
    expect([region?.measure.anonHuge, region?.thpEligible]).toEqual([HUGE, true]);
  });
});

test.each([
  ["0x20000", 16384, true], // the kernel's subtraction wraps
  ["0x1ff000", 8192, false],
  ["0x10100000", 0x200000, false],
  ["0x10200000", 0x200000, true],
  ["0x10100000", 0x300000, true],
])("%s and %i bytes of MADV_HUGEPAGE: eligible for huge pages: %s", async (address, bytes, isEligible) => {
  const lines = [
    `mmap(${address}, ${bytes}, ${RW}, ${AT(address)}`,
    `madvise(${address}, ${bytes}, MADV_HUGEPAGE) = 0`,
  ];
  const [region] = await regionsAfter(lines, { huge: "madvise" });
  expect(region?.thpEligible).toBe(isEligible);
  const [unadvised] = await regionsAfter(lines.slice(0, 1), { huge: "madvise" });
  expect(unadvised?.thpEligible).toBe(false);
});
