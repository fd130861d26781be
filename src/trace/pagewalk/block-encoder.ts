/** Encodes records to the blocks of a pagewalk file, and compresses them: in this thread, or partly in others. */
import { RECORD_BYTES } from "../../../assembly/abi/core.js";
import { SECTION_CALLS, SECTION_PAGES } from "../../../assembly/trace/pagewalk/format.js";
import type { Kernel } from "../../wasm/kernel.js";
import { type FinishedBlock, PagewalkEncoder } from "../../wasm/pagewalk-codec.js";
import { deflateRaw } from "../deflate.node.js";
import type { WritableBatch } from "../writer.js";
import { encodeCalls } from "./calls.js";
import type {
  BlockShape,
  BlockThreads,
  CollectedBlock,
  EncodedBlock,
  StoredSection,
} from "./encoded-block.js";

/** Sections are compressed, and other threads work, while the next block fills. */
export class BlockEncoder {
  private readonly encoder: PagewalkEncoder;
  /** Memory of blocks that other threads have encoded. */
  private readonly free: SharedArrayBuffer[] = [];
  private texts: string[] = []; // of the block's calls
  private records = 0;
  private isFirst = true;

  constructor(
    kernel: Kernel,
    private readonly shape: BlockShape,
    private readonly threads: BlockThreads | undefined,
  ) {
    this.encoder = new PagewalkEncoder(kernel, shape.blockReferences, shape.unit);
  }

  /** Adds a batch. Gives the blocks that it completes. */
  *add({ records, count, calls }: WritableBatch): Generator<Promise<EncodedBlock>> {
    for (let done = 0; done < count; ) {
      const added = this.encoder.add(records + done * RECORD_BYTES, count - done);
      for (const text of this.encoder.callTexts(this.texts.length)) this.texts.push(calls[text] ?? "");
      this.records += added;
      done += added;
      if (done < count) yield this.finish(this.threads);
    }
  }

  /** Gives the block of what remains. A trace of one block is not worth the start of a thread. */
  *end(): Generator<Promise<EncodedBlock>> {
    if (this.records > 0) yield this.finish(this.isFirst ? undefined : this.threads);
  }

  private finish(threads: BlockThreads | undefined): Promise<EncodedBlock> {
    const calls = encodeCalls({ positions: this.encoder.callPositions, texts: this.texts });
    this.texts = [];
    this.records = 0;
    this.isFirst = false;
    if (threads === undefined) return compressed(this.encoder.finishBlock(), calls, this.shape);
    return this.encodeIn(threads, calls);
  }

  private async encodeIn(threads: BlockThreads, calls: Uint8Array<ArrayBuffer>): Promise<EncodedBlock> {
    const { memory, regions } = this.encoder.takeBlock(this.free.pop());
    const block = await threads({ shape: this.shape, memory, regions, calls });
    this.free.push(memory);
    return block;
  }
}

/** Encodes blocks of one file that another thread has collected. */
export class ForeignBlocks {
  private readonly encoder: PagewalkEncoder;

  constructor(
    kernel: Kernel,
    private readonly shape: BlockShape,
  ) {
    this.encoder = new PagewalkEncoder(kernel, shape.blockReferences, shape.unit);
  }

  encode(block: CollectedBlock): Promise<EncodedBlock> {
    this.encoder.putBlock(block);
    return compressed(this.encoder.finishBlock(), block.calls, this.shape);
  }
}

async function compressed(
  { header, sections, packedPages }: FinishedBlock,
  calls: Uint8Array<ArrayBuffer>,
  { isFast }: BlockShape,
): Promise<EncodedBlock> {
  const stored = sections.map(async (raw, section) => {
    if (section === SECTION_PAGES) return smaller(raw, packedPages);
    const bytes = section === SECTION_CALLS ? calls : raw;
    return smaller(bytes, await deflateRaw(bytes, isFast));
  });
  return { header, sections: await Promise.all(stored) };
}

/** The compressed bytes, or the raw ones if they are not larger. */
function smaller(raw: Uint8Array, compressed: Uint8Array): StoredSection {
  return { rawBytes: raw.length, stored: compressed.length < raw.length ? compressed : raw };
}
