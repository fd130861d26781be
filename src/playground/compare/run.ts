/** The comparison that runs, or has run, and its rows so far. */
import { batch, signal } from "@preact/signals";
import { proxy } from "comlink";
import type { CompareRow } from "pagewalk";
import type { Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { CompareJob, CompareNews } from "../engine/compare.js";
import type { Reading } from "../engine/sources.js";
import { job } from "./form.js";

export type State = "none" | "running" | "done" | "stopped" | "failed";

export const state = signal<State>("none");
export const rows = signal<readonly CompareRow[]>([]);
/** The rows so far of simulations that run. */
export const partial = signal<readonly CompareRow[]>([]);
export const news = signal<Omit<CompareNews, "rows" | "partial" | "readings">>({
  fraction: 0,
  finished: 0,
  simulations: 0,
});
export const problem = signal<Problem | undefined>(undefined);
/** How the traces of the rows were read, and the options that they are of. */
export const readings = signal<readonly Reading[]>([]);
export const options = signal<CompareJob["options"] | undefined>(undefined);

/** The number of the trace whose results are shown. */
export const shown = signal(0);

export async function start(): Promise<void> {
  const wanted = job();
  batch(() => {
    state.value = "running";
    readings.value = [];
    options.value = wanted.options;
    rows.value = [];
    partial.value = [];
    shown.value = 0;
    news.value = { fraction: 0, finished: 0, simulations: 0 };
    problem.value = undefined;
  });
  const answer = await engine.compare(wanted, proxy(take));
  batch(() => {
    partial.value = [];
    if ("problem" in answer) {
      problem.value = answer.problem;
      state.value = "failed";
      return;
    }
    readings.value = answer.value.readings;
    rows.value = inOrder(answer.value.rows, answer.value.readings);
    state.value = answer.value.stopped ? "stopped" : "done";
  });
}

export function stop(): Promise<void> {
  return engine.stopCompare();
}

function take({ rows: more, partial: some, readings: found, ...rest }: CompareNews): void {
  if (state.value !== "running") return;
  batch(() => {
    if (more.length > 0) rows.value = inOrder([...rows.value, ...more], found);
    partial.value = some;
    readings.value = found;
    news.value = rest;
  });
}

/** The rows trace by trace, in the order of the traces. */
export function inOrder(all: readonly CompareRow[], found: readonly Reading[]): readonly CompareRow[] {
  return found.flatMap(({ name }) => all.filter(({ trace }) => trace === name));
}
