/** Writes a pagewalk file, block by block. It never seeks, so the output may be a pipe. */
import { RECORD_BYTES } from "../../../assembly/abi/core.js";
import {
  DEFAULT_BLOCK_REFERENCES,
  MOST_BLOCK_REFERENCES,
  SECTION_CALLS,
  SECTION_PAGES,
} from "../../../assembly/trace/pagewalk/format.js";
import { UsageError } from "../../errors.js";
import { Checksum } from "../../wasm/checksum.js";
import type { Kernel } from "../../wasm/kernel.js";
import { PagewalkEncoder } from "../../wasm/pagewalk-codec.js";
import { deflateRaw } from "../deflate.node.js";
import { concatenated } from "../streams.js";
import type { ByteSink, TraceWriter, WritableBatch, WriterOptions } from "../writer.js";
import { blockBytes, completeBlockHeader, parseBlockHeader } from "./block-header.js";
import { encodeIndex, type IndexEntry, referencesOf } from "./block-index.js";
import { entryOf } from "./blocks.js";
import { encodeCalls } from "./calls.js";
import { encodeFileHeader, type Metadata } from "./file-header.js";

/** Blocks that are compressed while another one is filled. */
const PENDING = 2;

export interface PagewalkWriterOptions extends WriterOptions {
  /** Limit on references of a block; larger blocks compress better and take more memory. */
  blockReferences?: number;
  metadata?: Metadata;
}

export async function createPagewalkWriter(
  kernel: Kernel,
  sink: ByteSink,
  options: PagewalkWriterOptions,
): Promise<TraceWriter> {
  const { unit, blockReferences = DEFAULT_BLOCK_REFERENCES, metadata = {}, isLive = false } = options;
  if (!Number.isInteger(blockReferences) || blockReferences < 1 || blockReferences > MOST_BLOCK_REFERENCES) {
    const remedy = `give a whole number from 1 to ${MOST_BLOCK_REFERENCES}`;
    throw new UsageError(`blocks of ${blockReferences} references cannot be written`, remedy);
  }
  const checksum = await Checksum.create(kernel);
  const header = encodeFileHeader(
    { unit, blockReferences, metadata: { creator: "pagewalk", ...metadata } },
    checksum,
  );
  const encoder = new PagewalkEncoder(kernel, blockReferences, unit);
  await sink.write(header);
  return new PagewalkWriter(encoder, checksum, sink, blockReferences, header.length, isLive);
}

class PagewalkWriter implements TraceWriter {
  private readonly entries: IndexEntry[] = [];
  private readonly pending: Promise<void>[] = [];
  private texts: string[] = []; // of the block's calls
  private blockRecords = 0;

  constructor(
    private readonly encoder: PagewalkEncoder,
    private readonly checksum: Checksum,
    private readonly sink: ByteSink,
    private readonly blockReferences: number,
    private offset: number,
    private readonly isLive: boolean,
  ) {}

  async write(batch: WritableBatch): Promise<void> {
    for (let done = 0; done < batch.count; ) {
      const added = this.encoder.add(batch.records + done * RECORD_BYTES, batch.count - done);
      for (const text of this.encoder.callTexts(this.texts.length)) this.texts.push(batch.calls[text] ?? "");
      this.blockRecords += added;
      done += added;
      if (done < batch.count) await this.finishBlock();
    }
  }

  async finish(): Promise<void> {
    if (this.blockRecords > 0) await this.finishBlock();
    await Promise.all(this.pending);
    await this.sink.write(encodeIndex({ entries: this.entries, offset: this.offset }, this.checksum));
    await this.sink.finish();
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.pending);
    await this.sink.abort();
  }

  /** Compresses the block, and writes it after the ones before it. */
  private async finishBlock(): Promise<void> {
    const calls = encodeCalls({ positions: this.encoder.callPositions, texts: this.texts });
    const { header, sections, packedPages } = this.encoder.finishBlock();
    sections[SECTION_CALLS] = calls;
    this.texts = [];
    this.blockRecords = 0;
    const before = this.pending.at(-1);
    const compressed = sections.map((raw, section) =>
      section === SECTION_PAGES ? smaller(raw, packedPages) : deflated(raw, this.isLive),
    );
    const written = this.writeBlock(header, Promise.all(compressed), before);
    written.catch(() => undefined); // reported by the code that awaits it below or in `finish`
    this.pending.push(written);
    while (this.pending.length > PENDING) await this.pending.shift();
  }

  private async writeBlock(
    header: Uint8Array,
    compressed: Promise<CompressedSection[]>,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const sections = await compressed;
    await before;
    completeBlockHeader(header, referencesOf(this.entries), sections, this.checksum);
    const block = parseBlockHeader(header, this.blockReferences, this.checksum);
    if (block === undefined) throw new Error("the encoder made a block that no reader would take");
    const bytes = blockBytes(block);
    await this.sink.write(concatenated([header, ...sections.map(({ stored }) => stored)], bytes));
    this.entries.push(entryOf(block, this.offset));
    this.offset += bytes;
  }
}

interface CompressedSection {
  raw: Uint8Array;
  stored: Uint8Array;
}

async function deflated(raw: Uint8Array<ArrayBuffer>, isFast: boolean): Promise<CompressedSection> {
  return smaller(raw, await deflateRaw(raw, isFast));
}

/** The compressed bytes, or the raw ones if they are not larger. */
function smaller(raw: Uint8Array, compressed: Uint8Array): CompressedSection {
  return { raw, stored: compressed.length < raw.length ? compressed : raw };
}
