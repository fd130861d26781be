/** `trace info TRACE` */
import type { Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import { traceInfo } from "../trace/info.js";
import { describeTrace } from "../trace/trace.js";
import { endingProgram } from "./interrupt.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";
import { openOne, type ProgramChoice, warnOfTrace } from "./traces.js";

type Options = CommonOptions & ProgramChoice & Values<typeof traceOptions>;

export async function run(path: string | undefined, options: Options): Promise<void> {
  const trace = await openOne("trace info", path, options);
  const progress = new Progress(options);
  try {
    const info = await endingProgram(trace, () => traceInfo(trace, { onProgress: progress.onPass }));
    progress.stop();
    warnOfTrace(trace, options);
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
