/** The scripts for clusters in docs/sweeps.md, each run for every index of its array; `merge` prints the whole. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandFolder, ROOT, run } from "../process/lessons.js";
import { pagewalk } from "./command.js";
import { withoutTimes } from "./times.js";

const page = readFileSync(new URL("../../docs/sweeps.md", import.meta.url), "utf8");
const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(page)?.[1] ?? "";
/** The script in `["sh", "-c", "…"]`. */
const scriptIn = (text: string) => /"sh", "-c", "(.*)"\]/.exec(text)?.[1] ?? "";

const ARRAYS = {
  Slurm: {
    script: block("bash"),
    variables: (n: number) => ({
      SLURM_SUBMIT_DIR: ".",
      SLURM_ARRAY_TASK_ID: `${n}`,
      SLURM_ARRAY_TASK_COUNT: "4",
      SLURM_CPUS_PER_TASK: "1",
    }),
  },
  Kubernetes: {
    script: scriptIn(block("yaml")),
    variables: (n: number) => ({ JOB_COMPLETION_INDEX: `${n - 1}` }),
  },
  "AWS Batch": {
    script: scriptIn(block("json")),
    variables: (n: number) => ({ AWS_BATCH_JOB_ARRAY_INDEX: `${n - 1}` }),
  },
};

const GRID = ["--policies", "lru,opt,arc"];
let folder: string;
let bin: string;
/** The output of one computer. */
let whole: string;
beforeAll(async () => {
  bin = commandFolder();
  folder = mkdtempSync(join(tmpdir(), "pagewalk-sweep-"));
  mkdirSync(join(folder, "traces"));
  const names = ["one.lirs", "two.lirs"].map((name) => join("traces", name));
  for (const name of names) copyFileSync(join(ROOT, "test/fuzz/seeds/small.lirs"), join(folder, name));
  whole = (await pagewalk(["compare", ...names, ...GRID, "--json"], { cwd: folder })).stdout;
});
afterAll(() => {
  for (const path of [bin, folder]) rmSync(path, { recursive: true, force: true });
});

test.each(Object.entries(ARRAYS))("the example for %s divides the comparison", async (_, array) => {
  expect(array.script).toContain("--shard");
  // Here few policies are enough, and the volume is the folder.
  const script = array.script.replaceAll("/data/", "").replace("--policies all", GRID.join(" "));
  for (let n = 1; n <= 4; n++) {
    const set = Object.entries(array.variables(n)).map(([name, value]) => `export ${name}=${value}`);
    const { status, stderr } = await run([...set, script].join("\n"), bin, folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }
  const merged = await run("pagewalk merge shard-*.json --json", bin, folder);
  expect(withoutTimes(merged.stdout)).toBe(withoutTimes(whole));
  for (const name of readdirSync(folder)) if (name !== "traces") rmSync(join(folder, name));
});
