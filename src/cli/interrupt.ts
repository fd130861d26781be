/** Handles Ctrl-C: ends the work early and keeps the results so far. */
import { onInterrupt } from "../platform/cleanup.node.js";

/** The first Ctrl-C stops `work`, which returns its results; the second one ends the process. */
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
  } finally {
    interrupt.cancel();
  }
}
