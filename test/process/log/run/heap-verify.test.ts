import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type RunOptions, type RunResult, runLog } from "#pagewalk/index.js";
import { runLines } from "../../logs.js";

const verified = (lines: readonly string[], options: RunOptions = {}) =>
  runLines(lines, { verify: true, answers: true, ...options });
const answers = ({ answers }: RunResult) => answers.entries.map(({ answer }) => answer);

const RECORDED = new URL("../../../recorded/heap/", import.meta.url).pathname;
const unpacked = (name: string) => gunzipSync(readFileSync(`${RECORDED}${name}`)).toString("latin1");

function recorded(name: string, options: RunOptions = {}): Promise<RunResult> {
  const maps = unpacked(`${name}.log.maps.gz`);
  return runLog(new TextEncoder().encode(unpacked(`${name}.log.gz`)), {
    name: "log",
    maps,
    verify: true,
    ...options,
  });
}

// Threads, settings in the head, the program's own mappings: test/recorded/heap/README.md.
describe.each(["glibc-1", "glibc-2", "glibc-3", "glibc-4", "glibc-5"])("the recording %s", (name) => {
  test("equals the model's answers, in every address", async () => {
    const { checked, mismatched, firstMismatch, stopped, process } = await recorded(name);
    expect({ mismatched, firstMismatch, stopped }).toEqual({ mismatched: 0, stopped: undefined });
    expect(checked).toBeGreaterThan(700);
    expect(process.heap?.taken).toBe(0);
  });

  test("differs with another allocator: the comparison can fail, and continues to the log's end", async () => {
    const { checked, mismatched, stopped, process } = await recorded(name, { allocator: "bump" });
    expect(mismatched).toBeGreaterThan(checked / 2);
    expect(stopped).toBeUndefined();
    expect(process.alive).toBe(true);
  });
});

describe("the start of a heap", () => {
  test("is given by the log's first block", async () => {
    const result = await verified(["malloc(24) = 0x256d2a0", "malloc(24) = 0x256d2c0"]);
    expect(result).toMatchObject({ checked: 2, mismatched: 0 });
    expect(result.process.maps[0]).toMatchObject({ start: 0x256d000n, name: "[heap]" });
  });

  test("keeps the effect of calls before the first block, which are repeated", async () => {
    const lines = [
      "mallopt(M_TOP_PAD, 0) = 1",
      "free(nil)",
      "mallopt(M_MMAP_THRESHOLD, 4096) = 1",
      "malloc(24) = 0x256d2a0",
      "p = malloc(8000)",
      "load(p - 8, 8) = 0x2002",
    ];
    const result = await verified(lines);
    expect(result).toMatchObject({ mismatched: 0 });
    expect(result.process.maps[0]).toMatchObject({ start: 0x256d000n, end: 0x256e000n });
  });

  test("is not taken from later blocks, nor from a distance that is not a number of pages", async () => {
    expect((await verified(["malloc(24) = 0x5555555592a0", "malloc(24) = 0x256d2a0"])).mismatched).toBe(1);
    expect((await verified(["malloc(24) = 0x256d2b0"])).mismatched).toBe(1);
  });

  test("is given by the program, if it is known", async () => {
    const [call, ...more] = [
      'execve("./p", [], []) = 0',
      "brk(NULL) = 0x555555559000",
      "malloc(24) = 0x5555555592a0",
    ];
    expect(await verified([call as string, ...more])).toMatchObject({ mismatched: 0 });
  });

  test("is given by the maps file, by the heap or the program's end", async () => {
    const program = "555555554000-555555558000 rw-p 00000000 fe:00 1  /p\n";
    const heap = "555555600000-555555621000 rw-p 00000000 00:00 0  [heap]\n";
    const line = ["malloc(24) = 0x5555555582a0"];
    expect(await verified(line, { maps: program })).toMatchObject({ mismatched: 0 });
    expect(await verified(line, { maps: program + heap })).toMatchObject({ mismatched: 1 });
    // glibc continues at the break.
    expect(await verified(["malloc(24) = 0x5555556212a0"], { maps: program + heap })).toMatchObject({
      mismatched: 0,
    });
  });
});

describe("after a difference", () => {
  test("the log's address names the model's block", async () => {
    const result = await verified([
      "malloc(24) = 0x5555555592a0",
      "malloc(24) = 0x555555560000",
      "realloc(0x555555560000, 100) = 0x555555560400",
      "free(0x555555560400)",
      "malloc(100) = 0x5555555592c0",
    ]);
    expect(answers(result)).toEqual([
      "0x5555555592a0",
      "0x5555555592c0",
      "0x5555555592c0",
      "ok",
      "0x5555555592c0",
    ]);
    expect(result).toMatchObject({ mismatched: 2 });
  });

  test("a block only in the model is freed, and a block only in the log is skipped", async () => {
    const result = await verified([
      "malloc(24) = NULL",
      "malloc(24) = 0x5555555592a0",
      "malloc(-1) = 0x555555570000",
      "free(0x555555570000)",
      "realloc(0x5555555592a0, 4000) = NULL",
      "free(0x5555555592a0)",
    ]);
    expect(answers(result).slice(0, 4)).toEqual(["0x5555555592a0", "0x5555555592a0", "NULL", "ok"]);
    expect(result).toMatchObject({ mismatched: 3, signals: [] });
  });

  test("a reused address is a block like any other", async () => {
    const result = await verified([
      "malloc(24) = 0x5555555592a0",
      "malloc(24) = 0x5555555592e0", // the model: 2c0
      "malloc(24) = 0x5555555592e0", // the model agrees
      "free(0x5555555592e0)",
      "malloc(24) = 0x5555555592e0",
    ]);
    expect(result).toMatchObject({ mismatched: 1 });
  });

  test("an abort that is not in the log is a difference, and the run continues", async () => {
    const lines = ["p = malloc(24)", "free(p) = ok", "free(p) = ok", "malloc(24)"];
    const { mismatched, firstMismatch, calls, process } = await verified(lines);
    expect({ mismatched, calls, alive: process.alive }).toEqual({ mismatched: 1, calls: 4, alive: true });
    expect(firstMismatch).toMatchObject({ line: 3, expected: "ok", actual: "SIGABRT SI_TKILL" });
  });
});

