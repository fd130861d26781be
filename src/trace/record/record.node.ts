/** Records the references of a program while it runs: to a file, or straight to a simulation. */
import { OptionError, UsageError } from "../../errors.js";
import type { RecorderName } from "../../options/names.js";
import { type ConvertOptions, type ConvertResult, convertTrace } from "../convert.js";
import { openSink, type TraceOutput } from "../sinks.js";
import type { ByteSink } from "../writer.js";
import { programFunctions } from "./functions.node.js";
import { type PartOptions, partOf } from "./part.js";
import { type RecordedTrace, traceOf } from "./recorded-trace.node.js";
import type { StartOptions } from "./recorder.js";
import { chooseRecorder, type RecorderChoice } from "./recorders.node.js";
import type { RecordingSignals } from "./running-program.js";

/** Options of `recordedTrace`. */
export interface RecordedTraceOptions
  extends StartOptions,
    RecorderChoice,
    RecordingSignals,
    Omit<PartOptions, "limit"> {
  /** Number of references after which the trace ends. */
  limit?: number | undefined;
}

/** Options of `recordTrace`. */
export interface RecordOptions extends ConvertOptions, Omit<RecordedTraceOptions, "limit">, PartOptions {}

/** Result of `recordTrace`. */
export interface RecordResult extends ConvertResult {
  /** The recorder that was used. */
  recorder: RecorderName;
  /**
   * The program's exit status; 128 plus the signal number if a signal ended it. Undefined if the program was ended
   * because the part that is recorded was over.
   */
  exitCode: number | undefined;
  /** The name of the signal that ended it; undefined if it exited. */
  exitSignal: string | undefined;
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
  const { limitBytes } = partOf(options);
  const trace = await start(command, options);
  try {
    const sink = limitBytes === undefined ? output : await limited(output, limitBytes, () => trace.finish());
    const result = await convertTrace(trace, sink, {
      ...{ signal, onProgress },
      ...(format !== undefined && { format }),
      ...(metadata !== undefined && { metadata }),
    });
    const { recorder, exitCode, exitSignal } = trace;
    return { ...result, recorder, exitCode, exitSignal };
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
  const { limitBytes } = partOf(options);
  if (limitBytes !== undefined) {
    throw OptionError.at("limit", "the trace is not stored, and has no size", "give a number of references");
  }
  return start(command, options);
}

async function start(command: readonly string[], options: RecordOptions): Promise<RecordedTrace> {
  if (command.length === 0) throw new UsageError("no program to record", "name one after --");
  const { signal, calls = false } = options;
  const part = partOf(options);
  signal?.throwIfAborted();
  const names = Object.values(part.functions);
  const functions = names.length === 0 ? undefined : await programFunctions(command, names);
  const recorder = await chooseRecorder(options);
  const run = await recorder.start(command, options);
  return traceOf(run, options, recorder.name, ({ maps, programStart }) => ({
    metadata: {
      command: command.join(" "),
      ...(calls && { maps, placement: "recorded" }),
    },
    part: part.settings((name) => functions?.addressOf(name, programStart) ?? 0n),
  }));
}

/** Calls `isFull` when the output has this many bytes or more. What is written then is kept. */
async function limited(output: TraceOutput, bytes: number, isFull: () => void): Promise<ByteSink> {
  const sink = await openSink(output);
  let written = 0;
  return {
    name: sink.name,
    write: async (chunk) => {
      await sink.write(chunk);
      written += chunk.length;
      if (written >= bytes) isFull();
    },
    finish: () => sink.finish(),
    abort: () => sink.abort(),
  };
}
