/** `compare TRACE…` */
import { type CompareRow, type Comparison, compareUntilStopped } from "../compare/compare.js";
import { Interruption, UsageError } from "../errors.js";
import { type compareCommand, compareOptions, requestOptions } from "../options/requests.js";
import { pick, type Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import { policies } from "../policy/policies.js";
import { signatureText } from "../registry/signature.js";
import type { TraceDetails } from "../report/data.js";
import { formatCount, formatCounted } from "../report/numbers.js";
import { openSink } from "../trace/sinks.js";
import { describeTrace, type Trace } from "../trace/trace.js";
import { stoppable } from "./interrupt.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { detailsAndReuseOf, Pictures, readableAgain, refuseTwoOutputs } from "./report.js";
import { outputWidth, writeError, writeJson, writeOut } from "./terminal.js";
import { openAll, type ProgramChoice, warnOfTrace } from "./traces.js";

type Options = CommonOptions & ProgramChoice & Values<typeof traceOptions & typeof compareCommand>;

/** The kernel's policies with their parameters. */
export async function policyList(): Promise<string> {
  return `Policies, and their parameters' defaults:\n  ${(await policies()).map(signatureText).join(", ")}`;
}

export async function run(paths: string[], options: Options): Promise<void> {
  if (options.traceSteps) return (await import("./steps.js")).runSteps(paths, options);
  if (options.diverge !== undefined) return (await import("./diverge.js")).runDiverge(paths, options);
  if (options.limit !== undefined) {
    throw new UsageError("--limit is the number of differences", "give --diverge too", "compare");
  }
  const { csv, json, quiet } = options;
  const libraryOptions = pick(options, compareOptions);
  const printsElsewhere = refuseTwoOutputs("compare", options);
  // Opened before the work, so that a path that cannot be written to is reported at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const traces: Trace[] = [];
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  try {
    pictures = await Pictures.open(options);
    traces.push(...(await openAll("compare", paths, options)));
    if (pictures !== undefined) {
      for (const [n, trace] of traces.entries()) traces[n] = await readableAgain(trace, progress);
    }
    const timeline = pictures !== undefined;
    const comparison = await stoppable([...paths, ...traces], (signal) =>
      compareUntilStopped(traces, { ...libraryOptions, timeline, onProgress: progress.onCompare, signal }),
    );
    const { results, interrupted } = comparison;
    const details = pictures === undefined || interrupted ? [] : await detailsOfAll(traces, libraryOptions);
    progress.stop();
    const descriptions = traces.map(describeTrace);
    if (json) {
      const rows = results.map(({ timeline: _, ...row }) => row);
      const [trace, ...more] = descriptions;
      const answer = { trace: more.length === 0 ? trace : descriptions, results: rows };
      writeJson(interrupted ? { ...answer, interrupted } : answer);
    }
    if (sink !== undefined) {
      const { compareCsv } = await import("../report/compare-csv.js");
      await sink.write(Buffer.from(compareCsv(comparison)));
      await sink.finish();
    }
    if (results.length > 0) await pictures?.write({ results: drawn(results) }, details);
    if (!printsElsewhere && results.length > 0) {
      const { compareText } = await import("../report/compare.js");
      writeOut(await compareText(comparison, await outputStyle(), outputWidth(), descriptions));
    }
    for (const trace of traces) warnOfTrace(trace, options);
    if (!quiet) reportResumed(comparison, options.resume);
    if (interrupted) throw interruption(comparison, options.resume);
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
    await Promise.all(traces.map((trace) => trace.close()));
  }
}

async function detailsOfAll(traces: readonly Trace[], options: object): Promise<TraceDetails[]> {
  const about = pick(options, requestOptions);
  const details: TraceDetails[] = [];
  for (const trace of traces) details.push(await detailsAndReuseOf(trace, about));
  return details;
}

/** The rows of the figures: those of whole simulations, whose counts can be compared, if there are any. */
function drawn(results: readonly CompareRow[]): CompareRow[] {
  const whole = results.filter(({ interruptedAt }) => interruptedAt === undefined);
  return whole.length > 0 ? whole : results.slice();
}

function reportResumed({ resumed, simulations }: Comparison, file = ""): void {
  if (resumed === undefined || resumed.found + resumed.others === 0) return;
  const { found, others } = resumed;
  const rest = others === 0 ? "" : `, and ${formatCounted(others, "row")} of other traces or options`;
  writeError(`${file}: had ${formatCount(found)} of ${formatCounted(simulations, "simulation")}${rest}\n`);
}

function interruption({ results, simulations }: Comparison, file: string | undefined): Interruption {
  const finished = results.filter(({ interruptedAt }) => interruptedAt === undefined).length;
  return new Interruption(
    `interrupted after ${formatCount(finished)} of ${formatCounted(simulations, "simulation")}`,
    file === undefined
      ? "--resume FILE keeps those that end, for the next run"
      : "run the same again to go on",
    file,
  );
}
