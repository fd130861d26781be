/** What a trace format is to the rest of the host. */
import type { Kernel } from "../wasm/kernel.js";
import type { Keeps } from "./losses.js";
import type { TableOptions, TraceReader } from "./reader.js";
import type { ByteSource } from "./source.js";
import type { ByteSink, TraceWriter, WriterOptions } from "./writer.js";

/** What a format's first bytes tell about a trace. */
export interface TraceShape {
  readonly unit: "address" | "page";
  readonly hasPageBlocks: boolean;
}

/** What a file says about itself without being decoded, by names fit for a report. */
export type IndexSummary = Readonly<Record<string, string | number>>;

export interface TraceFormat {
  readonly name: string;
  /** Names a file of this format ends with, without compression's own. */
  readonly extensions: readonly string[];
  /** Text is refused where this is true. */
  readonly isBinary: boolean;
  /** Do the first bytes (up to `HEAD_BYTES`, decompressed; all of a shorter trace) look like this format? */
  detect(head: Uint8Array): boolean;
  shape(head: Uint8Array): TraceShape;
  /** One pass over the source from its first byte; the reader closes the source. */
  read(kernel: Kernel, source: ByteSource, options: TableOptions): Promise<TraceReader>;
  /** Absent where a trace cannot be written in this format. */
  write?(kernel: Kernel, sink: ByteSink, options: WriterOptions): Promise<TraceWriter>;
  /** What of a trace is still there when it is written in this format and read again; all of it without this. */
  readonly keeps?: Keeps;
  /** Has it a place for what a file says about itself? */
  readonly hasMetadata?: boolean;
  /** Only for formats with an index. */
  index?(source: ByteSource): Promise<IndexSummary | undefined>;
}

/** Bytes that detection looks at. */
export const HEAD_BYTES = 4096;
