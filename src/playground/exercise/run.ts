/** The sheet that the form asks for. Its first problem is solved on the page. */
import { batch, computed, effect, signal } from "@preact/signals";
import type { Exercise, ExerciseKind } from "pagewalk";
import { ValueError } from "../../errors.js";
import { sheetOptions } from "../../options/exercise.js";
import type { Answer, Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import { Latest } from "../latest.js";
import { type Job, job } from "./form.js";

export const sheet = signal<readonly Exercise[]>([]);
export const problem = signal<Problem | undefined>(undefined);

export const exercise = computed(() => sheet.value[0]);

const sheets = new Latest<readonly Exercise[]>((answer) => {
  batch(() => {
    problem.value = "problem" in answer ? answer.problem : undefined;
    sheet.value = "value" in answer ? answer.value : [];
  });
});

/** Makes what the form says while the view is shown. */
export function follow(): () => void {
  return effect(() => {
    const wanted = job.value;
    sheets.ask(() => sheetOf(wanted));
  });
}

async function sheetOf({ kind, options }: Job): Promise<Answer<readonly Exercise[]>> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(options)) {
    try {
      values[name] = sheetOptions[name as keyof typeof options].shape.parse(text);
    } catch (error) {
      if (error instanceof ValueError) return { problem: { text: error.message, option: name } };
      throw error;
    }
  }
  return engine.exercises({ kind: kind as ExerciseKind, ...values });
}
