/** `compare --shard K/N TRACE…`, and `compare --cancel TRACE…`: no table. */
import { compareUntilStopped } from "../compare/compare.js";
import { type Comparison, refuseGivenUp } from "../compare/parts.js";
import { compareOptions } from "../options/requests.js";
import { pick } from "../options/row.js";
import type { Trace } from "../trace/trace.js";
import { type CompareCommand, interruption } from "./comparison.js";
import { stoppable } from "./interrupt.js";
import { refuseOptions } from "./options.js";
import { Progress } from "./progress.js";
import { writeError, writeOut } from "./terminal.js";
import { openAll, warnOfTrace } from "./traces.js";

/** Options of `compare` without effect here: `merge` has them. */
const OUTPUTS = ["csv", "report", "plots"];

/** Prints the shard's rows as one JSON document, in one line. */
export async function runShard(
  paths: readonly string[],
  options: CompareCommand,
  shard: string,
): Promise<void> {
  refuseOptions(options, OUTPUTS, "--shard", "compare");
  // Figures of the whole need timelines.
  await compareQuietly(paths, options, true, async (traces, comparison) => {
    const { shardDocument } = await import("../compare/shard-writer.node.js");
    writeOut(`${JSON.stringify(await shardDocument(shard, traces, comparison))}\n`);
    for (const trace of traces) warnOfTrace(trace, options);
  });
}

/** Removes the comparison from the queue: what the same command without `--cancel` has put there. */
export async function runCancel(paths: readonly string[], options: CompareCommand): Promise<void> {
  refuseOptions(options, ["resume"], "--cancel", "compare");
  const timeline = (options.report ?? options.plots) !== undefined;
  await compareQuietly(paths, options, timeline, async () => {
    if (!options.quiet)
      writeError("the queue no longer has this comparison; groups that a worker has begun end\n");
  });
}

async function compareQuietly(
  paths: readonly string[],
  options: CompareCommand,
  timeline: boolean,
  print: (traces: readonly Trace[], comparison: Comparison) => Promise<void>,
): Promise<void> {
  const progress = new Progress(options);
  const traces = await openAll("compare", paths, options);
  const { onCompare: onProgress } = progress;
  try {
    const comparison = await stoppable([...paths, ...traces], (signal) =>
      compareUntilStopped(traces, { ...pick(options, compareOptions), timeline, onProgress, signal }),
    );
    progress.stop();
    if (comparison.interrupted) throw interruption(comparison, options);
    refuseGivenUp(comparison);
    await print(traces, comparison);
  } finally {
    progress.stop();
    await Promise.all(traces.map((trace) => trace.close()));
  }
}
