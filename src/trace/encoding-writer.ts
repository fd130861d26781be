/** Writes a trace in a format that the kernel encodes record by record: text, or fixed-size records. */
import { UsageError } from "../errors.js";
import { type EncodeExport, KernelEncoder } from "../wasm/encoder.js";
import type { Kernel } from "../wasm/kernel.js";
import type { ByteSink, TraceWriter, WritableBatch } from "./writer.js";

/** If a format of pages is written from addresses, pages have 4 KiB. */
export const PAGE_SHIFT = 12;

export interface EncodedFormat {
  name: string;
  unit: "address" | "page";
  encode: EncodeExport;
  /** Bytes before the first record. */
  header?: string;
}

export class EncodingWriter implements TraceWriter {
  private readonly encoder: KernelEncoder;
  private header: string | undefined;

  constructor(
    kernel: Kernel,
    private readonly sink: ByteSink,
    { name, unit: formatUnit, encode, header }: EncodedFormat,
    unit: "address" | "page",
  ) {
    if (formatUnit === "address" && unit === "page") {
      throw new UsageError(
        `${name} holds addresses and the trace has page numbers only`,
        "write it as pagewalk, csv, lirs, oracleGeneral, vscsi or arc",
      );
    }
    this.encoder = new KernelEncoder(kernel, encode, unit === "page" ? 0 : PAGE_SHIFT);
    this.header = header;
  }

  async write(batch: WritableBatch): Promise<void> {
    await this.writeHeader();
    for (const bytes of this.encoder.encode(batch.records, batch.count)) await this.sink.write(bytes);
  }

  async finish(): Promise<void> {
    await this.writeHeader();
    await this.sink.finish();
  }

  abort(): Promise<void> {
    return this.sink.abort();
  }

  private async writeHeader(): Promise<void> {
    const { header } = this;
    this.header = undefined;
    if (header !== undefined) await this.sink.write(new TextEncoder().encode(header));
  }
}
