/** `trace info TRACE` */
import { pick, type Values } from "../options/row.js";
import { traceOptions } from "../options/traces.js";
import { traceInfo } from "../trace/info.js";
import { openTrace } from "../trace/open.js";
import { describeTrace } from "../trace/trace.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";
import { warnOfCutLine } from "./traces.js";

type Options = CommonOptions & Values<typeof traceOptions>;

export async function run(path: string, options: Options): Promise<void> {
  const trace = await openTrace(path, pick(options, traceOptions));
  const progress = new Progress(options);
  try {
    const info = await traceInfo(trace, { onProgress: progress.onPass });
    progress.stop();
    warnOfCutLine(trace, options);
    if (options.json) {
      writeJson({ trace: describeTrace(trace), ...info });
      return;
    }
    const { traceInfoText } = await import("../report/trace-info.js");
    writeOut(traceInfoText(info, await outputStyle()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
