/** A kernel decoder: bytes go in, batches of records come out. The struct is `Decoder` in assembly/trace/decoder.ts. */
import {
  BATCH_RECORDS,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../assembly/abi/core.js";
import {
  DECODER_END,
  DECODER_ERROR,
  DECODER_ERROR_LENGTH,
  DECODER_FINAL,
  DECODER_INPUT,
  DECODER_LINE,
  DECODER_OPEN_END,
  DECODER_POSITION,
  DECODER_SKIP_COUNT,
  DECODER_SKIPPED,
  DECODER_SKIPS,
  INPUT_BYTES,
  SKIP_BYTES,
  SKIP_LINES,
  SKIP_RECORD,
} from "../../assembly/abi/decoder.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export type HeapDecodeExport = "decodeHeapLog" | "decodeHeaptrack" | "decodeMtrace" | "decodeRep";

export type DecodeExport =
  | "decodeAddress"
  | "decodeArc"
  | "decodeChampsim"
  | "decodeCsv"
  | "decodeDin"
  | "decodeDrmemtrace"
  | "decodeIds"
  | "decodeLackey"
  | "decodeLirs"
  | "decodeOracleGeneral"
  | "decodeReferences"
  | "decodeVscsi";

/** Parameters of a format: values of the decoder's u32 fields, `DECODER_…` in assembly/abi. */
export type DecoderSettings = readonly (readonly [field: number, value: number])[];

/** The function that creates a decoder's state, and the size of its batches. */
export interface DecoderShape {
  readonly create: "createDecoder" | "createHeapDecoder";
  readonly batchBytes: number;
}

const REFERENCES: DecoderShape = { create: "createDecoder", batchBytes: BATCH_RECORDS * RECORD_BYTES };

export interface DecodeFault {
  /** `DECODE_…` in assembly/abi. */
  code: number;
  /** The first bytes of the faulty input. */
  excerpt: Uint8Array;
  /** It is the last line of a text, without an end. */
  isCut: boolean;
}

export class KernelDecoder {
  /** The address of the batch's records. */
  readonly records: number;
  protected readonly state: number;
  private readonly decodeExport: (state: number, records: number, first: number) => number;

  constructor(
    protected readonly kernel: Kernel,
    decode: DecodeExport | HeapDecodeExport,
    settings: DecoderSettings = [],
    { create, batchBytes }: DecoderShape = REFERENCES,
  ) {
    this.state = kernel.exports[create]() >>> 0;
    if (this.state === 0) throw outOfMemory();
    for (const [field, value] of settings) kernel.view().setUint32(this.state + field, value, true);
    this.records = kernel.allocate(batchBytes);
    this.decodeExport = kernel.exports[decode];
  }

  /** Copies as much of `chunk` as fits into the input buffer. Returns the number of bytes. */
  put(chunk: Uint8Array): number {
    const end = this.field(DECODER_END);
    const room = this.field(DECODER_INPUT) + INPUT_BYTES - end;
    const taken = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.kernel.bytes(end, taken.length).set(taken);
    this.kernel.view().setUint32(this.state + DECODER_END, end + taken.length, true);
    return taken.length;
  }

  /** Ends the input. */
  finish(): void {
    this.kernel.view().setUint32(this.state + DECODER_FINAL, 1, true);
  }

  /** Continues decoding into the batch, which already has `first` records. Returns the new number of records. */
  decode(first: number): number {
    return this.decodeExport(this.state, this.records, first) >>> 0;
  }

  get fault(): DecodeFault | undefined {
    const code = this.field(DECODER_ERROR);
    if (code === 0) return undefined;
    const position = this.field(DECODER_POSITION);
    const length = this.field(DECODER_ERROR_LENGTH);
    const excerpt = this.kernel.bytes(position, Math.min(length, EXCERPT_BYTES)).slice();
    return { code, excerpt, isCut: position + length + 1 === this.field(DECODER_OPEN_END) };
  }

  /** Writes record number `index` of the batch. */
  putRecord(index: number, { address, size, kind }: { address: bigint; size: number; kind: number }): void {
    const view = this.kernel.view();
    const record = this.records + index * RECORD_BYTES;
    view.setBigUint64(record + RECORD_ADDRESS, address, true);
    view.setUint32(record + RECORD_SIZE, size, true);
    view.setUint32(record + RECORD_KIND, kind, true);
  }

  /** Returns the complete line at which decoding stopped, and skips it. It counts as a line with a record. */
  takeLine(): string {
    const length = this.field(DECODER_ERROR_LENGTH);
    const position = this.field(DECODER_POSITION);
    const line = new TextDecoder().decode(this.kernel.bytes(position, length).slice());
    const view = this.kernel.view();
    view.setUint32(this.state + DECODER_POSITION, position + length + 1, true);
    view.setUint32(this.state + DECODER_ERROR, 0, true);
    view.setBigUint64(this.state + DECODER_LINE, BigInt(this.lines + 1), true);
    return line;
  }

  /** Lines (of text) or records (of binary formats) decoded so far. */
  get lines(): number {
    return Number(this.kernel.view().getBigUint64(this.state + DECODER_LINE, true));
  }

  /** Lines without a record so far. */
  get skippedLines(): number {
    return Number(this.kernel.view().getBigUint64(this.state + DECODER_SKIPPED, true));
  }

  /**
   * The number of lines without a record between the batch's start and record number `record`, from the list of skipped
   * lines. In formats whose lines have several records: the number of the record's line, counted from the batch's
   * start.
   */
  listedBefore(record: number): number {
    const view = this.kernel.view();
    const list = this.field(DECODER_SKIPS);
    let low = 0;
    let high = this.field(DECODER_SKIP_COUNT);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = view.getUint32(list + middle * SKIP_BYTES + SKIP_RECORD, true);
      if (entry <= record) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : view.getInt32(list + (low - 1) * SKIP_BYTES + SKIP_LINES, true);
  }

  protected field(offset: number): number {
    return this.kernel.view().getUint32(this.state + offset, true);
  }
}

const EXCERPT_BYTES = 64;
