/** Handles Ctrl-C: ends the work early and keeps the results so far. */
import { EXIT_INTERRUPTED, Interruption } from "../errors.js";
import { onInterrupt } from "../platform/cleanup.node.js";
import { RecordedTrace } from "../trace/record/recorded-trace.node.js";
import type { Trace } from "../trace/trace.js";
import { inputIsTerminal } from "./terminal.js";

/** The error of work that ends without results. */
export function nothingKept(): Interruption {
  return new Interruption("interrupted", "there are no results yet");
}

/**
 * The first Ctrl-C stops `work`, which returns its results or has none; the second one ends the process. If a program is
 * recorded, the first one ends the program, and the work goes on to the end of its trace.
 */
export async function stoppable<Result>(
  traces: readonly (string | Trace)[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const interrupt = onInterrupt(() => {
    const recorded = traces.find((trace) => trace instanceof RecordedTrace);
    if (recorded?.exitCode === undefined && recorded !== undefined) return end(recorded);
    controller.abort();
    // The remaining work is not awaited, but would keep the process alive.
    if (traces.includes("-")) process.stdin.destroy();
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted && error === controller.signal.reason ? nothingKept() : error;
  } finally {
    interrupt.cancel();
  }
}

/** Starts a program: the first Ctrl-C ends it, and what it did so far is kept. The second one ends the process. */
export function startingProgram<Result>(work: (stop: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  return untilInterrupted({ interrupt: () => controller.abort() }, () => work(controller.signal));
}

/** Work that no Ctrl-C stops early; if a program is recorded, the first one ends the program, as `stoppable` does. */
export function endingProgram<Result>(trace: Trace, work: () => Promise<Result>): Promise<Result> {
  return trace instanceof RecordedTrace ? untilInterrupted(trace, work) : work();
}

interface Program {
  interrupt(): void;
}

async function untilInterrupted<Result>(program: Program, work: () => Promise<Result>): Promise<Result> {
  const interrupt = onInterrupt(() => end(program));
  try {
    return await work();
  } finally {
    interrupt.cancel();
  }
}

/** Ends the program. A terminal sends Ctrl-C to the program itself. */
function end(program: Program): void {
  process.exitCode = EXIT_INTERRUPTED;
  if (!inputIsTerminal()) program.interrupt();
}
