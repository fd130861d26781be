/** A pass over a trace whose format the kernel decodes chunk by chunk: text, or records of one size. */
import {
  BATCH_RECORDS,
  DECODE_BAD_NUMBER,
  DECODE_CUT,
  DECODE_LONG_LINE,
  LINE_BYTES,
  ORACLE_BYTES,
} from "../../assembly/abi.js";
import { InputError } from "../errors.js";
import { KindCounter } from "../wasm/counts.js";
import { type DecodeExport, type DecodeFault, KernelDecoder } from "../wasm/decoder.js";
import type { Kernel } from "../wasm/kernel.js";
import { quoteBytes } from "./quote.js";
import type { ByteSource } from "./source.js";
import type { Batch, PageBlock, ReferenceCounts, TraceReader } from "./trace.js";

export interface DecodedFormat {
  name: string;
  decode: DecodeExport;
  /** Bytes of a record, 0 for text. */
  recordBytes: number;
  /** What a good line looks like, for messages. */
  example: string;
}

export class DecodingReader implements TraceReader {
  private readonly decoder: KernelDecoder;
  private readonly kinds: KindCounter;
  private pending: Uint8Array = NO_BYTES;
  private hungry = true;
  private ended = false;
  private delivered = 0; // references of the batches before the current one
  private batchCount = 0;
  private batchLines = 0; // lines before the current batch

  constructor(
    kernel: Kernel,
    private readonly source: ByteSource,
    private readonly format: DecodedFormat,
  ) {
    this.decoder = new KernelDecoder(kernel, format.decode);
    this.kinds = new KindCounter(kernel);
  }

  get counts(): ReferenceCounts {
    return this.kinds.counts;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  async next(): Promise<Batch | undefined> {
    this.delivered += this.batchCount;
    this.batchLines = this.decoder.lines;
    let count = 0;
    while (count < BATCH_RECORDS && !(this.hungry && this.ended)) {
      if (this.hungry) await this.fill();
      count = this.decoder.decode(count);
      const fault = this.decoder.fault;
      if (fault !== undefined) throw this.inputError(fault, count);
      this.hungry = count < BATCH_RECORDS;
    }
    this.batchCount = count;
    if (count === 0) return undefined;
    this.kinds.add(this.decoder.records, count);
    return { records: this.decoder.records, count, firstReference: this.delivered, calls: NO_CALLS };
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return Promise.reject(new Error(`${this.format.name} has no page blocks`));
  }

  place(reference: number): string {
    const record = reference - this.delivered;
    if (this.format.recordBytes > 0) return `${this.source.name}:${reference * this.format.recordBytes}`;
    return `${this.source.name}:${this.batchLines + record + this.decoder.skippedBefore(record) + 1}`;
  }

  close(): Promise<void> {
    return this.source.close();
  }

  /** Fills the decoder's input buffer, so that a source of tiny chunks costs no more calls than one of large ones. */
  private async fill(): Promise<void> {
    for (;;) {
      const taken = this.decoder.put(this.pending);
      this.pending = this.pending.subarray(taken);
      if (this.pending.length > 0) return;
      const chunk = await this.source.next();
      if (chunk === undefined) {
        this.ended = true;
        this.decoder.finish();
        return;
      }
      this.pending = chunk;
    }
  }

  private inputError(fault: DecodeFault, count: number): InputError {
    const { name, recordBytes, example } = this.format;
    if (fault.code === DECODE_CUT) {
      const offset = (this.delivered + count) * recordBytes;
      return new InputError(
        `the trace ends inside a record of ${ORACLE_BYTES} bytes`,
        "it was cut off; get it again whole",
        `${this.source.name}:${offset}`,
      );
    }
    const place = `${this.source.name}:${this.decoder.lines + 1}`;
    const text = quoteBytes(fault.excerpt);
    const article = /^[aeiou]/i.test(name) ? "an" : "a";
    if (fault.code === DECODE_LONG_LINE) {
      const problem = `the line is longer than ${LINE_BYTES} bytes: ${text}`;
      return new InputError(problem, `${article} ${name} line is like "${example}"`, place);
    }
    if (fault.code === DECODE_BAD_NUMBER) {
      const remedy = "an address has at most 64 bits, a size is from 1 to 4294967295 and ends within them";
      return new InputError(`a number is out of range: ${text}`, remedy, place);
    }
    return new InputError(`not ${article} ${name} line: ${text}`, `one is like "${example}"`, place);
  }
}

const NO_BYTES = new Uint8Array(0);
const NO_CALLS: readonly string[] = [];
