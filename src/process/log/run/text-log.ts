/** A log of text, which a run serves line by line. */
import type { LineSplitter } from "../../../trace/calls/line-splitter.js";
import { LineQueue } from "../parse/line-queue.js";
import type { Run } from "./run.js";

/** Waits only if there is something to wait for: a promise per line costs more than most calls. */
export async function serveText(lines: LineSplitter, run: Run): Promise<void> {
  const queue = new LineQueue(lines);
  const upcoming = () => queue.upcoming();
  for (;;) {
    const line = queue.shift() ?? (await queue.next());
    if (line === undefined) return;
    const wait = run.next(line, upcoming);
    if (wait !== undefined) await wait;
  }
}
