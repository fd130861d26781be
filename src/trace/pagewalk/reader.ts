/** A pass over a pagewalk file: by records, or by page blocks, with read-ahead of blocks. */

import { BATCH_RECORDS } from "../../../assembly/abi/core.js";
import {
  SECTION_ADDRESSES,
  SECTION_CALLS,
  SECTION_GUESSES,
  SECTION_OPERATIONS,
  SECTION_PAGES,
  SECTION_PATH,
} from "../../../assembly/trace/pagewalk/format.js";
import { type InputError, UsageError } from "../../errors.js";
import { Checksum } from "../../wasm/checksum.js";
import type { ReferenceCounts } from "../../wasm/counts.js";
import { areSame, KindCounter } from "../../wasm/counts.js";
import type { Kernel } from "../../wasm/kernel.js";
import { PagewalkDecoder } from "../../wasm/pagewalk-codec.js";
import type { Batch, PageBlock, TableOptions, TraceReader } from "../reader.js";
import type { ByteSource } from "../source.js";
import { Turns } from "../turns.js";

import type { BlockHeader } from "./block-header.js";
import { findIndex } from "./block-index.js";
import {
  type Blocks,
  IndexedBlocks,
  type LoadedBlock,
  StreamedBlocks,
  sectionDamaged,
  type Wanted,
} from "./blocks.js";
import { ByteCursor } from "./byte-cursor.js";
import { type Calls, decodeCalls, NO_CALLS } from "./calls.js";
import { miscounted } from "./damage.js";
import { type FileHeader, type Metadata, readFileHeader } from "./file-header.js";

/** Blocks that are read and inflated while the engine works on another. */
const READ_AHEAD = 4;
/**
 * References of a block up to which a reader of page blocks decodes its records too, and a reader of records its page
 * path, so that both refuse the same files. For larger blocks that would take several times as long as the engine.
 */
const CHECKED_REFERENCES = 1 << 16;

const PATH_SECTIONS: readonly number[] = [SECTION_PAGES];
const PATH_AND_CALLS: readonly number[] = [SECTION_PAGES, SECTION_CALLS];
const ADDRESS_SECTIONS: readonly number[] = [
  SECTION_CALLS,
  SECTION_OPERATIONS,
  SECTION_PATH,
  SECTION_GUESSES,
  SECTION_ADDRESSES,
];
const PAGE_SECTIONS: readonly number[] = [SECTION_PAGES, ...ADDRESS_SECTIONS];

export interface PagewalkReader extends TraceReader {
  readonly header: FileHeader;
  /**
   * Continues from a reference, the first record to be returned; earlier calls are skipped. `nextPageBlock` continues
   * from the block that contains it. Throws `UsageError` if the input is not seekable or has fewer references.
   */
  seek(reference: number): void;
}

export async function readPagewalk(
  kernel: Kernel,
  source: ByteSource,
  { partial = false }: TableOptions = {},
): Promise<PagewalkReader> {
  const checksum = await Checksum.create(kernel);
  const cursor = new ByteCursor(source);
  const header = await readFileHeader(cursor, checksum);
  const random = source.random;
  const index = random && (await findIndex(random, cursor.offset, checksum));
  // Without a valid index a file is read as a stream, which reports the damage.
  const blocks =
    random && index
      ? new IndexedBlocks(source.name, random, index, header.blockReferences, checksum)
      : new StreamedBlocks(cursor, header.blockReferences, checksum, partial);
  return new BlockReader(kernel, source, header, blocks);
}

class BlockReader implements PagewalkReader {
  bytesRead = 0;
  private readonly decoder: PagewalkDecoder;
  private readonly kinds: KindCounter;
  /** Of records that were decoded only for a check. */
  private checked: KindCounter | undefined;
  private readonly passed: ReferenceCounts = NO_COUNTS();
  private ahead: Promise<LoadedBlock | undefined>[] = [];
  private block: LoadedBlock | undefined;
  private calls: Calls = NO_CALLS;
  /** The sum of the headers' counts of the blocks so far; undefined once a reader has sought. */
  private due: ReferenceCounts | undefined = NO_COUNTS();
  private reference = 0; // number of the next reference to be delivered

