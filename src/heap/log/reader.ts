/** One pass over a heap log. */
import { HEAP_BATCH, HEAP_BYTES } from "../../../assembly/abi/heap.js";
import { DECODE_CALL } from "../../../assembly/abi/heap-log.js";
import type { HeapEnvironment } from "../../allocators/environment.js";
import { InputError, optionNamed } from "../../errors.js";
import type { ByteSource } from "../../trace/source.js";
import { KernelHeapDecoder, KernelResolver } from "../../wasm/heap-log.js";
import type { Kernel } from "../../wasm/kernel.js";
import { heapLogFault } from "./faults.js";
import { type HeapFindings, readFindings } from "./findings.js";
import { type HeapLogFormat, pagewalkLogFormat } from "./formats.js";
import type { HeapBatch, HeapLog, HeapLogCall, HeapLogOptions } from "./log.js";

/** The resolver may insert a free before each record. */
const DECODED = HEAP_BATCH / 2;
const NO_BYTES = new Uint8Array(0);

export interface HeapLogSource {
  readonly format: HeapLogFormat;
  readonly detectedBy: HeapLog["detectedBy"];
  readonly compression: HeapLog["compression"];
  readonly source: ByteSource;
  readonly sizeBytes: number | undefined;
  readonly environment: HeapEnvironment;
  readonly expectedOperations?: number;
  /** Closes the source. */
  readonly release: () => Promise<void>;
}

export class HeapLogReader implements HeapLog {
  operations = 0;
  private readonly decoder: KernelHeapDecoder;
  private resolver: KernelResolver | undefined;
  private pending: Uint8Array = NO_BYTES;
  private hungry = true;
  private ended = false;

  constructor(
    private readonly kernel: Kernel,
    private readonly log: HeapLogSource,
    { takesCalls = false }: HeapLogOptions,
  ) {
    this.decoder = new KernelHeapDecoder(kernel, log.format.decode, takesCalls);
  }

  get name(): string {
    return this.log.source.name;
  }

  get format(): string {
    return this.log.format.name;
  }

  get detectedBy(): HeapLog["detectedBy"] {
    return this.log.detectedBy;
  }

  get compression(): HeapLog["compression"] {
    return this.log.compression;
  }

  get environment(): HeapEnvironment {
    return this.log.environment;
  }

  get sizeBytes(): number | undefined {
    return this.log.sizeBytes;
  }

  get expectedOperations(): number | undefined {
    return this.log.expectedOperations;
  }

  get bytesRead(): number {
    return this.log.source.bytesRead;
  }

  get lines(): number {
    return this.decoder.lines;
  }

  get skippedLines(): number {
    return this.decoder.skippedLines;
  }

  get threads(): number {
    return this.decoder.threads;
  }

  get hasAddresses(): boolean {
    return !this.decoder.hasNoAddresses;
  }

  get findings(): HeapFindings {
    return readFindings(this.resolver);
  }

  async next(): Promise<HeapBatch | undefined> {
    const calls: HeapLogCall[] = [];
    let count = 0;
    while (count < DECODED && calls.length === 0 && !(this.hungry && this.ended)) {
      if (this.hungry) await this.fill();
      count = this.decoder.decode(count);
      const { fault } = this.decoder;
      if (fault === undefined) {
        this.hungry = count < DECODED;
        continue;
      }
      const line = this.decoder.lines + 1;
      if (fault.code !== DECODE_CALL) throw heapLogFault(this.log.format, fault, this.place(line));
      this.hungry = false;
      calls.push({ line, text: this.decoder.takeLine() });
    }
    if (count === 0 && calls.length === 0) {
      this.mustHaveOperations();
      return undefined;
    }
    return this.batch(count, calls);
  }

  private batch(decoded: number, calls: readonly HeapLogCall[]): HeapBatch {
    if (decoded > 0) this.resolver ??= new KernelResolver(this.kernel, this.decoder.hasNoAddresses);
    const { records } = this.decoder;
    const count = this.resolver?.resolve(records, decoded) ?? 0;
    this.operations += count;
    return { records: this.kernel.bytes(records, count * HEAP_BYTES), count, calls };
  }

  place(line: number): string {
    return this.log.format === pagewalkLogFormat
      ? `${this.name}: call event ${line}`
      : `${this.name}:${line}`;
  }

  async close(): Promise<void> {
    await this.log.source.close();
    await this.log.release();
  }

  private mustHaveOperations(): void {
    if (this.operations > 0) return;
    throw new InputError(
      `holds no calls of an allocator, read as ${this.format}`,
      `give a log that has some, or name its format with ${optionNamed("format")}`,
      this.name,
    );
  }

  /** Fills the decoder's input buffer, so that small chunks need no more calls than large ones. */
  private async fill(): Promise<void> {
    for (;;) {
      const taken = this.decoder.put(this.pending);
      this.pending = this.pending.subarray(taken);
      if (this.pending.length > 0) return;
      const chunk = await this.log.source.next();
      if (chunk === undefined) {
        this.ended = true;
        this.decoder.finish();
        return;
      }
      this.pending = chunk;
    }
  }
}
