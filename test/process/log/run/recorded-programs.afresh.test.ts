/** Programs that execute others, recorded by QEMU: each goes on in the time line, and `run` has its regions. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isDebug } from "../../../build.js";
import { BIN } from "../../../cli/command.js";
import { compileText, missingTools } from "../../../heap/afresh.js";
import { mustAgree, record } from "./recorded.js";

const lacks = missingTools("qemu-x86_64", "gcc");
const needs = `needs ${lacks.join(", ") || "nothing more"}`;

describe.skipIf(isDebug || lacks.length > 0)(`a program recorded with those it executes (${needs})`, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  const at = (name: string) => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function script(name: string, ...lines: string[]): string {
    writeFileSync(at(name), `${lines.join("\n")}\n`);
    chmodSync(at(name), 0o755);
    return at(name);
  }

  test.each([
    ["a shell that becomes another program", ["sh", "-c", "exec ls /"], ["/ls"]],
    ["env, which looks for it on the path", ["env", "A=b", "ls", "/"], ["/ls"]],
    [
      "a script that runs programs, pipes and scripts",
      [script("outer", "#!/bin/sh", "ls / | cat", `x=$(${at("inner")})`, "exec env ls /")],
      ["/ls", "/cat", "/dash", "/env", "/ls"],
    ],
  ])("%s answers as recorded", async (_, command, programs) => {
    script("inner", "#!/bin/sh", "echo inner");
    const recorded = await record(folder, command, { follow: true });
    const { processes } = await mustAgree(recorded, 40);
    const begun = recorded.calls.filter((call) => /execve\(.* = 0$/.test(call));
    expect(begun).toHaveLength(programs.length);
    const text = recorded.calls.join("\n");
    for (const program of programs) expect(text).toContain(`${program}")`);
    expect(processes[0]?.maps.some(({ name }) => name.endsWith("/ls"))).toBe(true);
  });

  test("is answered while it runs", () => {
    const command = ["sh", "-c", "ls / | cat; kill -TERM $$"];
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [BIN, "run", "--verify", "--json", "--", ...command],
      { encoding: "utf8" },
    );
    const { trace, checked, mismatched, processes } = JSON.parse(stdout);
    expect({ status, mismatched }).toEqual({ status: 0, mismatched: 0 });
    expect(trace).toMatchObject({ recorder: "qemu", exitCode: 143, exitSignal: "SIGTERM" });
    expect(stderr).toMatch(/^etc$/m);
    expect(stderr).toContain("the program was killed by SIGTERM\n");
    expect(checked).toBeGreaterThan(80);
    expect(processes).toHaveLength(3);
  });

  test("a thread that executes a program has its process's number from then on", async () => {
    const program = compileText(
      folder,
      "becomes",
      `#include <pthread.h>
      #include <unistd.h>
      static void *become(void *path) { execl(path, "ls", "/", (char *)0); return 0; }
      int main(int count, char **arguments) {
        pthread_t thread;
        pthread_create(&thread, 0, become, arguments[count - 1]);
        for (;;) pause();
      }`,
      "-pthread",
    );
    const recorded = await record(folder, [program, "/bin/ls"], { follow: true });
    const pids = recorded.calls.map((call) => /^\[pid (\d+)\]/.exec(call)?.[1]);
    const of = (shape: RegExp) => pids[recorded.calls.findIndex((call) => shape.test(call))];
    const [process, thread] = [pids[0], of(/execve\(.* <unfinished \.\.\.>$/)];
    expect([thread === process, of(/execve\(.* = 0$/), pids.at(-1)]).toEqual([false, process, process]);
    await mustAgree(recorded, 40);
  });
});
