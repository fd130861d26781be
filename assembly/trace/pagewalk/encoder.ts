/**
 * Collected blocks into sections, raw, for the host to compress and frame. `docs/trace-format.md` says what each holds.
 */
import { KIND_FETCH, NONE, RECORD_ADDRESS, RECORD_KIND, RECORD_SIZE } from "../../abi/core";
import { make } from "../../core/arena";
import { Lz4Encoder, lz4Bound } from "../../core/lz4";
import { Collector } from "./collector";
import { writeDictionary } from "./dictionary";
import { EventWriter } from "./events";
import {
  ADDRESS_EXPLICIT,
  ADDRESS_STEP,
  ADDRESS_STRIDE,
  MOST_ENTRIES,
  MOST_OPERATIONS,
  PACKED_PAGES,
  PATH_AFTER_ONE,
  PATH_EXPLICIT,
  PATH_NEW,
  SECTION_ADDRESSES,
  SECTION_GUESSES,
  SECTION_OPERATIONS,
  SECTION_PAGES,
  SECTION_PATH,
} from "./format";
import { Model } from "./model";
import { Output, output, Zigzag } from "./varint";

// The most bytes that an operation, an entry, a chain's event and a data reference take in their sections.
const OPERATION_MOST: u64 = 16;
const ENTRY_MOST: u64 = 14;
const PATH_MOST: u64 = 4;
const ADDRESS_MOST: u64 = 10;

@final
@unmanaged
export class Encoder {
  collector: Collector;
  private model: Model;
  private pathEvents: EventWriter;
  private guessEvents: EventWriter;
  private lz4: Lz4Encoder;
  private pagesOutput: Output;
  private packedOutput: Output;
  private operationsOutput: Output;
  private pathOutput: Output;
  private addressesOutput: Output;

  /** Null when memory is out. */
  static create(most: u32, addressesArePages: bool): Encoder {
    const encoder = make<Encoder>();
    if (changetype<usize>(encoder) == 0) return encoder;
    encoder.collector = Collector.create(most, addressesArePages);
    encoder.model = Model.create();
    const made = changetype<usize>(encoder.collector) != 0 && changetype<usize>(encoder.model) != 0;
    return made && encoder.createBuffers(most) ? encoder : changetype<Encoder>(0);
  }

  private createBuffers(references: u32): bool {
    const most: u64 = references;
    const pagesMost = (most << 1) + min<u64>(most, MOST_ENTRIES) * ENTRY_MOST;
    this.pagesOutput = output(pagesMost);
    this.packedOutput = output(lz4Bound(pagesMost));
    this.lz4 = Lz4Encoder.create();
    this.operationsOutput = output(min<u64>(most, MOST_OPERATIONS) * OPERATION_MOST);
    this.pathOutput = output(most * PATH_MOST);
    this.addressesOutput = output(this.collector.addressesArePages ? 0 : most * ADDRESS_MOST);
    this.pathEvents = make<EventWriter>();
    this.guessEvents = make<EventWriter>();
    const made =
      changetype<usize>(this.lz4) &&
      changetype<usize>(this.pagesOutput) &&
      changetype<usize>(this.packedOutput) &&
      changetype<usize>(this.operationsOutput) &&
      changetype<usize>(this.pathOutput) &&
      changetype<usize>(this.addressesOutput) &&
      changetype<usize>(this.guessEvents);
    if (!made) return false;
    this.pathEvents.output = this.pathOutput;
    this.guessEvents.output = this.collector.guesses;
    return true;
  }

  /** Fills the codec's header and its sections but for the calls, which are the host's. The block is sealed. */
  finishBlock(): void {
    const collector = this.collector;
    const codec = collector.codec;
    this.pagesOutput.reset(this.pagesOutput.start);
    collector.touches.write(this.pagesOutput);
    this.writeReferences();
    codec.touches = collector.touches.touches;
    codec.entries = collector.touches.entries;
    codec.operations = this.model.operations;
    codec.chains = this.model.chains;
    this.setSection(SECTION_PAGES, this.pagesOutput);
    this.packPages();
    this.setSection(SECTION_OPERATIONS, this.operationsOutput);
    this.setSection(SECTION_PATH, this.pathOutput);
    this.setSection(SECTION_GUESSES, collector.guesses);
    this.setSection(SECTION_ADDRESSES, this.addressesOutput);
  }

  private packPages(): void {
    const raw = this.pagesOutput;
    const packed = this.packedOutput.start;
    this.collector.codec.setSection(PACKED_PAGES, packed, this.lz4.encode(raw.start, raw.bytes, packed));
  }

  private setSection(section: u32, output: Output): void {
    this.collector.codec.setSection(section, output.start, output.bytes);
  }

