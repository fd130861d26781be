/**
 * Records into blocks. A block fills as records are added; `finishBlock` then writes its sections, raw, for the host
 * to compress and frame. `docs/trace-format.md` says what each holds.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  KIND_MODIFY,
  KIND_STORE,
  NONE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { DEBUG } from "../../core/checks";
import { Lz4Encoder, lz4Bound } from "../../core/lz4";
import { Codec } from "./codec";
import { writeDictionary } from "./dictionary";
import { EventWriter } from "./events";
import {
  ADDRESS_EXPLICIT,
  ADDRESS_STEP,
  ADDRESS_STRIDE,
  BLOCK_HEADER_BYTES,
  MOST_CALLS,
  MOST_ENTRIES,
  MOST_OPERATIONS,
  PACKED_PAGES,
  PATH_AFTER_ONE,
  PATH_EXPLICIT,
  PATH_NEW,
  SECTION_ADDRESSES,
  SECTION_GUESSES,
  SECTION_OPERATIONS,
  SECTION_PADDING,
  SECTION_PAGES,
  SECTION_PATH,
} from "./format";
import { Model } from "./model";
import { Operations } from "./operations";
import { TouchEncoder } from "./touches";
import { Output, Zigzag } from "./varint";

// The most bytes that an operation, an entry, a chain's event and a data reference take in their sections.
const OPERATION_MOST: u64 = 16;
const ENTRY_MOST: u64 = 14;
const PATH_MOST: u64 = 4;
const GUESS_MOST: u64 = 2;
const ADDRESS_MOST: u64 = 10;

@final
@unmanaged
export class Encoder {
  private codec: Codec;
  private addressesArePages: bool;
  private most: u32; // references in a block
  private references: u32;
  private dataReferences: u32;
  private passed: u32; // references passed over since the last touch
  private path: usize; // u16[most]: each reference's operation
  private addresses: usize; // u64[most]: each data reference's address
  private touches: TouchEncoder;
  private operations: Operations;
  private model: Model;
  private pathEvents: EventWriter;
  private guessEvents: EventWriter;
  private lz4: Lz4Encoder;
  private pagesOutput: Output;
  private packedOutput: Output;
  private operationsOutput: Output;
  private pathOutput: Output;
  private guessesOutput: Output;
  private addressesOutput: Output;

  /** Null when memory is out. */
  static create(most: u32, addressesArePages: bool): Encoder {
    const encoder = make<Encoder>();
    if (changetype<usize>(encoder) == 0) return encoder;
    encoder.codec = Codec.create();
    encoder.most = most;
    encoder.addressesArePages = addressesArePages;
    encoder.touches = TouchEncoder.create(most, addressesArePages);
    encoder.operations = Operations.create(addressesArePages);
    encoder.model = Model.create();
    const made =
      changetype<usize>(encoder.codec) != 0 &&
      changetype<usize>(encoder.touches) != 0 &&
      changetype<usize>(encoder.operations) != 0 &&
      changetype<usize>(encoder.model) != 0;
    return made && encoder.createBuffers() ? encoder : changetype<Encoder>(0);
  }

  private createBuffers(): bool {
    const most: u64 = this.most;
    this.path = allocate(most << 1);
    this.addresses = this.addressesArePages ? this.path : allocate(most << 3);
    this.codec.callPositions = allocate(MOST_CALLS << 2);
    this.codec.callTexts = allocate(MOST_CALLS << 2);
    const pagesMost = (most << 1) + min<u64>(most, MOST_ENTRIES) * ENTRY_MOST;
    this.pagesOutput = output(pagesMost);
    this.packedOutput = output(lz4Bound(pagesMost));
    this.lz4 = Lz4Encoder.create();
    this.operationsOutput = output(min<u64>(most, MOST_OPERATIONS) * OPERATION_MOST);
    this.pathOutput = output(most * PATH_MOST);
    this.guessesOutput = output(most * GUESS_MOST);
    this.addressesOutput = output(this.addressesArePages ? 0 : most * ADDRESS_MOST);
    this.pathEvents = make<EventWriter>();
    this.guessEvents = make<EventWriter>();
    const made =
      this.path &&
      this.addresses &&
      this.codec.callPositions &&
      this.codec.callTexts &&
      changetype<usize>(this.lz4) &&
      changetype<usize>(this.pagesOutput) &&
      changetype<usize>(this.packedOutput) &&
      changetype<usize>(this.operationsOutput) &&
      changetype<usize>(this.pathOutput) &&
      changetype<usize>(this.guessesOutput) &&
      changetype<usize>(this.addressesOutput) &&
      changetype<usize>(this.guessEvents);
    if (!made) return false;
    this.pathEvents.output = this.pathOutput;
    this.guessEvents.output = this.guessesOutput;
    return true;
  }

  get state(): Codec {
    return this.codec;
  }

  startBlock(): void {
    memory.fill(changetype<usize>(this.codec), 0, BLOCK_HEADER_BYTES);
    this.references = 0;
    this.dataReferences = 0;
    this.passed = 0;
    this.touches.start();
    this.operations.start();
    this.guessesOutput.reset(this.guessesOutput.start);
  }

  private get isFull(): bool {
    return this.references == this.most || this.touches.isFull || this.operations.isFull;
  }

  /** Adds records until the block is full; how many. A block that takes none is full. */
  add(records: usize, count: u32): u32 {
    const end = records + <usize>count * RECORD_BYTES;
    for (let record = records; record < end; record += RECORD_BYTES) {
      record = this.addExpected(record, end);
      if (record == end) break;
      const kind = <u32>load<u8>(record, RECORD_KIND);
      const address = load<u64>(record, RECORD_ADDRESS);
      const isTaken = kind == KIND_CALL ? this.addCall(<u32>address) : !this.isFull;
      if (!isTaken) return <u32>(record - records) / RECORD_BYTES;
      if (kind != KIND_CALL) this.addReference(kind, address, load<u32>(record, RECORD_SIZE));
    }
    return count;
  }

  /**
   * Adds records from `record` on while each has an operation that came after the one before it already, which is so for
   * nearly all. Returns the first that has not. What changes with each record is kept in locals.
   */
  private addExpected(record: usize, end: usize): usize {
    const operations = this.operations;
    const touches = this.touches;
    const fetches = touches.fetch;
    const data = touches.data;
    let current = operations.current;
    if (this.isFull || this.addressesArePages || current == NONE) return record;
    const room = <usize>(this.most - this.references) * RECORD_BYTES;
    const last = min(end, record + room);
    const first = record;
    let path = this.path + (this.references << 1);
    let addresses = this.addresses + (this.dataReferences << 3);
    let operation = operations.at(current);
    let writes: u32 = 0;
    let modifies: u32 = 0;
    while (record < last) {
      const address = load<u64>(record, RECORD_ADDRESS);
      const sizeAndKind = load<u64>(record, RECORD_SIZE);
      // Operations are numbered as they appear. A compare with the number that is likely breaks the chain of loads.
      let index = current + 1;
      if (operation.successor != index) index = operation.successor;
      if (index == NONE) break;
      let next = operations.at(index);
      if (!next.isNext(sizeAndKind, address)) {
        index = operation.alternative;
        if (index == NONE) break;
        next = operations.at(index);
        if (!next.isNext(sizeAndKind, address)) break;
      }
      const size = <u32>sizeAndKind;
      if (sizeAndKind >> 32 == KIND_FETCH) {
        if (!fetches.passes(address, size, false)) touches.add(KIND_FETCH, address, size);
      } else {
        const kind = <u32>(sizeAndKind >> 32);
        const isWrite = kind >= <u32>KIND_STORE;
        if (!data.passes(address, size, isWrite)) touches.add(kind, address, size);
        else if (isWrite) data.isWritten = true;
        store<u64>(addresses, address);
        addresses += 8;
        writes += u32(isWrite);
        modifies += u32(kind == KIND_MODIFY);
      }
      store<u16>(path, index);
      path += 2;
      current = index;
      operation = next;
      record += RECORD_BYTES;
      if (touches.isFull) break;
    }
    const added = <u32>((record - first) / RECORD_BYTES);
    const addedData = <u32>((addresses - this.addresses) >> 3) - this.dataReferences;
    this.codec.countKinds(added - addedData, addedData - writes, writes - modifies, modifies);
    this.references += added;
    this.dataReferences += addedData;
    operations.current = current;
    return record;
  }

  private addCall(text: u32): bool {
    const call = this.codec.calls;
    if (call == MOST_CALLS) return false;
    store<u32>(this.codec.callPositions + ((<usize>call) << 2), this.references);
    store<u32>(this.codec.callTexts + ((<usize>call) << 2), text);
    this.codec.calls = call + 1;
    return true;
  }

  @inline
  private addReference(kind: u32, address: u64, size: u32): void {
    const touches = this.touches.add(kind, address, size);
    if (this.addressesArePages) {
      if (!touches) this.passed++;
      else if (this.references > 0) this.endTouch();
    } else if (kind != KIND_FETCH) {
      store<u64>(this.addresses + (this.dataReferences++ << 3), address);
    }
    store<u16>(this.path + (this.references++ << 1), this.operations.add(kind, address, size));
    this.codec.countOne(kind);
  }

  /** Files of pages: the last touch's page held for this many references after it. */
  private endTouch(): void {
    this.guessesOutput.number(this.passed);
    this.passed = 0;
  }

  /** Fills the codec's header and its sections but for the calls, which are the host's. */
  finishBlock(): void {
    if (DEBUG) assert(this.operations.isValid());
    const codec = this.codec;
    this.pagesOutput.reset(this.pagesOutput.start);
    this.touches.finish(this.pagesOutput);
    if (this.addressesArePages && this.references > 0) this.endTouch();
    this.writeReferences();
    codec.touches = this.touches.touches;
    codec.entries = this.touches.entries;
    codec.operations = this.model.operations;
    codec.chains = this.model.chains;
    this.setSection(SECTION_PAGES, this.pagesOutput);
    this.packPages();
    this.setSection(SECTION_OPERATIONS, this.operationsOutput);
    this.setSection(SECTION_PATH, this.pathOutput);
    this.setSection(SECTION_GUESSES, this.guessesOutput);
    this.setSection(SECTION_ADDRESSES, this.addressesOutput);
  }

  private packPages(): void {
    const raw = this.pagesOutput;
    const packed = this.packedOutput.start;
    this.codec.setSection(PACKED_PAGES, packed, this.lz4.encode(raw.start, raw.bytes, packed));
  }

  private setSection(section: u32, output: Output): void {
    this.codec.setSection(section, output.start, output.bytes);
  }

  private writeReferences(): void {
    const model = this.model;
    this.pathOutput.reset(this.pathOutput.start);
    this.addressesOutput.reset(this.addressesOutput.start);
    this.pathEvents.start();
    this.guessEvents.start();
    model.start();
    model.path.start(this.operations.count);
    model.addresses.start(this.operations.count);
    let data: u32 = 0;
    for (let at: u32 = 0; at < this.references; ) {
      const chain = this.writeChain(load<u16>(this.path + ((<usize>at) << 1)));
      const start = model.chainStart(chain);
      const length = min(model.chainStart(chain + 1) - start, this.references - at);
      if (!this.addressesArePages) data = this.writeAddresses(start, length, data);
      at += length;
    }
    writeDictionary(model, this.operationsOutput, this.addressesArePages);
  }

  /** The chain that `leader` leads comes next in the path; its number. */
  private writeChain(leader: u32): u32 {
    const guess = this.model.path;
    let chain = this.operations.at(leader).chain;
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
    this.operations.at(leader).chain = chain;
    model.startChain();
    for (let index = leader; index != NONE; index = this.operations.next(index)) {
      const operation = this.operations.at(index);
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
      this.writeAddress(operation, load<u64>(this.addresses + (data++ << 3)));
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

function output(bytes: u64): Output {
  const made = make<Output>();
  const start = allocate(bytes + SECTION_PADDING);
  if (changetype<usize>(made) == 0 || start == 0) return changetype<Output>(0);
  made.reset(start);
  return made;
}

/** An encoder for blocks of at most `most` references; 0 when memory is out. */
export function createPagewalkEncoder(most: u32, addressesArePages: bool): usize {
  const encoder = Encoder.create(most, addressesArePages);
  if (changetype<usize>(encoder) != 0) encoder.startBlock();
  return changetype<usize>(encoder);
}

/** Where the encoder's codec struct lies. */
export function pagewalkEncoderState(encoder: usize): usize {
  return changetype<usize>(changetype<Encoder>(encoder).state);
}

export function addPagewalkRecords(encoder: usize, records: usize, count: u32): u32 {
  return changetype<Encoder>(encoder).add(records, count);
}

export function finishPagewalkBlock(encoder: usize): void {
  changetype<Encoder>(encoder).finishBlock();
}

export function startPagewalkBlock(encoder: usize): void {
  changetype<Encoder>(encoder).startBlock();
}
