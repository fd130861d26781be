/** `replay TRACE` */
import { machineOptions } from "../options/machine.js";
import { pick, type Values } from "../options/row.js";
import { traceOptions } from "../options/traces.js";
import { replay } from "../replay/replay.js";
import { openTrace } from "../trace/open.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & Values<typeof traceOptions & typeof machineOptions>;

export async function run(path: string, options: Options): Promise<void> {
  const trace = await openTrace(path, pick(options, traceOptions));
  const progress = new Progress(options);
  try {
    const result = await replay(trace, { ...pick(options, machineOptions), onProgress: progress.onPass });
    progress.stop();
    if (options.json) {
      writeJson(result);
      return;
    }
    const { replayText } = await import("../report/replay.js");
    writeOut(replayText(result, await outputStyle()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
