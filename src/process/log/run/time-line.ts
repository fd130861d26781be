/**
 * A `pagewalk` trace as the life of a process: references and call events in one time line. A recording with the
 * initial regions of its program (`trace record --calls`) starts from them and places mappings where they were.
 */

import { KIND_CALL, RECORD_ADDRESS, RECORD_BYTES, RECORD_KIND } from "../../../../assembly/abi/core.js";
import { UsageError } from "../../../errors.js";
import { eachBatch } from "../../../pass/pass.js";
import type { Watch } from "../../../pass/progress.js";
import type { Batch } from "../../../trace/reader.js";
import { cutLineWarning, type Trace } from "../../../trace/trace.js";
import type { Run } from "./run.js";

/** The run watches itself, since a single call may take long. */
const UNWATCHED: Watch = { onWork: () => undefined };

export async function serveTimeLine(trace: Trace, run: Run): Promise<void> {
  if (trace.unit === "page")
    throw new UsageError(
      `${trace.name} has page numbers, and a process has addresses`,
      "replay it with compare",
    );
  const { reader, memory } = await run.system.read(trace);
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
  const warning = cutLineWarning(trace);
  if (warning !== undefined) run.warn("cut", warning);
}

/** Serves the references and calls of a batch in their order. */
async function serveBatch(batch: Batch, memory: WebAssembly.Memory, run: Run): Promise<void> {
  const { count, calls } = batch;
  let { firstReference } = batch;
  for (let done = 0; done < count; done++) {
    const end = nextCall(memory, batch.records, done, count);
    const records = batch.records + done * RECORD_BYTES;
    if (end > done) run.touch({ memory, records, count: end - done, firstReference });
    firstReference += end - done;
    done = end;
    if (done === count) break;
    const address = batch.records + done * RECORD_BYTES + RECORD_ADDRESS;
    const index = new DataView(memory.buffer).getUint32(address, true);
    await run.next(calls[index] ?? "", () => calls.slice(index + 1));
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
