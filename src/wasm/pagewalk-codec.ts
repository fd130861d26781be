/**
 * The kernel's encoder and decoder of the pagewalk format. Both show the host one struct, drawn as `CODEC_…` in
 * assembly/trace/pagewalk/format.ts, which begins with the header of the current block.
 */
import { BATCH_RECORDS, NONE, RECORD_BYTES } from "../../assembly/abi/core.js";
import {
  BLOCK_CALLS,
  BLOCK_HEADER_BYTES,
  CODEC_CALL_POSITIONS,
  CODEC_CALL_TEXTS,
  CODEC_CALLS_DONE,
  CODEC_ERROR,
  CODEC_PAGE_BLOCK,
  CODEC_SECTIONS,
  PACKED_PAGES,
  REGION_BYTES,
  REGIONS,
  SECTION_CALLS,
  SECTION_PAGES,
  SECTIONS,
} from "../../assembly/trace/pagewalk/format.js";
import { type Kernel, outOfMemory } from "./kernel.js";

abstract class Codec {
  protected constructor(
    protected readonly kernel: Kernel,
    protected readonly handle: number,
    protected readonly state: number,
  ) {}

  protected field(offset: number): number {
    return this.kernel.view().getUint32(this.state + offset, true);
  }
}

export interface FinishedBlock {
  header: Uint8Array<ArrayBuffer>;
  sections: Uint8Array<ArrayBuffer>[];
  /** The pages section as an LZ4 block. */
  packedPages: Uint8Array<ArrayBuffer>;
}

export class PagewalkEncoder extends Codec {
  /** The block was taken over. */
  private isForeign = false;

  constructor(kernel: Kernel, blockReferences: number, unit: "address" | "page") {
    const handle = kernel.exports.createPagewalkEncoder(blockReferences, unit === "page" ? 1 : 0) >>> 0;
    if (handle === 0) throw outOfMemory();
    super(kernel, handle, kernel.exports.pagewalkEncoderState(handle) >>> 0);
  }

  /** Adds records to the block until it is full. Returns how many were added. */
  add(records: number, count: number): number {
    return this.kernel.exports.addPagewalkRecords(this.handle, records, count) >>> 0;
  }

  /** Calls in the block so far. */
  get calls(): number {
    return this.field(BLOCK_CALLS);
  }

  /** The indexes of the block's calls, from number `first`, in their batches. */
  callTexts(first: number): number[] {
    const list = this.field(CODEC_CALL_TEXTS);
    return this.numbers(list + first * 4, this.calls - first);
  }

  /** For each of the block's calls, the number of the block's references before it. */
  get callPositions(): number[] {
    return this.numbers(this.field(CODEC_CALL_POSITIONS), this.calls);
  }

  /** Ends the block. Returns its header, without checksums and places, and its sections, without the calls. */
  finishBlock(): FinishedBlock {
    const { exports } = this.kernel;
    if (!this.isForeign) exports.sealPagewalkBlock(this.handle);
    this.isForeign = false;
    exports.finishPagewalkBlock(this.handle);
    const header = this.kernel.bytes(this.state, BLOCK_HEADER_BYTES).slice();
    const sections: Uint8Array<ArrayBuffer>[] = [];
    for (let section = 0; section < SECTIONS; section++) {
      sections.push(section === SECTION_CALLS ? new Uint8Array(0) : this.section(section));
    }
    const packedPages = this.section(PACKED_PAGES);
    exports.startPagewalkBlock(this.handle);
    return { header, sections, packedPages };
  }

  /** Ends the block, and copies its regions for `putBlock`: into `memory`, if that is large enough. */
  takeBlock(memory?: SharedArrayBuffer): { memory: SharedArrayBuffer; regions: number[] } {
    this.kernel.exports.sealPagewalkBlock(this.handle);
    const parts = Array.from({ length: REGIONS }, (_, region) => this.region(region));
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const to =
      memory !== undefined && memory.byteLength >= bytes ? memory : new SharedArrayBuffer(bytes + bytes / 4);
    let at = 0;
    for (const part of parts) {
      new Uint8Array(to, at).set(part);
      at += part.length;
    }
    this.kernel.exports.startPagewalkBlock(this.handle);
    return { memory: to, regions: parts.map(({ length }) => length) };
  }

