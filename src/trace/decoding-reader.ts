/** A pass over a trace that the kernel decodes chunk by chunk: text, or fixed-size records. */

import { BATCH_RECORDS, KIND_CALL } from "../../assembly/abi/core.js";
import { DECODE_BAD_LINE } from "../../assembly/abi/decoder.js";
import { InputError } from "../errors.js";
import type { ReferenceCounts } from "../wasm/counts.js";
import { KindCounter } from "../wasm/counts.js";
import { type DecodeExport, type DecodeFault, type DecoderSettings, KernelDecoder } from "../wasm/decoder.js";
import type { Kernel } from "../wasm/kernel.js";
import { type FaultyFormat, faultTextOf } from "./decode-faults.js";
import type { Batch, PageBlock, TraceReader } from "./reader.js";
import type { ByteSource } from "./source.js";
import { Turns } from "./turns.js";

export interface DecodedFormat extends FaultyFormat {
  decode: DecodeExport;
  /** Parameters of the decoder. */
  settings?: DecoderSettings;
  /** A line, or a binary record, may be more than one reference. */
  hasSeveralReferences?: boolean;
  /** Parses lines that are not references but may be call events. */
  calls?: () => CallLines;
}

export interface CallLines {
  /** True if a line that begins like this may be a call event. */
  starts(excerpt: Uint8Array): boolean;
  /** The call's text; undefined if the line has none, or half of one. */
  read(line: string): string | undefined;
}

export class DecodingReader implements TraceReader {
  private readonly decoder: KernelDecoder;
  private readonly kinds: KindCounter;
  private readonly turns: Turns;
  private readonly callLines: CallLines | undefined;
  cutLine: InputError | undefined;
  private pending: Uint8Array = NO_BYTES;
  private hungry = true;
  private ended = false;
  private delivered = 0; // references of the batches before the current one
  private batchCount = 0; // references of the current one
  private callRecords: number[] = []; // and its records that are calls
  private callLess: number[] = []; // records preceded by such a line without a call
  private batchLines = 0; // lines, or binary records, before the current batch

  constructor(
    kernel: Kernel,
    private readonly source: ByteSource,
    private readonly format: DecodedFormat,
  ) {
    this.callLines = format.calls?.();
    this.decoder = new KernelDecoder(kernel, format.decode, format.settings);
    this.kinds = new KindCounter(kernel);
    this.turns = new Turns(kernel, source.name);
  }

  get counts(): ReferenceCounts {
    return this.kinds.counts;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  get skippedLines(): number {
    return this.decoder.skippedLines;
  }

  async next(): Promise<Batch | undefined> {
    this.delivered += this.batchCount;
    this.batchLines = this.decoder.lines;
    let count = 0;
    const calls: string[] = [];
    this.callRecords = [];
    this.callLess = [];
    while (count < BATCH_RECORDS && !(this.hungry && this.ended)) {
      if (this.hungry) await this.fill();
      count = this.decoder.decode(count);
      const fault = this.decoder.fault;
      if (fault === undefined) {
        this.hungry = count < BATCH_RECORDS;
        continue;
      }
      const isWhole = fault.code === DECODE_BAD_LINE;
      if (!isWhole || this.callLines?.starts(fault.excerpt) !== true) {
        // A trace that has no other line is not of the format.
        if (!fault.isCut || this.delivered + count === 0) throw this.inputError(fault);
        this.cutLine = this.inputError(fault);
        this.decoder.takeLine();
        break;
      }
      this.hungry = false;
      const call = this.callLines.read(this.decoder.takeLine());
      if (call === undefined) {
        this.callLess.push(count);
        continue;
      }
      this.callRecords.push(count);
      this.decoder.putRecord(count++, { address: BigInt(calls.push(call) - 1), size: 0, kind: KIND_CALL });
    }
    this.batchCount = count - calls.length;
    if (count === 0) return undefined;
    this.kinds.add(this.decoder.records, count);
    this.turns.mark(this.decoder.records, count, calls);
    return { records: this.decoder.records, count, firstReference: this.delivered, calls };
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return Promise.reject(new Error(`${this.format.name} has no page blocks`));
  }

  place(reference: number): string {
    const { recordBytes, hasSeveralReferences } = this.format;
    let record = reference - this.delivered;
    for (const call of this.callRecords) if (call <= record) record++;
    const callLess = this.callLess.filter((before) => before <= record).length;
    const listed = this.decoder.listedBefore(record) + callLess;
    const line = this.batchLines + (hasSeveralReferences ? listed : record + listed);
    return `${this.source.name}:${recordBytes > 0 ? line * recordBytes : line + 1}`;
  }

  close(): Promise<void> {
    return this.source.close();
  }

  /** Fills the decoder's input buffer, so that small chunks need no more calls than large ones. */
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

  private inputError(fault: DecodeFault): InputError {
    const { recordBytes } = this.format;
    const { lines } = this.decoder;
    const [problem, remedy] = faultTextOf(this.format, fault);
    const place = recordBytes > 0 ? lines * recordBytes : lines + 1;
    return new InputError(problem, remedy, `${this.source.name}:${place}`);
  }
}

const NO_BYTES = new Uint8Array(0);
