/** `trace info TRACE` */
import type { Command } from "commander";
import { traceInfo } from "../trace/info.js";
import { openTrace } from "../trace/open.js";
import { addCommonOptions, addFormatOption, type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

interface Options extends CommonOptions {
  format?: string;
}

const EXAMPLES = `
Examples:
  pagewalk trace info ls.pagewalk
  xz -dc big.lackey.xz | pagewalk trace info - --json`;

export function define(command: Command): void {
  command.argument("<trace>", "a path, or - for standard input");
  addFormatOption(command);
  addCommonOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(run);
}

async function run(path: string, options: Options): Promise<void> {
  const trace = await openTrace(path, options);
  const progress = new Progress(options);
  try {
    const info = await traceInfo(trace, { onProgress: progress.onPass(trace.sizeBytes) });
    progress.stop();
    if (options.json) {
      writeJson(info);
      return;
    }
    const { traceInfoText } = await import("../report/trace-info.js");
    writeOut(traceInfoText(info, await outputStyle()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
