/** A spool of chunks: in memory, in a file, or in blobs. */
export interface ChunkStore {
  /** Number of chunks so far. */
  readonly count: number;
  append(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  read(index: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Replaces chunk `index`, which has the same length. */
  replace(index: number, chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}
