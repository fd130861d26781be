/**
 * The stored bytes of blocks of a file, in order. Small blocks are read several at a time, since a read is a task of another
 * thread, and into memory that is used again, since new memory costs the system as much time as the read.
 *
 * ```
 *   file     | block | block | block | block | block | …
 *   pieces   |  one read of 1 MiB    |  the next one
 * ```
 */
import type { RandomAccess } from "../source.js";
import type { BlockIndex } from "./block-index.js";

/** A piece has whole blocks: as many as fit, or one that is larger. */
const PIECE_BYTES = 1 << 20;

/** A block as it is stored; fewer bytes if the file is cut off. */
export interface BlockBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its bytes are not used any more: their memory may get those of another block. */
  release(): void;
}

interface Piece {
  /** Numbers of its first block, and of the one behind its last. */
  readonly first: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
  /** Blocks that are not released yet. */
  held: number;
}

export class BlockPieces {
  private last: Piece | undefined;
  private readonly free: Uint8Array<ArrayBuffer>[] = [];

  constructor(
    private readonly input: RandomAccess,
    private readonly index: BlockIndex,
  ) {}

  /** Offset of a block; of the one behind the last, the end of the blocks. */
  offsetOf(block: number): number {
    return this.index.entries[block]?.offset ?? this.index.offset;
  }

  /** Reads a block. May be called again before the promise has resolved. */
  async read(block: number): Promise<BlockBytes> {
    const { last } = this;
    const piece = last !== undefined && last.first <= block && block < last.end ? last : this.start(block);
    this.last = piece;
    const all = await piece.bytes;
    const start = this.offsetOf(piece.first);
    const bytes = all.subarray(this.offsetOf(block) - start, this.offsetOf(block + 1) - start);
    return { bytes, release: () => this.release(piece, all) };
  }

  private start(first: number): Piece {
    const offset = this.offsetOf(first);
    let end = first + 1;
    while (end < this.index.entries.length && this.offsetOf(end + 1) - offset <= PIECE_BYTES) end++;
    const bytes = this.input.read(offset, this.offsetOf(end) - offset, this.free.pop());
    return { first, end, bytes, held: end - first };
  }

  private release(piece: Piece, bytes: Uint8Array<ArrayBuffer>): void {
    piece.held--;
    if (piece.held === 0) this.free.push(new Uint8Array(bytes.buffer));
  }
}
