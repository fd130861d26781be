/** Reads the references of a trace for code outside the kernel. */

import type { PassOptions } from "../options/watch.js";
import { itemsOf } from "../pass/pass.js";
import { Work } from "../pass/progress.js";
import { Kernel } from "../wasm/kernel.js";
import { columnsOf, type ReferenceColumns } from "../wasm/records.js";
import { checkTrace, type Trace } from "./trace.js";

/** Successive references of a trace; the arrays are the caller's. */
export interface ReferenceBatch extends ReferenceColumns {
  /** Number of the first of them in the trace, from 0. */
  readonly firstReference: number;
}

/**
 * The references of a trace in one pass, in batches of at most 32,768. A loop that is left early closes the pass. Throws
 * `InputError` where the trace cannot be read.
 */
export async function* readReferences(
  trace: Trace,
  options: PassOptions = {},
): AsyncGenerator<ReferenceBatch, void, undefined> {
  checkTrace(trace, "readReferences");
  const kernel = await Kernel.create();
  const reader = await trace.read(kernel);
  try {
    for await (const batch of itemsOf(reader, () => reader.next(), Work.over(trace, 1, options).watch)) {
      const columns = columnsOf(kernel, batch);
      if (columns.kinds.length > 0) yield { firstReference: batch.firstReference, ...columns };
    }
  } finally {
    await reader.close();
  }
}
