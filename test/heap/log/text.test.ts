/** The text of heap logs, by example: the output of ltrace, and that of Pagewalk's recorder. */
import { describe, expect, test } from "vitest";
import { call, complaint, readLog } from "./read.js";

const A = 0x55555557a480n;
const B = 0x55555557bf90n;

describe("a call is read as C has it", () => {
  test.each([
    ["malloc(48) = 0x256d2a0", ["malloc", 48n, 0n, 0n, 0x256d2a0n]],
    ["calloc(13, 16) = 0x256d2e0", ["calloc", 13n, 16n, 0n, 0x256d2e0n]],
    ["realloc(nil, 1600) = 0x55555557a480", ["realloc", 0n, 1600n, 0n, A]],
    ["realloc(0x55555557a480, 2048) = 0x55555557bf90", ["realloc", A, 2048n, 0n, B]],
    ["realloc(0x55555557a480, 0) = nil", ["realloc", A, 0n, 0n, 0n]],
    ["reallocarray(0x55555557a480, 4, 8) = 0x55555557bf90", ["reallocarray", A, 4n, 8n, B]],
    ["free(0x55555557a480) = <void>", ["free", A, 0n, 0n, 0n]],
    ["free(0x55555557a480)", ["free", A, 0n, 0n, 0n]],
    ["free(nil) = <void>", ["free", 0n, 0n, 0n, 0n]],
    ["memalign(2048, 769) = 0x55555557a480", ["memalign", 2048n, 769n, 0n, A]],
    ["aligned_alloc(64, 128) = 0x55555557a480", ["aligned_alloc", 64n, 128n, 0n, A]],
    ["posix_memalign([0x55555557a480], 64, 100) = 0", ["posix_memalign", 64n, 100n, 0n, A]],
    ["posix_memalign([0x55555557a480], 24, 100) = 22", ["posix_memalign", 24n, 100n, 22n, 0n]],
    ["posix_memalign([0], 64, 100) = ENOMEM", ["posix_memalign", 64n, 100n, 12n, 0n]],
    ["posix_memalign(0x7ffd3c008b70, 64, 100, 0x560bb9302dd8) = 0", ["posix_memalign", 64n, 100n, 0n, 0n]],
    ["valloc(100) = 0x55555557a480", ["valloc", 100n, 0n, 0n, A]],
    ["pvalloc(3, 0, 0, 114) = 0x55555557a480", ["pvalloc", 3n, 0n, 0n, A]],
    ["malloc_usable_size(0x55555557a480) = 24", ["malloc_usable_size", A, 0n, 0n, 24n]],
    ["malloc_trim(0) = 1", ["malloc_trim", 0n, 0n, 0n, 1n]],
    ["mallopt(-3, 65536) = 1", ["mallopt", BigInt.asUintN(64, -3n), 65536n, 0n, 1n]],
    ["mallopt(M_MMAP_THRESHOLD, 65536) = 1", ["mallopt", BigInt.asUintN(64, -3n), 65536n, 0n, 1n]],
    ["mallopt(M_ARENA_MAX, 1) = 1", ["mallopt", BigInt.asUintN(64, -8n), 1n, 0n, 1n]],
    ["mallopt(M_MXFAST, 0) = 1", ["mallopt", 1n, 0n, 0n, 1n]],
    [
      "mallopt(0xfffffffd, 0x10000, 0x560bf2311, 30) = 1",
      ["mallopt", BigInt.asUintN(64, -3n), 65536n, 0n, 1n],
    ],
    ["mallopt(-1, -1) = 1", ["mallopt", BigInt.asUintN(64, -1n), BigInt.asUintN(64, -1n), 0n, 1n]],
    ["thread_exit()", ["thread_exit", 0n, 0n, 0n, 0n]],
  ])("%s", async (line, expected) => {
    expect(await call(line)).toEqual(expected);
  });
});

describe("a number may be written in any of these ways", () => {
  test.each([
    ["malloc(0x30) = 0x55555557a480", 48n, A],
    ["malloc(0X30) = 0X55555557A480", 48n, A],
    ["malloc(18446744073709551615) = 0", 2n ** 64n - 1n, 0n],
    ["malloc(0xffffffffffffffff) = NULL", 2n ** 64n - 1n, 0n],
    ["malloc(-1) = (nil)", 2n ** 64n - 1n, 0n],
    ["malloc(123456789) = 93824992388224", 123456789n, A],
    ["malloc(0048) = 0x00000000000000000000000055555557a480", 48n, A],
  ])("%s", async (line, bytes, result) => {
    expect(await call(line)).toEqual(["malloc", bytes, 0n, 0n, result]);
  });
});

