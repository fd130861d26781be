/** `compare --diverge TWO TRACE` */
import { type DivergeOptions, diverge } from "../compare/diverge.js";
import { UsageError } from "../errors.js";
import { type compareCommand, divergeOptions } from "../options/requests.js";
import { pick, type Values } from "../options/row.js";
import { traceOptions } from "../options/traces.js";
import { divergeText } from "../report/diverge.js";
import { openTrace } from "../trace/open.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & Values<typeof traceOptions & typeof compareCommand>;

/** Options of `compare` without effect here. */
const TABLE_OPTIONS = ["policies", "csv", "resume", "jobs", "report", "plots"];

export async function runDiverge(paths: readonly string[], options: Options): Promise<void> {
  const [path, ...more] = paths;
  if (path === undefined || more.length > 0) {
    throw new UsageError("--diverge looks at one trace", `name one, not ${paths.length}`, "compare");
  }
  const foreign = TABLE_OPTIONS.find((name) => name in options);
  if (foreign !== undefined) {
    throw new UsageError(`--${foreign} has no meaning with --diverge`, "leave it out", "compare");
  }
  const progress = new Progress(options);
  const trace = await openTrace(path, pick(options, traceOptions));
  try {
    const asked: DivergeOptions = {
      ...pick(options, divergeOptions),
      policies: options.diverge ?? "",
      onProgress: progress.onPass,
    };
    const result = await diverge(trace, asked);
    progress.stop();
    if (options.json) writeJson(result);
    else writeOut(divergeText(result.divergences, await outputStyle()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
