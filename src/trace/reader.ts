/** One pass over a trace: batches of references in kernel memory. */
import type { PagewalkError } from "../errors.js";
import type { OptionsOf } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import type { ReferenceCounts } from "../wasm/counts.js";

/** Options for reading a table, block numbers, and a file that is cut off. */
export interface TableOptions extends Omit<OptionsOf<typeof traceOptions>, "format"> {
  /** vscsi: requests are the bytes of their blocks instead of one page each. */
  ranges?: boolean | undefined;
}

/** Records in kernel memory, in the layout of `assembly/abi/`; valid until the next call of `next`. */
export interface Batch {
  /** Address of the first record. */
  readonly records: number;
  readonly count: number;
  /** Number of the first record's reference in the trace, from 0. */
  readonly firstReference: number;
  /** Texts of the batch's call events, which `KIND_CALL` records index. Those that begin a turn are marked. */
  readonly calls: readonly string[];
}

/**
 * A block's references for an engine that needs only changes of page: `count` symbols, each the index of an entry in
 * the block's dictionary (layouts in `assembly/abi/`). A reference to the page that the previous one of its side (fetch
 * or data) touched is left out, and counted in `counts`.
 */
export interface PageBlock {
  /** Address of the header struct in kernel memory. */
  readonly header: number;
  readonly firstReference: number;
  readonly counts: ReferenceCounts;
  /** The block has the references of several threads. It does not show which; records do. */
  readonly hasTurns: boolean;
}

/** One pass over a trace, decoding into one kernel's memory. */
export interface TraceReader {
  /** References read so far. */
  readonly counts: ReferenceCounts;
  /** Bytes of the input (as stored, compressed) consumed so far, for progress. */
  readonly bytesRead: number;
  /** The file's metadata, if its format has any. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Lines without a reference so far, for text formats. */
  readonly skippedLines?: number;
  /** The fault of a last line, or block, that has no end and is left out. Known at the end. */
  readonly cutLine?: PagewalkError | undefined;
  /** The next batch, undefined at the end. Throws `InputError`. */
  next(): Promise<Batch | undefined>;
  /** As `next`, by page blocks; only if `trace.hasPageBlocks`. One pass uses either `next` or this. */
  nextPageBlock(): Promise<PageBlock | undefined>;
  /** Location in the input of the given reference of the current batch: `FILE:LINE` or `FILE:OFFSET`. */
  place(reference: number): string;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}
