import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../build.js";
import { blocks, commandFolder, examples, missing, ROOT, shell } from "./lessons.js";

interface Region {
  start: string;
  name: string;
  call: number;
  minorFaults: number;
  majorFaults: number;
  swapBytes: number;
  lockedBytes: number;
}
interface Run {
  mismatched: number;
  checked: number;
  signals: { code: string; deadly: boolean; pid: number }[];
  processes: {
    pid: number;
    maps: Region[];
    faults: { minor: number; major: number };
    cycles: { total: number };
  }[];
  system: { counters: { copies: number } };
  show: { what: string; pid: number; pages: { address: string; pfn: number; mapped: number }[] }[];
}

// The command runs the release build, whichever build the suites run on.
describe.runIf(!isDebug)("the lessons in examples/process", () => {
  let folder: string;
  beforeAll(() => {
    folder = commandFolder();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const json = async (name: string, more = ""): Promise<Run> => {
    const command = examples().find(({ file }) => file === `${name}.calls`)?.command;
    const { stdout } = await shell(`${command} ${more} --json`, folder);
    return JSON.parse(stdout);
  };

  test.each(examples())("$file holds, by the command that it gives", async ({ file, command }) => {
    expect(command).toContain(`examples/process/${file} --verify`);
    expect((await shell(command, folder)).status).toBe(0);
  });

  test("each is in the README, by the same command", () => {
    const readme = readFileSync(join(ROOT, "examples/process/README.md"), "utf8");
    expect(examples().filter(({ command }) => !readme.includes(command))).toEqual([]);
  });

  test.each(blocks().filter(({ language }) => language === "sh"))(
    "the README shows what this prints: $code",
    async ({ code, shown }) => {
      expect(missing(shown, (await shell(code, folder)).stdout)).toEqual([]);
    },
  );

  test("two processes have one address in two frames, and their program's code in the same", async () => {
    const { show } = await json("two-processes");
    const frames = (address: string) =>
      show.map(({ pages }) => pages.find((page) => page.address === address)?.pfn);
    const [one, other] = frames("0x55555555f000");
    expect(one).not.toBe(other);
    expect(new Set(frames("0x555555556000")).size).toBe(1);
  });

  test("under 8 MiB of stack 4 MiB of alloca succeed, and 8 MiB kill a process without an alternate stack", async () => {
    const { signals, processes } = await json("stack");
    expect(signals.filter(({ deadly }) => deadly)).toMatchObject([
      { pid: 2, code: "SEGV_MAPERR" },
      { pid: 5, code: "SEGV_MAPERR" },
    ]);
    const stack = processes[0]?.maps.find(({ name }) => name === "[stack]");
    expect(stack?.start).toBe("0x7fffffbfe000");
    const more = await json("stack", "--ulimit stack=16MiB");
    expect(more.signals.filter(({ deadly }) => deadly)).toEqual([]);
  });

  test("a store copies a page only while another process maps it", async () => {
    const { system, processes } = await json("copy-on-write");
    expect(system.counters.copies).toBe(8);
    expect(processes.map(({ faults }) => faults.minor)).toEqual([16 + 1 + 8 + 8, 4 + 1]);
  });

  test("the locked table takes no fault after mlock, and the unlocked one waits in every period", async () => {
    const { processes } = await json("lock-for-determinism");
    const [, , twin, , locked] = processes[0]?.maps ?? [];
    expect(locked).toMatchObject({ minorFaults: 16, majorFaults: 0, swapBytes: 0, lockedBytes: 65536 });
    expect(twin?.majorFaults).toBeGreaterThanOrEqual(3);
    expect((twin?.minorFaults ?? 0) + (twin?.majorFaults ?? 0)).toBe(16 + 3 * 16);
  });

  test("the locked key is not in swap, but its copy is", async () => {
    const { processes } = await json("lock-for-secrecy");
    const [, copy, key] = processes[0]?.maps ?? [];
    expect(key).toMatchObject({ swapBytes: 0, lockedBytes: 4096, majorFaults: 0 });
    expect(copy).toMatchObject({ swapBytes: 4096, lockedBytes: 0 });
  });

  test("a loop slightly larger than memory faults at every touch under lru, and far less under mru", async () => {
    const [fits, thrashes] = (await json("thrashing")).processes;
    expect([fits?.faults.major, thrashes?.faults.major]).toEqual([0, 9 * 60]);
    expect((thrashes?.cycles.total ?? 0) / (fits?.cycles.total ?? 1)).toBeGreaterThan(1000);
    const { processes } = await json("thrashing", "--policy mru");
    expect(processes[1]?.faults.major).toBeLessThan(9 * 60 * 0.25);
  });
});
