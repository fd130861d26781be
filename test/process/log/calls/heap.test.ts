import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

/** The answer of each call of the log. */
async function answers(lines: readonly string[], options = {}): Promise<string[]> {
  const { answers } = await runLines(lines, { answers: true, ...options });
  return answers.entries.map(({ answer }) => answer);
}

describe("allocator calls", () => {
  test("have glibc's results: blocks behind its own cache, at least 16 bytes apart", async () => {
    expect(await answers(["malloc(1)", "malloc(24)", "malloc(25)", "calloc(5, 8)", "malloc(0)"])).toEqual([
      "0x5555555592a0",
      "0x5555555592c0",
      "0x5555555592e0",
      "0x555555559310",
      "0x555555559340",
    ]);
  });

  test("accept names for the model's addresses", async () => {
    expect(await answers(["p = malloc(40)", "free(p)", "realloc(nil, 40)", "load(p - 8, 8)"])).toEqual([
      "0x5555555592a0",
      "ok",
      "0x5555555592a0",
      "0x31",
    ]);
  });

  test.each(["nil", "NULL", "(nil)", "0", "0x0"])("accept %s as no block", async (none) => {
    expect(await answers([`free(${none})`, `realloc(${none}, 24)`])).toEqual(["ok", "0x5555555592a0"]);
  });

  test("resize blocks, align them and return their sizes", async () => {
    const lines = [
      "p = reallocarray(NULL, 4, 8)",
      "malloc_usable_size(p)",
      "memalign(64, 100)",
      "aligned_alloc(64, 100)",
      "valloc(100)",
      "pvalloc(100)",
      "malloc_trim(0)",
      "mallopt(M_MMAP_THRESHOLD, 65536)",
      "mallopt(-3, 65536)",
      "mallopt(99, 1)",
    ];
    expect(await answers(lines)).toEqual([
      "0x5555555592a0",
      "40",
      "0x555555559300",
      "0x555555559400",
      "0x55555555a000",
      "0x55555555b000",
      "1",
      "1",
      "1",
      "1",
    ]);
  });

  test("name the block of posix_memalign in brackets, and return 0 or an error number", async () => {
    const lines = [
      "posix_memalign([p], 64, 100)",
      "load(p - 8, 8)",
      "posix_memalign([q], 24, 100)",
      "posix_memalign(0x7fffffffe000, 64, 100)",
      "posix_memalign([q], 64, -1)",
    ];
    expect(await answers(lines)).toEqual(["0", "0x71", "22", "0", "12"]);
  });

  test.each([
    ["malloc()", "log:1: argument 1 of malloc is missing; complete the line"],
    ["malloc(1, 2)", "log:1: malloc has 2 arguments; it takes 1 at most"],
    [
      "free(p)",
      'log:1: "p" is unknown; names are given by NAME = call(…); constants are the kernel\'s, such as PROT_READ',
    ],
    ["mallok(1)", "log:1: there is no call mallok; did you mean malloc?"],
  ])("%s is refused with its line", async (line, message) => {
    expect((await runLines([line])).stopped?.message).toBe(message);
  });

  test("need 64 bits and pages of 4 KiB", async () => {
    const { stopped } = await runLines(["malloc(1)"], { arch: "i386" });
    expect(stopped?.message).toMatch(/^log:1: i386 has no heap here/);
  });

  test("are served by the selected allocator", async () => {
    expect(await answers(["a = malloc(24)", "malloc(24)"], { allocator: "bump" })).toEqual([
      "0x555555559010",
      "0x555555559030",
    ]);
    await expect(runLines([], { allocator: "glib" })).rejects.toThrow(
      /unknown allocator "glib"; did you mean glibc/,
    );
  });
});

