/** An exercise: a small problem drawn from a seed, and questions with the answers of the simulation. */
import * as v from "valibot";
import { difficultyOptions, type EXERCISE_KINDS } from "../options/exercise.js";
import type { ArchitectureName } from "../options/names.js";
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

/**
 * The problem as input of the simulation that solved it: requests of `compareSteps`, accesses of a `Machine` whose policy
 * is lru, or a call log.
 */
export type ExerciseInput = {
  /** For each question: the requests, accesses or lines of the log that are done when its answer is known. */
  readonly steps: readonly number[];
} & (
  | {
      readonly type: "requests";
      readonly requests: string;
      readonly policy: string;
      readonly frames: number;
    }
  | {
      readonly type: "accesses";
      readonly arch: ArchitectureName;
      readonly tlb: string;
      /** One each: `load 0x39864`. */
      readonly accesses: readonly string[];
      /** The pages that the machine has; undefined: each is mapped when it is accessed first. */
      readonly mapped?: readonly MappedPage[];
      /** Bytes of physical memory; undefined: as much as is needed. */
      readonly memoryBytes?: number;
    }
  | {
      readonly type: "calls";
      /** A call each. */
      readonly log: readonly string[];
      /** The allocator with its parameters, where it matters. */
      readonly allocator?: string;
    }
);

/** A page of the smallest size, as `Machine.map` maps it. */
export interface MappedPage {
  /** `0xc05000` */
  readonly address: string;
  /** Stores are allowed. */
  readonly write: boolean;
  /** Programs may access it, not the kernel alone. */
  readonly user: boolean;
}

/** A problem as text, code and tables, and its questions. */
export interface Exercise {
  /** The kind, which names the options of difficulty that it has. */
  readonly kind: ExerciseKind;
  /** The seed that gives it again, with the same options. */
  readonly seed: number;
  /** The problem's text, in order. */
  readonly parts: readonly ExercisePart[];
  /** The questions on it, in the order in which they are solved. */
  readonly questions: readonly ExerciseQuestion[];
  /** The problem for the simulation. */
  readonly input: ExerciseInput;
}

const difficultySchema = v.strictObject(entriesOf(difficultyOptions));
/** The checked options of difficulty. */
export type Difficulty = v.InferOutput<typeof difficultySchema>;

/** Makes an exercise of one kind. Throws `UsageError` for options that exclude each other. */
export type Generator = (draw: Draw, difficulty: Difficulty) => Promise<Omit<Exercise, "kind" | "seed">>;

/** `tlb, seed 2` */
export function titleOf({ kind, seed }: Exercise): string {
  return `${kind}, seed ${seed}`;
}

export const paragraph = (text: string): ExercisePart => ({ type: "text", text });

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
