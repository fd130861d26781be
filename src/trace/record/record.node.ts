/** Records the references of a program while it runs: to a file, or straight to a simulation. */
import { UsageError } from "../../errors.js";
import type { RecorderName } from "../../options/names.js";
import { type ConvertOptions, type ConvertResult, convertTrace } from "../convert.js";
import type { TraceOutput } from "../sinks.js";
import { type RecordedTrace, traceOf } from "./recorded-trace.node.js";
import type { StartOptions } from "./recorder.js";
import { chooseRecorder, type RecorderChoice } from "./recorders.node.js";
import type { RecordingSignals } from "./running-program.js";

/** Options of `recordedTrace`. */
export interface RecordedTraceOptions extends StartOptions, RecorderChoice, RecordingSignals {}

/** Options of `recordTrace`. */
export interface RecordOptions extends ConvertOptions, RecordedTraceOptions {}

/** Result of `recordTrace`. */
export interface RecordResult extends ConvertResult {
  /** The recorder that was used. */
  recorder: RecorderName;
  /** The program's exit status; 128 plus the signal number if a signal ended it. */
  exitCode: number;
}

/**
 * Runs a program and writes its references to `output` as they come. Throws `InputError` if the recorder is not installed
 * or cannot run the program, `UsageError` without a program.
 */
export async function recordTrace(
  command: readonly string[],
  output: TraceOutput,
  options: RecordOptions = {},
): Promise<RecordResult> {
  const { signal, format, metadata, onProgress } = options;
  const trace = await recordedTrace(command, options);
  try {
    const result = await convertTrace(trace, output, {
      ...{ signal, onProgress },
      ...(format !== undefined && { format }),
      ...(metadata !== undefined && { metadata }),
    });
    return { ...result, recorder: trace.recorder, exitCode: await trace.ended };
  } finally {
    await trace.close();
  }
}

/**
 * Runs a program; its references are a trace that can be read once, while it runs. `close` kills a program that still
 * runs. Throws as `recordTrace` does.
 */
export async function recordedTrace(
  command: readonly string[],
  options: RecordedTraceOptions = {},
): Promise<RecordedTrace> {
  if (command.length === 0) throw new UsageError("no program to record", "name one after --");
  const { signal, calls = false } = options;
  signal?.throwIfAborted();
  const recorder = await chooseRecorder(options);
  const run = await recorder.start(command, options);
  return traceOf(run, options, {
    recorder: recorder.name,
    metadata: ({ maps }) => ({
      command: command.join(" "),
      ...(calls && { maps, placement: "recorded" }),
    }),
  });
}
