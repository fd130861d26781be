/** `compare --diverge TWO TRACE` */
import { type DivergeOptions, diverge } from "../compare/diverge.js";
import { UsageError } from "../errors.js";
import { type compareCommand, divergeOptions } from "../options/requests.js";
import { pick, type Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import { divergeText } from "../report/diverge.js";
import { describeTrace } from "../trace/trace.js";
import { type CommonOptions, outputStyle, refuseOptions } from "./options.js";
import { Progress } from "./progress.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";
import { openOne, type ProgramChoice, warnOfTrace } from "./traces.js";

type Options = CommonOptions & ProgramChoice & Values<typeof traceOptions & typeof compareCommand>;

/** Options of `compare` without effect here. */
const TABLE_OPTIONS = ["policies", "csv", "resume", "jobs", "report", "plots"];

export async function runDiverge(paths: readonly string[], options: Options): Promise<void> {
  if (paths.length > 1) {
    throw new UsageError("--diverge looks at one trace", `name one, not ${paths.length}`, "compare");
  }
  refuseOptions(options, TABLE_OPTIONS, "--diverge", "compare");
  const progress = new Progress(options);
  const trace = await openOne("compare", paths[0], options);
  try {
    const libraryOptions: DivergeOptions = {
      ...pick(options, divergeOptions),
      policies: options.diverge ?? "",
      onProgress: progress.onPass,
    };
    const result = await diverge(trace, libraryOptions);
    progress.stop();
    const reading = describeTrace(trace);
    warnOfTrace(trace, options);
    if (options.json) writeJson({ trace: reading, ...result });
    else writeOut(divergeText(result.divergences, reading, await outputStyle(), outputWidth()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
