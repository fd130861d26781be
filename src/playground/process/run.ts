/** The run of the log, and the state that is shown: that after as many calls as the form says. */
import { batch, computed, effect, signal } from "@preact/signals";
import type { Answer, Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import { FAULT, MISMATCH, SIGNAL } from "../engine/outline.js";
import type { ProcessJob, ProcessRun, StateAfter } from "../engine/process.js";
import { Latest } from "../latest.js";
import { at, isOpening, job, opening, pid } from "./form.js";

/** A run, with what it is of. */
export interface Done extends ProcessRun {
  readonly job: ProcessJob;
}

/** A state, with its run and its place in that. */
export interface Shown extends StateAfter {
  readonly of: Done;
  readonly at: number;
}

export const run = signal<Done | undefined>(undefined);
export const state = signal<Shown | undefined>(undefined);
export const problem = signal<Problem | undefined>(undefined);

/** The line of the cursor, which the place follows after an edit. */
export const cursor = signal<number | undefined>(undefined);

/** Milliseconds without an edit after which the log runs. */
const PAUSE = 250;

const runs = new Latest<Done>((answer) => {
  batch(() => {
    problem.value = undefined;
    if (!taken(answer)) return;
    const done = answer.value;
    run.value = done;
    opening.value = done.aliveAt;
    if (isOpening.value) at.value = done.aliveAt;
    else if (cursor.value !== undefined) at.value = callsUpTo(cursor.value, done);
    isOpening.value = false;
    cursor.value = undefined;
    goTo(at.value);
  });
});

/** Undefined: another state was asked for. */
const states = new Latest<Shown | undefined>((answer) => {
  if (taken(answer) && answer.value !== undefined) state.value = answer.value;
});

function taken<Value>(answer: Answer<Value>): answer is { value: Value } {
  if ("problem" in answer) problem.value = answer.problem;
  return "value" in answer;
}

/** The job that was asked for last. */
let wanted: ProcessJob | undefined;

/** Runs what the form says while the view is shown, and shows its state. */
export function follow(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const endRuns = effect(() => {
    const current = job.value;
    if (current === wanted) return;
    clearTimeout(timer);
    timer = setTimeout(() => start(current), wanted === undefined ? 0 : PAUSE);
  });
  const endStates = effect(() => {
    const [done, place, number] = [run.value, at.value, pid.value];
    if (done !== undefined) states.ask(() => stateAt(done, place, number));
  });
  return () => {
    clearTimeout(timer);
    endRuns();
    endStates();
  };
}

function start(current: ProcessJob): void {
  wanted = current;
  // A run that is under way stops.
  const running = runOf(current);
  runs.ask(() => running);
}

async function runOf(current: ProcessJob): Promise<Answer<Done>> {
  const answer = await engine.runProcess(current);
  return "value" in answer ? { value: { ...answer.value, job: current } } : answer;
}

async function stateAt(
  of: Done,
  place: number,
  number: number | undefined,
): Promise<Answer<Shown | undefined>> {
  const answer = await engine.processAt(of.id, place, number);
  if ("problem" in answer || answer.value === undefined) return answer as Answer<undefined>;
  return { value: { ...answer.value, of, at: place } };
}

/** The line of the last call that was made. */
export const lastLine = computed(() => run.value?.lines[at.value - 1]);

/** The number of calls up to a line, in the order of service. */
export function callsUpTo(line: number, { lines }: Done): number {
  return lines.findLastIndex((one) => one <= line) + 1;
}

export function goTo(place: number): void {
  const last = run.value?.lines.length ?? 0;
  at.value = Math.max(0, Math.min(place, last));
}

/** Events that a run goes on to. */
export const TARGETS = { fault: FAULT, mismatch: MISMATCH, signal: SIGNAL } as const;

/** The calls after the next one with the event; undefined if there is none. */
export function nextOf(event: number): number | undefined {
  const from = at.value;
  const found = run.value?.events.findIndex((one, n) => n >= from && (one & event) !== 0) ?? -1;
  return found < 0 ? undefined : found + 1;
}
