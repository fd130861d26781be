/** The race that is shown: every step of each policy. */
import { batch, computed, effect, signal } from "@preact/signals";
import type { SteppedRow } from "pagewalk";
import { formatCounted } from "../../report/numbers.js";
import type { Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import { Latest } from "../latest.js";
import { at, job } from "./form.js";

export const rows = signal<readonly SteppedRow[]>([]);
export const problem = signal<Problem | undefined>(undefined);

export const total = computed(() => rows.value[0]?.requests ?? 0);

const races = new Latest<readonly SteppedRow[]>((answer) => {
  batch(() => {
    problem.value = "problem" in answer ? answer.problem : undefined;
    rows.value = "problem" in answer ? [] : answer.value;
    at.value = Math.min(at.value, total.value);
  });
});

/** Runs what the form says while the view is shown. */
export function follow(): () => void {
  return effect(() => {
    const wanted = job.value;
    races.ask(() => engine.race(wanted));
  });
}

/** The policy; with its frames, if there are several numbers of them. */
export function nameOf({ policy, frames }: SteppedRow): string {
  const isSame = rows.value.every((row) => row.frames === frames);
  return isSame ? policy : `${policy}, ${formatCounted(frames, "frame")}`;
}

/** True if one policy hits at this request and another misses. */
export function parts(request: number): boolean {
  return new Set(rows.value.map(({ steps }) => steps[request]?.hit)).size > 1;
}

/** True if a policy misses at this request. */
export function isMissed(request: number): boolean {
  return rows.value.some(({ steps }) => steps[request]?.hit === false);
}

/** Goes behind the next request of which `isWanted` holds, or to the end. */
export function runTo(isWanted: (request: number) => boolean): void {
  let next = at.peek();
  while (next < total.peek() && !isWanted(next)) next++;
  at.value = Math.min(next + 1, total.peek());
}
