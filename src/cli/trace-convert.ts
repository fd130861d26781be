/** `trace convert IN OUT` */
import type { Command } from "commander";
import { formatCounted } from "../report/numbers.js";
import { convertTrace } from "../trace/convert.js";
import { openTrace } from "../trace/open.js";
import { addCommonOptions, addFormatOption } from "./options.js";
import { Progress } from "./progress.js";
import { writeError } from "./terminal.js";
import { addToOption, formatOf, refuseTwoOutputs, tellWritten, type WriteOptions } from "./written.js";

interface Options extends WriteOptions {
  format?: string;
}

const EXAMPLES = `
A file appears under its name only once it is whole. A name that ends with .gz
is compressed on the way.

Examples:
  pagewalk trace convert ls.lackey.zst ls.pagewalk
  pagewalk trace convert ls.pagewalk - --to lackey | less`;

export function define(command: Command): void {
  command
    .argument("<in>", "a path, or - for standard input")
    .argument("<out>", "a path, or - for standard output");
  addFormatOption(command);
  addToOption(command);
  addCommonOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(run);
}

async function run(from: string, to: string, options: Options): Promise<void> {
  refuseTwoOutputs(to, options);
  const trace = await openTrace(from, options.format === undefined ? {} : { format: options.format });
  const progress = new Progress(options);
  try {
    const result = await convertTrace(trace, to, {
      onProgress: progress.onPass(trace.sizeBytes),
      ...formatOf(options),
    });
    progress.stop();
    tellWritten(to, result, options);
    if (result.callsDropped > 0 && options.quiet !== true) {
      const calls = formatCounted(result.callsDropped, "call event");
      writeError(
        `pagewalk: ${to}: ${calls} left out, for which ${result.format} has no place; write pagewalk\n`,
      );
    }
  } finally {
    progress.stop();
    await trace.close();
  }
}
