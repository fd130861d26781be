/** A build by make and a pipeline of a shell, with the programs that they start: each run against the same one alone. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTrace } from "#pagewalk/trace/open.js";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { isDebug } from "../../../build.js";
import { missingTools } from "../../../heap/afresh.js";

const CALL = 4;
const missing = missingTools("qemu-x86_64", "gcc", "as", "make");
const title = `a recording that follows${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

/** The references of a program from its execution to its end: fetches, loads, stores, modifies. */
type Counts = number[];

/** The last program of each process. */
async function lastRuns(command: readonly string[], folder: string): Promise<Counts[]> {
  const out = join(folder, "out.pagewalk");
  const { exitCode } = await recordTrace(command, out, {
    with: "qemu",
    follow: true,
    programOutput: "ignore",
  });
  expect(exitCode).toBe(0);
  const kernel = await Kernel.create();
  const trace = await openTrace(out);
  const reader = await trace.read(kernel);
  const runs = new Map<string, Counts>();
  let counts: Counts = [0, 0, 0, 0];
  runs.set("first", counts);
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    const words = new Uint32Array(kernel.view().buffer, batch.records, batch.count * 4);
    for (let at = 0; at < words.length; at += 4) {
      const kind = (words[at + 3] ?? 0) & 0xff;
      if (kind !== CALL) {
        counts[kind] = (counts[kind] ?? 0) + 1;
        continue;
      }
      const [line, pid = ""] = /^\[pid (\d+)\] (?:execve)?/.exec(batch.calls[words[at] ?? 0] ?? "") ?? [""];
      if (line.endsWith("execve") || !runs.has(pid)) runs.set(pid, [0, 0, 0, 0]);
      counts = runs.get(pid) ?? [];
    }
  }
  await reader.close();
  await trace.close();
  return [...runs.values()].filter((run) => run.some((count) => count > 0));
}

describe.runIf(!isDebug && missing.length === 0)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  /** A run is the same one, from whatever process, in an environment of its own. */
  const alone = ["env", "-i", `PATH=${process.env.PATH}`];
  const path = (name: string) => join(folder, name);

  beforeAll(() => {
    for (const name of ["a", "b", "c"])
      writeFileSync(path(`${name}.c`), `int ${name}(int x) { return x * 3; }\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("make -j2 has each compiler and assembler with the references that it has alone", async () => {
    const rule = `${path("%.o")}: ${path("%.c")}\n\t$(ENV) gcc -S -o $(@:.o=.s) $<\n\t$(ENV) as -o $@ $(@:.o=.s)\n`;
    const objects = ["a", "b", "c"].map((name) => path(`${name}.o`)).join(" ");
    writeFileSync(path("Makefile"), `ENV := ${alone.join(" ")}\nall: ${objects}\n${rule}`);
    const built = await lastRuns(["make", "-j2", "-f", path("Makefile")], folder);
    expect(built).toHaveLength(1 + 3 * 3); // make, and for each file gcc, cc1 and as
    rmSync(path("a.s"));
    rmSync(path("a.o"));
    const compiled = await lastRuns([...alone, "gcc", "-S", "-o", path("a.s"), path("a.c")], folder);
    const assembled = await lastRuns([...alone, "as", "-o", path("a.o"), path("a.s")], folder);
    expect([compiled.length, assembled.length]).toEqual([2, 1]);
    for (const run of [...compiled, ...assembled]) expect(built).toContainEqual(run);
  });

  test("a pipeline has the shell and its programs, each with the references that it has alone", async () => {
    // A pipe gives its bytes in pieces of any size, so only the first program has the same references.
    const first = `${alone.join(" ")} seq 3000`;
    const runs = await lastRuns(["sh", "-c", `${first} | sort -r | tail -n 1`], folder);
    expect(runs).toHaveLength(4);
    const others = await lastRuns(["sh", "-c", `${first} | cat`], folder);
    const shared = others.filter((run) => runs.some((other) => `${other}` === `${run}`));
    expect(shared).toHaveLength(1);
  });
});
