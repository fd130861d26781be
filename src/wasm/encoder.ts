/** A kernel encoder: batches of records go in, bytes come out. The struct is `Encoder` in assembly/trace/encoder.ts. */
import { ENCODER_OUT, ENCODER_RECORD } from "../../assembly/abi/encoder.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export type EncodeExport =
  | "encodeAddress"
  | "encodeArc"
  | "encodeCsv"
  | "encodeDin"
  | "encodeLackey"
  | "encodeLirs"
  | "encodeOracleGeneral"
  | "encodeVscsi";

export class KernelEncoder {
  private readonly state: number;
  private readonly encodeExport: (state: number, records: number, count: number) => number;

  /** `pageShift`: address bits in a page, 0 if records hold page numbers. */
  constructor(
    private readonly kernel: Kernel,
    encode: EncodeExport,
    pageShift: number,
  ) {
    this.state = kernel.exports.createEncoder(pageShift) >>> 0;
    if (this.state === 0) throw outOfMemory();
    this.encodeExport = kernel.exports[encode];
  }

  /** The encoded batch in pieces. Each piece is valid until the next one is requested. */
  *encode(records: number, count: number): Generator<Uint8Array> {
    this.kernel.view().setUint32(this.state + ENCODER_RECORD, 0, true);
    while (this.kernel.view().getUint32(this.state + ENCODER_RECORD, true) < count) {
      const length = this.encodeExport(this.state, records, count) >>> 0;
      const out = this.kernel.view().getUint32(this.state + ENCODER_OUT, true);
      if (length > 0) yield this.kernel.bytes(out, length);
    }
  }
}
