/** Commands that record a program and read its trace while it runs; a script stands in for valgrind. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pagewalk, start, until } from "./command.js";

/** The last argument says what the stand-in does: it never runs the program. */
const STAND_IN = `#!/bin/sh
case "$*" in *--help-debug*) exit;; esac
for act; do :; done
echo "said by the program"
echo "==1== Lackey" >&3
for page in 1 2 3 1 2 4; do echo "I  0\${page}000,4" >&3; echo " S 0\${page}800,8" >&3; done
case $act in
  wait) exec sleep 600;;
  fails) exit 3;;
  killed) kill -9 $$;;
esac
`;

const WITH = ["--with", "valgrind"];

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "tmp"));
  writeFileSync(join(folder, "bin/valgrind"), STAND_IN);
  chmodSync(join(folder, "bin/valgrind"), 0o755);
  env = { PATH: `${join(folder, "bin")}:${process.env.PATH}`, TMPDIR: join(folder, "tmp") };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function json(args: readonly string[], act: string) {
  const { status, stdout, stderr } = await pagewalk([...args, ...WITH, "--json", "--", "true", act], { env });
  return { status, stderr, answer: JSON.parse(stdout) };
}

describe("the references of a program feed", () => {
  const trace = { path: "true works", recorder: "valgrind", exitCode: 0 };

  test("replay", async () => {
    const { status, stderr, answer } = await json(["replay"], "works");
    expect([status, stderr]).toEqual([0, "said by the program\n"]);
    expect(answer.trace).toMatchObject({ ...trace, references: 12, stores: 6, distinctPages: 4 });
  });

  test("compare: in one pass, with copies of the trace, and beside a file", async () => {
    const rows = async (...args: string[]) => {
      const { answer } = await json(["compare", "--policies", "fifo,lru", ...args], "works");
      return answer.results.map(({ frames, requests, misses }: Record<string, number>) => [
        frames,
        requests,
        misses,
      ]);
    };
    // Pages 1 2 3 1 2 4, each fetched and stored to.
    const due = [
      [3, 12, 4],
      [3, 12, 4],
    ];
    expect(await rows("--frames", "3")).toEqual(due);
    expect(await rows("--frames", "75%")).toEqual(due);
    expect(await rows("--frames", "3", "--jobs", "2")).toEqual(due);
    const file = join(folder, "file.lackey");
    writeFileSync(file, " L 01000,8\n");
    const { answer } = await json(["compare", "--policies", "lru", "--frames", "3", file], "works");
    expect(
      answer.results.map(({ trace, misses }: { trace: string; misses: number }) => [trace, misses]),
    ).toEqual([
      [file, 1],
      ["true works", 4],
    ]);
    expect(answer.trace).toMatchObject([{ path: file }, trace]);
  });

  test("mrc", async () => {
    const { answer } = await json(["mrc", "--policy", "lru,arc", "--points", "4"], "works");
    expect(answer.curves.map(({ policy }: { policy: string }) => policy)).toEqual(["lru", "arc"]);
    expect(answer.trace).toMatchObject(trace);
  });

  test("trace info", async () => {
    const { answer } = await json(["trace", "info"], "works");
    expect(answer).toMatchObject({ ...trace, references: 12, distinctPages: 4, skippedLines: 1 });
  });

  test("and leave nothing in the folder of temporary files", () => {
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });
});

test.each([
  ["fails", 3, undefined, "ended with status 3"],
  ["killed", 137, "SIGKILL", "was killed by SIGKILL"],
])("the end of a program that %s is said, and the results are printed", async (program, ...end) => {
  const [exitCode, exitSignal, said] = end;
  const { status, stderr, answer } = await json(["replay"], program);
  expect([status, answer.trace.references]).toEqual([0, 12]);
  expect([answer.trace.exitCode, answer.trace.exitSignal]).toEqual([exitCode, exitSignal]);
  expect(stderr).toBe(`said by the program\npagewalk: true ${program}: the program ${said}\n`);
});

test.each([["replay"], ["compare", "--frames", "75%", "--policies", "lru"]])(
  "Ctrl-C ends the program and prints what there is: %s",
  async (...args) => {
    const running = start([...args, ...WITH, "--", "true", "wait"], env);
    let said = "";
    running.process.stderr?.on("data", (text: string) => {
      said += text;
    });
    await until(() => said !== "");
    running.kill("SIGINT");
    const { status, stdout, stderr } = await running.ended;
    expect(status).toBe(130);
    expect(stdout).toMatch(/wait/);
    expect(stderr).toContain("pagewalk: true wait: the program was killed by SIGINT\n");
  },
);

test.each([
  [["heap", "--", "works"], "pagewalk trace record --heap -o FILE.log -- COMMAND"],
  [["trace", "convert", "--", "works"], "pagewalk trace record --to FORMAT -o FILE -- COMMAND"],
])("%s is refused, and the way to record the program is named", async (line, remedy) => {
  const { status, stdout, stderr } = await pagewalk(line, { env });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^pagewalk: .*: it reads files, and runs no program; [^\n]*\n$/);
  expect(stderr).toContain(remedy);
});

test("run takes a program or a file, and no regions for a program", async () => {
  const said = async (...line: string[]) => (await pagewalk(["run", ...line], { env })).stderr;
  expect(await said("log", "--", "works")).toBe(
    "pagewalk: run: a trace is given, and a program too; leave one of them out\n",
  );
  expect(await said("--maps", "maps", "--", "works")).toBe(
    "pagewalk: run: --maps has no meaning with a program to record; leave it out\n",
  );
});

test("without the recorder, one line says how to install it", async () => {
  const { status, stderr } = await pagewalk(["replay", "--", "works"], {
    env: { PATH: join(folder, "tmp") },
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^pagewalk: qemu is not installed, and valgrind is not installed; install it and a C compiler \(Debian, Ubuntu: apt install .*\)\n$/,
  );
});

test("without mkfifo, one line says so", async () => {
  const { status, stderr } = await pagewalk(["replay", ...WITH, "--", "valgrind"], {
    env: { ...env, PATH: join(folder, "bin") },
  });
  expect([status, stderr]).toEqual([
    2,
    "pagewalk: mkfifo is not installed; install it (coreutils or busybox)\n",
  ]);
});

test.each([
  [["replay", "--"], "replay: no program to record; name one after --"],
  [["replay", "a", "--", "b"], "replay: a trace is given, and a program too; leave one of them out"],
  [
    ["replay", "--with", "valgrind", "a"],
    "replay: --with has no meaning without a program to record; name a program after --, or leave it out",
  ],
  [
    ["compare", "--format", "lackey", "--", "b"],
    "compare: --format has no meaning with a program to record; leave it out",
  ],
  [
    ["compare", "--requests", "1 2", "--", "b"],
    "compare: --requests and a trace exclude each other; leave one of them out",
  ],
])("%j is refused", async (args, line) => {
  const { status, stderr } = await pagewalk(args, { env });
  expect([status, stderr]).toEqual([2, `pagewalk: ${line}\n`]);
});
