/**
 * Heap logs: the allocations of a program, one after the other, in batches of records that `KernelHeap.serve` takes. Blocks
 * have dense numbers that are used again, whatever the log calls them.
 */
import type { HeapEnvironment } from "../../allocators/environment.js";
import type { HeapFindings } from "./findings.js";

/** A call for mappings that is the program's own. */
export interface HeapLogCall {
  readonly line: number;
  /** As the log has it. */
  readonly text: string;
}

export interface HeapBatch {
  /** `HEAP_BYTES` each, as assembly/abi/heap.ts lays them out; at most `HEAP_BATCH`. Good until the next call of `next`. */
  readonly records: Uint8Array;
  readonly count: number;
  /** What comes behind the records, where `takesCalls` asked for it; there may be no record then. */
  readonly calls: readonly HeapLogCall[];
}

export interface HeapLogProgress {
  /** Of the input as stored, compressed or not. */
  readonly bytesRead: number;
  readonly sizeBytes: number | undefined;
  readonly operations: number;
}

export interface HeapLogOptions {
  /** What messages call the log; without it, the path. */
  readonly name?: string | undefined;
  /** Without it, detected from the content. */
  readonly format?: string | undefined;
  /** Mapping calls of the program's own are given with the batches; without it, they are skipped. */
  readonly takesCalls?: boolean | undefined;
  readonly onProgress?: ((progress: HeapLogProgress) => void) | undefined;
}

export interface HeapLog {
  readonly name: string;
  /** `ltrace`, `mtrace`, `rep`, `heaptrack` or `pagewalk`. */
  readonly format: string;
  readonly environment: HeapEnvironment;
  /** Bytes of the input, where known beforehand. */
  readonly sizeBytes: number | undefined;
  readonly bytesRead: number;
  /** About how many operations there will be, or fewer than there will be; undefined where nothing tells. */
  readonly expectedOperations: number | undefined;
  /** Lines read so far, and those among them that are no heap call; of a `pagewalk` trace, call events. */
  readonly lines: number;
  readonly skippedLines: number;
  readonly operations: number;
  readonly threads: number;
  /** Does the log tell where blocks were? Known once it has operations. */
  readonly hasAddresses: boolean;
  /** What is wrong so far with the program, or the log; leaks are right at the end. */
  readonly findings: HeapFindings;
  /** The next operations, undefined at the end. Throws `InputError`. */
  next(): Promise<HeapBatch | undefined>;
  /** Where a line is: `FILE:LINE`. */
  place(line: number): string;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}
