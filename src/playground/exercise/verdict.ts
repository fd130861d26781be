/** The check of an answer while it is typed. */
import type { ExerciseQuestion } from "pagewalk";
import { ValueError } from "../../errors.js";
import { checkAnswer } from "../../exercise/answer.js";

export interface Verdict {
  readonly kind: "right" | "wrong" | "impossible";
  readonly text: string;
}

const RIGHT: Verdict = { kind: "right", text: "right" };
const WRONG: Verdict = { kind: "wrong", text: "wrong" };

/** Undefined: there is no answer yet. */
export function verdictOf(question: ExerciseQuestion, given: string): Verdict | undefined {
  if (given.trim() === "") return undefined;
  try {
    return checkAnswer(question, given) ? RIGHT : WRONG;
  } catch (error) {
    if (error instanceof ValueError) return { kind: "impossible", text: error.message };
    throw error;
  }
}
