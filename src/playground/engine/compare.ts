/** A comparison in the worker. Rows go to the page as they come, several at a time. */
import { type CompareOptions, type CompareRow, compare } from "pagewalk";
import { closeAll, openAll, type Reading, readingOf, type Source } from "./sources.js";

export interface CompareJob {
  readonly sources: readonly Source[];
  readonly options: Pick<CompareOptions, "frames" | "only" | "pageSize"> & { policies: string[] };
}

export interface CompareNews {
  /** Of each trace. */
  readonly readings: readonly Reading[];
  /** Rows that are new. */
  readonly rows: readonly CompareRow[];
  /** The rows so far of simulations that run. */
  readonly partial: readonly CompareRow[];
  /** Share of the work done, if it is known. */
  readonly fraction: number | undefined;
  readonly finished: number;
  readonly simulations: number;
}

export interface CompareAnswer {
  readonly readings: readonly Reading[];
  /** In the order of the command: by trace, frames, policy; in the order of their end if it was stopped. */
  readonly rows: readonly CompareRow[];
  readonly stopped: boolean;
}

/** Milliseconds between two messages; more would keep the page from drawing. */
const NEWS_MILLISECONDS = 100;

let running: AbortController | undefined;

export function stopCompare(): void {
  running?.abort();
}

export async function runCompare(
  { sources, options }: CompareJob,
  report: (news: CompareNews) => void,
): Promise<CompareAnswer> {
  stopCompare();
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  const finishedRows: CompareRow[] = [];
  const partial = new Map<string, CompareRow>();
  const keyOf = ({ trace, policy, frames }: CompareRow) => `${trace}\n${policy}\n${frames}`;
  let reported = 0;
  let last = 0;
  const traces = await openAll(sources, options.pageSize !== undefined);
  const readings = traces.map(readingOf);
  try {
    const rows = compare(traces, {
      ...options,
      timeline: true,
      signal,
      onPartialRows: (some) => {
        for (const row of some) partial.set(keyOf(row), row);
      },
      onProgress: ({ fraction, finished, simulations }) => {
        if (performance.now() - last < NEWS_MILLISECONDS) return;
        last = performance.now();
        const rows = finishedRows.slice(reported);
        report({ readings, rows, partial: [...partial.values()], fraction, finished, simulations });
        reported = finishedRows.length;
      },
    });
    for await (const row of rows) {
      finishedRows.push(row);
      partial.delete(keyOf(row));
    }
    return { readings, rows: (await rows).results, stopped: false };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { readings, rows: finishedRows, stopped: true };
  } finally {
    await closeAll(traces);
  }
}
