/** Destinations of written traces. */
import { UsageError } from "../errors.js";
import { pathSink } from "./file-output.node.js";
import { chunksOf, copyOf } from "./streams.js";
import type { ByteSink } from "./writer.js";

/** A path (Node only; `-` is stdout), a stream, or a sink of the caller's own. */
export type TraceOutput = string | URL | WritableStream<Uint8Array> | ByteSink;

export async function openSink(output: TraceOutput): Promise<ByteSink> {
  if (typeof output === "string" || output instanceof URL) {
    const [ending] = /\.(zst|zstd|xz)$/i.exec(`${output}`) ?? [];
    if (ending !== undefined) {
      throw new UsageError(
        `cannot write ${ending} files`,
        "end the name with .gz, or without an ending of a compressed file",
        `${output}`,
      );
    }
    const file = await pathSink(output);
    return file.name.endsWith(".gz") ? new GzipSink(file) : file;
  }
  return output instanceof WritableStream ? new StreamSink(output) : output;
}

/** Keeps the bytes in memory. */
export class BytesSink implements ByteSink {
  readonly name = "<bytes>";
  private chunks: Uint8Array[] = [];

  async write(chunk: Uint8Array): Promise<void> {
    this.chunks.push(copyOf(chunk));
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {
    this.chunks = [];
  }

  /** Everything written so far. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(this.chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

class StreamSink implements ByteSink {
  readonly name = "<stream>";
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private ended = false;

  constructor(stream: WritableStream<Uint8Array>) {
    this.writer = stream.getWriter();
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.writer.ready;
    await this.writer.write(copyOf(chunk));
  }

  async finish(): Promise<void> {
    this.ended = true;
    await this.writer.close();
  }

  async abort(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.writer.abort().catch(() => undefined);
  }
}

/** Compresses on the way to another sink. */
export class GzipSink implements ByteSink {
  private readonly writer: WritableStreamDefaultWriter<BufferSource>;
  private readonly compressed: Promise<void>;
  private ended = false;

  constructor(private readonly sink: ByteSink) {
    const gzip = new CompressionStream("gzip");
    this.writer = gzip.writable.getWriter();
    this.compressed = this.pass(gzip.readable);
    this.compressed.catch(() => undefined); // reported by the write
  }

  get name(): string {
    return this.sink.name;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await Promise.race([this.writer.write(copyOf(chunk)), this.failure()]);
  }

  async finish(): Promise<void> {
    this.ended = true;
    await Promise.race([this.writer.close(), this.failure()]);
    await this.compressed;
    await this.sink.finish();
  }

  async abort(): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      await this.writer.abort().catch(() => undefined);
    }
    await this.compressed.catch(() => undefined);
    await this.sink.abort();
  }

  private async pass(compressed: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of chunksOf(compressed)) await this.sink.write(chunk);
  }

  /** Rejects if the sink behind fails, never resolves. */
  private async failure(): Promise<never> {
    await this.compressed;
    return new Promise(() => undefined);
  }
}
