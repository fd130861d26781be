/** One pass over a trace: batches of references in kernel memory. */
import type { ReferenceCounts } from "../wasm/counts.js";

/** What a table's reader cannot find out by itself. For csv alone. */
export interface TableOptions {
  /** Which columns hold what, by name or number: `page=obj_id,size=3,kind=op`; without it, as the header says. */
  columns?: string;
  /** What stands between columns; without it, what the first row has most of. */
  delimiter?: string;
}

/** Records in kernel memory, laid out as `assembly/abi/` says; good until the next call of `next`. */
export interface Batch {
  /** Address of the first record. */
  readonly records: number;
  readonly count: number;
  /** Number of the first record's reference in the trace, from 0. */
  readonly firstReference: number;
  /** Texts of the batch's call events, which `KIND_CALL` records index. */
  readonly calls: readonly string[];
}

/**
 * A block's references as an engine sees them that needs only the changes of page: `count` symbols, each the index of
 * an entry in the block's dictionary (layouts in `assembly/abi/`). References to the page that the one of their kind
 * (fetch or data) before them touched are passed over, and counted in `counts`.
 */
export interface PageBlock {
  /** Address of the header struct in kernel memory. */
  readonly header: number;
  readonly firstReference: number;
  readonly counts: ReferenceCounts;
}

/** One pass over a trace, decoding into one kernel's memory. */
export interface TraceReader {
  readonly counts: ReferenceCounts;
  /** Bytes of the input (as stored, compressed) consumed so far, for progress. */
  readonly bytesRead: number;
  /** What the file says about itself, where its format has a place for that. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Lines without a reference so far, where the format is text. */
  readonly skippedLines?: number;
  /** The next batch, undefined at the end. Throws `InputError`. */
  next(): Promise<Batch | undefined>;
  /** As `next`, by page blocks; only where `trace.hasPageBlocks`. One pass uses either `next` or this. */
  nextPageBlock(): Promise<PageBlock | undefined>;
  /** Where in the input the given reference of the current batch lies: `FILE:LINE` or `FILE:OFFSET`. */
  place(reference: number): string;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}
