/** The comparison that runs, or has run, and its rows so far. */
import { batch, signal } from "@preact/signals";
import { proxy } from "comlink";
import type { CompareRow } from "pagewalk";
import type { Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { CompareJob, CompareNews } from "../engine/compare.js";
import type { Reading, Source } from "../engine/sources.js";
import { jobOf } from "./form.js";

export type State = "none" | "running" | "done" | "stopped" | "failed";

export const state = signal<State>("none");
export const rows = signal<readonly CompareRow[]>([]);
export const news = signal<Omit<CompareNews, "rows" | "reading">>({
  fraction: 0,
  finished: 0,
  simulations: 0,
});
export const problem = signal<Problem | undefined>(undefined);
/** How the trace of the rows was read, and the options that they are of. */
export const reading = signal<Reading | undefined>(undefined);
export const options = signal<CompareJob["options"] | undefined>(undefined);

export async function start(source: Source): Promise<void> {
  const job = jobOf(source);
  batch(() => {
    state.value = "running";
    reading.value = undefined;
    options.value = job.options;
    rows.value = [];
    news.value = { fraction: 0, finished: 0, simulations: 0 };
    problem.value = undefined;
  });
  const answer = await engine.compare(job, proxy(take));
  batch(() => {
    if ("problem" in answer) {
      problem.value = answer.problem;
      state.value = "failed";
      return;
    }
    reading.value = answer.value.reading;
    rows.value = answer.value.rows;
    state.value = answer.value.stopped ? "stopped" : "done";
  });
}

export function stop(): Promise<void> {
  return engine.stopCompare();
}

function take({ rows: more, reading: found, ...rest }: CompareNews): void {
  if (state.value !== "running") return;
  batch(() => {
    if (more.length > 0) rows.value = [...rows.value, ...more];
    reading.value = found;
    news.value = rest;
  });
}
