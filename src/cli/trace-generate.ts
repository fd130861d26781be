/** `trace generate PATTERN` */
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { convertTrace } from "../trace/convert.js";
import { type GenerateOptions, generateTrace, PATTERN_NAMES } from "../trace/generate.js";
import { parseSize } from "../units.js";
import { addCommonOptions, countOption, numberOption } from "./options.js";
import { Progress } from "./progress.js";
import {
  addToOption,
  formatOf,
  refuseTwoOutputs,
  tellWritten,
  type WriteOptions,
  warnOfLosses,
} from "./written.js";

const PATTERNS = `
Patterns:
  zipf         the page of rank k with a probability proportional to 1 / k^alpha
  uniform      every page with the same probability
  sequential   an array read from start to end, repeatedly
  loop         page after page, one reference each, repeatedly
  stride       addresses --stride bytes apart, repeatedly
  working-set  phases, each with a set of pages of its own
  mixture      several of these, chosen at random
  phases       several of these, or mixtures, one after the other

The parts of a mixture are separated by + signs, each with its weight and the
options of its pattern. Phases are separated by semicolons, each with its number
of references. A part has its own pages, behind those of the part before it,
unless it has start=ADDRESS; and its own seed, unless it has seed=N.

The same options give the same trace on every machine.

Examples:
  pagewalk trace generate zipf --references 1e7 --pages 1e6 -o z.pagewalk
  pagewalk trace generate loop --pages 100 -o - --to lackey | head
  pagewalk trace generate mixture -o m.pagewalk \\
    "0.7*zipf:pages=1000,alpha=0.9 + 0.3*sequential:pages=5000"
  pagewalk trace generate phases -o p.pagewalk \\
    "loop:pages=100,references=1e6; 0.5*zipf + 0.5*uniform:start=0"`;

/** Options of all patterns; options of other patterns than the chosen one are errors. */
type Options = WriteOptions & { output: string } & Readonly<Record<string, unknown>>;

const COMPOSED: readonly string[] = ["mixture", "phases"];

export function define(command: Command): void {
  addToOption(command);
  const size = (option: string) => (text: string) => parseSize(text, option);
  command
    .argument("<pattern>", PATTERN_NAMES.join(", "))
    .argument("[parts]", "the parts of a mixture or phases")
    .requiredOption("-o, --output <file>", "where to write it; - for standard output")
    .option("--references <n>", "number of references (default: 1000000)", countOption("--references"))
    .option("--pages <n>", "number of pages (default: 100000)", countOption("--pages"))
    .option("--page-size <size>", "bytes of a page (default: 4KiB)", size("--page-size"))
    .option("--size <bytes>", "bytes of a reference (default: 8)", size("--size"))
    .option("--start <address>", "address of the first page (default: 0)", countOption("--start"))
    .option("--seed <n>", "seed of the random numbers (default: 1)", countOption("--seed"))
    .option("--writes <share>", "share of stores, 0 to 1 (default: 0)", numberOption("--writes"))
    .option("--alpha <x>", "zipf: the exponent (default: 1)", numberOption("--alpha"))
    .option("--stride <size>", "stride: bytes to the next reference (default: 64)", size("--stride"))
    .option("--set-pages <n>", "working-set: pages of a set (default: a tenth)", countOption("--set-pages"))
    .option("--phases <n>", "working-set: number of phases (default: 10)", countOption("--phases"))
    .option(
      "--locality <share>",
      "working-set: share of references to the set, 0 to 1 (default: 0.95)",
      numberOption("--locality"),
    );
  addCommonOptions(command);
  command.addHelpText("after", PATTERNS);
  command.action(run);
}

async function run(pattern: string, parts: string | undefined, options: Options): Promise<void> {
  const { output, to, quiet, debug, json, ...parameters } = options;
  refuseTwoOutputs(output, options);
  // The library checks everything else.
  const trace = generateTrace({ ...parameters, ...patternOf(pattern, parts, options) } as GenerateOptions);
  const progress = new Progress(options);
  try {
    const result = await convertTrace(trace, output, {
      onProgress: progress.onPass,
      ...formatOf(options),
    });
    progress.stop();
    tellWritten(output, result, options);
    // Losing the address within a page is intended here.
    warnOfLosses(output, { ...result, lost: { ...result.lost, sizes: 0, addresses: 0 } }, options);
  } finally {
    progress.stop();
    await trace.close();
  }
}

function patternOf(pattern: string, parts: string | undefined, { phases }: Options): Record<string, unknown> {
  if (COMPOSED.includes(pattern) && parts === undefined) {
    const remedy = 'give them after it, such as "0.7*zipf:pages=1000 + 0.3*loop:pages=50"';
    throw new UsageError(`${pattern} needs its parts`, remedy, "trace generate");
  }
  if (parts !== undefined && !COMPOSED.includes(pattern)) {
    const problem = `"${parts}" after ${pattern}: only a mixture and phases have parts`;
    throw new UsageError(
      problem,
      "give its options with dashes, see trace generate --help",
      "trace generate",
    );
  }
  if (pattern === "phases" && phases !== undefined) {
    throw new UsageError("--phases is for working-set", "leave it out, the parts say it", "trace generate");
  }
  return {
    pattern,
    ...(COMPOSED.includes(pattern) && { [pattern === "mixture" ? "parts" : "phases"]: parts }),
  };
}
