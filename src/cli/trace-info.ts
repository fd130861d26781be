/** `trace info TRACE` */
import type { Command } from "commander";
import { traceInfo } from "../trace/info.js";
import { openTrace } from "../trace/open.js";
import type { OpenTraceOptions } from "../trace/trace.js";
import {
  addCommonOptions,
  addTraceOptions,
  type CommonOptions,
  outputStyle,
  splitTraceOptions,
} from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & OpenTraceOptions;

const EXAMPLES = `
Examples:
  pagewalk trace info ls.pagewalk
  pagewalk trace info blocks.csv --columns page=lbn,kind=op
  xz -dc big.lackey.xz | pagewalk trace info - --json`;

export function define(command: Command): void {
  command.argument("<trace>", "a path, or - for standard input");
  addTraceOptions(command);
  addCommonOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(run);
}

async function run(path: string, options: Options): Promise<void> {
  const trace = await openTrace(path, splitTraceOptions(options)[0]);
  const progress = new Progress(options);
  try {
    const info = await traceInfo(trace, { onProgress: progress.onPass });
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
