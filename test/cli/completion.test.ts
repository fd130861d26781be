import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { pagewalk } from "./command.js";

/** The words offered for the last of `words`, and Cobra's directive: 4 for no files, 0 for files. */
async function offered(...words: string[]): Promise<[words: string[], directive: string | undefined]> {
  const { status, stdout } = await pagewalk(["complete", "--", ...words]);
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  return [lines.slice(0, -1).map((line) => line.split("\t")[0] ?? ""), lines.at(-1)];
}

describe("completion", () => {
  test.each<[string[], string[]]>([
    [["comp"], ["compare", "completion"]],
    [
      ["trace", ""],
      ["info", "convert", "generate", "record"],
    ],
    [
      ["trace", "generate", "s"],
      ["sequential", "stride"],
    ],
    [
      ["compare", "x", "--pol"],
      ["--policy", "--policies"],
    ],
    [
      ["compare", "x", "--only", ""],
      ["all", "data", "instructions"],
    ],
    [["compare", "x", "--policies", "lru,ar"], ["lru,arc"]],
    [["run", "x", "--show", "maps,sw"], ["maps,swapped"]],
    [["heap", "x", "--allocator", "tc"], ["tcmalloc"]],
    [["replay", "x", "--format", "la"], ["lackey"]],
    [
      ["trace", "record", "-"],
      [
        "-o",
        "--output",
        "--with",
        "--cpu",
        "--sysroot",
        "--from",
        "--until",
        "--marked",
        "--sample",
        "--limit",
        "--calls",
        "--heap",
        "--follow",
        "--to",
        "--json",
        "--quiet",
        "--debug",
      ],
    ],
  ])("of %j is %j", async (words, expected) => {
    expect(await offered(...words)).toEqual([expected, ":4"]);
  });

  test("leaves the completion of file names to the shell", async () => {
    expect(await offered("replay", "")).toEqual([[], ":0"]);
    expect(await offered("compare", "x", "--csv", "")).toEqual([[], ":0"]);
  });

  test("registers a bash function that calls the command", async () => {
    const { stdout } = await pagewalk(["completion", "bash"]);
    const asked = execFileSync("bash", ["-c", `${stdout}\ncomplete -p pagewalk`], { encoding: "utf8" });
    expect(asked).toBe("complete -o default -F __pagewalk_complete pagewalk\n");
    expect(stdout).toContain("pagewalk complete -- ");
  });

  test.each(["zsh", "fish", "powershell"])("has a script for %s", async (shell) => {
    const { status, stdout } = await pagewalk(["completion", shell]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/pagewalk complete .*--/);
  });

  test("of an unknown shell is refused", async () => {
    const { status, stderr } = await pagewalk(["completion", "bsh"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^pagewalk: completion: there is no completion for "bsh"; did you mean bash\?/);
  });
});
