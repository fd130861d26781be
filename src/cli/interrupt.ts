/** Ctrl-C, as a wish to end soon and to be told what there is. */
import { onInterrupt } from "../trace/cleanup.js";

/** The first Ctrl-C stops `work`, which tells what it has; the next one ends the process. */
export async function stoppable<Result>(
  paths: readonly string[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const interrupt = onInterrupt(() => {
    controller.abort();
    // Nobody waits for the rest of it any more, and it would keep the process waiting.
    if (paths.includes("-")) process.stdin.destroy();
  });
  try {
    return await work(controller.signal);
  } finally {
    interrupt.cancel();
  }
}
