/** The input of a format's reader: the bytes of a trace, decompressed, in order, in chunks. */
export interface ByteSource {
  /** The input's name in messages. */
  readonly name: string;
  /** Bytes of the input as stored (compressed) consumed so far. */
  readonly bytesRead: number;
  /** The next chunk, never empty, valid until the next call; undefined at the end. Throws `InputError`. */
  next(): Promise<Uint8Array | undefined>;
  /** Random access; only if the input is stored uncompressed and is seekable. */
  readonly random?: RandomAccess | undefined;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}

export interface RandomAccess {
  readonly sizeBytes: number;
  /** `length` bytes from `offset`, fewer only at the end of the input; in `memory`, if it is used and is large enough. */
  read(offset: number, length: number, memory?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}
