/**
 * Sheets of exercises. The problem is drawn from the seed; the answers are those of the simulation.
 *
 *   seed ──> draw ──> generator of the kind ──┬─> text
 *                                             └─> Machine, compareSteps, a process ──> answers, reasons
 */
import * as v from "valibot";
import { OptionError } from "../errors.js";
import { DIFFICULTY, difficultyOptions, EXERCISE_KINDS, sheetOptions } from "../options/exercise.js";
import { entriesOf, type OptionsOf } from "../options/row.js";
import { validate } from "../options/validate.js";
import { allocate } from "./allocate.js";
import { Draw } from "./draw.js";
import type { Difficulty, Exercise, ExerciseKind, Generator } from "./exercise.js";
import { fault } from "./fault.js";
import { replace } from "./replace.js";
import { tlb } from "./tlb.js";
import { translate } from "./translate.js";

const GENERATORS: Readonly<Record<ExerciseKind, Generator>> = { translate, replace, tlb, allocate, fault };

const schema = v.strictObject({
  /** Default: each kind in turn. */
  kind: v.optional(v.picklist(EXERCISE_KINDS)),
  ...entriesOf(sheetOptions),
});

/** A sheet: the kind of its exercises, the first seed, their number, and how hard they are. */
export interface ExerciseOptions extends OptionsOf<typeof sheetOptions> {
  /** The kind of exercise; default: each kind in turn. */
  kind?: ExerciseKind;
}

/**
 * `count` exercises of `kind`, or of each kind, with the seeds from `seed` on. The same options give the same exercises
 * on every machine. Throws `UsageError`.
 */
export async function exercises(options: ExerciseOptions = {}): Promise<Exercise[]> {
  const { kind, seed, count, ...difficulty } = validate("exercise", schema, options);
  const kinds = kind === undefined ? EXERCISE_KINDS : [kind];
  refuseOthers(options, kinds);
  const made: Exercise[] = [];
  for (const one of kinds) {
    for (let n = 0; n < count; n++) {
      const content = await GENERATORS[one](new Draw(seed + n), difficulty);
      made.push({ kind: one, seed: seed + n, ...content });
    }
  }
  return made;
}

/** Refuses options of difficulty that none of the kinds uses. */
function refuseOthers(options: ExerciseOptions, kinds: readonly ExerciseKind[]): void {
  const used = kinds.flatMap((kind) => DIFFICULTY[kind]);
  const given = Object.keys(difficultyOptions) as (keyof Difficulty)[];
  const foreign = given.find((name) => options[name] !== undefined && !used.includes(name));
  if (foreign === undefined) return;
  const owners = EXERCISE_KINDS.filter((kind) => DIFFICULTY[kind].includes(foreign));
  const problem = `has no meaning for the exercise ${kinds.join(", ")}`;
  throw OptionError.at(foreign, problem, `leave it out, or ask for ${owners.join(" or ")}`);
}
