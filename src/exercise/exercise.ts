/** An exercise: a small problem drawn from a seed, and questions with the answers of the simulation. */
import * as v from "valibot";
import { difficultyOptions, type EXERCISE_KINDS } from "../options/exercise.js";
import { entriesOf } from "../options/row.js";
import type { ExerciseQuestion } from "./answer.js";
import type { Draw } from "./draw.js";

/** `translate`, `replace`, `tlb`, `allocate` or `fault`. */
export type ExerciseKind = (typeof EXERCISE_KINDS)[number];

/** A part of the text: a paragraph, lines of a program, or a table. */
export type ExercisePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly lines: readonly string[] }
  | {
      readonly type: "table";
      readonly title: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** A problem as text, code and tables, and its questions. */
export interface Exercise {
  readonly kind: ExerciseKind;
  /** The seed that gives it again, with the same options. */
  readonly seed: number;
  readonly parts: readonly ExercisePart[];
  readonly questions: readonly ExerciseQuestion[];
}

const difficultySchema = v.strictObject(entriesOf(difficultyOptions));
/** The checked options of difficulty. */
export type Difficulty = v.InferOutput<typeof difficultySchema>;

/** Makes the exercises of one kind. */
export interface Generator {
  readonly kind: ExerciseKind;
  /** The options of difficulty that it uses. */
  readonly options: readonly (keyof Difficulty)[];
  /** Makes one. Throws `UsageError` for options that exclude each other. */
  make(draw: Draw, difficulty: Difficulty): Promise<Pick<Exercise, "parts" | "questions">>;
}

export const paragraph = (text: string): ExercisePart => ({ type: "text", text });

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
