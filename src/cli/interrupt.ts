/** Handles Ctrl-C: ends the work early and keeps the results so far. */
import { isatty } from "node:tty";
import { Interruption } from "../errors.js";
import { onInterrupt } from "../platform/cleanup.node.js";

/** The error of work that ends without results. */
export function nothingKept(): Interruption {
  return new Interruption("interrupted", "there are no results yet");
}

/** The first Ctrl-C stops `work`, which returns its results or has none; the second one ends the process. */
export async function stoppable<Result>(
  paths: readonly string[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const interrupt = onInterrupt(() => {
    controller.abort();
    // The remaining work is not awaited, but would keep the process alive.
    if (paths.includes("-")) process.stdin.destroy();
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted && error === controller.signal.reason ? nothingKept() : error;
  } finally {
    interrupt.cancel();
  }
}

/** The first Ctrl-C ends the program that is recorded: what it did so far is kept. The second one ends the process. */
export async function endingProgram<Result>(work: (stop: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  // A terminal sends Ctrl-C to the program itself.
  const interrupt = onInterrupt(() => void (isatty(0) || controller.abort()));
  try {
    return await work(controller.signal);
  } finally {
    interrupt.cancel();
  }
}
