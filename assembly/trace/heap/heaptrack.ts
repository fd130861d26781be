/**
 * heaptrack's data files (src/track/libheaptrack.cpp, src/interpret/heaptrack_interpret.cpp), raw or interpreted. A line's
 * first character says what it is, all numbers are hexadecimal. Other lines (strings, stacks, times) are skipped.
 *
 *   v 10400 3                                versions of heaptrack and of the file: 1 to 3 are read
 *   raw             + 1d8 7 55e0c3a012a0     made: bytes, stack, address
 *                   - 55e0c3a012a0           freed
 *   interpreted     a 1d8 7                  allocation 0 and so on: bytes, stack
 *                   + 0                      a block of allocation 0 was made
 *                   - 0                      one was freed
 *
 * An interpreted file does not say which of an allocation's blocks was freed: the oldest is taken. Its records have numbers
 * that are not in use for addresses, which the resolver takes out. Files of the first version are like raw ones.
 *
 *   an allocation   ├ bytes ┼ oldest ┼ newest ┤          a block   ├ next ┤      numbers + 1, 0: none
 *                     u64      u32      u32                           u32
 */
import { DECODE_BAD_LINE } from "../../abi/decoder";
import { HEAP_FREE, HEAP_MALLOC } from "../../abi/heap";
import { DECODE_NEW_VERSION, DECODE_NO_INDEX, DECODE_NO_MEMORY } from "../../abi/heap-log";
import { make } from "../../core/arena";
import { Chunks } from "../../core/chunks";
import { PARSED, SKIPPED } from "../lines";
import { decodeHeapLines, HeapDecoder } from "./decoder";

const VERSION: u8 = 0x76; // "v"
const ALLOCATION: u8 = 0x61;
const MADE: u8 = 0x2b;
const FREED: u8 = 0x2d;
const SPACE: u8 = 0x20;

/** Of files, as heaptrack 1.4 to 1.6 write it; 1.2 has written its own version there. */
const LAST_VERSION: u64 = 3;
const VERSION_OF_1_2: u64 = 0x10200;

// `state`: which of the two it is, known at its first allocation.
const RAW: u32 = 1;
const INTERPRETED: u32 = 2;

const ALLOCATION_SIZE: usize = 0;
const ALLOCATION_OLDEST: usize = 8;
const ALLOCATION_NEWEST: usize = 12;
const ALLOCATION_BYTES: u32 = 16;

/** The allocations, and their blocks in use in order of age. */
@final
@unmanaged
class Allocations {
  private allocations: Chunks;
  private blocks: Chunks;
  /** The first block that is not in use, + 1; 0: none. */
  private free: u32;

  /** Null when memory is out. */
  static create(): Allocations {
    const it = make<Allocations>();
    if (changetype<usize>(it) == 0) return it;
    it.allocations = Chunks.create(ALLOCATION_BYTES);
    it.blocks = Chunks.create(4);
    const hasMemory = changetype<usize>(it.allocations) != 0 && changetype<usize>(it.blocks) != 0;
    return hasMemory ? it : changetype<Allocations>(0);
  }

  get count(): u32 {
    return this.allocations.count;
  }

  add(bytes: u64): bool {
    if (!this.allocations.add()) return false;
    store<u64>(this.allocations.at(this.count - 1), bytes, ALLOCATION_SIZE);
    return true;
  }

  bytesOf(allocation: u32): u64 {
    return load<u64>(this.allocations.at(allocation), ALLOCATION_SIZE);
  }

  /** A block of this allocation, now its newest: its number + 1; 0 when memory is out. */
  push(allocation: u32): u32 {
    let block = this.free;
    if (block != 0) this.free = load<u32>(this.blocks.at(block - 1));
    else if (this.blocks.add()) block = this.blocks.count;
    else return 0;
    store<u32>(this.blocks.at(block - 1), 0);
    const entry = this.allocations.at(allocation);
    const newest = load<u32>(entry, ALLOCATION_NEWEST);
    if (newest == 0) store<u32>(entry, block, ALLOCATION_OLDEST);
    else store<u32>(this.blocks.at(newest - 1), block);
    store<u32>(entry, block, ALLOCATION_NEWEST);
    return block;
  }

