/** What a format's reader reads from: the bytes of a trace, decompressed, in order, a chunk at a time. */
export interface ByteSource {
  /** What messages call the input. */
  readonly name: string;
  /** Bytes of the input as stored (compressed) consumed so far. */
  readonly bytesRead: number;
  /** The next chunk, never empty, good until the next call; undefined at the end. Throws `InputError`. */
  next(): Promise<Uint8Array | undefined>;
  /** Random access, where the input is stored uncompressed and can be sought. */
  readonly random?: RandomAccess | undefined;
  /** Releases the input; safe to call twice. */
  close(): Promise<void>;
}

export interface RandomAccess {
  readonly sizeBytes: number;
  /** `length` bytes from `offset`, fewer only where the input ends. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}