  private writeReferences(): void {
    const model = this.model;
    this.pathOutput.reset(this.pathOutput.start);
    this.addressesOutput.reset(this.addressesOutput.start);
    this.pathEvents.start();
    this.guessEvents.start();
    model.start();
    model.path.start(this.collector.operations.count);
    model.addresses.start(this.collector.operations.count);
    let data: u32 = 0;
    for (let at: u32 = 0; at < this.collector.references; ) {
      const chain = this.writeChain(load<u16>(this.collector.path + ((<usize>at) << 1)));
      const start = model.chainStart(chain);
      const length = min(model.chainStart(chain + 1) - start, this.collector.references - at);
      if (!this.collector.addressesArePages) data = this.writeAddresses(start, length, data);
      at += length;
    }
    writeDictionary(model, this.operationsOutput, this.collector.addressesArePages);
  }

  /** The chain that `leader` leads comes next in the path; its number. */
  private writeChain(leader: u32): u32 {
    const guess = this.model.path;
    let chain = this.collector.operations.at(leader).chain;
    const isNew = chain == NONE;
    if (isNew) chain = this.addChain(leader);
    if (guess.afterFour == chain) {
      this.pathEvents.hit();
    } else if (isNew) {
      this.pathEvents.miss(PATH_NEW);
    } else if (guess.afterOne == chain) {
      this.pathEvents.miss(PATH_AFTER_ONE);
    } else {
      this.pathEvents.miss(PATH_EXPLICIT);
      this.pathOutput.number(chain);
    }
    guess.learn(chain);
    return chain;
  }

  private addChain(leader: u32): u32 {
    const model = this.model;
    const chain = model.chains;
    this.collector.operations.at(leader).chain = chain;
    model.startChain();
    for (let index = leader; index != NONE; index = this.collector.operations.next(index)) {
      const operation = this.collector.operations.at(index);
      const record = model.addOperation();
      store<u64>(record, operation.key, RECORD_ADDRESS);
      store<u32>(record, operation.size, RECORD_SIZE);
      store<u32>(record, operation.kind, RECORD_KIND);
    }
    model.finish();
    return chain;
  }

  /** Writes the addresses of the data operations among `length` ones from `start`; how many are written by then. */
  private writeAddresses(start: u32, length: u32, written: u32): u32 {
    let data = written;
    for (let operation = start; operation < start + length; operation++) {
      if (this.model.kind(operation) == KIND_FETCH) continue;
      this.writeAddress(operation, load<u64>(this.collector.addresses + (data++ << 3)));
    }
    return data;
  }

  @inline
  private writeAddress(operation: u32, address: u64): void {
    const guess = this.model.addresses;
    const slot = guess.slot(operation);
    if (guess.afterThree(slot) == address) {
      this.guessEvents.hit();
    } else if (guess.byStep(operation) == address) {
      this.guessEvents.miss(ADDRESS_STEP);
    } else if (guess.byStride(operation) == address) {
      this.guessEvents.miss(ADDRESS_STRIDE);
    } else {
      this.guessEvents.miss(ADDRESS_EXPLICIT);
      this.addressesOutput.number(Zigzag.fold(<i64>(address - guess.last(operation))));
    }
    guess.learn(operation, slot, address);
  }
}

/** An encoder for blocks of at most `most` references; 0 when memory is out. */
export function createPagewalkEncoder(most: u32, addressesArePages: bool): usize {
  const encoder = Encoder.create(most, addressesArePages);
  if (changetype<usize>(encoder) != 0) encoder.collector.start();
  return changetype<usize>(encoder);
}

/** Where the encoder's codec struct lies. */
export function pagewalkEncoderState(encoder: usize): usize {
  return changetype<usize>(collectorOf(encoder).codec);
}

/** Where address and bytes of the block's regions lie, as `format.ts` draws them. */
export function pagewalkRegions(encoder: usize): usize {
  return collectorOf(encoder).regions;
}

export function addPagewalkRecords(encoder: usize, records: usize, count: u32): u32 {
  return collectorOf(encoder).add(records, count);
}

/** Ends the block: its regions are complete. */
export function sealPagewalkBlock(encoder: usize): void {
  collectorOf(encoder).seal();
}

/** Takes over a block of another encoder, whose regions and their bytes were copied here. */
export function adoptPagewalkBlock(encoder: usize): void {
  collectorOf(encoder).adopt();
}

/** Makes the sections of a block that is sealed or adopted. */
export function finishPagewalkBlock(encoder: usize): void {
  changetype<Encoder>(encoder).finishBlock();
}

export function startPagewalkBlock(encoder: usize): void {
  collectorOf(encoder).start();
}

function collectorOf(encoder: usize): Collector {
  return changetype<Encoder>(encoder).collector;
}
