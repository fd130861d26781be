/** Exercises: what they ask can be solved from their text, and has one right answer. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkAnswer } from "#pagewalk/exercise/answer.js";
import type { Exercise } from "#pagewalk/exercise/exercise.js";
import { type ExerciseOptions, exercises } from "#pagewalk/exercise/exercises.js";
import { EXERCISE_ALLOCATORS, EXERCISE_KINDS, EXERCISE_POLICIES } from "#pagewalk/options/exercise.js";
import { sheetText } from "#pagewalk/report/exercise.js";
import { PLAIN } from "#pagewalk/report/style.js";
import { ARCHITECTURE_NAMES } from "../../assembly/abi/names.js";
import { caseCount } from "../build.js";
import { STUDENTS } from "./students.js";

/** Every option of difficulty at its usual value and at others. */
const VARIANTS: readonly ExerciseOptions[] = [
  ...EXERCISE_KINDS.map((kind) => ({ kind })),
  ...ARCHITECTURE_NAMES.map((arch) => ({ kind: "translate" as const, arch })),
  ...[14, 18, 22].map((bits) => ({ kind: "translate" as const, bits })),
  ...EXERCISE_POLICIES.map((policy) => ({ kind: "replace" as const, policy, length: 20 })),
  ...[1, 2, 8].map((frames) => ({ kind: "replace" as const, frames, length: 30 })),
  ...EXERCISE_ALLOCATORS.map((allocator) => ({ kind: "allocate" as const, allocator, length: 30 })),
  ...[
    [1, 1],
    [4, 4],
    [16, 1],
    [64, 64],
  ].map(([entries = 0, ways = 0]) => ({ kind: "tlb" as const, entries, ways, length: 30 })),
  { kind: "fault" as const, length: 30 },
];

/** Every question has one right answer among those that can be given, and a reason. */
function mustBeWellFormed({ seed, parts, questions }: Exercise): void {
  expect(parts.length, `${seed}`).toBeGreaterThan(1);
  expect(questions.length, `${seed}`).toBeGreaterThan(2);
  expect(new Set(questions.map(({ prompt }) => prompt)).size, `${seed}`).toBe(questions.length);
  for (const question of questions) {
    const { answer, choices, form, reason } = question;
    expect(reason).toMatch(/^\S.*\S$/);
    expect(checkAnswer(question, answer)).toBe(true);
    if (form === "word") expect(choices).toContain(answer);
    for (const choice of choices) expect(checkAnswer(question, choice)).toBe(choice === answer);
  }
}

test.each(VARIANTS.map((options) => ({ name: JSON.stringify(options), options })))(
  "each question has one answer, which a naive student finds who reads only the text: $name",
  async ({ options }) => {
    const isUsual = Object.keys(options).length === 1;
    for (const exercise of await exercises({ ...options, count: caseCount(isUsual ? 120 : 6) })) {
      mustBeWellFormed(exercise);
      const { kind, questions, seed } = exercise;
      const solved = STUDENTS[kind](exercise);
      const wrong = questions.flatMap((question, n) =>
        checkAnswer(question, solved[n] ?? "") ? [] : [{ ...question, solved: solved[n] }],
      );
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
      expect(solved).toHaveLength(questions.length);
    }
  },
);

test.each([
  ["translate", ["page fault", "protection fault", "segmentation fault"]],
  ["tlb", ["hit", "miss"]],
  ["allocate", ["0", "NULL"]],
  ["fault", ["nothing", "minor fault", "copy", "SEGV_MAPERR", "SEGV_ACCERR"]],
] as const)("%s asks for %j", async (kind, wanted) => {
  const sheet = await exercises({ kind, count: 12 });
  const answers = new Set(sheet.flatMap(({ questions }) => questions.map(({ answer }) => answer)));
  expect([...answers]).toEqual(expect.arrayContaining([...wanted]));
});

test("the sheet of seed 1 is the same on every machine", async () => {
  const text = await sheetText(await exercises({ seed: 1 }), true, { style: PLAIN, wrap: (line) => line });
  expect(text).toBe(readFileSync(new URL("sheet.txt", import.meta.url), "utf8"));
});

test("the n-th exercise of a sheet is the one of its seed", async () => {
  const sheet = await exercises({ kind: "fault", seed: 4, count: 3 });
  expect(sheet.map(({ seed }) => seed)).toEqual([4, 5, 6]);
  expect(await exercises({ kind: "fault", seed: 6 })).toEqual(sheet.slice(2));
});

describe("options that cannot be", () => {
  test.each<[ExerciseOptions, string]>([
    [
      { kind: "tlb", frames: 3 },
      "frames: has no meaning for the exercise tlb; leave it out, or ask for replace",
    ],
    [
      { bits: 16, arch: "sv39" },
      "bits: a linear table of 16 bits is not one of sv39; leave out bits or arch",
    ],
    [
      { kind: "tlb", entries: 12, ways: 2 },
      "entries: 12 entries of 2 ways are 6 sets, not a power of two of sets; give 16",
    ],
    [{ kind: "tlb", entries: 2, ways: 3 }, "entries: 2 entries do not fill sets of 3 ways; give 3"],
    [{ kind: "replace", frames: 0 }, "exercise: frames cannot be 0; it is at least 1"],
    [
      { kind: "tbl" as "tlb" },
      "exercise: kind cannot be tbl; did you mean tlb? There are translate, replace, tlb, allocate, fault",
    ],
  ])("%j", async (options, message) => {
    await expect(exercises(options)).rejects.toThrow(expect.objectContaining({ message }));
  });
});
