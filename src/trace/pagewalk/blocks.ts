/** Reads stored blocks: one after the other from a stream, or any from a file with an index. */

import { SECTION_NAMES } from "../../../assembly/abi/names.js";
import {
  BLOCK_HEADER_BYTES,
  BLOCK_MAGIC,
  INDEX_MAGIC,
  SECTION_PAGES,
} from "../../../assembly/trace/pagewalk/format.js";
import { InputError } from "../../errors.js";
import type { Checksum } from "../../wasm/checksum.js";
import { areSame } from "../../wasm/counts.js";
import { inflateRaw } from "../deflate.node.js";
import type { RandomAccess } from "../source.js";
import { concatenated } from "../streams.js";
import { type BlockHeader, blockBytes, parseBlockHeader, type SectionHeader } from "./block-header.js";
import { type BlockIndex, encodeIndex, type IndexEntry, referencesOf } from "./block-index.js";
import type { ByteCursor } from "./byte-cursor.js";
import { CutOff, cutOff, damaged, viewOf } from "./damage.js";
import { BlockPieces } from "./pieces.js";

/**
 * A block with the requested sections, raw; the pages section is as stored, since the kernel unpacks it. Other sections
 * are undefined.
 */
export interface LoadedBlock {
  readonly header: BlockHeader;
  readonly sections: readonly (Uint8Array | undefined)[];
  /** Offset of each section in the input. */
  readonly offsets: readonly number[];
  /** Offset of the block, and the end of the bytes that had to be read up to here. */
  readonly offset: number;
  readonly bytesRead: number;
  /** The sections are not used any more. */
  release(): void;
}

/** The numbers of the sections that a reader needs of a block. */
export type Wanted = (header: BlockHeader) => readonly number[];

/** Blocks in order. `next` may be called again before the previous promise has resolved. */
export interface Blocks {
  readonly name: string;
  readonly cut?: CutOff | undefined;
  /** The next block with the wanted sections; undefined after the last. */
  next(wanted: Wanted): Promise<LoadedBlock | undefined>;
}

export function sectionDamaged(
  block: LoadedBlock,
  section: number,
  name: string,
  cause?: unknown,
): InputError {
  const what = `the section "${SECTION_NAMES[section]}" of the block at ${block.offset}`;
  return damaged(what, name, block.offsets[section] ?? block.offset, cause);
}

/** A block as it is stored, its sections in their order. */
interface StoredBlock {
  header: BlockHeader;
  offset: number;
  bytesRead: number;
  stored: readonly Uint8Array<ArrayBuffer>[];
  release: () => void;
}

const NOTHING = new Uint8Array(0);

/** Checks all sections, so that all damage is detected, and inflates the requested ones. */
async function load(
  { header, offset, bytesRead, stored, release }: StoredBlock,
  wanted: Wanted,
  checksum: Checksum,
  name: string,
): Promise<LoadedBlock> {
  const needed = wanted(header);
  const offsets: number[] = [];
  let at = offset + BLOCK_HEADER_BYTES;
  for (const { storedBytes } of header.sections) {
    offsets.push(at);
    at += storedBytes;
  }
  const block = { header, offset, offsets, bytesRead, sections: [], release };
  for (const [section, { crc }] of header.sections.entries()) {
    if (checksum.of(stored[section] ?? NOTHING) !== crc) throw sectionDamaged(block, section, name);
  }
  const inflate = (known: SectionHeader, section: number) => {
    const bytes = stored[section];
    if (bytes === undefined || !needed.includes(section)) return undefined;
    if (section === SECTION_PAGES || known.storedBytes === known.rawBytes) return bytes;
    return inflateRaw(bytes, known.rawBytes).catch((cause: unknown) => {
      throw sectionDamaged(block, section, name, cause);
    });
  };
  return { ...block, sections: await Promise.all(header.sections.map(inflate)) };
}

/** Reads from a stream. The index, which comes last, is compared with the blocks. */
export class StreamedBlocks implements Blocks {
  private readonly entries: IndexEntry[] = [];
  private turn: Promise<StoredBlock | undefined> = Promise.resolve(undefined);
  private ended = false;
  /** Where the input is cut off, once the blocks before have been read. */
  cut: CutOff | undefined;

  /** `partial`: an input that is cut off ends with its last whole block. */
  constructor(
    private readonly cursor: ByteCursor,
    private readonly blockReferences: number,
    private readonly checksum: Checksum,
    private readonly partial: boolean,
  ) {}

  get name(): string {
    return this.cursor.name;
  }

  async next(wanted: Wanted): Promise<LoadedBlock | undefined> {
    // Bytes are read in order; sections are inflated while the next block is read.
    this.turn = this.turn.then(() => this.read()).catch((error: unknown) => this.endAt(error));
    const block = await this.turn;
    return block && load(block, wanted, this.checksum, this.name);
  }

