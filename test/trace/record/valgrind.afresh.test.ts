/** Programs recorded by valgrind. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTrace, traceInfo } from "#pagewalk/index.js";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { start, until } from "../../cli/command.js";
import { missingTools } from "../../heap/afresh.js";
import { FETCH, readAll } from "../records.js";

const tools = missingTools("valgrind");
const compiled = missingTools("valgrind", "gcc", "nm");

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(tools.length > 0)("takes a program's references and its exit status", async () => {
  const out = join(folder, "out.lackey");
  const result = await recordTrace(["sh", "-c", "exit 3"], out, { with: "valgrind" });
  expect(result.exitCode).toBe(3);
  expect(result.counts.instructionFetches).toBeGreaterThan(10_000);
  expect(await readAll(out)).toHaveLength(result.counts.references);
});

test.skipIf(tools.length > 0)("of a program that is not there is an error and leaves no file", async () => {
  const recording = recordTrace([join(folder, "missing")], join(folder, "out.lackey"), { with: "valgrind" });
  await expect(recording).rejects.toThrow("missing: there is no such program; check its name");
  expect(readdirSync(folder)).toEqual([]);
});

test.skipIf(compiled.length > 0)("has no fetch of the second test of a && b where a is false", async () => {
  const program = join(folder, "and");
  const source = new URL("and.c", import.meta.url).pathname;
  execFileSync("gcc", ["-static", "-nostdlib", "-no-pie", "-o", program, source]);
  const [, symbol] = /([0-9a-f]+) T never/.exec(execFileSync("nm", [program], { encoding: "utf8" })) ?? [];
  const out = join(folder, "out.lackey");
  await recordTrace([program], out, { with: "valgrind" });
  const fetched = (await readAll(out)).filter(({ kind }) => kind === FETCH).map(({ address }) => address);
  const never = BigInt(`0x${symbol}`);
  expect(fetched.filter((address) => address === never)).toEqual([]);
  // The loop before it runs a thousand times: the test itself, and a jump of two bytes.
  expect(fetched.filter((address) => address === never - 2n)).toHaveLength(1000);
});

describe.skipIf(compiled.length > 0)("the recording is whole", () => {
  const compile = (source: string) => {
    const file = join(folder, "program");
    execFileSync("gcc", ["-x", "c", "-O1", "-o", file, "-"], { input: source });
    return file;
  };
  const LOOP = "volatile int n; for (int i = 0; i < 100000; i++) n = i;";

  test("of a program that closes all descriptors", async () => {
    const program = compile(
      `#include <unistd.h>\nint main(void) { for (int fd = 0; fd < 1024; fd++) close(fd); ${LOOP} return 0; }`,
    );
    const out = join(folder, "out.pagewalk");
    const { counts, exitCode } = await recordTrace([program], out, { with: "valgrind" });
    expect(exitCode).toBe(0);
    expect(counts.references).toBeGreaterThan(100_000);
    expect(await readAll(out)).toHaveLength(counts.references);
  });

  test.each([
    ["kill(getpid(), SIGKILL)", 128 + 9],
    ["*(volatile int *)0 = 1", 128 + 11],
  ])("of a program that ends by %s", async (end, status) => {
    const program = compile(
      `#include <signal.h>\n#include <unistd.h>\nint main(void) { ${LOOP} ${end}; return 0; }`,
    );
    const out = join(folder, "out.pagewalk");
    const { counts, exitCode } = await recordTrace([program], out, { with: "valgrind" });
    expect(exitCode).toBe(status);
    expect(counts.references).toBeGreaterThan(100_000);
    expect(await readAll(out)).toHaveLength(counts.references);
  });

  test("of a recorder that is killed, up to the last block, and the program is killed too", async () => {
    const program = compile("int main(void) { volatile int n = 0; for (;;) n++; }");
    const out = join(folder, "out.pagewalk");
    const running = start(["trace", "record", "--with", "valgrind", "-o", out, "--", program]);
    const partial = () => readdirSync(folder).find((name) => name.endsWith(".partial")) ?? "";
    await until(() => partial() !== "" && statSync(join(folder, partial())).size > 10_000);
    running.kill("SIGKILL");
    await running.ended;
    const trace = await openTrace(join(folder, partial()), { partial: true });
    expect((await traceInfo(trace)).references % 1_048_576).toBe(0);
    const isRunning = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(program);
    await until(() => !isRunning());
  });
});
