/** Writes a trace in another format, or in the same. */

import { UsageError } from "../errors.js";
import type { FormatName } from "../options/names.js";
import type { PassOptions } from "../options/watch.js";
import { eachBatch, readTrace } from "../pass/pass.js";
import { Work } from "../pass/progress.js";
import type { ReferenceCounts } from "../wasm/counts.js";
import { Kernel } from "../wasm/kernel.js";
import { EncodingThreads } from "./encoding-threads.js";
import type { TraceFormat } from "./format.js";
import { FORMATS, formatByName, formatNamed } from "./formats.js";
import { type Losses, lossesOf, regionsAtBegin } from "./losses.js";
import type { TraceReader } from "./reader.js";
import { openSink, type TraceOutput } from "./sinks.js";
import type { Trace } from "./trace.js";
import { isSwitch } from "./turns.js";
import type { ByteSink, TraceWriter, WriterOptions } from "./writer.js";

/** The default format of the output. */
const DEFAULT_FORMAT = "pagewalk";

/** Options of `convertTrace`. */
export interface ConvertOptions extends PassOptions {
  /** The output's format; default: from the output's name, else pagewalk. */
  format?: FormatName;
  /** Metadata of the output, if its format can hold it. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** Result of `convertTrace`. */
export interface ConvertResult {
  /** Format of the output. */
  format: string;
  /** References written. */
  counts: ReferenceCounts;
  /** Call events that the output's format cannot hold. */
  callsDropped: number;
  /** Other losses. */
  lost: Losses;
}

/** On failure no file remains: the output gets its name only when it is complete. */
export async function convertTrace(
  trace: Trace,
  output: TraceOutput,
  options: ConvertOptions = {},
): Promise<ConvertResult> {
  const format = outputFormat(output, options.format);
  const kernel = await Kernel.create();
  const threads = EncodingThreads.create();
  return readTrace(trace, kernel, async (reader) => {
    const writer = await openWriter(kernel, format, output, {
      unit: trace.unit,
      ...(trace.isLive && { isLive: true }),
      ...(threads && { threads: threads.encode }),
      // Metadata beyond the references is copied.
      metadata: { ...reader.metadata, ...options.metadata },
    });
    try {
      const result = await writeAll(reader, writer, format, { trace, kernel, options });
      await writer.finish();
      return result;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }).finally(() => threads?.close());
}

async function writeAll(
  reader: TraceReader,
  writer: TraceWriter,
  format: TraceFormat,
  { trace, kernel, options }: { trace: Trace; kernel: Kernel; options: ConvertOptions },
): Promise<ConvertResult> {
  const { unit } = trace;
  const { keeps } = format;
  const size = keeps?.unit === unit && keeps.size !== "same" ? keeps.size : undefined;
  let calls = 0;
  let switches = 0;
  let otherSizes = 0;
  await eachBatch(reader, Work.over(trace, 1, options).watch, async (batch) => {
    const turns = batch.calls.filter(isSwitch).length;
    calls += batch.calls.length - turns;
    switches += turns;
    if (size !== undefined) {
      otherSizes += kernel.exports.countOtherSizes(batch.records, batch.count, size) >>> 0;
    }
    await writer.write(batch);
  });
  const { counts } = reader;
  // The turn of the only thread says nothing.
  const callsDropped = keeps === undefined ? 0 : calls + (switches > 1 ? switches : 0);
  const regions = format.hasMetadata ? 0 : regionsAtBegin(reader.metadata ?? {});
  const lost = { ...lossesOf(counts, unit, keeps, otherSizes), regions };
  return { format: format.name, counts, callsDropped, lost };
}

async function openWriter(
  kernel: Kernel,
  format: TraceFormat,
  output: TraceOutput,
  options: WriterOptions,
): Promise<TraceWriter> {
  if (format.write === undefined) throw notWritable(format);
  const sink: ByteSink = await openSink(output);
  try {
    return await format.write(kernel, sink, options);
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function outputFormat(output: TraceOutput, name: string | undefined): TraceFormat {
  const format = name === undefined ? formatByName(outputName(output)) : formatNamed(name);
  const chosen = format ?? formatNamed(DEFAULT_FORMAT);
  if (chosen.write === undefined) throw notWritable(chosen);
  return chosen;
}

function outputName(output: TraceOutput): string {
  if (typeof output === "string") return output;
  if (output instanceof URL) return output.pathname;
  return "name" in output ? output.name : "";
}

function notWritable(format: TraceFormat): UsageError {
  const names = FORMATS.filter(({ write }) => write !== undefined).map((other) => other.name);
  return new UsageError(`${format.name} can be read but not written`, `write one of ${names.join(", ")}`);
}
