/** Blocks on their way to the file. */

/** The properties that all blocks of a file share. */
export interface BlockShape {
  readonly unit: "address" | "page";
  /** Limit on references of a block. */
  readonly blockReferences: number;
  /** Time counts more than the last bytes. */
  readonly isFast: boolean;
}

/** A block for another thread: what one kernel has collected, for another one to encode. */
export interface CollectedBlock {
  readonly shape: BlockShape;
  /** The regions that assembly/trace/pagewalk/collector.ts draws, one after the other, and the bytes of each. */
  readonly memory: SharedArrayBuffer;
  readonly regions: readonly number[];
  /** The section of calls. */
  readonly calls: Uint8Array<ArrayBuffer>;
}

/** A block without its place in the file. */
export interface EncodedBlock {
  /** As the kernel writes it: without the fields that `completeBlockHeader` fills. */
  readonly header: Uint8Array;
  readonly sections: readonly StoredSection[];
}

export interface StoredSection {
  readonly rawBytes: number;
  readonly stored: Uint8Array;
}

/** Has a block encoded in another thread, by `ForeignBlocks`. */
export type BlockThreads = (block: CollectedBlock) => Promise<EncodedBlock>;
