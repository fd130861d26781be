/**
 * Writes oracleGeneral with each request's next use, which libCacheSim's Belady policy needs. Records are spooled, and
 * written after the whole trace has been read.
 *
 *   batches ──encode──> records, next unknown ──> spool ──┐
 *                └─────> ids ──> first pass ──> gaps ─────┴──> records with next ──> sink
 *
 * `next` numbers requests from 1, as libCacheSim's traces do; -1: never again.
 */

import { ORACLE_BYTES, ORACLE_ID, ORACLE_NEXT } from "../../assembly/abi/formats.js";
import { NEVER } from "../../assembly/abi/requests.js";
import type { ChunkStore } from "../future/chunk-store.js";
import { FutureRecorder } from "../future/future.js";
import { chunkStore } from "../future/spilling-store.js";
import { KernelEncoder } from "../wasm/encoder.js";
import { Kernel } from "../wasm/kernel.js";
import type { ByteSink, TraceWriter, WritableBatch } from "./writer.js";

const CHUNK_RECORDS = 32768;
const CHUNK_BYTES = CHUNK_RECORDS * ORACLE_BYTES;

export class OracleGeneralWriter implements TraceWriter {
  private readonly encoder: KernelEncoder;
  private readonly store: ChunkStore = chunkStore(CHUNK_BYTES);
  private chunk = new Uint8Array(CHUNK_BYTES);
  private filled = 0;

  private constructor(
    kernel: Kernel,
    private readonly own: Kernel,
    private readonly recorder: FutureRecorder,
    private readonly keys: number,
    private readonly sink: ByteSink,
    pageShift: number,
  ) {
    this.encoder = new KernelEncoder(kernel, "encodeOracleGeneral", pageShift);
  }

  /** `pageShift`: address bits in a page, 0 if records hold page numbers. */
  static async create(kernel: Kernel, sink: ByteSink, pageShift: number): Promise<OracleGeneralWriter> {
    const own = await Kernel.create();
    const recorder = new FutureRecorder(own);
    return new OracleGeneralWriter(kernel, own, recorder, own.allocate(CHUNK_RECORDS * 8), sink, pageShift);
  }

  async write({ records, count }: WritableBatch): Promise<void> {
    for (const bytes of this.encoder.encode(records, count)) {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + CHUNK_BYTES - this.filled);
        this.chunk.set(part, this.filled);
        this.filled += part.length;
        at += part.length;
        if (this.filled === CHUNK_BYTES) await this.spool();
      }
    }
  }

  private async spool(): Promise<void> {
    const bytes = this.chunk.subarray(0, this.filled);
    const count = this.filled / ORACLE_BYTES;
    const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const keys = new DataView(new ArrayBuffer(count * 8));
    for (let n = 0; n < count; n++) {
      keys.setBigUint64(n * 8, from.getBigUint64(n * ORACLE_BYTES + ORACLE_ID, true), true);
    }
    this.own.bytes(this.keys, count * 8).set(new Uint8Array(keys.buffer));
    await this.recorder.add(this.keys, count);
    await this.store.append(bytes);
    this.chunk = new Uint8Array(CHUNK_BYTES);
    this.filled = 0;
  }

  async finish(): Promise<void> {
    if (this.filled > 0) await this.spool();
    const future = await this.recorder.finish();
    let request = 0;
    for (let index = 0; index < this.store.count; index++) {
      const bytes = await this.store.read(index);
      const count = bytes.length / ORACLE_BYTES;
      const gaps = new Uint8Array(count * 4);
      await future.take(gaps);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const gapAt = new DataView(gaps.buffer);
      for (let n = 0; n < count; n++) {
        request++;
        const gap = gapAt.getUint32(n * 4, true);
        view.setBigInt64(n * ORACLE_BYTES + ORACLE_NEXT, gap === NEVER ? -1n : BigInt(request + gap), true);
      }
      await this.sink.write(bytes);
    }
    await this.close();
    await this.sink.finish();
  }

  async abort(): Promise<void> {
    await this.close();
    await this.sink.abort();
  }

  private async close(): Promise<void> {
    await this.recorder.close();
    await this.store.close();
  }
}
