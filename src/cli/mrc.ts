/** `mrc TRACE` */
import type { Command } from "commander";
import type { HeatMapOptions } from "../heat/heat.js";
import { mrc } from "../mrc/mrc.js";
import type { MrcOptions } from "../mrc/options.js";
import type { MrcResult } from "../mrc/result.js";
import { openTrace } from "../trace/open.js";
import { openSink } from "../trace/sinks.js";
import type { OpenTraceOptions, Trace } from "../trace/trace.js";
import {
  addCommonOptions,
  addTraceOptions,
  type CommonOptions,
  countOption,
  numberOption,
  outputStyle,
  splitTraceOptions,
} from "./options.js";
import { Progress } from "./progress.js";
import {
  addReportOptions,
  detailsOf,
  Pictures,
  type ReportPaths,
  readableAgain,
  refuseTwoOutputs,
} from "./report.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions &
  ReportPaths &
  OpenTraceOptions & { csv?: string; windows?: string } & Omit<MrcOptions, "onProgress" | "signal">;

const DETAILS = `
Curves are exact unless --sample or --sample-size is given. The curve of lru
takes one pass; every other policy takes a simulation for each point. A sampled
point has an error bar: half the width of its 95 % confidence interval.

Examples:
  pagewalk mrc ls.pagewalk
  pagewalk mrc ls.pagewalk --policy lru,arc,opt --frames 1%,5%,20%
  pagewalk mrc ls.pagewalk --page-size 4KiB,16KiB,2MiB --csv curves.csv
  pagewalk mrc ls.pagewalk --policy lru,arc --report curves.html
  pagewalk mrc ls.pagewalk --sets 16,64 --ways 8 --only data
  pagewalk mrc big.oracleGeneral.zst --policy lru,s3-fifo --sample 0.01`;

export function define(command: Command): void {
  command
    .description("Compute the miss ratio against the number of frames.")
    .argument("<trace>", "a path, or - for standard input")
    .option("--policy <list>", "names separated by commas; see compare --help (default: lru)")
    .option("--points <n>", "number of points of a curve (default: 100)", countOption("--points"))
    .option("--spacing <how>", "points by equal factors, log, or differences, linear (default: log)")
    .option("--frames <list>", "the points themselves, such as 128,1024 or 1%,5%")
    .option("--only <what>", "all, data or instructions (default: all)")
    .option("--page-size <list>", "bytes of a page, one curve for each (default: 4KiB)")
    .option("--sets <list>", "TLBs with these numbers of sets: miss ratio by ways, one curve for each")
    .option("--ways <n>", "largest number of ways of those (default: 16)", countOption("--ways"))
    .option("--sample <rate>", "sample this share of the pages, such as 0.01", numberOption("--sample"))
    .option("--sample-size <pages>", "sample this number of pages", countOption("--sample-size"))
    .option("--seed <n>", "seed of the sample (default: 1)", countOption("--seed"))
    .option("--working-set", "also working sets: average size, and size over time")
    .option("--windows <list>", "the same, for these windows in requests, such as 1000,100000")
    .option("--reuse", "also histograms of stack distances and reuse times")
    .option("--jobs <n>", "simulations at a time (default: every core)", countOption("--jobs"))
    .option("--csv <file>", "also write the points as comma-separated values");
  addReportOptions(command);
  addTraceOptions(command);
  addCommonOptions(command);
  command.addHelpText("after", DETAILS);
  command.action(run);
}

async function run(path: string, options: Options): Promise<void> {
  const [opening, { csv, json, quiet, debug, report, plots, windows, ...wanted }] =
    splitTraceOptions(options);
  const printsElsewhere = refuseTwoOutputs("mrc", options);
  // Opened before the work, so that a path that cannot be written to is reported at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const progress = new Progress(options);
  let pictures: Pictures | undefined;
  let trace: Trace | undefined;
  try {
    pictures = await Pictures.open(options);
    trace = await openTrace(path, opening);
    if (pictures !== undefined) trace = await readableAgain(trace);
    const asked: MrcOptions = { ...wanted, ...(windows !== undefined && { workingSet: windows }) };
    const all =
      pictures === undefined ? asked : { ...asked, workingSet: asked.workingSet ?? true, reuse: true };
    const drawn = await mrc(trace, { ...all, onProgress: progress.onCurves });
    const details = pictures === undefined ? [] : [await detailsOf(trace, aboutOf(drawn, wanted))];
    progress.stop();
    const result = onlyAsked(drawn, asked);
    if (json) writeJson(result);
    const text = await import("../report/mrc.js");
    if (sink !== undefined) {
      await sink.write(Buffer.from(text.mrcCsv(result)));
      await sink.finish();
    }
    await pictures?.write(drawn, details);
    if (!printsElsewhere) writeOut(text.mrcText(result, await outputStyle(), outputWidth()));
  } finally {
    progress.stop();
    await pictures?.abort();
    await sink?.abort();
    await trace?.close();
  }
}

/** A report always shows working sets and reuse. */
function onlyAsked({ workingSets, reuse, ...result }: MrcResult, asked: MrcOptions): MrcResult {
  return {
    ...result,
    ...(asked.workingSet && workingSets !== undefined && { workingSets }),
    ...(asked.reuse && reuse !== undefined && { reuse }),
  };
}

/** The page size of the heat map: the first one. */
function aboutOf({ workingSets }: MrcResult, { only }: MrcOptions): HeatMapOptions {
  const pageSize = workingSets?.[0]?.pageSize;
  return { ...(only !== undefined && { only }), ...(pageSize !== undefined && { pageSize }) };
}
