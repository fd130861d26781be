/**
 * The parts of a block, collected as records are added: the path of operations, the addresses of data references, the
 * touches of pages. `Encoder` makes the sections of it, in the same kernel or, after a copy of these regions, in another:
 *
 *   regions   ├ header ┼ path ──────┼ addresses ──┼ operations ┼ symbols ──────┼ entries ┼ guesses ┤
 *               128      u16 each     u64 each      32 each      u16 a touch     16 each    bytes
 *
 * Guesses are collected in files of pages alone.
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
import { Codec } from "./codec";
import {
  BLOCK_HEADER_BYTES,
  MOST_CALLS,
  REGION_ADDRESSES,
  REGION_BYTES,
  REGION_ENTRIES,
  REGION_GUESSES,
  REGION_HEADER,
  REGION_OPERATIONS,
  REGION_PATH,
  REGION_SYMBOLS,
  REGIONS,
} from "./format";
import { Operations } from "./operations";
import { TouchEncoder } from "./touches";
import { Output, output } from "./varint";

const GUESS_MOST: u64 = 2; // the most bytes that a guess takes

@final
@unmanaged
export class Collector {
  codec: Codec;
  addressesArePages: bool;
  private most: u32; // references in a block
  references: u32;
  private dataReferences: u32;
  private passed: u32; // references passed over since the last touch
  path: usize; // u16[most]: each reference's operation
  addresses: usize; // u64[most]: each data reference's address
  touches: TouchEncoder;
  operations: Operations;
  guesses: Output;
  /** Address and bytes of each region, u32. */
  regions: usize;

  /** Null when memory is out. */
  static create(most: u32, addressesArePages: bool): Collector {
    const collector = make<Collector>();
    if (changetype<usize>(collector) == 0) return collector;
    collector.codec = Codec.create();
    collector.most = most;
    collector.addressesArePages = addressesArePages;
    collector.touches = TouchEncoder.create(most, addressesArePages);
    collector.operations = Operations.create(addressesArePages);
    collector.path = allocate((<u64>most) << 1);
    collector.addresses = addressesArePages ? collector.path : allocate((<u64>most) << 3);
    collector.guesses = output(<u64>most * GUESS_MOST);
    collector.regions = allocate(REGIONS * REGION_BYTES);
    const made =
      changetype<usize>(collector.codec) != 0 &&
      changetype<usize>(collector.touches) != 0 &&
      changetype<usize>(collector.operations) != 0 &&
      collector.path != 0 &&
      collector.addresses != 0 &&
      changetype<usize>(collector.guesses) != 0 &&
      collector.regions != 0;
    return made && collector.createCalls() ? collector : changetype<Collector>(0);
  }

  private createCalls(): bool {
    this.codec.callPositions = allocate(MOST_CALLS << 2);
    this.codec.callTexts = allocate(MOST_CALLS << 2);
    return this.codec.callPositions != 0 && this.codec.callTexts != 0;
  }

  start(): void {
    memory.fill(changetype<usize>(this.codec), 0, BLOCK_HEADER_BYTES);
    this.references = 0;
    this.dataReferences = 0;
    this.passed = 0;
    this.touches.start();
    this.operations.start();
    this.guesses.reset(this.guesses.start);
    this.describe();
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
    this.guesses.number(this.passed);
    this.passed = 0;
  }

  /** The block is at its end: its regions are complete. */
  seal(): void {
    this.touches.seal();
    if (this.addressesArePages && this.references > 0) this.endTouch();
    if (DEBUG) assert(this.touches.isValid() && this.operations.isValid());
    this.describe();
  }

  private describe(): void {
    this.setRegion(REGION_HEADER, changetype<usize>(this.codec), BLOCK_HEADER_BYTES);
    this.setRegion(REGION_PATH, this.path, this.references << 1);
    this.setRegion(REGION_ADDRESSES, this.addresses, this.dataReferences << 3);
    this.setRegion(REGION_OPERATIONS, this.operations.table, this.operations.bytes);
    this.setRegion(REGION_SYMBOLS, this.touches.symbols, this.touches.touches << 1);
    this.setRegion(REGION_ENTRIES, this.touches.dictionary, this.touches.dictionaryBytes);
    this.setRegion(REGION_GUESSES, this.guesses.start, this.guesses.bytes);
  }

  /** Takes over a block whose regions were copied here, after a start. Nothing can be added to it. */
  adopt(): void {
    this.references = this.bytes(REGION_PATH) >> 1;
    this.dataReferences = this.bytes(REGION_ADDRESSES) >> 3;
    this.operations.adopt(this.bytes(REGION_OPERATIONS));
    this.touches.adopt(this.bytes(REGION_SYMBOLS) >> 1, this.bytes(REGION_ENTRIES));
    this.guesses.at = this.guesses.start + this.bytes(REGION_GUESSES);
  }

  private setRegion(region: usize, address: usize, bytes: u32): void {
    store<u32>(this.regions + region * REGION_BYTES, <u32>address);
    store<u32>(this.regions + region * REGION_BYTES, bytes, 4);
  }

  private bytes(region: usize): u32 {
    return load<u32>(this.regions + region * REGION_BYTES, 4);
  }
}
