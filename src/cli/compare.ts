/** `compare TRACE…` */
import type { Command } from "commander";
import { type CompareOptions, type Comparison, compareUntilStopped } from "../compare/compare.js";
import { Interruption, UsageError } from "../errors.js";
import { policies } from "../policy/policies.js";
import type { TraceDetails } from "../report/data.js";
import { formatCount, formatCounted } from "../report/numbers.js";
import { openTrace } from "../trace/open.js";
import { openSink } from "../trace/sinks.js";
import type { OpenTraceOptions, Trace } from "../trace/trace.js";
import { parseSize } from "../units.js";
import type { DivergeChoice } from "./diverge.js";
import { stoppable } from "./interrupt.js";
import {
  addCommonOptions,
  addTraceOptions,
  type CommonOptions,
  countOption,
  outputStyle,
  splitTraceOptions,
} from "./options.js";
import { Progress } from "./progress.js";
import {
  addReportOptions,
  detailsAndReuseOf,
  Pictures,
  type ReportPaths,
  readableAgain,
  refuseTwoOutputs,
} from "./report.js";
import { HELP_WIDTH, outputWidth, writeError, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions &
  ReportPaths &
  OpenTraceOptions & { csv?: string } & Omit<CompareOptions, "onProgress" | "onRow" | "signal" | "timeline">;

const EXAMPLES = `
Examples:
  pagewalk compare ls.pagewalk
  pagewalk compare ls.pagewalk --policies lru,arc,opt --frames 1%,5%,20%
  pagewalk compare ls.pagewalk --policies lru,./mine.js
  pagewalk compare *.pagewalk --policies all --only data --csv misses.csv
  pagewalk compare ls.pagewalk --frames 1%,2%,5%,10%,20%,50% --report ls.html
  pagewalk compare *.pagewalk --resume runs.jsonl
  pagewalk compare ls.pagewalk --diverge lru,arc --frames 128`;

const OWN = `
An own policy is a JavaScript module, given by its path (with a slash, or ending
with .js or .mjs): ./mine.js, ./mine.js:window=3. See docs/own-policy.md.
`;

const pageSize = (text: string) => parseSize(text, "--page-size");

export async function define(command: Command, args: readonly string[]): Promise<void> {
  command
    .description("Compare replacement policies over numbers of frames.")
    .argument("<traces...>", "paths, or - for standard input")
    .option(
      "--policies <list>",
      "names, or files such as ./mine.js, separated by commas; or all (default: ten well-known ones)",
    )
    .option("--frames <list>", "counts such as 128,1024 or shares of the distinct pages (default: 1%,5%,20%)")
    .option("--only <what>", "all, data or instructions (default: all)")
    .option("--page-size <size>", "bytes of a page, for traces of addresses (default: 4KiB)", pageSize)
    .option("--jobs <n>", "simulations at a time (default: every core)", countOption("--jobs"))
    .option("--csv <file>", "also write the results as comma-separated values")
    .option(
      "--diverge <two>",
      "two policies: list the first requests at which they differ, instead of the table",
    )
    .option("--limit <n>", "number of such requests (default: 10)", countOption("--limit"))
    .option("--resume <file>", "keep finished simulations in this file; run only the missing ones");
  addReportOptions(command);
  addTraceOptions(command);
  addCommonOptions(command);
  const asksHelp = args.includes("--help") || args.includes("-h");
  command.addHelpText("after", `${asksHelp ? await policyHelp() : ""}${EXAMPLES}`);
  command.action(run);
}

/** The names come from the kernel's registry. */
async function policyHelp(): Promise<string> {
  const names = (await policies()).map(({ name, parameters }) => {
    const keys = parameters.map((one) => `${one.name}=${one.default}`).join(",");
    return keys === "" ? name : `${name}:${keys}`;
  });
  const lines = wrapped(names.join(", "), HELP_WIDTH).join("\n");
  return `\nPolicies, and their parameters' defaults:\n${lines}\nopt and vmin know the future: they read a trace twice.\n${OWN}`;
}

/** Lines of at most `width`, broken at spaces and indented. */
function wrapped(text: string, width: number): string[] {
  return [...text.matchAll(new RegExp(`(\\S.{0,${width - 4}})(?:\\s|$)`, "g"))].map(
    ([, line]) => `  ${line}`,
  );
}

async function run(paths: string[], { diverge, limit, ...options }: Options & DivergeChoice): Promise<void> {
  if (diverge !== undefined) {
    return (await import("./diverge.js")).runDiverge(paths, { diverge, limit, ...options });
  }
  if (limit !== undefined) {
    throw new UsageError("--limit is how many differences to tell", "give --diverge too", "compare");
  }
  const [opening, { csv, json, quiet, debug, report, plots, ...asked }] = splitTraceOptions(options);
  const printsElsewhere = refuseTwoOutputs("compare", options);
  if (paths.indexOf("-") !== paths.lastIndexOf("-")) {
    throw new UsageError("standard input is named twice", "name it once, it can be read once", "compare");
  }
  // Opened before the work, so that a path that cannot be written to is reported at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const traces: Trace[] = [];
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  try {
    pictures = await Pictures.open(options);
    for (const path of paths) {
      const trace = await openTrace(path, opening);
      traces.push(pictures === undefined ? trace : await readableAgain(trace));
    }
    const timeline = pictures !== undefined;
    const comparison = await stoppable(paths, (signal) =>
      compareUntilStopped(traces, { ...asked, timeline, onProgress: progress.onCompare, signal }),
    );
    const { results, interrupted } = comparison;
    const details = pictures === undefined || interrupted ? [] : await detailsOfAll(traces, asked);
    progress.stop();
    if (json) {
      const rows = results.map(({ timeline: _, ...row }) => row);
      writeJson(interrupted ? { results: rows, interrupted } : { results: rows });
    }
    const { compareCsv, compareText } = await import("../report/compare.js");
    if (sink !== undefined) {
      await sink.write(Buffer.from(compareCsv(comparison)));
      await sink.finish();
    }
    if (results.length > 0) await pictures?.write(comparison, details);
    if (!printsElsewhere && results.length > 0) {
      writeOut(await compareText(comparison, await outputStyle(), outputWidth()));
    }
    if (!quiet) tellResumed(comparison, options.resume);
    if (interrupted) throw interruption(comparison, options.resume);
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
    await Promise.all(traces.map((trace) => trace.close()));
  }
}

async function detailsOfAll(
  traces: readonly Trace[],
  { only, pageSize }: CompareOptions,
): Promise<TraceDetails[]> {
  const about = { ...(only !== undefined && { only }), ...(pageSize !== undefined && { pageSize }) };
  const details: TraceDetails[] = [];
  for (const trace of traces) details.push(await detailsAndReuseOf(trace, about));
  return details;
}

function tellResumed({ resumed, simulations }: Comparison, file = ""): void {
  if (resumed === undefined || resumed.found + resumed.others === 0) return;
  const { found, others } = resumed;
  const rest =
    others === 0 ? "" : `; ${formatCounted(others, "other row")} there are of other traces or options`;
  writeError(`${file}: had ${formatCount(found)} of ${formatCounted(simulations, "simulation")}${rest}\n`);
}

function interruption({ results, simulations }: Comparison, file: string | undefined): Interruption {
  return new Interruption(
    `interrupted after ${formatCount(results.length)} of ${formatCounted(simulations, "simulation")}`,
    file === undefined ? "--resume FILE would keep them for the next run" : "run the same again to go on",
    file,
  );
}
