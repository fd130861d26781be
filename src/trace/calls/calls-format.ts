/**
 * Call logs as traces. Calls become call events. `load`, `store`, `modify` and `fetch` become references if they have
 * only an address and a size, belong to the process of the previous call, and have no result to check. Any other access
 * stays an event, so nothing is lost.
 *
 *   mmap(NULL, 8192, …) = 0x7ffff7fbb000      call event
 *   store(0x7ffff7fbb010, 8)                  reference
 *   load(p + 16, 4) = SIGSEGV SEGV_MAPERR     call event
 */

import {
  BATCH_RECORDS,
  KIND_CALL,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../../assembly/abi/core.js";
import { REFERENCE_KINDS } from "../../../assembly/abi/names.js";
import { InputError, UsageError } from "../../errors.js";
import type { ReferenceCounts } from "../../wasm/counts.js";
import { KindCounter } from "../../wasm/counts.js";
import type { Kernel } from "../../wasm/kernel.js";
import type { Confidence, TraceFormat } from "../format.js";
import { linesOf, shareOf } from "../head.js";
import type { ReferenceKind } from "../losses.js";
import type { Batch, PageBlock, TraceReader } from "../reader.js";
import type { ByteSource } from "../source.js";

import { Turns } from "../turns.js";
import type { ByteSink, TraceWriter, WritableBatch, WriterOptions } from "../writer.js";
import { isCallLine, isKnownCall, isRecordedLine } from "./line-shapes.js";
import { LineSplitter } from "./line-splitter.js";

const TOUCH =
  /^(?:\[pid\s+(\d+)\]\s*)?(load|store|modify|fetch)\((0x[0-9a-f]{1,16}|\d{1,19})\s*(?:,\s*(\d{1,9})\s*)?\)\s*(?:#.*)?$/i;
const PROCESS = /^(?:\[pid\s+(\d+)\]|(\d+)\s+(?=[A-Za-z_<+\-\d]))/;
const COMMENT = /^\s*(?:#|\/\/|$)/;
/** Calls of a log written by hand. */
const BY_HAND =
  /^(?:\w+\s*=\s*)?(?:load|store|modify|fetch|[a-z]*alloc|free|mmap|munmap|mprotect|brk|fork)\((?!["'])(\w*)/;
/** A larger access does not fit into one reference. */
const MOST_BYTES = 4096n;

export const callsFormat: TraceFormat = {
  name: "calls",
  about: "one call per line, from strace, ltrace or by hand",
  extensions: ["calls", "strace", "ltrace"],
  isBinary: false,
  detect,
  shape: () => ({ unit: "address", hasPageBlocks: false }),
  read: async (kernel: Kernel, source: ByteSource) => new CallsReader(kernel, source),
  write: async (kernel: Kernel, sink: ByteSink, { unit }: WriterOptions) => {
    if (unit === "page")
      throw new UsageError(
        "calls hold addresses and the trace has page numbers only",
        "write it as pagewalk",
      );
    return new CallsWriter(kernel, sink);
  },
};

/**
 * A log that is recorded has calls of the table, and may have the program's output between its lines; one written by
 * hand has calls only, some of them of memory.
 */
function detect(head: Uint8Array): Confidence | undefined {
  const records = linesOf(head)
    ?.map((line) => line.trim())
    .filter((line) => !COMMENT.test(line));
  if (records === undefined || records.length === 0) return undefined;
  const calls = shareOf(records, isCallLine);
  const recorded = shareOf(records, isRecordedLine);
  if (calls >= 0.5 && recorded >= 0.25) return records.some(isKnownCall) ? "strong" : "weak";
  if (calls < 1) return undefined;
  return records.some((line) => isByHand(line, records)) ? "strong" : "weak";
}

/** A call of memory with a number, or with a name that a line gives to a result. */
function isByHand(line: string, lines: readonly string[]): boolean {
  const [, name] = BY_HAND.exec(line) ?? [];
  if (name === undefined) return false;
  return !/^[a-z_]/i.test(name) || name === "NULL" || lines.some((other) => other.startsWith(`${name} = `));
}

class CallsReader implements TraceReader {
  private readonly records: number;
  private readonly kinds: KindCounter;
  private readonly lines: LineSplitter;
  private readonly turns: Turns;
  private delivered = 0;
  private batchCount = 0;
  /** The line of each reference of the batch. */
  private places: number[] = [];
  private process: string | undefined;
  private comments = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly source: ByteSource,
  ) {
    this.records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
    this.kinds = new KindCounter(kernel);
    this.lines = new LineSplitter(source);
    this.turns = new Turns(kernel, source.name);
  }

  get counts(): ReferenceCounts {
    return this.kinds.counts;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  get skippedLines(): number {
    return this.comments;
  }

  async next(): Promise<Batch | undefined> {
    this.delivered += this.batchCount;
    this.places = [];
    const calls: string[] = [];
    let count = 0;
    while (count < BATCH_RECORDS) {
      const line = await this.lines.next();
      if (line === undefined) break;
      const text = line.trim();
      if (COMMENT.test(text)) this.comments++;
      else this.put(count++, text, calls);
    }
    this.batchCount = count - calls.length;
    if (count === 0) return undefined;
    this.kinds.add(this.records, count);
    this.turns.mark(this.records, count, calls);
    return { records: this.records, count, firstReference: this.delivered, calls };
  }

  /** Writes record number `index`: a reference, or a call, whose text is stored. */
  private put(index: number, text: string, calls: string[]): void {
    const [touch, pid = this.process, name = "", address = "", bytes = "1"] = TOUCH.exec(text) ?? [];
    const at = this.records + index * RECORD_BYTES;
    const view = this.kernel.view();
    const isReference = touch !== undefined && pid === this.process && BigInt(bytes) <= MOST_BYTES;
    if (isReference && BigInt(address) < 1n << 64n && bytes !== "0") {
      view.setBigUint64(at + RECORD_ADDRESS, BigInt(address), true);
      view.setUint32(at + RECORD_SIZE, Number(bytes), true);
      view.setUint32(at + RECORD_KIND, REFERENCE_KINDS.indexOf(name.toLowerCase() as ReferenceKind), true);
      this.places.push(this.lines.line);
      return;
    }
    const [, tagged, bare] = PROCESS.exec(text) ?? [];
    this.process = tagged ?? bare ?? this.process;
    view.setBigUint64(at + RECORD_ADDRESS, BigInt(calls.push(text) - 1), true);
    view.setUint32(at + RECORD_SIZE, 0, true);
    view.setUint32(at + RECORD_KIND, KIND_CALL, true);
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return Promise.reject(new Error("calls have no page blocks"));
  }

  place(reference: number): string {
    return `${this.source.name}:${this.places[reference - this.delivered] ?? this.lines.line}`;
  }

  close(): Promise<void> {
    return this.source.close();
  }
}

/** Characters that are sent to the sink at once. */
const CHUNK = 1 << 16;

class CallsWriter implements TraceWriter {
  private readonly encoder = new TextEncoder();

  constructor(
    private readonly kernel: Kernel,
    private readonly sink: ByteSink,
  ) {}

  async write({ records, count, calls }: WritableBatch): Promise<void> {
    let text = "";
    for (let n = 0; n < count; n++) {
      text += `${this.line(records + n * RECORD_BYTES, calls)}\n`;
      if (text.length < CHUNK) continue;
      await this.sink.write(this.encoder.encode(text));
      text = "";
    }
    await this.sink.write(this.encoder.encode(text));
  }

  private line(record: number, calls: readonly string[]): string {
    const view = this.kernel.view();
    if (view.getUint8(record + RECORD_KIND) !== KIND_CALL) return referenceText(view, record);
    return calls[view.getUint32(record + RECORD_ADDRESS, true)] ?? "";
  }

  finish(): Promise<void> {
    return this.sink.finish();
  }

  abort(): Promise<void> {
    return this.sink.abort();
  }
}

/** The reference as a line of a log: `load(0x7ffff7fbb000, 8)`. */
export function referenceText(view: DataView, record: number): string {
  const address = view.getBigUint64(record + RECORD_ADDRESS, true);
  return `${referenceKind(view, record)}(0x${address.toString(16)}, ${view.getUint32(record + RECORD_SIZE, true)})`;
}

export function referenceKind(view: DataView, record: number): ReferenceKind {
  const kind = view.getUint8(record + RECORD_KIND);
  const name = REFERENCE_KINDS[kind];
  if (name === undefined)
    throw new InputError(`a record has the unknown kind ${kind}`, "record the trace again");
  return name;
}
