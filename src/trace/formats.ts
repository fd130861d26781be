/** The formats a trace can have, one line each. */
import { InputError, UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Kernel } from "../wasm/kernel.js";
import { callsFormat } from "./calls/calls-format.js";
import { champsimFormat } from "./champsim.js";
import { csvFormat } from "./csv.js";
import type { Keeps } from "./losses.js";
import { oracleGeneralFormat } from "./oracle-general.js";
import { pagewalkFormat } from "./pagewalk/pagewalk-format.js";
import { quoteBytes } from "./quote.js";
import type { ByteSource } from "./source.js";
import {
  addressFormat,
  arcFormat,
  dinFormat,
  drmemtraceFormat,
  lackeyFormat,
  lirsFormat,
} from "./text-formats.js";
import type { TableOptions, TraceReader } from "./trace.js";
import { vscsiFormat } from "./vscsi.js";
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

/** Detection asks in this order: the strictest first. */
export const FORMATS: readonly TraceFormat[] = [
  pagewalkFormat,
  lackeyFormat,
  addressFormat,
  drmemtraceFormat,
  arcFormat,
  lirsFormat,
  dinFormat,
  callsFormat,
  csvFormat,
  vscsiFormat,
  oracleGeneralFormat,
  champsimFormat,
];

/** Other names: logs of calls are read alike, whoever wrote them. */
const ALIASES: Readonly<Record<string, string>> = { strace: "calls", ltrace: "calls" };

/** The format called `name`. Throws `UsageError`, with the nearest name. */
export function formatNamed(name: string): TraceFormat {
  const found = FORMATS.find((format) => format.name === (ALIASES[name] ?? name));
  if (found !== undefined) return found;
  const names = FORMATS.map((format) => format.name);
  throw new UsageError(
    `unknown trace format "${name}"`,
    `did you mean ${nearest(name, names)}? The formats are ${names.join(", ")}`,
  );
}

/** What a name says, compression's own ending aside: the format whose extension ends it. */
export function formatByName(fileName: string): TraceFormat | undefined {
  const bare = fileName.replace(/\.(gz|zst|zstd|xz)$/i, "").toLowerCase();
  return FORMATS.find((format) => format.extensions.some((end) => bare.endsWith(`.${end.toLowerCase()}`)));
}

/** What the content says, and the name where the content says nothing. */
export function detectFormat(head: Uint8Array, name: string): TraceFormat {
  const found = FORMATS.find((format) => format.detect(head)) ?? formatByName(name);
  if (found !== undefined) return found;
  const names = FORMATS.map((format) => format.name).join(", ");
  throw new InputError(
    `no known trace format: it starts with ${quoteBytes(head.subarray(0, 64))}`,
    `name its format with --format, if it is one of ${names}`,
    name,
  );
}
