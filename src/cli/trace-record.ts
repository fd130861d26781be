/** `trace record -o OUT -- COMMAND ARG…` */
import type { Command } from "commander";
import { formatCounted } from "../report/numbers.js";
import { recordTrace } from "../trace/record.js";
import { addCommonOptions } from "./options.js";
import { Progress } from "./progress.js";
import { writeError } from "./terminal.js";
import {
  addToOption,
  formatOf,
  refuseTwoOutputs,
  tellWritten,
  type WriteOptions,
  warnOfLosses,
} from "./written.js";

interface Options extends WriteOptions {
  output: string;
  calls?: boolean;
}

const EXAMPLES = `
The program runs under valgrind's tool lackey, about fifty times slower than
alone; what it prints goes where it always goes.

Examples:
  pagewalk trace record -o ls.pagewalk -- ls -l /usr/bin
  pagewalk trace record -o sort.pagewalk -- sort words.txt > sorted.txt
  pagewalk trace record --calls -o ls.pagewalk -- ls
  pagewalk run ls.pagewalk --show maps,costs`;

export function define(command: Command): void {
  command
    .usage("-o <file> [options] -- <command...>")
    .argument("<command...>", "the program to run and its arguments")
    .passThroughOptions()
    .requiredOption("-o, --output <file>", "where to write the trace; - for standard output");
  command.option("--calls", "record system calls and regions too, so that run takes the trace");
  addToOption(command);
  addCommonOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(run);
}

async function run(program: string[], options: Options): Promise<void> {
  const { output, json, quiet, calls = false } = options;
  refuseTwoOutputs(output, options);
  const progress = new Progress(options);
  try {
    const result = await recordTrace(program, output, {
      onProgress: progress.onPass(undefined),
      programOutput: output === "-" || json ? "stderr" : "inherit",
      calls,
      ...formatOf(options),
    });
    progress.stop();
    tellWritten(output, result, options);
    warnOfLosses(output, result, options);
    if (json || quiet) return;
    const { counts, exitCode } = result;
    const ending = exitCode === 0 ? "" : `; the program ended with status ${exitCode}`;
    writeError(`pagewalk: ${output}: ${formatCounted(counts.references, "reference")} recorded${ending}\n`);
  } finally {
    progress.stop();
  }
}
