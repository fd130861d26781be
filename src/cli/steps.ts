/** `compare --trace-steps TRACE` */
import { type CompareStepsOptions, compareSteps } from "../compare/steps.js";
import { UsageError } from "../errors.js";
import { type compareCommand, stepOptions } from "../options/requests.js";
import { pick, type Values } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import { stepsText } from "../report/steps.js";
import { describeTrace } from "../trace/trace.js";
import { type CommonOptions, outputStyle, refuseOptions } from "./options.js";
import { Progress } from "./progress.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";
import { openOne, type ProgramChoice, warnOfTrace } from "./traces.js";

type Options = CommonOptions & ProgramChoice & Values<typeof traceOptions & typeof compareCommand>;

/** Options of `compare` without effect here. */
const OTHER_OPTIONS = ["csv", "resume", "jobs", "report", "plots", "diverge", "limit"];

export async function runSteps(paths: readonly string[], options: Options): Promise<void> {
  if (paths.length > 1) {
    throw new UsageError("--trace-steps shows one trace", `name one, not ${paths.length}`, "compare");
  }
  refuseOptions(options, OTHER_OPTIONS, "--trace-steps", "compare");
  const progress = new Progress(options);
  const trace = await openOne("compare", paths[0], options);
  try {
    const libraryOptions: CompareStepsOptions = {
      ...pick(options, stepOptions),
      onProgress: progress.onPass,
    };
    const { results } = await compareSteps(trace, libraryOptions);
    progress.stop();
    warnOfTrace(trace, options);
    if (options.json) writeJson({ trace: describeTrace(trace), results });
    else writeOut(await stepsText(results, await outputStyle(), outputWidth()));
  } finally {
    progress.stop();
    await trace.close();
  }
}
