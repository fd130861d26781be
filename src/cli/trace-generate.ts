/** `trace generate PATTERN` */
import type { Command } from "commander";
import { convertTrace } from "../trace/convert.js";
import { type GenerateOptions, generateTrace, PATTERN_NAMES } from "../trace/generate.js";
import { parseSize } from "../units.js";
import { addCommonOptions, countOption, numberOption } from "./options.js";
import { Progress } from "./progress.js";
import { addToOption, formatOf, refuseTwoOutputs, tellWritten, type WriteOptions } from "./written.js";

const PATTERNS = `
Patterns:
  zipf         some pages often, most seldom: page of rank k as 1 / k^alpha
  uniform      every page as likely as any other
  sequential   an array read from end to end, and again
  loop         page after page, one reference each, round and round
  stride       --stride bytes further each time, round and round
  working-set  phases, each with a set of pages of its own

The same options give the same trace, everywhere.

Examples:
  pagewalk trace generate zipf --references 1e7 --pages 1e6 -o z.pagewalk
  pagewalk trace generate loop --pages 100 -o - --to lackey | head`;

type Options = WriteOptions & { output: string } & Omit<GenerateOptions, "pattern">;

export function define(command: Command): void {
  addToOption(command);
  const size = (option: string) => (text: string) => parseSize(text, option);
  command
    .argument("<pattern>", PATTERN_NAMES.join(", "))
    .requiredOption("-o, --output <file>", "where to write it; - for standard output")
    .option("--references <n>", "how many references (default: 1000000)", countOption("--references"))
    .option("--pages <n>", "how many pages they go to (default: 100000)", countOption("--pages"))
    .option("--page-size <size>", "bytes of a page (default: 4KiB)", size("--page-size"))
    .option("--size <bytes>", "bytes of a reference (default: 8)", size("--size"))
    .option("--start <address>", "where the first page lies (default: 0)", countOption("--start"))
    .option("--seed <n>", "another seed gives another trace (default: 1)", countOption("--seed"))
    .option("--writes <share>", "share of stores, 0 to 1 (default: 0)", numberOption("--writes"))
    .option("--alpha <x>", "zipf: the exponent (default: 1)", numberOption("--alpha"))
    .option("--stride <size>", "stride: bytes to the next reference (default: 64)", size("--stride"))
    .option("--set-pages <n>", "working-set: pages of a set (default: a tenth)", countOption("--set-pages"))
    .option("--phases <n>", "working-set: how many phases (default: 10)", countOption("--phases"))
    .option(
      "--locality <share>",
      "working-set: share of references to the set, 0 to 1 (default: 0.95)",
      numberOption("--locality"),
    );
  addCommonOptions(command);
  command.addHelpText("after", PATTERNS);
  command.action(run);
}

async function run(pattern: GenerateOptions["pattern"], options: Options): Promise<void> {
  const { output, to, quiet, debug, json, ...parameters } = options;
  refuseTwoOutputs(output, options);
  const trace = generateTrace({ pattern, ...parameters });
  const progress = new Progress(options);
  try {
    const result = await convertTrace(trace, output, {
      onProgress: progress.onPass(trace.sizeBytes),
      ...formatOf(options),
    });
    tellWritten(output, result, options);
  } finally {
    progress.stop();
    await trace.close();
  }
}
