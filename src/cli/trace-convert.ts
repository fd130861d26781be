/** `trace convert IN OUT` */
import { pick, type Values } from "../options/row.js";
import { traceOptions } from "../options/traces.js";
import { convertTrace } from "../trace/convert.js";
import { openTrace } from "../trace/open.js";
import { Progress } from "./progress.js";
import { formatOf, refuseTwoOutputs, reportOutput, type WriteOptions, warnOfLosses } from "./trace-output.js";
import { warnOfTrace } from "./traces.js";

type Options = WriteOptions & Values<typeof traceOptions>;

export async function run(from: string, to: string, options: Options): Promise<void> {
  refuseTwoOutputs(to, options);
  const trace = await openTrace(from, pick(options, traceOptions));
  const progress = new Progress(options);
  try {
    const result = await convertTrace(trace, to, {
      onProgress: progress.onPass,
      ...formatOf(options),
    });
    progress.stop();
    warnOfTrace(trace, options);
    reportOutput(to, result, options, trace);
    warnOfLosses(to, result, options);
  } finally {
    progress.stop();
    await trace.close();
  }
}
