/** `trace info`: a survey of all references, in one pass. */

import type { PassOptions } from "../options/watch.js";
import { eachBatch, readTrace } from "../pass/pass.js";
import { Work } from "../pass/progress.js";
import type { ReferenceCounts } from "../wasm/counts.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelSurvey } from "../wasm/survey.js";
import type { IndexSummary } from "./format.js";
import type { TraceReader } from "./reader.js";

import { checkTrace, describeTrace, type Trace, type TraceDescription } from "./trace.js";

/** Pages are counted at 4 KiB, for any machine. */
const PAGE_SHIFT = 12;

/** Result of `traceInfo`, as `trace info --json` prints it. */
export interface TraceInfo extends ReferenceCounts, TraceDescription {
  /** Unit of the records: addresses, or page numbers. */
  unit: "address" | "page";
  /** Bytes of the input as stored. */
  sizeBytes: number;
  /** Call events. */
  calls: number;
  /** Number of lines without a reference (messages, markers, headers); undefined if there are none. */
  skippedLines?: number;
  /** Pages of 4 KiB, or blocks if the trace has page numbers. */
  distinctPages: number;
  /** Distinct pages times their size; undefined if the trace has page numbers. */
  footprintBytes?: number;
  /** Sum of all references' sizes. */
  bytesTouched: number;
  /** References that touch several pages, each a request for every one of them in `compare` and `mrc`. */
  crossings: number;
  /** Undefined for a trace without references. */
  lowestAddress?: string;
  /** Address of the last byte touched, or the highest page number. */
  highestAddress?: string;
  /** The file's metadata. */
  index?: IndexSummary;
}

/** Options of `traceInfo`. */
export type TraceInfoOptions = PassOptions;

/** Counts what a trace holds, in one pass. Throws `InputError` for a trace that cannot be read. */
export async function traceInfo(trace: Trace, options: TraceInfoOptions = {}): Promise<TraceInfo> {
  checkTrace(trace, "traceInfo");
  const kernel = await Kernel.create();
  const survey = new KernelSurvey(kernel, trace.unit === "address" ? PAGE_SHIFT : 0);
  const index = await trace.index();
  return readTrace(trace, kernel, async (reader) => {
    let calls = 0;
    await eachBatch(reader, Work.over(trace, 1, options).watch, (batch) => {
      survey.add(batch.records, batch.count);
      calls += batch.calls.length;
    });
    return describe(trace, reader, survey, calls, index);
  });
}

function describe(
  trace: Trace,
  reader: TraceReader,
  survey: KernelSurvey,
  calls: number,
  index: IndexSummary | undefined,
): TraceInfo {
  const { counts, lowest, highest, ...sums } = survey.result;
  const hex = (address: bigint) => `0x${address.toString(16)}`;
  return {
    ...describeTrace(trace),
    unit: trace.unit,
    sizeBytes: trace.sizeBytes ?? reader.bytesRead,
    ...counts,
    calls,
    ...(reader.skippedLines && { skippedLines: reader.skippedLines }),
    ...sums,
    ...(trace.unit === "address" && { footprintBytes: sums.distinctPages * 2 ** PAGE_SHIFT }),
    ...(counts.references > 0 && { lowestAddress: hex(lowest), highestAddress: hex(highest) }),
    ...(index !== undefined && { index }),
  };
}