  private readonly turns: Turns;
  private sought = false; // and the block that has `reference` not started yet
  private closed = false;

  constructor(
    private readonly kernel: Kernel,
    private readonly source: ByteSource,
    readonly header: FileHeader,
    private readonly blocks: Blocks,
  ) {
    this.decoder = new PagewalkDecoder(kernel, header.unit);
    this.kinds = new KindCounter(kernel);
    this.turns = new Turns(kernel, blocks.name);
  }

  get metadata(): Metadata {
    return this.header.metadata;
  }

  get cutLine(): InputError | undefined {
    return this.blocks.cut;
  }

  get counts(): ReferenceCounts {
    return sum(this.kinds.counts, this.passed);
  }

  async next(): Promise<Batch | undefined> {
    for (;;) {
      if (this.block === undefined && !(await this.startBlock())) return undefined;
      const batch = this.decode(BATCH_RECORDS);
      if (batch === undefined) continue;
      this.kinds.add(batch.records, batch.count);
      return batch;
    }
  }

  async nextPageBlock(): Promise<PageBlock | undefined> {
    const wanted = (header: BlockHeader) => {
      if (isSmall(header)) return PAGE_SECTIONS;
      return header.calls > 0 ? PATH_AND_CALLS : PATH_SECTIONS;
    };
    const block = await this.take(wanted);
    if (block === undefined) return undefined;
    const { firstReference, counts } = block.header;
    if (isSmall(block.header)) this.check(block);
    else this.put(block, PATH_SECTIONS);
    const header = this.decoder.readPages();
    if (header === undefined) throw this.damage(block);
    add(this.passed, counts);
    const hasTurns = this.turns.isIn(this.callsOf(block), counts.references);
    return { header, firstReference, counts, hasTurns };
  }

  seek(reference: number): void {
    if (!(this.blocks instanceof IndexedBlocks)) {
      throw new UsageError("a stream is not seekable", "give a file, uncompressed", this.blocks.name);
    }
    if (!Number.isSafeInteger(reference) || reference < 0 || reference > this.blocks.references) {
      const remedy = `give one from 0 to ${this.blocks.references}`;
      throw new UsageError(`there is no reference ${reference}`, remedy, this.blocks.name);
    }
    this.blocks.seek(reference);
    this.ahead = [];
    this.block = undefined;
    this.reference = reference;
    this.sought = true;
    this.due = undefined;
  }

  place(): string {
    return `${this.blocks.name}:${this.block?.offset ?? 0}`;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.source.close();
  }

  /** The next block; starts reading the ones after it. */
  private async take(wanted: Wanted): Promise<LoadedBlock | undefined> {
    while (this.ahead.length < READ_AHEAD) {
      const next = this.blocks.next(wanted);
      next.catch(() => undefined); // reported by the code that awaits it
      this.ahead.push(next);
    }
    this.leave();
    const block = await this.ahead.shift();
    this.block = block;
    this.bytesRead = block?.bytesRead ?? Math.max(this.bytesRead, this.source.bytesRead);
    return block;
  }

  private leave(): void {
    this.block?.release();
    this.block = undefined;
  }

  private put(block: LoadedBlock, sections: readonly number[]): void {
    this.decoder.putHeader(block.header.bytes);
    for (const section of sections) {
      const raw = block.sections[section];
      if (raw === undefined || section === SECTION_CALLS) continue;
      if (section !== SECTION_PAGES) this.decoder.putSection(section, raw);
      else if (!this.decoder.putPages(raw, block.header.sections[section]?.rawBytes ?? 0)) {
        throw this.damage(block);
      }
    }
  }

