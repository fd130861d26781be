/** `compare --diverge TWO TRACE` */
import type { CompareOptions } from "../compare/compare.js";
import { type DivergeOptions, diverge } from "../compare/diverge.js";
import { UsageError } from "../errors.js";
import { divergeText } from "../report/diverge.js";
import { openTrace } from "../trace/open.js";
import type { OpenTraceOptions } from "../trace/trace.js";
import { type CommonOptions, outputStyle, splitTraceOptions } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

/** The options of `compare` that are used here. */
export interface DivergeChoice {
  diverge?: string;
  limit?: number | undefined;
}

type Options = DivergeChoice &
  CommonOptions &
  OpenTraceOptions &
  Pick<CompareOptions, "frames" | "only" | "pageSize">;

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
  const [opening, { diverge: two = "", limit, frames, only, pageSize }] = splitTraceOptions(options);
  const progress = new Progress(options);
  const trace = await openTrace(path, opening);
  try {
    const asked: DivergeOptions = {
      policies: two,
      ...(limit !== undefined && { limit }),
      ...(frames !== undefined && { frames }),
      ...(only !== undefined && { only }),
      ...(pageSize !== undefined && { pageSize }),
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
