/** The comparison that runs, or has run, and its rows so far. */
import { batch, signal } from "@preact/signals";
import { proxy } from "comlink";
import type { CompareRow } from "pagewalk";
import type { Problem } from "../engine/answer.js";
import { engine } from "../engine/client.js";
import type { CompareNews } from "../engine/compare.js";
import type { Reading, Source } from "../engine/sources.js";
import { jobOf } from "./form.js";

export type State = "none" | "running" | "done" | "stopped" | "failed";

export const state = signal<State>("none");
export const rows = signal<readonly CompareRow[]>([]);
export const news = signal<Omit<CompareNews, "rows">>({ fraction: 0, finished: 0, simulations: 0 });
export const problem = signal<Problem | undefined>(undefined);
/** How the trace of the rows was read. */
export const reading = signal<Reading | undefined>(undefined);

export async function start(source: Source): Promise<void> {
  batch(() => {
    state.value = "running";
    rows.value = [];
    news.value = { fraction: 0, finished: 0, simulations: 0 };
    problem.value = undefined;
  });
  const answer = await engine.compare(jobOf(source), proxy(take));
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

function take({ rows: more, ...rest }: CompareNews): void {
  if (state.value !== "running") return;
  batch(() => {
    if (more.length > 0) rows.value = [...rows.value, ...more];
    news.value = rest;
  });
}
