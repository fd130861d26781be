/** A comparison in the worker. Rows go to the page as they come, several at a time. */
import { type CompareOptions, type CompareRow, compare } from "pagewalk";
import { open, type Reading, readingOf, type Source } from "./sources.js";

export interface CompareJob {
  readonly source: Source;
  readonly options: Pick<CompareOptions, "frames" | "only" | "pageSize"> & { policies: string[] };
}

export interface CompareNews {
  readonly reading: Reading;
  /** Rows that are new. */
  readonly rows: readonly CompareRow[];
  /** Share of the work done, if it is known. */
  readonly fraction: number | undefined;
  readonly finished: number;
  readonly simulations: number;
}

export interface CompareAnswer {
  readonly reading: Reading;
  /** In the order of the command: by frames, then by policy; in the order of their end if it was stopped. */
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
  { source, options }: CompareJob,
  report: (news: CompareNews) => void,
): Promise<CompareAnswer> {
  stopCompare();
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  const finishedRows: CompareRow[] = [];
  let reported = 0;
  let last = 0;
  const trace = await open(source, options.pageSize !== undefined);
  const reading = readingOf(trace);
  try {
    const rows = compare(trace, {
      ...options,
      timeline: true,
      signal,
      onProgress: ({ fraction, finished, simulations }) => {
        if (performance.now() - last < NEWS_MILLISECONDS) return;
        last = performance.now();
        report({ reading, rows: finishedRows.slice(reported), fraction, finished, simulations });
        reported = finishedRows.length;
      },
    });
    for await (const row of rows) finishedRows.push(row);
    return { reading, rows: (await rows).results, stopped: false };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { reading, rows: finishedRows, stopped: true };
  } finally {
    await trace.close();
  }
}
