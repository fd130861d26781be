/** The bytes of a trace as they are stored, and those of a stream, which can be read once. */
import { UsageError } from "../errors.js";
import { IterationSource } from "./iteration-source.js";
import type { ByteSource } from "./source.js";

/** The bytes as stored, compressed or not. */
export interface StoredInput {
  readonly name: string;
  /** If known in advance. */
  readonly sizeBytes: number | undefined;
  readonly rewindable: boolean;
  readonly transferable: string | Blob | Uint8Array | undefined;
  /** The URL that it was fetched from, if it can be fetched again. */
  readonly address?: string | undefined;
  /** A new read from the first byte; a stream allows only one. */
  open(): Promise<ByteSource>;
  /** Removes what `spool` made. */
  dispose(): Promise<void>;
}

export class StreamInput implements StoredInput {
  readonly rewindable = false;
  readonly transferable = undefined;
  private opened = false;

  constructor(
    private readonly chunks: AsyncIterable<Uint8Array>,
    readonly name: string,
    readonly sizeBytes: number | undefined = undefined,
    readonly address: string | undefined = undefined,
  ) {}

  async open(): Promise<ByteSource> {
    if (this.opened) {
      throw new UsageError(
        "a stream can be read only once and this needs another pass",
        "spool the trace first, or give a file",
        this.name,
      );
    }
    this.opened = true;
    return new IterationSource(this.name, this.chunks);
  }

  async dispose(): Promise<void> {
    if (!this.opened) await (await this.open()).close();
  }
}
