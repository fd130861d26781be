/** The references of a time line, which a process makes between its calls. */

import { RECORD_BYTES } from "../../../../assembly/abi/core.js";
import { referenceKind, referenceText } from "../../../trace/calls/calls-format.js";
import type { Process } from "../../process.js";
import type { Service } from "./service.js";

/** Records of references in the system's kernel memory. */
export interface RecordSpan {
  readonly memory: WebAssembly.Memory;
  /** Address of the first record. */
  readonly records: number;
  readonly count: number;
  /** Number of the first reference in the trace. */
  readonly firstReference: number;
}

export class References {
  readonly counts = { made: 0, skipped: 0 };

  constructor(private readonly service: Service) {}

  /** Makes the references, until a signal ends the process; the rest is skipped. `line` is that of its last call. */
  make(process: Process, { memory, records, count, firstReference }: RecordSpan, line: number): void {
    const { signals, recordedHeap } = this.service;
    let done = 0;
    while (done < count && process.isAlive) {
      const touched = process.touchRecords(records + done * RECORD_BYTES, count - done, line, recordedHeap);
      done += touched.done;
      if (touched.signal === undefined) break;
      const at = records + done * RECORD_BYTES;
      const reference = firstReference + done;
      const view = new DataView(memory.buffer);
      signals.add(process, {
        line,
        reference,
        access: referenceKind(view, at),
        call: `reference ${reference}: ${referenceText(view, at)}`,
        ...touched.signal,
      });
      done++;
    }
    this.counts.made += done;
    this.counts.skipped += count - done;
  }
}
