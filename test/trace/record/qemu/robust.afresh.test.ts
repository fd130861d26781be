/** Recordings whose program or recorder is killed, or whose output has no room. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTrace } from "#pagewalk/index.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { isDebug } from "../../../build.js";
import { BIN, start, until } from "../../../cli/command.js";
import { missingTools } from "../../../heap/afresh.js";
import { compile } from "./recorded.js";

const CALL = 4;
const BLOCK = 1_048_576;
/** References of programs/endless.c: three to set the alarm, then six in each iteration, with a load and a store. */
const FIRST = 3;
const PERIOD = 6;
/** Bytes of the output at which the kill comes: before the first block, and after some. */
const SIZES = [0, ...fc.sample(fc.integer({ min: 600, max: 2500 }), { numRuns: 2, seed: 5 })];

const missing = missingTools("qemu-x86_64", "gcc");
const title = `a recording${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

describe.runIf(!isDebug && missing.length === 0)(title, () => {
  let folder = "";
  let program = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    program = compile(folder, "endless.c", "-nostdlib");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const named = (start: string) => readdirSync(folder).filter((name) => name.startsWith(start));
  const sizeOf = (name: string | undefined) => (name === undefined ? -1 : statSync(join(folder, name)).size);

  /** Starts a recording, and waits until its unfinished output has so many bytes. */
  async function started(name: string, bytes: number) {
    const args = ["trace", "record", "--with", "qemu", "-o", join(folder, name), "--", program];
    const recorder = start(args, { TMPDIR: folder });
    await until(() => sizeOf(named(name)[0]) >= bytes);
    const { pid } = recorder.process;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];
    const [, memory = ""] = /memory=([^,\0]*)/.exec(readFileSync(`/proc/${child}/cmdline`, "utf8")) ?? [];
    return { ...recorder, memory, killProgram: () => process.kill(Number(child), "SIGKILL") };
  }

  /** The number of references, each of which must be that of one iteration before. */
  async function repeated(path: string, partial: boolean): Promise<number> {
    const kernel = await Kernel.create();
    const trace = await openTrace(path, { partial });
    const reader = await trace.read(kernel);
    const before: number[] = [];
    let [count, wrong] = [0, 0];
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      const words = new Uint32Array(kernel.view().buffer, batch.records, batch.count * 4);
      for (let at = 0; at < words.length; at += 4) {
        const [address = 0, , , kind = 0] = words.subarray(at, at + 4);
        if ((kind & 0xff) === CALL) continue;
        if (count >= FIRST + PERIOD && before[(count - FIRST) % PERIOD] !== address) wrong++;
        if (count >= FIRST) before[(count - FIRST) % PERIOD] = address;
        count++;
      }
    }
    await reader.close();
    await trace.close();
    expect(wrong).toBe(0);
    return count;
  }

  test.each(SIZES)("whose recorder is killed at %i bytes has all whole blocks", async (bytes) => {
    const name = `cut-${bytes}`;
    const recorder = await started(name, bytes);
    recorder.kill("SIGKILL");
    await once(recorder.process, "exit");
    recorder.killProgram();
    rmSync(dirname(recorder.memory), { recursive: true });
    const [partial = ""] = named(name);
    const path = join(folder, partial);
    expect(partial).toMatch(/\.partial$/);
    if (statSync(path).size === 0) expect(bytes).toBe(0);
    else expect((await repeated(path, true)) % BLOCK).toBe(0);
  });

  test.each(SIZES)("whose program is killed at %i bytes has what it has done", async (bytes) => {
    const name = `killed-${bytes}`;
    const recorder = await started(name, bytes);
    recorder.killProgram();
    const { status, stderr } = await recorder.ended;
    expect([status, stderr]).toEqual([0, expect.stringContaining("was killed by SIGKILL")]);
    expect(await repeated(join(folder, name), false)).toBeGreaterThan(0);
  });

  test("removes the memory of one that was killed with its program long ago, and no other", async () => {
    const old = await started("old", 0);
    const recent = await started("recent", 0);
    for (const recorder of [old, recent]) {
      recorder.kill("SIGKILL");
      await once(recorder.process, "exit");
      recorder.killProgram();
    }
    utimesSync(old.memory, 0, 0);
    const next = await started("next", 0);
    const isShared = old.memory.startsWith("/dev/shm/"); // where that has no room, temporary files are used
    expect([old, recent, next].map(({ memory }) => existsSync(memory))).toEqual([!isShared, true, true]);
    next.killProgram();
    await next.ended;
    expect(existsSync(next.memory)).toBe(false);
    rmSync(dirname(recent.memory), { recursive: true });
  });

  test.each([
    ["the device is full", "", "/dev/full: no space left on the device; free some or write somewhere else"],
    [
      "files may not be large",
      "ulimit -f 100; ",
      "cannot be created (EFBIG); lift the limit of file sizes (ulimit -f), or record it with valgrind",
    ],
  ])("is an error in one line where %s, and ends the program", (_, limit, message) => {
    const out = limit === "" ? "/dev/full" : join(folder, "limited");
    const command = `${limit}exec ${process.execPath} ${BIN} trace record --quiet --with qemu -o ${out} -- ${program}`;
    const { status, stderr } = spawnSync("sh", ["-c", command], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: folder },
    });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^pagewalk: [^\n]*\n$/)]);
    expect(stderr).toContain(message);
    expect(named("limited")).toEqual([]);
  });
});
