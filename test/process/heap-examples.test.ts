import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { blocks, commandFolder, examples, missing, ROOT, shell } from "./lessons.js";

const LESSONS = "examples/heap";

interface Run {
  checked: number;
  signals: { line: number; pid: number; signal: string; message?: string; deadly: boolean }[];
  processes: { pid: number; cycles: { total: number }; heap?: { heapBytes: number; brkCalls: number } }[];
  show: { calls: { call: string; answer: string }[] }[];
}

// The command runs the release build, whichever build the suites run on.
describe.runIf(!isDebug)("the lessons in examples/heap", () => {
  let folder: string;
  beforeAll(() => {
    folder = commandFolder();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const json = async (name: string, more = ""): Promise<Run> => {
    const command = examples(LESSONS).find(({ file }) => file === `${name}.calls`)?.command;
    const { stdout } = await shell(`${command} ${more} --json`, folder);
    return JSON.parse(stdout);
  };

  test.each(examples(LESSONS))("$file holds, by the command that it gives", async ({ file, command }) => {
    expect(command).toContain(`${LESSONS}/${file} --verify`);
    expect((await shell(command, folder)).status).toBe(0);
  });

  test("each is in the README, by the same command", () => {
    const readme = readFileSync(join(ROOT, LESSONS, "README.md"), "utf8");
    expect(examples(LESSONS).filter(({ command }) => !readme.includes(command))).toEqual([]);
  });

  test.each(blocks(LESSONS).filter(({ language }) => language === "sh"))(
    "the README shows what this prints: $code",
    async ({ code, shown }) => {
      expect(missing(shown, (await shell(code, folder)).stdout)).toEqual([]);
    },
  );

  test("4 MiB of alloca succeed, 8 MiB kill, and free of a block of alloca aborts", async () => {
    const { signals } = await json("alloca");
    expect(signals).toMatchObject([
      { pid: 5, signal: "SIGSEGV", deadly: true },
      { pid: 6, signal: "SIGABRT", message: "free(): invalid pointer", deadly: true },
    ]);
  });

  test("ten blocks of malloc cost more than ten of alloca", async () => {
    const { processes } = await json("alloca");
    const [stack, heap, idle] = [1, 2, 5].map(
      (pid) => processes.find((one) => one.pid === pid)?.cycles.total,
    );
    expect(Number(stack) - Number(idle)).toBeLessThan(100);
    expect(Number(heap) - Number(idle)).toBeGreaterThan(1000);
  });

  test("best fit fails where first fit succeeds", async () => {
    const last = async (allocator: string) => {
      const { show } = await json("fragmentation", `--show calls --allocator ${allocator}:size=135168`);
      return show.at(-1)?.calls.at(-1);
    };
    expect(await last("best-fit")).toMatchObject({ call: "malloc(2500)", answer: "NULL" });
    expect((await last("first-fit"))?.answer).toMatch(/^0x/);
  });

  test("all but one of the wrong frees are detected", async () => {
    const { signals } = await json("double-free");
    expect(signals.map(({ pid, signal }) => [pid, signal])).toEqual([
      [1, "SIGABRT"],
      [2, "SIGABRT"],
      [3, "SIGABRT"],
      [5, "SIGSEGV"],
      [6, "SIGABRT"],
    ]);
  });
});
