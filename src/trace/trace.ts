/** What a trace is to the rest of the host: where its bytes come from, and passes over its references. */
import { InputError, UsageError } from "../errors.js";
import type { Kernel } from "../wasm/kernel.js";
import type { IndexSummary } from "./formats.js";

/** A path (Node only; `-` is stdin), bytes, or a stream of bytes, compressed or not. */
export type TraceInput =
  | string
  | URL
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** What a table's reader cannot find out by itself. For csv alone. */
export interface TableOptions {
  /** Which columns hold what, by name or number: `page=obj_id,size=3,kind=op`; without it, as the header says. */
  columns?: string;
  /** What stands between columns; without it, what the first row has most of. */
  delimiter?: string;
}

export interface OpenTraceOptions extends TableOptions {
  /** The format's name; without it, detected from content and name. */
  format?: string;
  /** What messages call the trace; without it, the path, or `<stream>`. */
  name?: string;
}

/** How many references a pass has delivered so far, by kind. */
export interface ReferenceCounts {
  references: number;
  instructionFetches: number;
  loads: number;
  stores: number;
  modifies: number;
}

/** Records in kernel memory, laid out as `assembly/abi.ts` says; good until the next call of `next`. */
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
 * an entry in the block's dictionary (layouts in `assembly/abi.ts`). References to the page that the one of their kind
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

export interface Trace {
  readonly name: string;
  readonly format: string;
  /** Bytes of the input, where known beforehand. */
  readonly sizeBytes: number | undefined;
  /** `address`: a page is the address divided by the page size; `page`: the record's address is a page number. */
  readonly unit: "address" | "page";
  readonly hasPageBlocks: boolean;
  /** False for a stream, which can be read once: `spool` it first where several passes are needed. */
  readonly rewindable: boolean;
  /** A new pass from the first reference. */
  read(kernel: Kernel): Promise<TraceReader>;
  /** The same trace, rewindable: a stream's bytes are kept in a temporary file (Node) or a Blob (browser). */
  spool(): Promise<Trace>;
  /** What the file says about itself without being decoded; undefined where the format has no index. */
  index(): Promise<IndexSummary | undefined>;
  /** What a worker needs to open the same trace again by itself: a path, a Blob or bytes. */
  readonly transferable: string | Blob | Uint8Array | undefined;
  /** What makes the same trace of the same bytes. */
  readonly options: OpenTraceOptions;
  close(): Promise<void>;
}

/** A trace that was read to its end without a reference: one of comments alone, or read as what it is not. */
export function noReferences({ name, format }: Trace): InputError {
  return new InputError(
    `holds no references, read as ${format}`,
    "give a trace that has some, or name its format with --format",
    name,
  );
}

/** Refuses what callers without types give in place of an opened trace, a path above all. */
export function checkTrace(trace: Trace, what: string): void {
  if (typeof trace === "object" && trace !== null && "read" in trace) return;
  throw new UsageError(
    `${what} takes a trace, not ${typeof trace === "string" ? `"${trace}"` : trace}`,
    "open it with openTrace",
  );
}
