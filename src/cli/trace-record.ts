/** `trace record -o OUT -- COMMAND ARG…` */
import { UsageError } from "../errors.js";
import { type RecordHeapResult, recordHeap } from "../heap/record.node.js";
import { recordAllocations } from "../heap/record-allocations.node.js";
import { pick, type Values } from "../options/row.js";
import { lengthOptions, type recordCommand, recordingOptions } from "../options/traces.js";
import { formatCounted } from "../report/numbers.js";
import { type RecordResult, recordTrace } from "../trace/record/record.node.js";
import { startingProgram } from "./interrupt.js";
import { type CommonOptions, refuseOptions } from "./options.js";
import { programEnd } from "./program-end.js";
import { Progress } from "./progress.js";
import { writeError, writeJson } from "./terminal.js";
import { formatOf, refuseTwoOutputs, reportOutput, warnOfLosses } from "./trace-output.js";

type Options = CommonOptions & Values<typeof recordCommand> & { output: string };

export async function run(program: string[], options: Options): Promise<void> {
  const { output, json, quiet, calls = false, follow = false } = options;
  refuseTwoOutputs(output, options);
  if (options.heap && !calls) return runHeap(program, options);
  if (options.heap && follow)
    throw new UsageError("--follow is for --heap alone, or for references", "leave one of them out");
  const progress = new Progress(options);
  try {
    const common = {
      onProgress: progress.onPass,
      programOutput: output === "-" || json ? ("stderr" as const) : ("inherit" as const),
      ...formatOf(options),
      ...pick(options, recordingOptions),
      ...pick(options, lengthOptions),
    };
    const result = await startingProgram((stop) =>
      options.heap
        ? recordAllocations(program, output, { ...common, stop })
        : recordTrace(program, output, { ...common, stop, calls, follow }),
    );
    progress.stop();
    reportOutput(output, result, options);
    warnOfLosses(output, result, options);
    if (json || quiet) return;
    const { counts } = result;
    writeError(
      `pagewalk: ${output}: ${formatCounted(counts.references, "reference")} recorded${endingOf(result)}\n`,
    );
  } finally {
    progress.stop();
  }
}

function endingOf(result: Pick<RecordResult, "exitCode" | "exitSignal">): string {
  if (result.exitCode === undefined) return "; the program was ended there";
  const end = programEnd(result);
  return end === undefined ? "" : `; ${end}`;
}

async function runHeap(program: string[], options: Options): Promise<void> {
  const { output, json, quiet, follow = false } = options;
  const others = [...Object.keys(recordingOptions), ...Object.keys(lengthOptions)];
  refuseOptions(options, others, "--heap alone", "trace record");
  const result = await recordHeap(program, output, {
    programOutput: output === "-" || json ? "stderr" : "inherit",
    follow,
    ...formatOf(options),
  });
  if (json) writeJson(result);
  else if (!quiet) writeError(describeHeap(result));
}

/** One line for each log. */
function describeHeap({ path, calls, others, ...end }: RecordHeapResult): string {
  const ending = endingOf(end);
  const lines = [{ path, calls, ending }, ...others.map((other) => ({ ...other, ending: "" }))];
  return lines
    .map((one) => `pagewalk: ${one.path}: ${formatCounted(one.calls, "call")} recorded${one.ending}\n`)
    .join("");
}
