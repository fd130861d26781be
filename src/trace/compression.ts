/** Detects compression from the first bytes, independently of the file's name. */
import { InputError, PagewalkError } from "../errors.js";
import { gunzip } from "./gzip.js";
import { IterationSource } from "./iteration-source.js";
import type { ByteSource } from "./source.js";
import { chunksOfSource } from "./streams.js";
import { UnsupportedDataError } from "./unsupported-data.js";
import { unxz } from "./xz.js";
import { unzstd } from "./zstd/zstd.js";

export type Compression = "gzip" | "zstd" | "xz";

/** Converts chunks of compressed bytes to chunks of plain bytes. It may fail with any error. */
export type Decompressor = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

interface Codec {
  name: Compression;
  magic: readonly (number | readonly [number, number])[];
  decompress: Decompressor;
}

// A pair is a range: a file may begin with a skippable frame of zstd.
const CODECS: readonly Codec[] = [
  { name: "gzip", magic: [0x1f, 0x8b], decompress: gunzip },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], decompress: unzstd },
  { name: "zstd", magic: [[0x50, 0x5f], 0x2a, 0x4d, 0x18], decompress: unzstd },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], decompress: unxz },
];

/** Bytes that detection needs. */
export const MAGIC_BYTES = 6;

function codecOf(head: Uint8Array): Codec | undefined {
  return CODECS.find(({ magic }) =>
    magic.every((wanted, at) => {
      const byte = head[at];
      if (byte === undefined) return false;
      return typeof wanted === "number" ? byte === wanted : wanted[0] <= byte && byte <= wanted[1];
    }),
  );
}

export function compressionOf(head: Uint8Array): Compression | undefined {
  return codecOf(head)?.name;
}

/** The plain bytes of `source`, which starts with `head`; `source` itself if it is not compressed. */
export function decompressed(source: ByteSource, head: Uint8Array): ByteSource {
  const codec = codecOf(head);
  return codec === undefined ? source : new DecompressedSource(source, codec);
}

class DecompressedSource implements ByteSource {
  private readonly plain: IterationSource;
  private storedFailure: unknown;

  constructor(
    private readonly stored: ByteSource,
    private readonly codec: Codec,
  ) {
    this.plain = new IterationSource(stored.name, codec.decompress(this.storedChunks()));
  }

  get name(): string {
    return this.stored.name;
  }

  get bytesRead(): number {
    return this.stored.bytesRead;
  }

  async next(): Promise<Uint8Array | undefined> {
    try {
      return await this.plain.next();
    } catch (error) {
      if (error instanceof PagewalkError || error === this.storedFailure) throw error;
      if (error instanceof UnsupportedDataError) {
        throw new InputError(error.message, error.remedy, this.name, { cause: error });
      }
      const reason = error instanceof Error ? error.message.toLowerCase() : String(error);
      throw new InputError(
        `the ${this.codec.name} data is cut off or corrupt (${reason})`,
        `get the file again, or check it with ${this.codec.name} --test`,
        `${this.name}:${this.bytesRead}`,
        { cause: error },
      );
    }
  }

  /** Remembers an error of the source, to distinguish it from damaged compressed data. */
  private async *storedChunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunksOfSource(this.stored);
    } catch (error) {
      this.storedFailure = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.plain.close();
    await this.stored.close();
  }
}
