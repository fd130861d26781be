/**
 * A `pagewalk` trace as the life of a process: references and call events in one time line. A recording with the
 * initial regions of its program (`trace record --calls`) starts from them and places mappings where they were.
 */

import { KIND_CALL, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND } from "../../../../assembly/abi/core.js";
import { UsageError } from "../../../errors.js";
import { eachBatch } from "../../../pass/pass.js";
import type { Watch } from "../../../pass/progress.js";
import type { Batch, TraceReader } from "../../../trace/reader.js";
import type { Trace } from "../../../trace/trace.js";

/** The consumer of a time line. */
export interface TimeLineRun {
  /** Called first, with the trace's metadata. */
  begin(metadata: Readonly<Record<string, unknown>>): void;
  next(calls: readonly string[], index: number): Promise<void> | undefined;
  /** References from records in the system's kernel memory, numbered in the trace from `firstReference`. */
  touch(memory: WebAssembly.Memory, records: number, count: number, firstReference: number): void;
  /** Called between batches; may return a promise to wait for. */
  pause(): Promise<void> | undefined;
}

/** The run watches itself, since a single call may take long. */
const UNWATCHED: Watch = { onWork: () => undefined };

/** `open` begins a pass whose references lie in the given kernel's memory. */
export async function runTimeLine(
  trace: Trace,
  open: (trace: Trace) => Promise<{ reader: TraceReader; memory: WebAssembly.Memory }>,
  run: TimeLineRun,
): Promise<void> {
  if (trace.unit === "page")
    throw new UsageError(
      `${trace.name} has page numbers, and a process has addresses`,
      "replay it with compare",
    );
  const { reader, memory } = await open(trace);
  const serve = async (batch: Batch) => {
    await serveBatch(batch, memory, run);
    return undefined;
  };
  try {
    run.begin(reader.metadata ?? {});
    await eachBatch(reader, UNWATCHED, serve);
  } finally {
    await reader.close();
  }
}

/** Serves the references and calls of a batch in their order. */
async function serveBatch(
  { records, count, firstReference, calls }: Batch,
  memory: WebAssembly.Memory,
  run: TimeLineRun,
): Promise<void> {
  let reference = firstReference;
  for (let done = 0; done < count; done++) {
    const end = nextCall(memory, records, done, count);
    if (end > done) run.touch(memory, records + done * RECORD_BYTES, end - done, reference);
    reference += end - done;
    done = end;
    if (done === count) break;
    const address = records + done * RECORD_BYTES + RECORD_ADDRESS;
    await run.next(calls, new DataView(memory.buffer).getUint32(address, true));
  }
  await run.pause();
}

/** The first call at or after `from`; `count` if there is none. */
function nextCall(memory: WebAssembly.Memory, records: number, from: number, count: number): number {
  const bytes = new Uint8Array(memory.buffer);
  let at = records + from * RECORD_BYTES + RECORD_KIND;
  for (let n = from; n < count; n++, at += RECORD_BYTES) if (bytes[at] === KIND_CALL) return n;
  return count;
}
