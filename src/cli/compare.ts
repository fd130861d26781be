/** `compare TRACE…` */
import type { Command } from "commander";
import { type CompareOptions, compare } from "../compare/compare.js";
import { policies } from "../compare/policies.js";
import { UsageError } from "../errors.js";
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
import { HELP_WIDTH, outputWidth, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & { format?: string; csv?: string } & Omit<
    CompareOptions,
    "onProgress" | "signal"
  >;

const EXAMPLES = `
Examples:
  pagewalk compare ls.pagewalk
  pagewalk compare ls.pagewalk --policies lru,arc,opt --frames 1%,5%,20%
  pagewalk compare *.pagewalk --policies all --only data --csv misses.csv`;

const pageSize = (text: string) => parseSize(text, "--page-size");

export async function define(command: Command, args: readonly string[]): Promise<void> {
  command
    .description("Compare replacement policies over numbers of frames.")
    .argument("<traces...>", "paths, or - for standard input")
    .option("--policies <list>", "names with commas between, or all (default: all)")
    .option("--frames <list>", "counts such as 128,1024 or shares of the distinct pages (default: 1%,5%,20%)")
    .option("--only <what>", "all, data or instructions (default: all)")
    .option("--page-size <size>", "bytes of a page where a trace has addresses (default: 4KiB)", pageSize)
    .option("--jobs <n>", "how many at a time (default: every core)", countOption("--jobs"))
    .option("--csv <file>", "write the results there too, as comma-separated values");
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
  return `\nPolicies, and their parameters' defaults:\n${lines}\nopt and vmin know the future: they read a trace twice.\n`;
}

/** Lines of at most `width`, broken at spaces and indented. */
function wrapped(text: string, width: number): string[] {
  return [...text.matchAll(new RegExp(`(\\S.{0,${width - 4}})(?:\\s|$)`, "g"))].map(
    ([, line]) => `  ${line}`,
  );
}

async function run(paths: string[], options: Options): Promise<void> {
  const { format, csv, json, quiet, debug, ...comparison } = options;
  if (json && csv === "-") {
    throw new UsageError("--json and --csv - both want standard output", "give --csv a file", "compare");
  }
  if (paths.indexOf("-") !== paths.lastIndexOf("-")) {
    throw new UsageError("standard input is named twice", "name it once, it can be read once", "compare");
  }
  // Opened before the work, so that a path nobody can write to is told at once.
  const sink = csv === undefined ? undefined : await openSink(csv);
  const traces: Trace[] = [];
  const progress = new Progress(options);
  try {
    for (const path of paths) traces.push(await openTrace(path, format === undefined ? {} : { format }));
    const result = await compare(traces, { ...comparison, onProgress: progress.onCompare });
    progress.stop();
    if (json) writeJson(result);
    const report = await import("../report/compare.js");
    if (sink !== undefined) {
      await sink.write(Buffer.from(report.compareCsv(result)));
      await sink.finish();
    }
    if (!json && csv !== "-") writeOut(await report.compareText(result, await outputStyle(), outputWidth()));
  } finally {
    progress.stop();
    await sink?.abort();
    await Promise.all(traces.map((trace) => trace.close()));
  }
}
