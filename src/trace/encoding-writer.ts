/** Writes a trace in a format that the kernel encodes record by record: text, or records of one size. */
import { UsageError } from "../errors.js";
import { type EncodeExport, KernelEncoder } from "../wasm/encoder.js";
import type { Kernel } from "../wasm/kernel.js";
import type { ByteSink, TraceWriter, WritableBatch } from "./writer.js";

/** Block formats number pages of 4 KiB when they are written from addresses. */
const PAGE_SHIFT = 12;

export class EncodingWriter implements TraceWriter {
  private readonly encoder: KernelEncoder;

  constructor(
    kernel: Kernel,
    private readonly sink: ByteSink,
    format: string,
    formatUnit: "address" | "page",
    encode: EncodeExport,
    unit: "address" | "page",
  ) {
    if (formatUnit === "address" && unit === "page") {
      throw new UsageError(
        `${format} holds addresses and the trace has page numbers only`,
        "write it as pagewalk, lirs or oracleGeneral",
      );
    }
    this.encoder = new KernelEncoder(kernel, encode, unit === "page" ? 0 : PAGE_SHIFT);
  }

  async write(batch: WritableBatch): Promise<void> {
    for (const bytes of this.encoder.encode(batch.records, batch.count)) await this.sink.write(bytes);
  }

  finish(): Promise<void> {
    return this.sink.finish();
  }

  abort(): Promise<void> {
    return this.sink.abort();
  }
}
