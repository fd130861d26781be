/** How a trace is written: records of a kernel's memory go in, bytes go to a sink. */

/** Where bytes go: a file that appears only once it is whole, a stream, or memory. */
export interface ByteSink {
  /** What messages call the output. */
  readonly name: string;
  /** Takes `chunk`, which the caller may overwrite as soon as the promise resolves. */
  write(chunk: Uint8Array): Promise<void>;
  /** Every byte is there: the file takes its name, the stream closes. */
  finish(): Promise<void>;
  /** Leaves nothing behind. Safe to call after `finish`, which then stands, and twice. */
  abort(): Promise<void>;
}

/** What a writer is given: records in the memory of the kernel it was made for; a reader's `Batch` is one. */
export interface WritableBatch {
  /** Address of the first record. */
  readonly records: number;
  readonly count: number;
  /** Texts of the batch's call events, which `KIND_CALL` records index. */
  readonly calls: readonly string[];
}

export interface WriterOptions {
  /** What the records' addresses are: addresses, or page numbers. */
  unit: "address" | "page";
  /** What the file is to say about itself, where the format has a place for it. */
  metadata?: Readonly<Record<string, unknown>>;
}

export interface TraceWriter {
  write(batch: WritableBatch): Promise<void>;
  /** Writes what is left and finishes the sink. */
  finish(): Promise<void>;
  /** Gives the output up and aborts the sink. */
  abort(): Promise<void>;
}
