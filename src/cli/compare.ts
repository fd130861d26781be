/** `compare TRACE…` */
import { compareUntilStopped } from "../compare/compare.js";
import { type Comparison, refuseGivenUp } from "../compare/parts.js";
import { UsageError } from "../errors.js";
import { compareOptions, requestOptions } from "../options/requests.js";
import { pick } from "../options/row.js";
import { policies } from "../policy/policies.js";
import { signatureText } from "../registry/signature.js";
import type { TraceDetails } from "../report/data.js";
import { formatCount, formatCounted } from "../report/numbers.js";
import { describeTrace, type Trace } from "../trace/trace.js";
import { type CompareCommand, ComparisonOutputs, interruption } from "./comparison.js";
import { stoppable } from "./interrupt.js";
import { Progress } from "./progress.js";
import { readableAgain } from "./report.js";
import { writeError } from "./terminal.js";
import { openAll, warnOfTrace } from "./traces.js";

/** The kernel's policies with their parameters. */
export async function policyList(): Promise<string> {
  return `Policies, and their parameters' defaults:\n  ${(await policies()).map(signatureText).join(", ")}`;
}

export async function run(paths: string[], options: CompareCommand): Promise<void> {
  if (options.traceSteps) return (await import("./steps.js")).runSteps(paths, options);
  if (options.diverge !== undefined) return (await import("./diverge.js")).runDiverge(paths, options);
  if (options.limit !== undefined) {
    throw new UsageError("--limit is the number of differences", "give --diverge too", "compare");
  }
  if (options.cancel) return (await import("./shard.js")).runCancel(paths, options);
  if (options.shard !== undefined)
    return (await import("./shard.js")).runShard(paths, options, options.shard);
  const { quiet } = options;
  const libraryOptions = pick(options, compareOptions);
  const traces: Trace[] = [];
  const progress = new Progress(options);
  const outputs = await ComparisonOutputs.open("compare", options);
  try {
    traces.push(...(await openAll("compare", paths, options)));
    if (outputs.hasFigures) {
      for (const [n, trace] of traces.entries()) traces[n] = await readableAgain(trace, progress);
    }
    const timeline = outputs.hasFigures;
    const comparison = await stoppable([...paths, ...traces], (signal) =>
      compareUntilStopped(traces, { ...libraryOptions, timeline, onProgress: progress.onCompare, signal }),
    );
    const { interrupted } = comparison;
    const details = !timeline || interrupted ? [] : await detailsOfAll(traces, libraryOptions);
    progress.stop();
    await outputs.write(
      { ...comparison, missing: missingOf(comparison) },
      traces.map(describeTrace),
      details,
    );
    for (const trace of traces) warnOfTrace(trace, options);
    if (!quiet) reportResumed(comparison, options.resume);
    if (interrupted) throw interruption(comparison, options);
    refuseGivenUp(comparison);
  } finally {
    progress.stop();
    await outputs.abort();
    await Promise.all(traces.map((trace) => trace.close()));
  }
}

async function detailsOfAll(traces: readonly Trace[], options: object): Promise<TraceDetails[]> {
  const { detailsAndReuseOf } = await import("./details.js");
  const about = pick(options, requestOptions);
  const details: TraceDetails[] = [];
  for (const trace of traces) details.push(await detailsAndReuseOf(trace, about));
  return details;
}

function missingOf({ interrupted, givenUp }: Comparison): object {
  return { ...(interrupted && { interrupted }), ...(givenUp.length > 0 && { givenUp }) };
}

function reportResumed({ resumed, simulations }: Comparison, file = ""): void {
  if (resumed === undefined || resumed.found + resumed.others === 0) return;
  const { found, others } = resumed;
  const rest = others === 0 ? "" : `, and ${formatCounted(others, "row")} of other traces or options`;
  writeError(`${file}: had ${formatCount(found)} of ${formatCounted(simulations, "simulation")}${rest}\n`);
}