  private async read(): Promise<StoredBlock | undefined> {
    if (this.ended) return undefined;
    const { cursor } = this;
    const offset = cursor.offset;
    const magic = await cursor.take(4);
    if (viewOf(magic).getUint32(0, true) === INDEX_MAGIC) return this.readEnd(magic, offset);
    const header = this.parseHeader(await this.takeHeader(magic, offset), offset);
    const stored: Uint8Array<ArrayBuffer>[] = [];
    for (const { storedBytes } of header.sections) stored.push(await cursor.take(storedBytes));
    this.entries.push(entryOf(header, offset));
    cursor.wholeReferences = referencesOf(this.entries);
    return { header, offset, stored, bytesRead: cursor.bytesRead, release: () => undefined };
  }

  private endAt(error: unknown): undefined {
    if (!this.partial || !(error instanceof CutOff)) throw error;
    this.cut ??= error;
    this.ended = true;
  }

  private async takeHeader(magic: Uint8Array, offset: number): Promise<Uint8Array> {
    if (viewOf(magic).getUint32(0, true) !== BLOCK_MAGIC) throw this.headerDamaged(offset);
    const rest = await this.cursor.take(BLOCK_HEADER_BYTES - magic.length);
    return concatenated([magic, rest], BLOCK_HEADER_BYTES);
  }

  private parseHeader(bytes: Uint8Array, offset: number): BlockHeader {
    const header = parseBlockHeader(bytes, this.blockReferences, this.checksum);
    if (header?.firstReference !== referencesOf(this.entries)) throw this.headerDamaged(offset);
    return header;
  }

  private headerDamaged(offset: number): InputError {
    return damaged("a block's header", this.name, offset);
  }

  private async readEnd(magic: Uint8Array, offset: number): Promise<undefined> {
    const { cursor, entries } = this;
    const due = encodeIndex({ entries, offset }, this.checksum);
    const rest = await cursor.take(due.length - magic.length);
    const isIndexSound = rest.every((byte, i) => byte === due[i + magic.length]);
    if (!isIndexSound) throw damaged("the index", this.name, offset);
    if (!(await cursor.isAtEnd())) {
      const remedy = "one file holds one trace: split it, or write it again";
      throw new InputError("has bytes after its end", remedy, `${this.name}:${cursor.offset}`);
    }
    this.ended = true;
  }
}

/** Reads from a file with an index: several blocks at once, from any block on. */
export class IndexedBlocks implements Blocks {
  private block = 0;
  private readonly pieces: BlockPieces;

  constructor(
    readonly name: string,
    private readonly input: RandomAccess,
    private readonly index: BlockIndex,
    private readonly blockReferences: number,
    private readonly checksum: Checksum,
  ) {
    this.pieces = new BlockPieces(input, index);
  }

  get references(): number {
    return referencesOf(this.index.entries);
  }

  /** Continues from the block with the reference; past the last, from the end. */
  seek(reference: number): void {
    let low = 0;
    let high = this.index.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.index.entries[middle];
      if (entry !== undefined && entry.firstReference + entry.counts.references <= reference)
        low = middle + 1;
      else high = middle;
    }
    this.block = low;
  }

  async next(wanted: Wanted): Promise<LoadedBlock | undefined> {
    const number = this.block++;
    const entry = this.index.entries[number];
    if (entry === undefined) return undefined;
    const end = this.pieces.offsetOf(number + 1);
    const length = end - entry.offset;
    const { bytes, release } = await this.pieces.read(number);
    if (bytes.length < length) throw cutOff(this.name, entry.offset + bytes.length, entry.firstReference);
    const header = this.parseHeader(bytes, entry, length);
    const stored: Uint8Array<ArrayBuffer>[] = [];
    let at = BLOCK_HEADER_BYTES;
    for (const { storedBytes } of header.sections) {
      stored.push(bytes.subarray(at, at + storedBytes));
      at += storedBytes;
    }
    const bytesRead = number + 1 < this.index.entries.length ? end : this.input.sizeBytes;
    const block = { header, offset: entry.offset, stored, bytesRead, release };
    return load(block, wanted, this.checksum, this.name);
  }

  /** The header, if it agrees with the index. */
  private parseHeader(bytes: Uint8Array, entry: IndexEntry, length: number): BlockHeader {
    const header = parseBlockHeader(
      bytes.subarray(0, BLOCK_HEADER_BYTES),
      this.blockReferences,
      this.checksum,
    );
    const isAsIndexed =
      header !== undefined && blockBytes(header) === length && isSame(entryOf(header, entry.offset), entry);
    if (!isAsIndexed) throw damaged("a block's header", this.name, entry.offset);
    return header;
  }
}

/** The index's entry of a block. */
export function entryOf(header: BlockHeader, offset: number): IndexEntry {
  const { firstReference, counts, calls, sections } = header;
  const pathBytes = BLOCK_HEADER_BYTES + (sections[SECTION_PAGES]?.storedBytes ?? 0);
  return { offset, firstReference, counts, calls, pathBytes };
}

function isSame(a: IndexEntry, b: IndexEntry): boolean {
  return (
    a.firstReference === b.firstReference &&
    a.calls === b.calls &&
    a.pathBytes === b.pathBytes &&
    areSame(a.counts, b.counts)
  );
}
