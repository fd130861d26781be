/** The interface of a trace: its bytes, and passes over its references. */

import { InputError, optionNamed, type PagewalkError, UsageError } from "../errors.js";
import type { ArchitectureName, RecorderName } from "../options/names.js";
import type { OptionsOf } from "../options/row.js";
import type { traceOptions } from "../options/traces.js";
import type { Kernel } from "../wasm/kernel.js";
import type { IndexSummary } from "./format.js";
import type { TableOptions, TraceReader } from "./reader.js";

/**
 * The bytes of a trace, compressed or not: a path or the URL of a file (Node; `-` is stdin), an `http:` or `https:` URL,
 * which a browser resolves against the page, a request, a response, bytes, or a stream of bytes.
 */
export type TraceInput =
  | string
  | URL
  | Request
  | Response
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Options of `openTrace`. */
export interface OpenTraceOptions extends TableOptions, OptionsOf<typeof traceOptions> {
  /** The trace's name in messages; default: the path, or `<stream>`. */
  name?: string | undefined;
}

/** A trace of references: its format and its bytes. `close` releases the input. */
export interface Trace {
  /** In messages and results: the path, or what the options say. */
  readonly name: string;
  /** The format's name. */
  readonly format: string;
  /** How the format was found: from the content, from the file's name, or from an option. */
  readonly detectedBy: "content" | "name" | "option";
  /** Of the stored bytes. */
  readonly compression?: "gzip" | "zstd" | "xz" | undefined;
  /** The columns that are read, of a table, in the syntax of the option `columns`. */
  readonly columns?: string | undefined;
  /** A program makes the references while they are read. */
  readonly isLive?: boolean;
  /** The architecture of the recorded program, if the trace has it. */
  readonly architecture?: ArchitectureName | undefined;
  /** Bytes of the input, if known in advance. */
  readonly sizeBytes: number | undefined;
  /** `address`: a page is the address divided by the page size; `page`: the record's address is a page number. */
  readonly unit: "address" | "page";
  /** Readers can leave out references that touch the same page again: of a `pagewalk` file. */
  readonly hasPageBlocks: boolean;
  /** The fault of a last line, or block, that is cut off, which passes over the trace left out; known after one. */
  readonly cutLine?: PagewalkError | undefined;
  /** Another thread has left it out. */
  noteCutLine?(fault: PagewalkError): void;
  /** The recorder of a trace that a program makes while it runs. */
  readonly recorder?: RecorderName;
  /** The exit status of that program; 128 plus the signal number if a signal ended it. Known after a pass. */
  readonly exitCode?: number | undefined;
  /** The name of the signal that ended it. */
  readonly exitSignal?: string | undefined;
  /** False for a stream, which can be read once: call `spool` first if several passes are needed. */
  readonly rewindable: boolean;
  /** A new pass from the first reference. */
  read(kernel: Kernel): Promise<TraceReader>;
  /**
   * The same trace, rewindable: the bytes of a stream are stored in a temporary file (Node) or a Blob (browser).
   * `onBytes` gets the number of bytes of each chunk.
   */
  spool(onBytes?: (bytes: number) => void): Promise<Trace>;
  /** The metadata of the file; undefined if the format has no index. */
  index(): Promise<IndexSummary | undefined>;
  /** The data from which a worker can open the same trace: a path, a Blob or bytes. */
  readonly transferable: string | Blob | Uint8Array | undefined;
  /** The URL that it was fetched from. */
  readonly address?: string | undefined;
  /** Options that give the same trace from the same bytes. */
  readonly options: OpenTraceOptions;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}

export function isTrace(input: TraceInput | Trace): input is Trace {
  return typeof input === "object" && "spool" in input;
}

/** How a trace was read, as part of a result. */
export interface TraceDescription {
  /** Path or name of the trace. */
  path: string;
  /** The format's name. */
  format: string;
  /** How the format was found. */
  detectedBy: "content" | "name" | "option";
  /** Absent if the trace is not compressed. */
  compression?: string;
  /** Of a table: the columns that were read, by number. */
  columns?: string;
  /** The recorder of a trace that a program made while it ran. */
  recorder?: RecorderName;
  /** The exit status of that program. */
  exitCode?: number;
  /** The signal that ended it. */
  exitSignal?: string;
  /** Lines that were left out since the end of the trace cuts them off: 1, or absent. */
  cutLines?: number;
  /** As for lines, of a `pagewalk` file that is read with `partial`. */
  cutBlocks?: number;
}

export function describeTrace(trace: Trace): TraceDescription {
  const { name, format, detectedBy, compression, columns, recorder, exitCode, exitSignal, cutLine } = trace;
  return {
    path: name,
    format,
    detectedBy,
    ...(compression !== undefined && { compression }),
    ...(columns !== undefined && { columns }),
    ...(recorder !== undefined && { recorder }),
    ...(exitCode !== undefined && { exitCode }),
    ...(exitSignal !== undefined && { exitSignal }),
    ...(cutLine !== undefined && (format === "pagewalk" ? { cutBlocks: 1 } : { cutLines: 1 })),
  };
}

/** Warns of a last line, or block, that was cut off and left out; undefined if there was none. */
export function cutLineWarning({ cutLine, format }: Trace): string | undefined {
  if (cutLine === undefined) return undefined;
  if (format === "pagewalk") return `${cutLine.place}: ${cutLine.problem}, and are read`;
  return `${cutLine.place}: the last line is cut off and left out: ${cutLine.problem}`;
}

/** Error for a trace without references: it has only comments, or was read in the wrong format. */
export function noReferences({ name, format }: Trace): InputError {
  return new InputError(
    `has no references when it is read as ${format}`,
    `give a trace that has some, or name its format with ${optionNamed("format")}`,
    name,
  );
}

/** Refuses a size of pages for a trace that has their numbers. */
export function checkPageSize({ name, format, unit, columns }: Trace): void {
  if (unit === "address") return;
  const problem = `${format} traces hold page numbers, whatever a page's size`;
  const remedy = columns === undefined ? "" : ", or name the columns of bytes, such as offset=5,length=6";
  throw new UsageError(`${name}: ${problem}`, `leave out ${optionNamed("pageSize")}${remedy}`);
}

/** Refuses other values than an opened trace, such as a path, from callers without types. */
export function checkTrace(trace: Trace, what: string): void {
  if (typeof trace === "object" && trace !== null && "read" in trace) return;
  throw new UsageError(
    `${what} takes a trace, not ${typeof trace === "string" ? `"${trace}"` : trace}`,
    "open it with openTrace",
  );
}
