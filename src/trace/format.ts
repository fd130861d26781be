/** The interface of a trace format. */
import type { ArchitectureName } from "../options/names.js";
import type { Kernel } from "../wasm/kernel.js";
import type { Keeps } from "./losses.js";
import type { TableOptions, TraceReader } from "./reader.js";
import type { ByteSource } from "./source.js";
import type { ByteSink, TraceWriter, WriterOptions } from "./writer.js";

/**
 * `strong`: all inspected content has the structure of the format. `weak`: nothing contradicts the format, but other
 * content may look the same, so a name or an option must confirm it.
 */
export type Confidence = "strong" | "weak";

/** Properties of a trace, from its first bytes. */
export interface TraceShape {
  readonly unit: "address" | "page";
  readonly hasPageBlocks: boolean;
  /** The columns that are read, of a table. */
  readonly columns?: string;
  /** Of the recorded program, if it is known. */
  readonly architecture?: ArchitectureName | undefined;
}

/** The metadata of a file, by names suitable for a report. */
export type IndexSummary = Readonly<Record<string, string | number>>;

export interface TraceFormat {
  readonly name: string;
  /** Its content and origin, for a list of formats. */
  readonly about: string;
  /** Suffixes of files in this format, without those of compression. */
  readonly extensions: readonly string[];
  /** Any list of numbers fits this format, so a file name that indicates another format overrides it. */
  readonly isGeneral?: true;
  /** Binary format: text is refused. */
  readonly isBinary: boolean;
  /** How the first bytes (up to `HEAD_BYTES`, decompressed; all of a shorter trace) look like this format. */
  detect(head: Uint8Array): Confidence | undefined;
  shape(head: Uint8Array, options: TableOptions, name: string): TraceShape;
  /** The option that selects this format, for messages; default: `format`. */
  remedy?(head: Uint8Array): string;
  /** One pass over the source from its first byte; the reader closes the source. */
  read(kernel: Kernel, source: ByteSource, options: TableOptions): Promise<TraceReader>;
  /** Absent if traces cannot be written in this format. */
  write?(kernel: Kernel, sink: ByteSink, options: WriterOptions): Promise<TraceWriter>;
  /** The parts of a trace that this format keeps; absent: all. */
  readonly keeps?: Keeps;
  /** True if it can hold metadata. */
  readonly hasMetadata?: boolean;
  /** Only for formats with an index. */
  index?(source: ByteSource): Promise<IndexSummary | undefined>;
}

/** Bytes that detection needs. */
export const HEAD_BYTES = 65536;
