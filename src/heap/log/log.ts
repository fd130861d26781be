/**
 * Heap logs: the allocations of a program in order, in batches of records for `KernelHeap.serve`. Blocks have dense
 * numbers, which are reused, whatever their names in the log.
 */
import type { HeapEnvironment } from "../../allocators/environment.js";
import type { Compression } from "../../trace/compression.js";
import type { HeapFindings } from "./findings.js";

/** A mapping call of the program itself. */
export interface HeapLogCall {
  readonly line: number;
  /** Its text in the log. */
  readonly text: string;
}

export interface HeapBatch {
  /**
   * `HEAP_BYTES` each, in the layout of assembly/abi/heap.ts; at most `HEAP_BATCH`. Valid until the next call of
   * `next`.
   */
  readonly records: Uint8Array;
  readonly count: number;
  /** The mapping call after the records, if `takesCalls` is set; there may be no record then. */
  readonly calls: readonly HeapLogCall[];
}

export interface HeapLogOptions {
  /** The log's name in messages; default: the path. */
  readonly name?: string | undefined;
  /** Default: detected from the content. */
  readonly format?: string | undefined;
  /** Return mapping calls of the program with the batches; default: skip them. */
  readonly takesCalls?: boolean | undefined;
}

export interface HeapLog {
  readonly name: string;
  /** `ltrace`, `mtrace`, `rep`, `heaptrack` or `pagewalk`. */
  readonly format: string;
  readonly detectedBy: "content" | "option";
  readonly compression: Compression | undefined;
  readonly environment: HeapEnvironment;
  /** Bytes of the input, if known in advance. */
  readonly sizeBytes: number | undefined;
  /** Bytes of the input as stored, compressed or not. */
  readonly bytesRead: number;
  /** An estimate of the number of operations, or a lower bound; undefined if unknown. */
  readonly expectedOperations: number | undefined;
  /** Lines read so far, and those that are no call of the allocator; for a `pagewalk` trace, call events. */
  readonly lines: number;
  readonly skippedLines: number;
  readonly operations: number;
  readonly threads: number;
  /** True if the log has addresses. Known once it has operations. */
  readonly hasAddresses: boolean;
  /** The findings so far; leaks are complete at the end. */
  readonly findings: HeapFindings;
  /** The next operations; undefined at the end. Throws `InputError`. */
  next(): Promise<HeapBatch | undefined>;
  /** The place of a line: `FILE:LINE`. */
  place(line: number): string;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}
