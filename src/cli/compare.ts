/** `compare TRACE…` */
import type { Command } from "commander";
import { type CompareOptions, compare } from "../compare/compare.js";
import { policies } from "../compare/policies.js";
import { UsageError } from "../errors.js";
import type { TraceDetails } from "../report/data.js";
import { openTrace } from "../trace/open.js";
import { openSink } from "../trace/sinks.js";
import type { Trace } from "../trace/trace.js";
import { parseSize } from "../units.js";
import {
  addCommonOptions,
  addFormatOption,
  type CommonOptions,
  countOption,
  outputStyle,
} from "./options.js";
import { Progress } from "./progress.js";
import { addReportOptions, detailsOf, Pictures, type ReportPaths } from "./report.js";
import { HELP_WIDTH, outputWidth, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions &
  ReportPaths & { format?: string; csv?: string } & Omit<
    CompareOptions,
    "onProgress" | "signal" | "timeline"
  >;

const EXAMPLES = `
Examples:
  pagewalk compare ls.pagewalk
  pagewalk compare ls.pagewalk --policies lru,arc,opt --frames 1%,5%,20%
  pagewalk compare ls.pagewalk --policies lru,./mine.js
  pagewalk compare *.pagewalk --policies all --only data --csv misses.csv
  pagewalk compare ls.pagewalk --frames 1%,2%,5%,10%,20%,50% --report ls.html`;

const OWN = `
A policy of your own is a JavaScript module, named by its path (with a slash, or
.js or .mjs at its end): ./mine.js, ./mine.js:window=3. See docs/own-policy.md.
`;

const pageSize = (text: string) => parseSize(text, "--page-size");

export async function define(command: Command, args: readonly string[]): Promise<void> {
  command
    .description("Compare replacement policies over numbers of frames.")
    .argument("<traces...>", "paths, or - for standard input")
    .option(
      "--policies <list>",
      "names and files such as ./mine.js with commas between, or all (default: all)",
    )
    .option("--frames <list>", "counts such as 128,1024 or shares of the distinct pages (default: 1%,5%,20%)")
    .option("--only <what>", "all, data or instructions (default: all)")
    .option("--page-size <size>", "bytes of a page where a trace has addresses (default: 4KiB)", pageSize)
    .option("--jobs <n>", "how many at a time (default: every core)", countOption("--jobs"))
    .option("--csv <file>", "write the results there too, as comma-separated values");
  addReportOptions(command);
  addFormatOption(command);
  addCommonOptions(command);
  const asksHelp = args.includes("--help") || args.includes("-h");
  command.addHelpText("after", `${asksHelp ? await policyHelp() : ""}${EXAMPLES}`);
  command.action(run);
}

/** The kernel's registry knows them. */
async function policyHelp(): Promise<string> {
  const names = (await policies()).map(({ name, parameters }) => {
    const keys = parameters.map((one) => `${one.name}=${one.default}`).join(",");
    return keys === "" ? name : `${name}:${keys}`;
  });
  const lines = wrapped(names.join(", "), HELP_WIDTH).join("\n");
  return `\nPolicies, and their parameters' defaults:\n${lines}\nopt knows the future: it reads a trace twice.\n${OWN}`;
}

/** Lines of at most `width`, broken at spaces and indented. */
function wrapped(text: string, width: number): string[] {
  return [...text.matchAll(new RegExp(`(\\S.{0,${width - 4}})(?:\\s|$)`, "g"))].map(
    ([, line]) => `  ${line}`,
  );
}

async function run(paths: string[], options: Options): Promise<void> {
  const { format, csv, json, quiet, debug, report, plots, ...comparison } = options;
  const printsElsewhere = refuseTwoOutputs(options);
  if (paths.indexOf("-") !== paths.lastIndexOf("-")) {
    throw new UsageError("standard input is named twice", "name it once, it can be read once", "compare");
  }
  // Opened before the work, so that a path nobody can write to is told at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const traces: Trace[] = [];
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  try {
    pictures = await Pictures.open(options);
    for (const path of paths) traces.push(await openTrace(path, format === undefined ? {} : { format }));
    // A report reads each trace once more.
    if (pictures !== undefined) await spoolAll(traces);
    const timeline = pictures !== undefined;
    const result = await compare(traces, { ...comparison, timeline, onProgress: progress.onCompare });
    const { only, pageSize } = comparison;
    const about = { ...(only !== undefined && { only }), ...(pageSize !== undefined && { pageSize }) };
    const details: TraceDetails[] = [];
    if (pictures !== undefined) for (const trace of traces) details.push(await detailsOf(trace, about));
    progress.stop();
    if (json) writeJson({ results: result.results.map(({ timeline: _, ...row }) => row) });
    const { compareCsv, compareText } = await import("../report/compare.js");
    if (sink !== undefined) {
      await sink.write(Buffer.from(compareCsv(result)));
      await sink.finish();
    }
    await pictures?.write(result, details);
    if (!printsElsewhere) writeOut(await compareText(result, await outputStyle(), outputWidth()));
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
    await Promise.all(traces.map((trace) => trace.close()));
  }
}

/** Does something other than the table go to standard output? Only one thing can. */
function refuseTwoOutputs({ json, csv, report }: Options): boolean {
  const wanting = [...(json ? ["--json"] : []), ...(csv === "-" ? ["--csv -"] : [])];
  if (report === "-") wanting.push("--report -");
  if (wanting.length > 1) {
    const remedy = `give ${wanting.at(-1)?.split(" ")[0]} a file`;
    throw new UsageError(`${wanting.join(" and ")} both want standard output`, remedy, "compare");
  }
  return wanting.length > 0;
}

/** Makes every trace one that can be read again. */
async function spoolAll(traces: Trace[]): Promise<void> {
  for (const [index, trace] of traces.entries()) {
    if (trace.rewindable) continue;
    traces[index] = await trace.spool();
    await trace.close();
  }
}