describe("text around a call is ignored", () => {
  test.each([
    "malloc(48)                                       = 0x55555557a480",
    "  malloc( 48 )=0x55555557a480",
    "malloc(48) = 0x55555557a480\r",
    "malloc(48) = 0x55555557a480 <0.000131>",
    "malloc(48) = 0x55555557a480   # the first",
    "ls->malloc(48) = 0x55555557a480",
    "libc.so.6->malloc(48)                            = 0x55555557a480",
    "malloc@libc.so.6(48) = 0x55555557a480",
    "[pid 24415] malloc(48) = 0x55555557a480",
    "[pid   415] malloc(48) = 0x55555557a480",
    "24407 t->malloc(48)                              = 0x55555557a480",
    "  0.000108 t->malloc(48) = 0x55555557a480",
    "06:50:11 malloc(48) = 0x55555557a480",
    "06:50:11.102030 malloc(48) = 0x55555557a480",
    "[pid 24415] 1796021335.590124 [0x55bda46b2307] malloc(48) = 0x55555557a480 <0.000133>",
  ])("%s", async (line) => {
    expect(await call(line)).toEqual(["malloc", 48n, 0n, 0n, A]);
  });
});

test("lines that are not heap calls are skipped and counted", async () => {
  const { operations, lines, skippedLines } = await readLog(
    [
      "# pagewalk heap log",
      "",
      "malloc(10) = 0x1010",
      'strlen("malloc(3) = 0x10") = 16',
      "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f0000000000",
      "--- SIGSEGV (Segmentation fault) ---",
      "hello, world",
      "free(0x1010) = <void>",
      "+++ exited (status 0) +++",
      "",
    ].join("\n"),
  );
  expect(operations.map(({ op, line }) => [op, line])).toEqual([
    ["malloc", 3],
    ["free", 8],
  ]);
  expect([lines, skippedLines]).toEqual([9, 7]);
});

test("threads have dense numbers in order of appearance, including the one without a number in the log", async () => {
  const { operations, threads } = await readLog(
    [
      "malloc(1) = 0x1010",
      "[pid 907] malloc(2) = 0x1030",
      "malloc(3) = 0x1050",
      "[pid 31] malloc(4) = 0x1070",
      "907 malloc(5) = 0x1090",
      "",
    ].join("\n"),
  );
  expect(operations.map(({ thread }) => thread)).toEqual([0, 1, 0, 2, 1]);
  expect(threads).toBe(3);
});

test("many threads keep their numbers", async () => {
  const lines = Array.from(
    { length: 3000 },
    (_, n) => `[pid ${(n % 1500) * 7 + 1}] malloc(8) = 0x${(n * 16 + 16).toString(16)}`,
  );
  const { operations, threads } = await readLog(`${lines.join("\n")}\n`);
  expect(threads).toBe(1500);
  expect(operations.every(({ thread }, n) => thread === n % 1500)).toBe(true);
});

test("an unfinished call takes effect where it ends, and a free where it begins", async () => {
  const { operations, skippedLines } = await readLog(
    [
      "7 t->malloc(20 <unfinished ...>",
      "8 t->malloc(100 <unfinished ...>",
      "7 <... malloc resumed> )                     = 0x1010",
      "8 <... malloc resumed> )                     = 0x2010",
      "7 t->free(0x1010 <unfinished ...>",
      "8 t->calloc(1, 20)                           = 0x1010",
      "7 <... free resumed> )                       = <void>",
      "8 t->realloc(0x2010, 64 <unfinished ...>",
      "8 <... realloc resumed> ) = 0x2050",
      "",
    ].join("\n"),
  );
  expect(operations.map(({ op, thread, a, b, result, line }) => [op, thread, a, b, result, line])).toEqual([
    ["malloc", 0, 20n, 0n, 0x1010n, 3],
    ["malloc", 1, 100n, 0n, 0x2010n, 4],
    ["free", 0, 0x1010n, 0n, 0n, 5],
    ["calloc", 1, 1n, 20n, 0x1010n, 6],
    ["realloc", 1, 0x2010n, 64n, 0x2050n, 9],
  ]);
  expect(skippedLines).toBe(4);
});

test("calls that the library makes within a call are ignored", async () => {
  const { operations } = await readLog(
    [
      "7 t->reallocarray(0x1010, 3, 4, 3 <unfinished ...>",
      "7 libc.so.6->calloc(94609307938816, 12)      = 0x1010",
      "7 <... reallocarray resumed> )               = 0x1010",
      "7 malloc(10 <unfinished ...>",
      "7 malloc@libc.so.6(10 <unfinished ...>",
      "7 SYS_brk(0)                                 = 0x5627fcbb8000",
      "7 <... malloc resumed> )                     = 0x1030",
      "7 <... malloc resumed> )                     = 0x1030",
      "7 malloc(5) = 0x1050",
      "",
    ].join("\n"),
    { takesCalls: true },
  );
  expect(operations.map(({ op, a, line }) => [op, a, line])).toEqual([
    ["reallocarray", 0x1010n, 3],
    ["malloc", 10n, 8],
    ["malloc", 5n, 9],
  ]);
});