describe("the header of a recording", () => {
  test("sets tunables", async () => {
    const lines = ["p = malloc(24)", "free(p)"];
    const listOf = async (head: string) => {
      const { system } = await verified([head, ...lines]);
      return [...system.processes.values()][0]?.heap()?.chunks.find(({ list }) => list)?.list;
    };
    expect(await listOf("# GLIBC_TUNABLES=glibc.malloc.tcache_count=0")).toBe("fast 32");
    expect(await listOf("# a comment")).toBe("tcache 32");
  });

  test("sets the processors, which limit the number of arenas", async () => {
    const threads = Array.from({ length: 20 }, (_, n) => `[pid ${n + 2}] malloc(24)`);
    const arenasOf = async (head: string) => {
      const { system } = await verified(["# pagewalk heap log", head, "malloc(24)", ...threads]);
      const chunks = [...system.processes.values()][0]?.heap()?.chunks ?? [];
      return new Set(chunks.map(({ arena }) => arena)).size;
    };
    expect(await arenasOf("# cores 1")).toBeLessThan(await arenasOf("# cores 4"));
  });

  test("sets the allocator, if no option does", async () => {
    const lines = ["# allocator bump 1.0", "malloc(24)"];
    expect((await verified(lines)).process.heap?.allocator).toBe("bump");
    expect((await verified(lines, { allocator: "glibc:cores=4" })).process.heap?.allocator).toBe(
      "glibc:cores=4",
    );
    expect((await verified(["# allocator nothing 3", "malloc(24)"])).process.heap?.allocator).toBe("glibc");
  });

  test("sets its version: no tcache before 2.26", async () => {
    expect(answers(await verified(["# allocator glibc 2.25", "malloc(24)"]))).toEqual(["0x555555559010"]);
  });

  test("numbers are threads other than the first, and the number of a thread that ended is reused", async () => {
    const lines = [
      "# pagewalk heap log",
      "malloc(24) = 0x5555555592a0",
      "[pid 7] malloc(24) = 0x7ffff0000b70",
      "[pid 7] thread_exit()",
      "[pid 7] malloc(24) = 0x7ffff0000b90", // another thread 7: it has the arena that was left, and a cache of its own
      "malloc(24) = 0x5555555592c0",
    ];
    const result = await verified(lines);
    expect(result).toMatchObject({ checked: 4, mismatched: 0 });
    expect(result.processes.length).toBe(1);
  });
});

describe("threads of strace and ltrace", () => {
  const thread =
    "clone(child_stack=0x7ffff7000000, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 12";

  test("are those created by clone", async () => {
    const lines = [
      "[pid 11] malloc(24) = 0x5555555592a0",
      `[pid 11] ${thread}`,
      "[pid 12] malloc(24) = 0x7ffff0000b70",
      "[pid 12] exit(0)",
      "[pid 11] malloc(24) = 0x5555555592c0",
    ];
    expect(await verified(lines)).toMatchObject({ checked: 4, mismatched: 0 });
  });

  test("calls interrupted by others are joined", async () => {
    const lines = [
      "[pid 11] malloc(24) = 0x5555555592a0",
      `[pid 11] ${thread}`,
      "[pid 11] malloc(24 <unfinished ...>",
      "[pid 12] malloc(24) = 0x7ffff0000b70",
      "[pid 11] <... malloc resumed> ) = 0x5555555592c0",
    ];
    expect(await verified(lines)).toMatchObject({ mismatched: 0, calls: 4 });
  });

  test("a child of fork has a copy of its parent's heap", async () => {
    const lines = [
      "[pid 11] p = malloc(24) = 0x5555555592a0",
      "[pid 11] store(p, 8, 1)",
      "[pid 11] fork() = 12",
      "[pid 12] load(p, 8) = 1",
      "[pid 12] store(p, 8, 2)",
      "[pid 12] free(0x5555555592a0)",
      "[pid 12] malloc(24) = 0x5555555592a0",
      "[pid 11] load(p, 8) = 1",
      "[pid 11] malloc(24) = 0x5555555592c0",
    ];
    expect(await verified(lines)).toMatchObject({ mismatched: 0 });
  });

  test("a child can use the names of its parent's blocks", async () => {
    const lines = [
      "[pid 11] malloc(24) = 0x5555555592a0",
      "[pid 11] malloc(24) = 0x700000",
      "[pid 11] fork() = 12",
      "[pid 12] free(0x700000)",
      "[pid 12] malloc(24) = 0x5555555592c0",
    ];
    expect(await verified(lines)).toMatchObject({ mismatched: 1, signals: [] });
  });
});