describe("calls that glibc refuses", () => {
  test.each([
    ["sizes past PTRDIFF_MAX", ["malloc(0x7fffffffffffffff)"], "NULL"],
    ["negative ones", ["malloc(-1)"], "NULL"],
    ["products that do not fit", ["calloc(4294967296, 4294967296)"], "NULL"],
    ["products of reallocarray", ["reallocarray(NULL, 4294967296, 4294967296)"], "NULL"],
    ["a larger block than there is room", ["p = malloc(24)", "realloc(p, 0x7ffffffffffffff0)"], "NULL"],
  ])("%s is not a block", async (_, lines, answer) => {
    expect((await answers(lines)).at(-1)).toBe(answer);
    const { refused } = await runLines(lines);
    expect(refused.count).toBe(1);
  });

  test("an alignment that is not a power of two is rounded up by memalign", async () => {
    expect(await answers(["memalign(48, 10)"])).toEqual(["0x555555559040"]);
  });

  test.each([
    [
      "twice, in its cache",
      ["p = malloc(24)", "free(p)", "free(p)"],
      "free(): double free detected in tcache 2",
    ],
    [
      "twice, at the heap's end",
      ["p = malloc(2000)", "free(p)", "free(p)"],
      "double free or corruption (top)",
    ],
    [
      "twice, between others",
      ["p = malloc(2000)", "malloc(24)", "free(p)", "free(p)"],
      "double free or corruption (!prev)",
    ],
    ["not at its beginning", ["p = malloc(40)", "free(p + 8)"], "free(): invalid pointer"],
    [
      "that is on the stack",
      ['execve("./p", [], []) = 0', "p = alloca(64)", "free(p)"],
      "free(): invalid pointer",
    ],
  ])("a block freed %s aborts with a message", async (_, lines, message) => {
    const { signals, process } = await runLines(lines);
    expect(signals).toMatchObject([
      { signal: "SIGABRT", code: "SI_TKILL", message, deadly: true, line: lines.length },
    ]);
    expect(process.alive).toBe(false);
  });

  test("a block outside all mappings is a fault at its header", async () => {
    const { signals } = await runLines(["free(0x10)"]);
    expect(signals).toMatchObject([{ signal: "SIGSEGV", code: "SEGV_MAPERR", address: 8n, deadly: true }]);
  });
});

