/** The formats a trace can have, one line each. */
import type { Kernel } from "../wasm/kernel.js";
import type { ByteSource } from "./source.js";
import type { TraceReader } from "./trace.js";
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
  /** Do the first bytes (up to `HEAD_BYTES`, decompressed; all of a shorter trace) look like this format? */
  detect(head: Uint8Array): boolean;
  shape(head: Uint8Array): TraceShape;
  /** One pass over the source from its first byte; the reader closes the source. */
  read(kernel: Kernel, source: ByteSource): Promise<TraceReader>;
  /** Absent where a trace cannot be written in this format. */
  write?(kernel: Kernel, sink: ByteSink, options: WriterOptions): Promise<TraceWriter>;
  /** Only for formats with an index. */
  index?(source: ByteSource): Promise<IndexSummary | undefined>;
}

/** Bytes that detection looks at. */
export const HEAD_BYTES = 4096;

/** Detection asks in this order: the strictest first. */
export const FORMATS: readonly TraceFormat[] = [];
