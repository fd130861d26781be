/** `trace generate PATTERN` */
import { UsageError } from "../errors.js";
import { generateCommand } from "../options/generate.js";
import { pick, type Values } from "../options/row.js";
import { convertTrace } from "../trace/convert.js";
import { type GenerateOptions, generateTrace } from "../trace/generate.js";
import type { CommonOptions } from "./options.js";
import { Progress } from "./progress.js";
import { formatOf, refuseTwoOutputs, reportOutput, warnOfLosses } from "./trace-output.js";

type Options = CommonOptions & Values<typeof generateCommand> & { output: string };

const COMPOSED: readonly string[] = ["mixture", "phases"];

export async function run(pattern: string, parts: string | undefined, options: Options): Promise<void> {
  const { output, to, ...parameters } = { ...pick(options, generateCommand), output: options.output };
  refuseTwoOutputs(output, options);
  // The library checks everything else.
  const trace = generateTrace({ ...parameters, ...patternOf(pattern, parts, options) } as GenerateOptions);
  const progress = new Progress(options);
  try {
    const result = await convertTrace(trace, output, {
      onProgress: progress.onPass,
      ...formatOf(options),
    });
    progress.stop();
    reportOutput(output, result, options);
    // Losing the address within a page is intended here.
    warnOfLosses(output, { ...result, lost: { ...result.lost, sizes: 0, addresses: 0 } }, options);
  } finally {
    progress.stop();
    await trace.close();
  }
}

function patternOf(pattern: string, parts: string | undefined, { phases }: Options): Record<string, unknown> {
  if (COMPOSED.includes(pattern) && parts === undefined) {
    const remedy = 'give them after it, such as "0.7*zipf:pages=1000 + 0.3*loop:pages=50"';
    throw new UsageError(`${pattern} needs its parts`, remedy, "trace generate");
  }
  if (parts !== undefined && !COMPOSED.includes(pattern)) {
    const problem = `"${parts}" after ${pattern}: only a mixture and phases have parts`;
    throw new UsageError(
      problem,
      "give its options with dashes, see trace generate --help",
      "trace generate",
    );
  }
  if (pattern === "phases" && phases !== undefined) {
    throw new UsageError(
      "--phases is for working-set",
      "leave it out: the parts contain the phases",
      "trace generate",
    );
  }
  return {
    pattern,
    ...(COMPOSED.includes(pattern) && { [pattern === "mixture" ? "parts" : "phases"]: parts }),
  };
}
