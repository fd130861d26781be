/** The library that records a heap: its log agrees with the program's own output, and with the model of glibc. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type RecordHeapOptions, recordHeap } from "#pagewalk/heap/record.node.js";
import { isDebug } from "../build.js";
import { callsIn, compile, compileText, makeLog, missingForShim } from "./afresh.js";
import { replayLog } from "./replay-log.js";

const missing = missingForShim();
const title = `heaps recorded afresh${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;
const SEED = Date.now() % 1_000_000_000;

// The recording does not depend on the kernel's build.
describe.runIf(missing.length === 0 && !isDebug)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  let random = "";
  let threads = "";

  beforeAll(() => {
    random = compile(folder, "random-program");
    threads = compile(folder, "threads");
  }, 60_000);

  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string) => join(folder, name);

  async function record(name: string, command: readonly string[], options: RecordHeapOptions = {}) {
    return { ...(await recordHeap(command, file(name), { programOutput: "ignore", ...options })), name };
  }

  test.each([
    [0, ["--mix", "small"]],
    [1, ["--mix", "large"]],
    [2, ["--threads", "6"]],
    [3, ["--threads", "3", "--mapped", "--mallopt", "--info"]],
  ])("every call of every thread is recorded in order (%i, %j)", async (n, modes) => {
    const seed = SEED + n;
    const own = file(`own-${n}`);
    await record(`shim-${n}`, [random, String(seed), "6000", own, ...modes]);
    expect({ seed, calls: callsIn(file(`shim-${n}`)) }).toEqual({ seed, calls: callsIn(own) });
  });

  test("the program gets the same addresses as without the recorder", async () => {
    // An aligned block that is mapped is as long as the mappings around it make it, and freeing it moves the threshold.
    vi.stubEnv("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=131072");
    makeLog(random, file("alone"), SEED, 6000, ["--mix", "medium"]);
    await record("shim", [random, String(SEED), "6000", file("under"), "--mix", "medium"]);
    const notMapped = (log: string) => callsIn(log).filter((call) => !call.includes("0x7f"));
    expect(notMapped(file("alone")).length).toBeGreaterThan(3000);
    expect(notMapped(file("under"))).toEqual(notMapped(file("alone")));
  });

  test("the program's own mappings are recorded, so that mapped blocks get the recorded addresses", async () => {
    const modes = ["--mix", "large", "--mapped"];
    await record("mapped", [random, String(SEED), "4000", file("mapped.own"), ...modes]);
    const { firstMismatch, taken } = await replayLog(file("mapped"), "glibc:cores=1");
    expect({ seed: SEED, firstMismatch, taken }).toEqual({ seed: SEED, firstMismatch: undefined, taken: 0 });
    expect(readFileSync(file("mapped"), "latin1")).toMatch(/^mmap\(0x/m);
  });

  test("eight concurrent threads, some detached, each end once, and glibc's model agrees with every address", async () => {
    const { calls } = await record("threads.log", [threads, "1"]);
    const text = readFileSync(file("threads.log"), "latin1");
    const cores = /^# cores (\d+)$/m.exec(text)?.[1];
    const { operations, firstMismatch } = await replayLog(file("threads.log"), `glibc:cores=${cores}`);
    expect(firstMismatch).toBeUndefined();
    expect(operations).toBeLessThanOrEqual(calls);
    expect(operations).toBeGreaterThan(50_000);
    const ended = [...text.matchAll(/^\[pid (\d+)\] thread_exit\(\)$/gm)].map(([, thread]) => thread);
    expect(new Set(ended).size).toBe(ended.length);
    expect(ended.length).toBeGreaterThanOrEqual(6); // of the detached ones, those that end before the program does
    expect(ended.length).toBeLessThanOrEqual(8);
  });

  test("after its end a thread only frees the loader's blocks", async () => {
    await record("ends.log", [threads, "2"]);
    const ended = new Set<string>();
    const behind = callsIn(file("ends.log")).filter((line) => {
      const [thread = "", call = ""] = line.split(" ");
      if (call === "thread_exit()") ended.add(thread);
      return call !== "thread_exit()" && ended.has(thread);
    });
    expect(behind.filter((call) => !/^\d+ free\(/.test(call))).toEqual([]);
  });

  test("the log of a killed program has all calls before the kill", async () => {
    const killed = compileText(
      folder,
      "killed",
      `#include <signal.h>
       #include <stdlib.h>
       int main() { for (int n = 0; n < 30000; n++) if (!malloc(1000 + n % 7)) return 1; raise(SIGKILL); }`,
      "-fno-builtin",
    );
    const { exitCode, calls } = await record("killed.log", [killed]);
    expect({ exitCode, calls }).toEqual({ exitCode: 128 + 9, calls: 30_000 });
    expect(readFileSync(file("killed.log"), "latin1").trimEnd()).toMatch(/malloc\(1004\) = 0x[0-9a-f]+$/);
  });

  test("a free that ends the process is the last line", async () => {
    const twice = compileText(
      folder,
      "twice",
      "#include <stdlib.h>\nint main() { void *volatile p = malloc(40); close(2); free(p); free(p); }",
      "-fno-builtin",
      "-w",
    );
    const { exitCode } = await record("twice.log", [twice]);
    expect(exitCode).toBe(128 + 6);
    const frees = callsIn(file("twice.log")).filter((call) => call.startsWith("0 free(0x"));
    expect(frees.length).toBe(2);
    expect(frees[0]).toBe(frees[1]);
  });

  test("forked children are not recorded, but the parent is", async () => {
    const forks = compileText(
      folder,
      "forks",
      `#include <stdlib.h>
       #include <sys/wait.h>
       #include <unistd.h>
       int main() {
         for (int n = 0; n < 5; n++) {
           if (malloc(1000 + n) && fork() == 0) {
             for (int k = 0; k < 100; k++) if (!malloc(7000)) return 1;
             _exit(0);
           }
           wait(NULL);
         }
         return malloc(2000) == NULL;
       }`,
      "-fno-builtin",
    );
    await record("forks.log", [forks]);
    const sizes = callsIn(file("forks.log")).map((call) => /malloc\((\d+)\)/.exec(call)?.[1]);
    expect(sizes).toEqual(["1000", "1001", "1002", "1003", "1004", "2000"]);
  });

  test("programs that the program starts are recorded with follow, each in a log of its own", async () => {
    const command = ["sh", "-c", `${threads} 0; ${threads} 0; exit 3`];
    const { exitCode, others } = await record("all.log.gz", command, { follow: true });
    expect(exitCode).toBe(3);
    expect(others.length).toBe(2);
    for (const { path, calls } of others) {
      expect(path).toMatch(/\/all\.\d+\.log\.gz$/);
      const text = gunzipSync(readFileSync(path)).toString();
      expect(text).toContain(`# command ${threads} 0\n`);
      expect(text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length).toBe(calls);
      expect(readFileSync(path.replace(/\.gz$/, ".maps"), "latin1")).toContain("[stack]");
    }
    expect((await record("one.log", command)).others).toEqual([]);
  });

  describe("the environment", () => {
    let shows = "";

    beforeAll(() => {
      shows = compileText(
        folder,
        "shows",
        `#include <stdio.h>
         #include <string.h>
         extern char **environ;
         int main(int count, char **arguments) {
           FILE *file = fopen(arguments[1], "w");
           for (char **one = environ; *one; one++) if (!strncmp(*one, "LD_", 3) || !strncmp(*one, "PAGEWALK_HEAP", 13)) fprintf(file, "%s\\n", *one);
           fclose(file);
           return 0;
         }`,
      );
    });

    const lines = (name: string) => readFileSync(file(name), "utf8").split("\n").sort().join(" ").trim();

    test("is unchanged for the program and those that it starts", async () => {
      await record("env.log", [shows, file("env")]);
      expect(lines("env")).toBe("");
      await record("env.log", ["sh", "-c", `LD_LIBRARY_PATH=/none ${shows} ${file("env")}`]);
      expect(lines("env")).toBe("LD_LIBRARY_PATH=/none");
    });

    test("keeps preloaded libraries, after the recorder", async () => {
      const other = compileText(
        folder,
        "other.so",
        "#include <stddef.h>\nvoid *__libc_malloc(size_t);\nvoid *malloc(size_t bytes) { return __libc_malloc(bytes); }",
        "-shared",
        "-fPIC",
      );
      const before = process.env.LD_PRELOAD;
      process.env.LD_PRELOAD = other;
      try {
        await record("other.log", [shows, file("env")]);
      } finally {
        if (before === undefined) delete process.env.LD_PRELOAD;
        else process.env.LD_PRELOAD = before;
      }
      expect(lines("env")).toBe(`LD_PRELOAD=${other}`);
      expect(readFileSync(file("other.log"), "latin1")).toMatch(/^# allocator .*other\.so$/m);
      expect(callsIn(file("other.log")).length).toBeGreaterThan(1);
    });
  });

  test("no file remains if there is nothing to record", async () => {
    const still = compileText(folder, "still", "int main() { return 0; }", "-static");
    const place = file("none");
    mkdirSync(place);
    const failing = (command: string[], options: RecordHeapOptions = {}) =>
      recordHeap(command, join(place, "x.log"), options);
    await expect(failing([still])).rejects.toThrow(
      /did not load the recorder \(exit status 0\): it is statically linked/,
    );
    await expect(failing(["no-such-program"])).rejects.toThrow("no-such-program: there is no such program");
    await expect(failing([folder])).rejects.toThrow("it cannot be run; check that it is executable");
    await expect(failing(["true"], { compiler: "no-such-cc" })).rejects.toThrow(
      /no-such-cc: no C compiler is installed.*apt install gcc/,
    );
    await expect(failing(["true"], { format: "lirs" })).rejects.toThrow("lirs cannot hold");
    await expect(failing([])).rejects.toThrow("name one after --");
    expect(readdirSync(place)).toEqual([]);
  });
});
