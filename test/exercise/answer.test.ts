/** Answers: what counts as the same, what is wrong, what cannot be an answer. */
import { describe, expect, test } from "vitest";
import { UsageError } from "#pagewalk/errors.js";
import { type AnswerForm, checkAnswer, type ExerciseQuestion } from "#pagewalk/exercise/answer.js";

function question(form: AnswerForm, answer: string, choices: readonly string[] = []): ExerciseQuestion {
  return { prompt: "", form, choices, answer, reason: "" };
}

const outcome = question("word", "minor fault", [
  "nothing",
  "minor fault",
  "copy",
  "SEGV_MAPERR",
  "SEGV_ACCERR",
]);
const request = question("word", "miss 1", ["hit", "miss", "miss 1", "miss 12"]);
const address = question("address", "0x1a3f", ["page fault"]);
const held = question("set", "1 3 4", ["none"]);
const free = question("list", "0:16 40:24", ["none"]);

describe.each<[string, ExerciseQuestion, right: string[], wrong: string[], impossible: string[]]>([
  [
    "words, in any spelling, or a beginning that fits one",
    outcome,
    ["minor fault", " Minor-Fault ", "MINOR", "m"],
    ["nothing", "c", "segv_m", "SEGV_ACCERR"],
    ["SEGV", "", "miner fault", "0", "minor fault copy"],
  ],
  [
    "a word that others begin with stands for itself",
    request,
    ["miss 1", "miss, 1", "miss-1"],
    ["hit", "h", "miss", "miss 12"],
    ["m", "mis", "miss 2"],
  ],
  [
    "an address in hexadecimal",
    address,
    ["0x1a3f", "0X1A3F", "0x00001a3f"],
    ["0x1a3e", "0x1a3f0", "page fault", "page"],
    ["6719", "1a3f", "0x", "-0x1a3f0z"],
  ],
  ["a set in any order", held, ["1 3 4", "4,3,1", "0x1 3 4 4"], ["1 3", "1 3 4 5", "none"], ["1 x", "nine"]],
  [
    "a list in its order",
    free,
    ["0:16 40:24", "0:16,  40:24"],
    ["40:24 0:16", "0:16", "none"],
    ["16", "0:16 x"],
  ],
])("%s", (_, asked, right, wrong, impossible) => {
  test.each(right)("%j is right", (given) => expect(checkAnswer(asked, given)).toBe(true));
  test.each(wrong)("%j is wrong", (given) => expect(checkAnswer(asked, given)).toBe(false));
  test.each(impossible)("%j is refused", (given) => {
    expect(() => checkAnswer(asked, given)).toThrow(UsageError);
  });
});

test("the error says what an answer is", () => {
  expect(() => checkAnswer(address, "1a3f")).toThrow(
    '"1a3f" cannot be an answer; give an address such as 0x1a3f, or page fault',
  );
});
