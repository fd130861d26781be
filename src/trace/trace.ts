/** What a trace is to the rest of the host: where its bytes come from, and passes over its references. */

import { InputError, UsageError } from "../errors.js";
import type { Kernel } from "../wasm/kernel.js";
import type { IndexSummary } from "./format.js";
import type { TableOptions, TraceReader } from "./reader.js";

/** A path (Node only; `-` is stdin), bytes, or a stream of bytes, compressed or not. */
export type TraceInput =
  | string
  | URL
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

export interface OpenTraceOptions extends TableOptions {
  /** The format's name; without it, detected from content and name. */
  format?: string;
  /** What messages call the trace; without it, the path, or `<stream>`. */
  name?: string;
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