test("a free that ends the process counts, another call that ends it does not", async () => {
  const { operations } = await readLog(
    "malloc(1) = 0x1010\nfree(0x1010) = <void>\nfree(0x1010 <no return ...>\n--- SIGABRT (Aborted) ---\n",
  );
  expect(operations.map(({ op }) => op)).toEqual(["malloc", "free", "free"]);
  const other = await readLog("malloc(1) = 0x1010\nrealloc(0x1018, 3 <no return ...>\n");
  expect(other.operations.map(({ op }) => op)).toEqual(["malloc"]);
});

test("a call that continues has returned, although ltrace marks it at another thread's end as without a return", async () => {
  const { operations } = await readLog(
    [
      "7 t->malloc(5)                               = 0x1010",
      "8 t->malloc(6 <no return ...>",
      "7 t->free(0x1010 <no return ...>",
      "9 +++ exited (status 0) +++",
      "8 <... malloc resumed> )                     = 0x1030",
      "7 <... free resumed> )                       = <void>",
      "8 t->free(0x1030)                            = <void>",
      "",
    ].join("\n"),
  );
  expect(operations.map(({ op, thread, a, result, line }) => [op, thread, a, result, line])).toEqual([
    ["malloc", 0, 5n, 0x1010n, 1],
    ["free", 0, 0x1010n, 0n, 3],
    ["malloc", 1, 6n, 0x1030n, 5],
    ["free", 1, 0x1030n, 0n, 7],
  ]);
});

test("the exit of a thread that is not the first is an operation", async () => {
  const { operations } = await readLog(
    [
      "7 malloc(1) = 0x1010",
      "8 malloc(1) = 0x1030",
      "8 +++ exited (status 0) +++",
      "9 +++ exited (status 0) +++",
      "7 +++ exited (status 0) +++",
      "",
    ].join("\n"),
  );
  expect(operations.map(({ op, thread }) => [op, thread])).toEqual([
    ["malloc", 0],
    ["malloc", 1],
    ["thread_exit", 1],
  ]);
});

test("mapping calls are returned in their order, if requested", async () => {
  const log = [
    "malloc(1) = 0x1010",
    "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    "[pid 3] munmap(0x7f0000000000, 4096) = 0",
    'strlen("a") = 1',
    "malloc(2) = 0x1030",
    "brk(NULL) = 0x2000",
    "",
  ];
  const { operations, calls } = await readLog(log.join("\n"), { takesCalls: true });
  expect(operations.map(({ line }) => line)).toEqual([1, 5]);
  expect(calls).toEqual([
    { line: 2, text: log[1], before: 1 },
    { line: 3, text: log[2], before: 1 },
    { line: 6, text: log[5], before: 2 },
  ]);
});

test("a complete last line without a line end is read", async () => {
  const { operations } = await readLog("malloc(1) = 0x1010\nfree(0x1010)");
  expect(operations.map(({ op }) => op)).toEqual(["malloc", "free"]);
});

describe("a malformed call is an error that names its line", () => {
  test.each([
    ["malloc(x) = 0x10", "an argument or the result is not a number"],
    ["malloc(1x) = 0x10", "an argument or the result is not a number"],
    ["malloc(0x) = 0x10", "an argument or the result is not a number"],
    ["malloc() = 0x10", "the call has too few arguments"],
    ["calloc(3) = 0x10", "the call has too few arguments"],
    ["reallocarray(0x10, 3) = 0x10", "the call has too few arguments"],
    ["free() = <void>", "the call has too few arguments"],
    ["malloc(1)", "the call has no result"],
    ["malloc(1) 0x10", "an argument or the result is not a number"],
    ["malloc(1) = ", "an argument or the result is not a number"],
    ["malloc(1) = 0x10 0x20", "an argument or the result is not a number"],
    ["malloc(1) = hello", "an argument or the result is not a number"],
    ["malloc(1", "the call does not end in its line"],
    ["malloc(18446744073709551616) = 0", "a number is out of range"],
    ["malloc(0x10000000000000000) = 0", "a number is out of range"],
    ["malloc(-9223372036854775809) = 0", "a number is out of range"],
    ["posix_memalign([0x10, 16, 3) = 0", "an argument or the result is not a number"],
    [
      "free(0x558c465d10d0free(): double free detected in tcache 2",
      "an argument or the result is not a number",
    ],
    ["<... malloc resumed> ) = 0x10", "a call is resumed that was not started"],
  ])("%s", async (line, problem) => {
    const message = await complaint(`malloc(3) = 0x10\n${line}\nmalloc(4) = 0x20\n`);
    expect(message).toMatch(/^log:2: .+; .+/);
    expect(message).toContain(problem);
    expect(message).toContain(JSON.stringify(line.trimEnd()).slice(1, 12));
  });
});

describe("a log that ends inside a line is reported as truncated", () => {
  test.each([
    "mal",
    "malloc(",
    "malloc(1",
    "malloc(1)",
    "malloc(1) =",
    "malloc(1) = 0x",
    "[pid 12",
    "free(0x10",
    "calloc(1,",
  ])("%s", async (line) => {
    expect(await complaint(`malloc(3) = 0x10\n${line}`)).toMatch(/^log:2: the log ends inside this line/);
  });
});