describe("the contents of memory", () => {
  test("are the stored bytes, little-endian", async () => {
    const lines = [
      "p = malloc(40)",
      "store(p, 8, 0x1122334455667788)",
      "load(p, 1)",
      "load(p + 4, 4)",
      "load(p, 2)",
    ];
    expect((await answers(lines)).slice(2)).toEqual(["0x88", "0x11223344", "0x7788"]);
  });

  test("are compared with the log's, unless these are 0", async () => {
    const lines = [
      "p = malloc(40)",
      "store(p, 8, 7)",
      "load(p, 8) = 7",
      "load(p, 8) = 8",
      "load(p, 8) = 0",
      "load(p, 8) = ok",
    ];
    const { checked, mismatched, firstMismatch } = await runLines([...lines], { verify: true });
    expect({ checked, mismatched }).toEqual({ checked: 4, mismatched: 1 });
    expect(firstMismatch).toEqual({ line: 4, call: "load(p, 8)", expected: "8", actual: "7" });
  });

  test("continue from the log's after a difference", async () => {
    const lines = ["p = malloc(40)", "store(p, 8, 7)", "load(p, 8) = 8", "load(p, 8) = 8"];
    expect(await runLines(lines, { verify: true })).toMatchObject({ mismatched: 1 });
  });

  test("of memory without a store are zeros", async () => {
    const map = "m = mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
    expect((await answers([map, "store(m, 4, 1)", "load(m + 4096, 8)"])).at(-1)).toBe("0");
    expect((await answers(["p = calloc(1000, 1000)", "load(p + 500000, 8)"])).at(-1)).toBe("0");
  });

  test("are not stored before the first store of a value", async () => {
    const map = "m = mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
    expect((await answers([map, "load(m + 4096, 8)"])).at(-1)).toBe("ok");
  });

  test("are unknown after a store without a value to a page of unknown contents, and in files", async () => {
    const map = "m = mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
    expect((await answers([map, "store(m, 8)", "load(m, 8)"])).at(-1)).toBe("ok");
    expect((await answers(['execve("./p", [], []) = 0', "load(0x555555554000, 8)"])).at(-1)).toBe("ok");
  });

  test("are letters A after a store without a value", async () => {
    expect((await answers(["p = malloc(40)", "store(p, 3)", "load(p, 4)"])).at(-1)).toBe("0x414141");
  });

  test("are refused if they do not fit or are too large", async () => {
    const refusal = async (line: string) => (await runLines(["p = malloc(40)", line])).stopped?.message;
    expect(await refusal("store(p, 1, 256)")).toBe("log:2: 256 does not fit in 1 bytes; store more bytes");
    expect(await refusal("store(p, 16, 1)")).toBe(
      "log:2: 16 bytes are not a value; give a value with 8 bytes at most",
    );
  });

  test("move with their pages, and are removed with them", async () => {
    const lines = [
      "p = malloc(200000)",
      "store(p, 8, 42)",
      "q = realloc(p, 2000000)",
      "load(q, 8)",
      "free(q)",
      "r = malloc(200000)",
      "load(r, 8)",
    ];
    const all = await answers(lines);
    expect([all[3], all[6]]).toEqual(["0x2a", "0"]);
  });

  test("have changed up to the page that a store could not access", async () => {
    const lines = [
      "p = malloc(24)",
      "q = malloc(24)",
      "store(p, 1000000) = SIGSEGV SEGV_MAPERR",
      "load(q - 8, 8)",
      "free(q)",
    ];
    const { answers, signals } = await runLines(lines, { answers: true });
    expect(answers.entries[3]?.answer).toBe("0x4141414141414141");
    expect(signals.map(({ line, signal }) => [line, signal])).toEqual([
      [3, "SIGSEGV"],
      [5, "SIGSEGV"], // at the header that 0x4141414141414140 bytes further on would be
    ]);
  });
});

describe("an overrun", () => {
  test("corrupts the next header, and free detects it", async () => {
    const { signals } = await runLines([
      "p = malloc(24)",
      "q = malloc(24)",
      "store(p, 32)",
      "free(p)",
      "free(q)",
    ]);
    expect(signals).toMatchObject([{ line: 5, message: "double free or corruption (out)" }]);
  });

  test("within the usable size does not corrupt it", async () => {
    const { signals } = await runLines([
      "p = malloc(24)",
      "q = malloc(24)",
      "store(p, 24)",
      "free(p)",
      "free(q)",
    ]);
    expect(signals).toEqual([]);
  });

  test("at the heap's end is detected by the next malloc from the top chunk", async () => {
    const { signals } = await runLines(["p = malloc(24)", "store(p, 32)", "malloc(24)"]);
    expect(signals).toMatchObject([{ line: 3, message: "malloc(): corrupted top size" }]);
  });
});

describe("a process that aborts", () => {
  const twice = ["p = malloc(24)", "free(p)", "free(p)", "malloc(24)"];

  test("has ended, and its later calls are not run", async () => {
    const { calls, skipped } = await runLines(twice);
    expect({ calls, skipped }).toEqual({ calls: 3, skipped: { malloc: 1 } });
  });

  test("continues if it has a handler", async () => {
    const { calls, process } = await runLines(["signal(SIGABRT, 0x555555555000)", ...twice]);
    expect({ calls, alive: process.alive }).toEqual({ calls: 4, alive: true });
  });

  test("is as recorded if the log shows the abort", async () => {
    const lines = ["p = malloc(24)", "free(p)", "free(p) = SIGABRT"];
    expect(await runLines(lines, { verify: true })).toMatchObject({ checked: 1, mismatched: 0 });
  });
});
