/** `exercise` as a command. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exercises } from "#pagewalk/index.js";
import { pagewalk } from "./command.js";

const TLB = ["exercise", "tlb", "--length", "4", "--seed", "3"];
const [exercise] = await exercises({ kind: "tlb", length: 4, seed: 3 });
const questions = exercise?.questions ?? [];
const right = questions.map(({ answer }) => answer);
/** The first answer is the other word. */
const wrong = [right[0] === "hit" ? "miss" : "hit", ...right.slice(1)];

describe("a sheet", () => {
  test("has blanks for answers, and each answer with its reason by --answers", async () => {
    const [hidden, shown] = await Promise.all([pagewalk(TLB), pagewalk([...TLB, "--answers"])]);
    expect(hidden).toMatchObject({ status: 0, stderr: "" });
    expect(hidden.stdout.match(/^\d+\. .* {2}\?$/gm)).toHaveLength(questions.length);
    for (const { prompt, answer, reason } of questions) {
      expect(hidden.stdout).toContain(prompt);
      expect(hidden.stdout).not.toContain(reason);
      expect(shown.stdout).toMatch(new RegExp(`\\. ${prompt} +${answer}\n +${reason}\n`));
    }
  });

  test("of --count exercises has the seeds one after the other, of all kinds without a kind", async () => {
    const { stdout } = await pagewalk(["exercise", "--seed", "7", "--count", "2"]);
    const titles = ["translate", "replace", "tlb", "allocate", "fault"].flatMap((kind) =>
      [7, 8].map((seed) => `${kind}, seed ${seed}`),
    );
    expect(stdout.match(/^\w+, seed \d+$/gm)).toEqual(titles);
  });

  test("as JSON is what the library gives", async () => {
    const { status, stdout } = await pagewalk([...TLB, "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ exercises: [exercise] });
  });

  test("as a page has all problems before all answers, and fetches nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-exercise-"));
    try {
      const file = join(folder, "sheet.html");
      expect(await pagewalk(["exercise", "--report", file])).toMatchObject({ status: 0, stderr: "" });
      const page = readFileSync(file, "utf8");
      const [problems = "", answers = ""] = page.split('<div class="answers">');
      expect(problems.match(/<section>/g)).toHaveLength(5);
      expect(problems).not.toContain('class="reason"');
      expect(answers.match(/<section>/g)).toHaveLength(5);
      for (const { prompt } of questions) expect(prompt).not.toContain("<");
      expect(page).not.toMatch(/<script|src=|href=/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("docs/exercises.md shows what the command prints", async () => {
  const text = readFileSync(new URL("../../docs/exercises.md", import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```\n\$ ([^\n]*)\n(.*?)^```$/gms)];
  expect(blocks.length).toBeGreaterThan(4);
  for (const [, command = "", shown = ""] of blocks) {
    const [, input, words = ""] = /^(?:printf '(.*)' \| )?pagewalk (.*)$/.exec(command) ?? [];
    const { stdout } = await pagewalk(words.split(" "), { input: input?.replaceAll("\\n", "\n") ?? "" });
    expect(stdout.replaceAll(/ +$/gm, "")).toBe(shown);
  }
});

describe("--check", () => {
  const check = (lines: readonly string[], ...more: string[]) =>
    pagewalk([...TLB, "--check", ...more], { input: lines.map((line) => `${line}\n`).join("") });

  test("finds all answers right, with status 0", async () => {
    const { status, stdout } = await check(right);
    expect(status).toBe(0);
    expect(stdout).toContain(`\n${right.length} of ${right.length} answers are right\n`);
    expect(stdout).not.toContain("wrong");
  });

  test("explains a wrong one, with status 1", async () => {
    const { status, stdout, stderr } = await check(wrong);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toContain(`: ${wrong[0]}, wrong: ${right[0]}\n   ${questions[0]?.reason}\n`);
    expect(stdout.match(/, right$/gm)).toHaveLength(right.length - 1);
  });

  test("counts a blank line and a missing one as wrong", async () => {
    const { status, stdout } = await check([right[0] ?? "", "", right[2] ?? ""]);
    expect(status).toBe(1);
    expect(stdout.match(/: no answer, wrong: /g)).toHaveLength(right.length - 2);
  });

  test("gives the verdicts as JSON", async () => {
    const { status, stdout } = await check(wrong, "--json");
    expect(status).toBe(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ right: right.length - 1, wrong: 1 });
    expect(result.exercises[0].questions[0]).toEqual({ ...questions[0], given: wrong[0], right: false });
  });

  test.each<[string, string[], RegExp]>([
    [
      "a line that cannot be an answer",
      ["hit", "perhaps"],
      /^pagewalk: <stdin>:2: "perhaps" cannot be an answer; give hit or miss\n$/,
    ],
    [
      "more answers than questions",
      [...right, "", "hit"],
      new RegExp(
        `^pagewalk: <stdin>:${right.length + 2}: there are more answers than the ${right.length} questions; give one answer per line\n$`,
      ),
    ],
  ])("refuses %s", async (_, lines, message) => {
    const { status, stderr } = await check(lines);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

test.each([
  [
    "tbl",
    `pagewalk: exercise: there is no exercise "tbl"; did you mean tlb? There are translate, replace, tlb, allocate, fault\n`,
  ],
  [
    "tlb --frames 3",
    "pagewalk: --frames: has no meaning for the exercise tlb; leave it out, or ask for replace\n",
  ],
  [
    "tlb --answers --check",
    "pagewalk: exercise: --answers and --check exclude each other; leave one of them out\n",
  ],
  [
    "--policy lur",
    "pagewalk: exercise: --policy cannot be lur; did you mean lru? There are fifo, lru, mru, lfu, clock, clock:referenced=1, opt\n",
  ],
  [
    "--json --report -",
    "pagewalk: exercise: --json and --report - both want standard output; give --report a file\n",
  ],
])("exercise %s is refused in one line", async (line, message) => {
  expect(await pagewalk(["exercise", ...line.split(" ")])).toEqual({
    status: 2,
    stdout: "",
    stderr: message,
  });
});