  /** Prepares the next block for `decode`, at the requested reference. False at the end. */
  private async startBlock(): Promise<boolean> {
    const block = await this.take((header) => this.sectionsOf(header));
    if (block === undefined) return false;
    const sections = this.sectionsOf(block.header);
    this.put(block, sections);
    if (sections === PAGE_SECTIONS && this.decoder.readPages() === undefined) throw this.damage(block);
    this.begin(block);
    if (this.due !== undefined) add(this.due, block.header.counts);
    if (this.sought) this.skip(this.reference - block.header.firstReference);
    this.sought = false;
    return true;
  }

  /** The page path of a small block is read too, to refuse what a reader of page blocks would refuse. */
  private sectionsOf({ counts }: BlockHeader): readonly number[] {
    const needsPages = this.header.unit === "page" || counts.references <= CHECKED_REFERENCES;
    return needsPages ? PAGE_SECTIONS : ADDRESS_SECTIONS;
  }

  /** Begins the records of a block whose sections are in place. */
  private begin(block: LoadedBlock): void {
    this.calls = this.callsOf(block);
    this.decoder.putCallPositions(this.calls.positions);
    if (!this.decoder.readBlock()) throw this.damage(block);
  }

  /** Decodes the records of a block for which only the page path was requested, to check them. */
  private check(block: LoadedBlock): void {
    this.put(block, PAGE_SECTIONS);
    this.begin(block);
    this.checked ??= new KindCounter(this.kernel);
    const kinds = this.checked;
    const due = sum(kinds.counts, block.header.counts);
    for (let count = this.decoder.decode(); count > 0; count = this.decoder.decode()) {
      kinds.add(this.decoder.records, count);
    }
    if (this.decoder.damagedSection !== undefined) throw this.damage(block);
    if (!areSame(kinds.counts, due)) throw miscounted(this.blocks.name, block.offset);
  }

  /** Skips `references`, and the calls before the reference that follows. */
  private skip(references: number): void {
    const calls = this.calls.positions.filter((position) => position <= references).length;
    this.reference -= references;
    for (let left = references + calls; left > 0; ) {
      left -= this.decode(Math.min(left, BATCH_RECORDS))?.count ?? left;
    }
  }

  /** The block's next records; undefined at its end. */
  private decode(most: number): Batch | undefined {
    const { block, decoder, reference } = this;
    const callsBefore = decoder.callsDone;
    const count = decoder.decode(most);
    if (block !== undefined && decoder.damagedSection !== undefined) throw this.damage(block);
    if (count === 0) {
      const { due } = this;
      if (due !== undefined && !areSame(this.kinds.counts, due)) {
        throw miscounted(this.blocks.name, block?.offset ?? 0);
      }
      this.leave();
      return undefined;
    }
    const calls = this.calls.texts.slice(callsBefore, decoder.callsDone);
    if (this.header.unit === "address") this.turns.mark(decoder.records, count, calls);
    this.reference += count - calls.length;
    return { records: decoder.records, count, firstReference: reference, calls };
  }

  private callsOf(block: LoadedBlock): Calls {
    const { calls, counts } = block.header;
    const bytes = block.sections[SECTION_CALLS];
    if (bytes === undefined) return NO_CALLS;
    try {
      return decodeCalls(bytes, calls, counts.references);
    } catch (cause) {
      throw sectionDamaged(block, SECTION_CALLS, this.blocks.name, cause);
    }
  }

  private damage(block: LoadedBlock): Error {
    return sectionDamaged(block, this.decoder.damagedSection ?? SECTION_PAGES, this.blocks.name);
  }
}

const NO_COUNTS = (): ReferenceCounts => ({
  references: 0,
  instructionFetches: 0,
  loads: 0,
  stores: 0,
  modifies: 0,
});

function isSmall({ counts }: BlockHeader): boolean {
  return counts.references <= CHECKED_REFERENCES;
}

function add(to: ReferenceCounts, more: ReferenceCounts): void {
  to.references += more.references;
  to.instructionFetches += more.instructionFetches;
  to.loads += more.loads;
  to.stores += more.stores;
  to.modifies += more.modifies;
}

function sum(a: ReferenceCounts, b: ReferenceCounts): ReferenceCounts {
  const both = NO_COUNTS();
  add(both, a);
  add(both, b);
  return both;
}
