/**
 * The zstd decoder of Node's zlib, which Node has from 22.15 and 23.8 on.
 *
 * A stream of zlib ignores what follows the first frame in a chunk, and before Node 24 also the lack of an end. Each
 * frame has a stream of its own, and `ZstdFrames` finds the ends.
 */
import { type ZstdDecoder, zstdFault } from "./decoder.js";

const OUTPUT_BYTES = 262144;

type ZlibStream = import("node:stream").Transform;
type Create = (options: { chunkSize: number }) => ZlibStream;

/** A decoder, if zlib has one. */
export async function platformDecoder(): Promise<ZstdDecoder | undefined> {
  const { createZstdDecompress } = (await import("node:zlib")) as { createZstdDecompress?: Create };
  return createZstdDecompress === undefined ? undefined : new PlatformDecoder(createZstdDecompress);
}

class PlatformDecoder implements ZstdDecoder {
  private stream: ZlibStream | undefined;
  private fault: (Error & { errno?: number }) | undefined;
  /** Continues `decode`, which waits for an event. */
  private wake = (): void => {};

  constructor(private readonly create: Create) {}

  async *decode(bytes: Uint8Array, isLast: boolean): AsyncGenerator<Uint8Array> {
    this.stream ??= this.opened();
    const stream = this.stream;
    let written = false;
    stream.write(bytes, () => {
      written = true;
      this.wake();
    });
    for (;;) {
      const block: Uint8Array | null = stream.read();
      if (block !== null) yield block;
      else if (this.fault !== undefined) throw faultOf(this.fault);
      else if (written) break;
      else await this.event();
    }
    if (isLast) this.close();
  }

  close(): void {
    this.stream?.destroy();
    this.stream = undefined;
  }

  private opened(): ZlibStream {
    const stream = this.create({ chunkSize: OUTPUT_BYTES });
    stream.on("readable", () => this.wake());
    stream.on("error", (error) => {
      this.fault = error;
      this.wake();
    });
    return stream;
  }

  private event(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

function faultOf(error: Error & { errno?: number }): Error {
  return error.errno === undefined ? error : zstdFault(error.errno);
}