  /** Takes the oldest block of this allocation: its number + 1; 0: it has none. */
  take(allocation: u32): u32 {
    const entry = this.allocations.at(allocation);
    const block = load<u32>(entry, ALLOCATION_OLDEST);
    if (block == 0) return 0;
    const place = this.blocks.at(block - 1);
    const next = load<u32>(place);
    store<u32>(entry, next, ALLOCATION_OLDEST);
    if (next == 0) store<u32>(entry, 0, ALLOCATION_NEWEST);
    store<u32>(place, this.free);
    this.free = block;
    return block;
  }
}

@final
@unmanaged
class Heaptrack extends HeapDecoder {
  @inline
  fast(_line: u32, _end: u32, _record: usize): bool {
    return false;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    const kind = load<u8>(line);
    if (kind == VERSION) return this.versionLine(line, end);
    if (kind != ALLOCATION && kind != MADE && kind != FREED) return SKIPPED;
    this.at = line + 1;
    this.wrong = 0;
    const first = this.field(end);
    if (this.wrong != 0) return DECODE_BAD_LINE;
    if (kind == ALLOCATION) return this.allocation(first, end);
    if (this.state == 0) this.state = kind == FREED || this.at < end ? RAW : INTERPRETED;
    this.threads.get(0);
    if (this.state == INTERPRETED)
      return this.at == end ? this.indexed(kind, first, record) : DECODE_BAD_LINE;
    let address = first;
    if (kind == MADE) {
      this.field(end);
      address = this.field(end);
    }
    if (this.wrong != 0 || this.at != end) return DECODE_BAD_LINE;
    if (kind == MADE) this.write(record, HEAP_MALLOC, 0, first, 0, 0, address);
    else this.write(record, HEAP_FREE, 0, address, 0, 0, 0);
    return PARSED;
  }

  /** A blank and a hexadecimal number. */
  private field(end: u32): u64 {
    if (!this.passes(SPACE, end)) this.wrong = DECODE_BAD_LINE;
    const value = this.hex(end);
    if (this.at < end && load<u8>(this.at) != SPACE) this.wrong = DECODE_BAD_LINE;
    return value;
  }

  /** `v 10400 3`: heaptrack's own version, and the file's. */
  private versionLine(line: u32, end: u32): u32 {
    this.at = line + 1;
    this.wrong = 0;
    this.field(end);
    if (this.at == end) return SKIPPED;
    const version = this.field(end);
    const isKnown = version <= LAST_VERSION || version == VERSION_OF_1_2;
    return this.wrong == 0 && !isKnown ? DECODE_NEW_VERSION : SKIPPED;
  }

  private allocation(bytes: u64, end: u32): u32 {
    this.field(end);
    if (this.wrong != 0 || this.at != end || this.state == RAW) return DECODE_BAD_LINE;
    if (this.tables == 0) this.tables = changetype<usize>(Allocations.create());
    this.state = INTERPRETED;
    this.hasNoAddresses = 1;
    if (this.tables == 0 || !changetype<Allocations>(this.tables).add(bytes)) return DECODE_NO_MEMORY;
    return SKIPPED;
  }

  private indexed(kind: u8, index: u64, record: usize): u32 {
    const allocations = changetype<Allocations>(this.tables);
    if (this.tables == 0 || index >= allocations.count) return DECODE_NO_INDEX;
    const allocation = <u32>index;
    const block = kind == MADE ? allocations.push(allocation) : allocations.take(allocation);
    if (block == 0) return kind == MADE ? DECODE_NO_MEMORY : DECODE_NO_INDEX;
    if (kind == MADE) this.write(record, HEAP_MALLOC, 0, allocations.bytesOf(allocation), 0, 0, block);
    else this.write(record, HEAP_FREE, 0, block, 0, 0, 0);
    return PARSED;
  }
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeHeaptrack(state: usize, records: usize, first: u32): u32 {
  return decodeHeapLines<Heaptrack>(changetype<Heaptrack>(state), records, first);
}
