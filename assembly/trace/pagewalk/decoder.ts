/**
 * Blocks back into page blocks or records. Nothing in a section is believed: every length, index and sum is checked,
 * and what fails a check names its section in `CODEC_ERROR`. A checksum keeps accidents out; these checks keep a file
 * that was made to do harm from doing any.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  NONE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
  SIDE_DATA,
  SIDE_FETCH,
} from "../../abi/core";
import { PAGE_ENTRY_SIDE, PAGE_ENTRY_VPN } from "../../abi/page-block";
import { allocate, make } from "../../core/arena";
import { decodeLz4 } from "../../core/lz4";
import { Codec } from "./codec";
import { EventReader } from "./events";
import {
  ADDRESS_EXPLICIT,
  ADDRESS_STEP,
  ADDRESS_STRIDE,
  MOST_CALLS,
  OPERATION_FOLLOWS,
  OPERATION_KIND,
  OPERATION_STARTS_CHAIN,
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
  SECTIONS,
} from "./format";
import { Model } from "./model";
import { Input, Zigzag } from "./varint";

const OPERATION_FLAGS: u32 = OPERATION_KIND | OPERATION_STARTS_CHAIN | OPERATION_FOLLOWS;
const LEAST_BUFFER: u32 = 4096;

@final
@unmanaged
export class Decoder {
  private codec: Codec;
  private addressesArePages: bool;
  private references: u32; // of the block
  private done: u32; // of them decoded
  private operation: u32; // next one, in a chain that ends before `chainEnd`
  private chainEnd: u32;
  private chainsSeen: u32;
  private touch: u32; // next touch
  private held: u64; // references for which the last touch's page still holds
  private fetchPage: u64;
  private dataPage: u64;
  private model: Model;
  private input: Input;
  private addresses: Input;
  private path: EventReader;
  private guesses: EventReader;
  private capacities: usize; // u32[SECTIONS + 1], of the sections and the packed pages

  /** Null when memory is out. */
  static create(addressesArePages: bool): Decoder {
    const decoder = make<Decoder>();
    if (changetype<usize>(decoder) == 0) return decoder;
    decoder.addressesArePages = addressesArePages;
    decoder.codec = Codec.create();
    decoder.input = make<Input>();
    decoder.addresses = make<Input>();
    decoder.path = make<EventReader>();
    decoder.guesses = make<EventReader>();
    decoder.capacities = allocate((SECTIONS + 1) << 2);
    decoder.model = Model.create();
    const made =
      changetype<usize>(decoder.codec) != 0 &&
      decoder.capacities != 0 &&
      changetype<usize>(decoder.model) != 0 &&
      changetype<usize>(decoder.guesses) != 0;
    return made && decoder.createParts() ? decoder : changetype<Decoder>(0);
  }

  private createParts(): bool {
    this.path.input = make<Input>();
    this.guesses.input = make<Input>();
    this.codec.callPositions = allocate(MOST_CALLS << 2);
    const made = this.codec.callPositions != 0 && changetype<usize>(this.guesses.input) != 0;
    return made && this.codec.pageBlock.create();
  }

  get state(): Codec {
    return this.codec;
  }

  /** A place for `bytes` of a section, grown by doubling, since nothing goes back; 0 when memory is out. */
  buffer(section: u32, bytes: u32): usize {
    const capacity = this.capacities + ((<usize>section) << 2);
    if (this.codec.section(section) == 0 || bytes > load<u32>(capacity)) {
      let grown: u64 = LEAST_BUFFER;
      while (grown < bytes) grown <<= 1;
      const address = allocate(grown + SECTION_PADDING);
      if (address == 0) return 0;
      store<u32>(capacity, <u32>grown);
      this.codec.setSection(section, address, bytes);
    }
    const address = this.codec.section(section);
    this.codec.setSection(section, address, bytes);
    return address;
  }

  /** Unpacks the pages section, which the host has put at `PACKED_PAGES`, into `bytes`. */
  unpackPages(bytes: u32): bool {
    const codec = this.codec;
    const raw = this.buffer(SECTION_PAGES, bytes);
    if (raw == 0) return false;
    codec.error = NONE;
    const packed = codec.section(PACKED_PAGES);
    return decodeLz4(packed, codec.sectionBytes(PACKED_PAGES), raw, bytes) || this.fail(SECTION_PAGES);
  }

  /** The page block of the header and the pages section that the host has put in place. */
  readPages(): bool {
    const codec = this.codec;
    codec.error = NONE;
    const bytes = codec.sectionBytes(SECTION_PAGES);
    const section = codec.section(SECTION_PAGES);
    const pages = codec.pageBlock;
    const isSound = pages.read(
      section,
      bytes,
      codec.touches,
      codec.entries,
      this.addressesArePages,
      this.input,
    );
    return isSound || this.fail(SECTION_PAGES);
  }

  /** Gets ready to decode the records of the block whose header and sections the host has put in place. */
  startBlock(): bool {
    const codec = this.codec;
    codec.error = NONE;
    this.references = codec.references;
    this.done = 0;
    codec.callsDone = 0;
    this.operation = 0;
    this.chainEnd = 0;
    this.chainsSeen = 0;
    this.touch = 0;
    this.held = 0;
    if (this.addressesArePages && !this.readPages()) return false;
    if (!this.readOperations()) return this.fail(SECTION_OPERATIONS);
    this.model.path.start(this.model.chains);
    this.model.addresses.start(this.model.operations);
    this.path.start(codec.section(SECTION_PATH), codec.sectionBytes(SECTION_PATH));
    this.addresses.reset(codec.section(SECTION_ADDRESSES), codec.sectionBytes(SECTION_ADDRESSES));
    const guesses = codec.section(SECTION_GUESSES);
    const guessesBytes = codec.sectionBytes(SECTION_GUESSES);
    if (this.addressesArePages) this.guesses.input.reset(guesses, guessesBytes);
    else this.guesses.start(guesses, guessesBytes);
    return this.references > 0 || this.checkEnd();
  }

  private fail(section: u32): bool {
    this.codec.error = section;
    return false;
  }

  private readOperations(): bool {
    const codec = this.codec;
    const model = this.model;
    const operations = codec.operations;
    const flags = codec.section(SECTION_OPERATIONS);
    if (codec.sectionBytes(SECTION_OPERATIONS) < operations) return false;
    const input = this.input;
    input.reset(flags + operations, codec.sectionBytes(SECTION_OPERATIONS) - operations);
    model.start();
    for (let i: u32 = 0; i < operations; i++) {
      const flag = <u32>load<u8>(flags + i);
      if (flag > OPERATION_FLAGS || (i == 0 && !(flag & OPERATION_STARTS_CHAIN))) return false;
      if (flag & OPERATION_STARTS_CHAIN) model.startChain();
      const size = input.number();
      if (size > u32.MAX_VALUE) return false;
      const record = model.addOperation();
      store<u64>(record, 0, RECORD_ADDRESS);
      store<u32>(record, <u32>size, RECORD_SIZE);
      store<u32>(record, flag & OPERATION_KIND, RECORD_KIND);
    }
    model.finish();
    if (!this.addressesArePages) this.readFetchAddresses(flags);
    if (!input.isAtEnd || input.overrun || model.chains != codec.chains) return false;
    return model.chains > 0 || this.references == 0;
  }

  private readFetchAddresses(flags: usize): void {
    const model = this.model;
    let after: u64 = 0;
    for (let i: u32 = 0; i < model.operations; i++) {
      const flag = <u32>load<u8>(flags + i);
      if ((flag & OPERATION_KIND) != KIND_FETCH) continue;
      const skip = flag & OPERATION_FOLLOWS ? 0 : Zigzag.unfold(this.input.number());
      const address = after + <u64>skip;
      store<u64>(model.record(i), address, RECORD_ADDRESS);
      after = address + load<u32>(model.record(i), RECORD_SIZE);
    }
  }

  /** Decodes at most `most` records; how many. None: the block is at its end, or damaged. */
  decode(records: usize, most: u32): u32 {
    const codec = this.codec;
    const end = records + <usize>most * RECORD_BYTES;
    const firstCall = codec.callsDone;
    let record = records;
    while (record < end && codec.isSound) {
      const stop = codec.callsDone < codec.calls ? this.nextCall : this.references;
      if (stop > this.done) {
        record = this.decodeReferences(record, min(stop - this.done, <u32>(end - record) / RECORD_BYTES));
      } else if (codec.callsDone < codec.calls) {
        store<u64>(record, codec.callsDone++ - firstCall, RECORD_ADDRESS);
        store<u64>(record, (<u64>KIND_CALL) << 32, RECORD_SIZE);
        record += RECORD_BYTES;
      } else {
        break;
      }
    }
    return codec.isSound ? <u32>(record - records) / RECORD_BYTES : 0;
  }

  private get nextCall(): u32 {
    const codec = this.codec;
    return load<u32>(codec.callPositions + (codec.callsDone << 2));
  }

  private decodeReferences(records: usize, count: u32): usize {
    let record = records;
    let left = count;
    while (left > 0) {
      if (this.operation == this.chainEnd && !this.startChain()) return record;
      const length = min(left, this.chainEnd - this.operation);
      record = this.addressesArePages ? this.copyPages(record, length) : this.copyOperations(record, length);
      this.operation += length;
      left -= length;
    }
    this.done += count;
    if (this.done == this.references) this.checkEnd();
    return record;
  }

  /** `length` operations of a chain as records; a data operation's address is guessed or given. */
  @inline
  private copyOperations(records: usize, length: u32): usize {
    const model = this.model;
    const end = this.operation + length;
    let record = records;
    for (let operation = this.operation; operation < end; operation++) {
      v128.store(record, v128.load(model.record(operation)));
      if (model.kind(operation) != KIND_FETCH)
        store<u64>(record, this.nextAddress(operation), RECORD_ADDRESS);
      record += RECORD_BYTES;
    }
    return record;
  }

  @inline
  private nextAddress(operation: u32): u64 {
    const guess = this.model.addresses;
    const events = this.guesses;
    const slot = guess.slot(operation);
    let address = guess.afterThree(slot);
    if (events.run > 0) events.run--;
    else address = this.otherAddress(operation);
    guess.learn(operation, slot, address);
    return address;
  }

  private otherAddress(operation: u32): u64 {
    const guess = this.model.addresses;
    const code = this.guesses.next();
    if (code == ADDRESS_STEP) return guess.byStep(operation);
    if (code == ADDRESS_STRIDE) return guess.byStride(operation);
    if (code != ADDRESS_EXPLICIT) this.fail(SECTION_GUESSES);
    return guess.last(operation) + <u64>Zigzag.unfold(this.addresses.number());
  }

  @inline
  private startChain(): bool {
    const model = this.model;
    let chain = model.path.afterFour;
    if (this.path.run > 0) this.path.run--;
    else chain = this.otherChain();
    if (chain >= model.chains) return this.fail(SECTION_PATH);
    if (chain == this.chainsSeen) this.chainsSeen++;
    model.path.learn(chain);
    this.operation = model.chainStart(chain);
    this.chainEnd = model.chainStart(chain + 1);
    return true;
  }

  private otherChain(): u32 {
    // The explicit number stands between its event and the next, so it is read first.
    const code = this.path.code;
    const explicit = code == PATH_EXPLICIT ? this.path.input.number() : 0;
    this.path.next();
    if (code == PATH_NEW) return this.chainsSeen;
    if (code == PATH_AFTER_ONE) return this.model.path.afterOne;
    return code == PATH_EXPLICIT ? <u32>min<u64>(explicit, NONE) : NONE;
  }

  /** In files of pages addresses come from the page path. */
  private copyPages(records: usize, length: u32): usize {
    let record = records;
    const end = this.operation + length;
    for (let operation = this.operation; operation < end; operation++) {
      v128.store(record, v128.load(this.model.record(operation)));
      const side = this.model.kind(operation) == KIND_FETCH ? SIDE_FETCH : SIDE_DATA;
      if (this.held == 0 && !this.nextTouch(side)) return record;
      this.held--;
      store<u64>(record, side == SIDE_FETCH ? this.fetchPage : this.dataPage, RECORD_ADDRESS);
      record += RECORD_BYTES;
    }
    return record;
  }

  private nextTouch(side: u32): bool {
    if (this.touch == this.codec.touches) {
      this.held = u64.MAX_VALUE;
      return this.fail(SECTION_PAGES);
    }
    const entry = this.codec.pageBlock.touch(this.touch++);
    if (load<u8>(entry, PAGE_ENTRY_SIDE) != side) this.fail(SECTION_PAGES);
    if (side == SIDE_FETCH) this.fetchPage = load<u64>(entry, PAGE_ENTRY_VPN);
    else this.dataPage = load<u64>(entry, PAGE_ENTRY_VPN);
    this.held = min<u64>(this.guesses.input.number(), u32.MAX_VALUE) + 1;
    return true;
  }

  /** At the block's end nothing may be left over, nor missing. */
  private checkEnd(): bool {
    const input = this.guesses.input;
    const isPathAtEnd = this.path.isDone && !this.path.input.overrun;
    if (!isPathAtEnd) return this.fail(SECTION_PATH);
    if (this.addressesArePages) {
      if (this.held != 0 || this.touch != this.codec.touches) return this.fail(SECTION_PAGES);
      if (!input.isAtEnd) return this.fail(SECTION_GUESSES);
    } else if (!this.guesses.isDone) {
      return this.fail(SECTION_GUESSES);
    }
    if (input.overrun) return this.fail(SECTION_GUESSES);
    const rest = this.addresses;
    return (rest.isAtEnd && !rest.overrun) || this.fail(SECTION_ADDRESSES);
  }

  /** True if the decoder is inside its block. */
  isValid(): bool {
    const inside = this.done <= this.references && this.operation <= this.chainEnd;
    return inside && this.chainEnd <= this.model.operations && this.codec.callsDone <= this.codec.calls;
  }
}

/** A decoder for files of addresses, or of pages; 0 when memory is out. */
export function createPagewalkDecoder(addressesArePages: bool): usize {
  return changetype<usize>(Decoder.create(addressesArePages));
}

/** Where the decoder's codec struct lies. */
export function pagewalkDecoderState(decoder: usize): usize {
  return changetype<usize>(changetype<Decoder>(decoder).state);
}

/** Where the host puts `bytes` of a section; 0 when memory is out. */
export function pagewalkSection(decoder: usize, section: u32, bytes: u32): usize {
  return changetype<Decoder>(decoder).buffer(section, bytes);
}

/** The buffer has to be there: `pagewalkSection` for as many bytes comes first. */
export function unpackPagewalkPages(decoder: usize, bytes: u32): bool {
  return changetype<Decoder>(decoder).unpackPages(bytes);
}

export function readPagewalkPages(decoder: usize): bool {
  return changetype<Decoder>(decoder).readPages();
}

export function readPagewalkBlock(decoder: usize): bool {
  return changetype<Decoder>(decoder).startBlock();
}

export function decodePagewalkRecords(decoder: usize, records: usize, most: u32): u32 {
  return changetype<Decoder>(decoder).decode(records, most);
}
