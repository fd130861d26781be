/** Writes a pagewalk file, block by block. It never seeks, so the output may be a pipe. */
import { DEFAULT_BLOCK_REFERENCES, MOST_BLOCK_REFERENCES } from "../../../assembly/trace/pagewalk/format.js";
import { UsageError } from "../../errors.js";
import { Checksum } from "../../wasm/checksum.js";
import type { Kernel } from "../../wasm/kernel.js";
import { concatenated } from "../streams.js";
import type { ByteSink, TraceWriter, WritableBatch, WriterOptions } from "../writer.js";
import { BlockEncoder } from "./block-encoder.js";
import { blockBytes, completeBlockHeader, parseBlockHeader } from "./block-header.js";
import { encodeIndex, type IndexEntry, referencesOf } from "./block-index.js";
import { entryOf } from "./blocks.js";
import type { EncodedBlock } from "./encoded-block.js";
import { encodeFileHeader, type Metadata } from "./file-header.js";

/** Promised blocks, while another one is filled. */
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
  const {
    unit,
    blockReferences = DEFAULT_BLOCK_REFERENCES,
    metadata = {},
    isLive = false,
    threads,
  } = options;
  if (!Number.isInteger(blockReferences) || blockReferences < 1 || blockReferences > MOST_BLOCK_REFERENCES) {
    const remedy = `give a whole number from 1 to ${MOST_BLOCK_REFERENCES}`;
    throw new UsageError(`blocks of ${blockReferences} references cannot be written`, remedy);
  }
  const checksum = await Checksum.create(kernel);
  const header = encodeFileHeader(
    { unit, blockReferences, metadata: { creator: "pagewalk", ...metadata } },
    checksum,
  );
  const shape = { unit, blockReferences, isFast: isLive };
  const blocks = new BlockEncoder(kernel, shape, threads);
  await sink.write(header);
  return new PagewalkWriter(blocks, checksum, sink, blockReferences, header.length);
}

class PagewalkWriter implements TraceWriter {
  private readonly entries: IndexEntry[] = [];
  private readonly pending: Promise<void>[] = [];

  constructor(
    private readonly blocks: BlockEncoder,
    private readonly checksum: Checksum,
    private readonly sink: ByteSink,
    private readonly blockReferences: number,
    private offset: number,
  ) {}

  async write(batch: WritableBatch): Promise<void> {
    for (const made of this.blocks.add(batch)) await this.append(made);
  }

  async finish(): Promise<void> {
    for (const made of this.blocks.end()) await this.append(made);
    await Promise.all(this.pending);
    await this.sink.write(encodeIndex({ entries: this.entries, offset: this.offset }, this.checksum));
    await this.sink.finish();
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.pending);
    await this.sink.abort();
  }

  /** Has the block written after the ones before it. */
  private async append(made: Promise<EncodedBlock>): Promise<void> {
    const written = this.writeBlock(made, this.pending.at(-1));
    written.catch(() => undefined); // reported by the code that awaits it below or in `finish`
    this.pending.push(written);
    while (this.pending.length > PENDING) await this.pending.shift();
  }

  private async writeBlock(made: Promise<EncodedBlock>, before: Promise<void> | undefined): Promise<void> {
    const { header, sections } = await made;
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
