/** `trace convert IN OUT` */
import type { Command } from "commander";
import { convertTrace } from "../trace/convert.js";
import { openTrace } from "../trace/open.js";
import type { OpenTraceOptions } from "../trace/trace.js";
import { addCommonOptions, addTraceOptions, splitTraceOptions } from "./options.js";
import { Progress } from "./progress.js";
import {
  addToOption,
  formatOf,
  refuseTwoOutputs,
  tellWritten,
  type WriteOptions,
  warnOfLosses,
} from "./written.js";

type Options = WriteOptions & OpenTraceOptions;

const EXAMPLES = `
A file appears under its name only when it is complete. If the name ends with
.gz, the output is compressed. Information that the output format cannot hold is
reported.

Examples:
  pagewalk trace convert ls.lackey.zst ls.pagewalk
  pagewalk trace convert blocks.csv blocks.vscsi --columns page=5,size=4,kind=3
  pagewalk trace convert ls.pagewalk - --to lackey | less`;

export function define(command: Command): void {
  command
    .argument("<in>", "a path, or - for standard input")
    .argument("<out>", "a path, or - for standard output");
  addTraceOptions(command);
  addToOption(command);
  addCommonOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(run);
}

async function run(from: string, to: string, options: Options): Promise<void> {
  refuseTwoOutputs(to, options);
  const trace = await openTrace(from, splitTraceOptions(options)[0]);
  const progress = new Progress(options);
  try {
    const result = await convertTrace(trace, to, {
      onProgress: progress.onPass,
      ...formatOf(options),
    });
    progress.stop();
    tellWritten(to, result, options);
    warnOfLosses(to, result, options);
  } finally {
    progress.stop();
    await trace.close();
  }
}
