/** Records of references, copied out of kernel memory. assembly/abi/core.ts has their layout. */
import {
  KIND_CALL,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../assembly/abi/core.js";
import type { Kernel } from "./kernel.js";

/** References by columns: entry n of each array is of the same reference. */
export interface ReferenceColumns {
  /** Indexes of `REFERENCE_KINDS`: 0 fetch, 1 load, 2 store, 3 modify. */
  readonly kinds: Uint8Array;
  /** Virtual addresses; page numbers if the trace has those. */
  readonly addresses: BigUint64Array;
  /** Bytes; 0 if the trace does not say. */
  readonly sizes: Uint32Array;
}

/** Those of a batch, without its call events. */
export function columnsOf(
  kernel: Kernel,
  { records, count }: { records: number; count: number },
): ReferenceColumns {
  const view = kernel.view();
  const kinds = new Uint8Array(count);
  const addresses = new BigUint64Array(count);
  const sizes = new Uint32Array(count);
  let references = 0;
  for (let record = records; record < records + count * RECORD_BYTES; record += RECORD_BYTES) {
    const kind = view.getUint8(record + RECORD_KIND);
    if (kind === KIND_CALL) continue;
    kinds[references] = kind;
    addresses[references] = view.getBigUint64(record + RECORD_ADDRESS, true);
    sizes[references] = view.getUint32(record + RECORD_SIZE, true);
    references++;
  }
  return {
    kinds: kinds.subarray(0, references),
    addresses: addresses.subarray(0, references),
    sizes: sizes.subarray(0, references),
  };
}
