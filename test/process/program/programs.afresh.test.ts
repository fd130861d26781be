import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mapsText, runLog } from "#pagewalk/index.js";
import { pathsBelow, programsBelow } from "#pagewalk/process/program/files.node.js";
import {
  alignsHugeFiles,
  compileAll,
  lineOfMaps,
  missing,
  type Recording,
  record,
  regionsOf,
} from "./strace.js";

const lacks = missing("gcc");
const title = `real programs under strace${lacks.length > 0 ? `: no ${lacks.join(" and no ")} here` : ""}`;

describe.runIf(lacks.length === 0)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  const at = (name: string) => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /**
   * Runs the recording: each recorded result must be the model's, and the regions those that the program saw. A log
   * does not show the address of a randomised stack.
   */
  async function verified(recording: Recording, showsMaps = true): Promise<void> {
    const isTold = (region: string) => !recording.isRandom || !region.endsWith("[stack]");
    const line = showsMaps ? lineOfMaps(recording) : 0;
    let maps = "";
    const result = await runLog(recording.log, {
      verify: true,
      name: "log",
      readProgram: programsBelow("/"),
      realPath: pathsBelow("/"),
      onLine: (now, process) => {
        if (now === line) maps = mapsText(process.regions());
      },
    });
    expect(result.stopped).toBeUndefined();
    expect(result.warnings).toEqual([]);
    expect(result.firstMismatch).toBeUndefined();
    expect(result.checked).toBeGreaterThan(5);
    if (showsMaps) {
      expect(regionsOf(recording.output).length).toBeGreaterThan(8);
      expect(regionsOf(maps).filter(isTold)).toEqual(regionsOf(recording.output).filter(isTold));
    }
    expect(result.system.isValid()).toBe(true);
  }

  test.each([
    ["cat", ["cat", "/proc/self/maps"]],
    ["a shell's pipeline", ["sh", "-c", "ls /etc | sort | head -n 3; cat /proc/self/maps"]],
    ["a shell's child in the background", ["sh", "-c", "(cat /proc/self/maps) & wait"]],
    ["a script", ["perl", "-e", 'open F, "/proc/self/maps"; print <F>']],
  ])("%s answers as recorded, at the recorded addresses", async (_, command) => {
    await verified(record(at("log"), command));
  });

  test("ls, with its libraries, answers as recorded", async () => {
    await verified(record(at("log"), ["ls", "-l", "/etc"]), false);
  });

  describe("a program compiled here", () => {
    beforeAll(() => compileAll(folder), 60_000);

    test.each([
      ["a program that loads libraries", "library"],
      ["threads that allocate at once", "threads"],
      ["children by posix_spawn, vfork and fork", "children"],
      ["a movable program", "data"],
      ["a static program", "static"],
      ["a static and movable program, whose break lies elsewhere", "static-pie"],
      ["a program at fixed addresses", "fixed"],
      ["a program with an executable stack", "executable-stack"],
      ["a program without read-only relocations", "no-relro"],
      ["a program aligned to huge pages", "aligned"],
    ])("%s answers as recorded, at the recorded addresses", async (_, program) => {
      await verified(record(at("log"), [at(program)]));
    });

    test.each([
      ["a movable program", "data"],
      ["a static program", "static"],
      ["a static and movable program", "static-pie"],
      ["a program at fixed addresses", "fixed"],
      ["a program aligned to huge pages", "aligned"],
      ["children by posix_spawn, vfork and fork", "children"],
    ])("%s has the recorded addresses, with randomisation", async (_, program) => {
      await verified(record(at("log"), [at(program)], true));
    });

    test.each([
      ["a movable program", "data"],
      ["a static and movable program", "static-pie"],
      ["a program at fixed addresses", "fixed"],
    ])("%s answers as recorded in the legacy layout, with and without randomisation", async (_, program) => {
      for (const isRandom of [false, true])
        await verified(record(at("log"), ["setarch", "-L", at(program)], isRandom), false);
    });

    test.each([
      ["a movable program", "data"],
      ["a static program", "static"],
      ["a static and movable program", "static-pie"],
      ["a program at fixed addresses", "fixed"],
      ["a program that loads libraries", "library"],
    ])("%s answers as recorded if it is not available, and without its execve", async (_, program) => {
      for (const trace of ["memory,process,desc", "memory"]) {
        const { log } = record(at("log"), [at(program)], true, ["-e", `trace=${trace}`]);
        const { firstMismatch, checked, warnings } = await runLog(log, { verify: true, name: "log" });
        expect(firstMismatch).toBeUndefined();
        expect(checked).toBeGreaterThan(5);
        expect(warnings[0]).toMatch(/a typical program is used/);
      }
    });

    // A program of one thread, because strace does not show which calls overlap under some of these options.
    test.each([
      "-Y -yy -T -ttt -n -z -v -k",
      "-r -tt -s 0 -C -e read=all -e write=all",
      "-X raw -e status=successful,failed",
      "-X verbose -e abbrev=none --seccomp-bpf -i",
      "-e verbose=none",
    ])("strace %s gives the same results", async (options) => {
      await verified(record(at("log"), [at("library")], false, options.split(" ")), false);
    });

    test("strace -e verbose=none does not show the flags of clone3, and the run stops there", async () => {
      const { log } = record(at("log"), [at("threads")], false, ["-e", "verbose=none"]);
      const { stopped } = await runLog(log, { readProgram: programsBelow("/") });
      expect(stopped?.problem).toBe("the log does not show what argument 1 of clone3 points to");
    });

    test("a program without read-only relocations lies below its heap", async () => {
      await verified(record(at("log"), [at("no-relro")], true), false);
    });

    test("unsynchronised threads answer as recorded, in some order", async () => {
      // Which regions have merged depends on the order, and more than one may explain the answers.
      await verified(record(at("log"), [at("race")]), false);
    });

    test.runIf(alignsHugeFiles(folder))(
      "files that hold huge pages lie where the kernel puts them",
      async () => {
        await verified(record(at("log"), [at("placement"), at("large")]));
      },
    );
  });

  test.runIf(alignsHugeFiles("/usr"))("Node, with its threads, answers as recorded", async () => {
    await verified(record(at("log"), [process.execPath, "-e", "0"]), false);
  });
});