  /** Takes over a block of another kernel's encoder, of the same shape. It can be finished only. */
  putBlock({ memory, regions }: { memory: SharedArrayBuffer; regions: readonly number[] }): void {
    const table = this.kernel.exports.pagewalkRegions(this.handle) >>> 0;
    let at = 0;
    for (const [region, bytes] of regions.entries()) {
      this.kernel.view().setUint32(table + region * REGION_BYTES + 4, bytes, true);
      this.region(region).set(new Uint8Array(memory, at, bytes));
      at += bytes;
    }
    this.kernel.exports.adoptPagewalkBlock(this.handle);
    this.isForeign = true;
  }

  private region(region: number): Uint8Array<ArrayBuffer> {
    const view = this.kernel.view();
    const entry = (this.kernel.exports.pagewalkRegions(this.handle) >>> 0) + region * REGION_BYTES;
    return this.kernel.bytes(view.getUint32(entry, true), view.getUint32(entry + 4, true));
  }

  private section(section: number): Uint8Array<ArrayBuffer> {
    const at = CODEC_SECTIONS + section * 8;
    return this.kernel.bytes(this.field(at), this.field(at + 4)).slice();
  }

  private numbers(address: number, count: number): number[] {
    return Array.from(new Uint32Array(this.kernel.memory.buffer, address, count));
  }
}

export class PagewalkDecoder extends Codec {
  /** The address to which `decode` writes records. */
  readonly records: number;

  constructor(kernel: Kernel, unit: "address" | "page") {
    const handle = kernel.exports.createPagewalkDecoder(unit === "page" ? 1 : 0) >>> 0;
    if (handle === 0) throw outOfMemory();
    super(kernel, handle, kernel.exports.pagewalkDecoderState(handle) >>> 0);
    this.records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
  }

  putHeader(header: Uint8Array): void {
    this.kernel.bytes(this.state, BLOCK_HEADER_BYTES).set(header);
  }

  /** Copies the pages section, of `rawBytes`, as it is stored. Returns false if it is damaged: see `damagedSection`. */
  putPages(stored: Uint8Array, rawBytes: number): boolean {
    if (stored.length === rawBytes) {
      this.putSection(SECTION_PAGES, stored);
      return true;
    }
    this.putSection(PACKED_PAGES, stored);
    if (this.kernel.exports.pagewalkSection(this.handle, SECTION_PAGES, rawBytes) === 0) throw outOfMemory();
    return this.kernel.exports.unpackPagewalkPages(this.handle, rawBytes) !== 0;
  }

  putSection(section: number, raw: Uint8Array): void {
    const address = this.kernel.exports.pagewalkSection(this.handle, section, raw.length) >>> 0;
    if (address === 0) throw outOfMemory();
    this.kernel.bytes(address, raw.length).set(raw);
  }

  putCallPositions(positions: readonly number[]): void {
    const list = this.field(CODEC_CALL_POSITIONS);
    new Uint32Array(this.kernel.memory.buffer, list, positions.length).set(positions);
  }

  /**
   * The address of the page block, after header and pages section were copied; undefined if it is damaged: see
   * `damagedSection`.
   */
  readPages(): number | undefined {
    const isSound = this.kernel.exports.readPagewalkPages(this.handle) !== 0;
    return isSound ? this.state + CODEC_PAGE_BLOCK : undefined;
  }

  /** Prepares `decode`, after all sections were copied. Returns false if one is damaged: see `damagedSection`. */
  readBlock(): boolean {
    return this.kernel.exports.readPagewalkBlock(this.handle) !== 0;
  }

  /** Decodes at most `most` records. Returns their number; 0 at the block's end or at damage (`damagedSection`). */
  decode(most = BATCH_RECORDS): number {
    return this.kernel.exports.decodePagewalkRecords(this.handle, this.records, most) >>> 0;
  }

  get callsDone(): number {
    return this.field(CODEC_CALLS_DONE);
  }

  get damagedSection(): number | undefined {
    const section = this.field(CODEC_ERROR);
    return section === NONE ? undefined : section;
  }
}
