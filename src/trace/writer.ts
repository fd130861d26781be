/** The interface of a writer: it takes records in kernel memory and sends bytes to a sink. */

import type { BlockThreads } from "./pagewalk/encoded-block.js";

/** A destination of bytes: a file that appears only when it is complete, a stream, or memory. */
export interface ByteSink {
  /** The output's name in messages. */
  readonly name: string;
  /** Takes `chunk`, which the caller may overwrite as soon as the promise resolves. */
  write(chunk: Uint8Array): Promise<void>;
  /** Completes the output: the file gets its name, the stream is closed. */
  finish(): Promise<void>;
  /** Discards the output. It may be called several times, and has no effect after `finish`. */
  abort(): Promise<void>;
}

/** The input of a writer: records in the memory of the kernel it was made for; a reader's `Batch` is one. */
export interface WritableBatch {
  /** Address of the first record. */
  readonly records: number;
  readonly count: number;
  /** Texts of the batch's call events, which `KIND_CALL` records index. */
  readonly calls: readonly string[];
}

export interface WriterOptions {
  /** Unit of the records' addresses: addresses, or page numbers. */
  unit: "address" | "page";
  /** A program waits for the writer: time counts more than the last bytes. */
  isLive?: boolean;
  /** Other threads, which the format may encode in. */
  threads?: BlockThreads;
  /** The file's metadata, if the format can hold it. */
  metadata?: Readonly<Record<string, unknown>>;
}

export interface TraceWriter {
  write(batch: WritableBatch): Promise<void>;
  /** Writes the remaining data and finishes the sink. */
  finish(): Promise<void>;
  /** Discards the output and aborts the sink. */
  abort(): Promise<void>;
}
