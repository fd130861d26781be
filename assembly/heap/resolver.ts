/**
 * Turns a log's addresses into dense numbers of blocks, so that it can be replayed through an allocator that puts blocks
 * elsewhere. A number is used again once its block is freed; realloc keeps it. On the way it is found out what is wrong
 * with the program, or with the log: double frees, frees of what was never allocated, blocks given again without a free.
 *
 * Where the log shows no free of a block that is given again (ltrace sees the calls of some libraries only), a free of it
 * is put in before. A record is followed by its batch's others, so such frees are kept aside until the batch is done:
 *
 *   records   m0 m1 f0 m2          frees   (2: block 7)          records   m0 m1 free7 f0 m2
 */
import { NONE } from "../abi/core";
import {
  HEAP_A,
  HEAP_B,
  HEAP_BATCH,
  HEAP_BYTES,
  HEAP_C,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_LINE,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_OP,
  HEAP_POSIX_MEMALIGN,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_RESULT,
  HEAP_THREAD,
  HEAP_USABLE_SIZE,
  HEAP_VALLOC,
} from "../abi/heap";
import {
  FINDING_ADDRESS,
  FINDING_BYTES,
  FINDING_DOUBLE_FREE,
  FINDING_FREED,
  FINDING_INVALID_FREE,
  FINDING_KINDS,
  FINDING_LINE,
  FINDING_MADE,
  FINDING_OP,
  FINDING_UNSEEN_FREE,
  FINDING_USE_OF_FREED,
  FINDING_USE_OF_UNKNOWN,
  LEAK_ADDRESS,
  LEAK_BYTES,
  LEAK_LINE,
  LEAK_NUMBER,
  LEAK_SIZE,
  MOST_FINDINGS,
} from "../abi/heap-log";
import { allocate, make } from "../core/arena";
import { DEBUG } from "../core/checks";
import { Chunks } from "../core/chunks";
import { Block, Blocks } from "./blocks";
import { UnaddressedBlocks } from "./unaddressed-blocks";

// A free to be put in: before which record, of which block.
const PUT_RECORD: usize = 0;
const PUT_NUMBER: usize = 4;
const PUT_ADDRESS: usize = 8;
const PUT_BYTES: usize = 16;

@final
@unmanaged
export class Resolver {
  // The host reads these, at abi/heap's RESOLVER_….
  blocksInUse: u64;
  bytesInUse: u64;
  unaddressed: u64;
  doubleFrees: u64;
  invalidFrees: u64;
  usesOfFreed: u64;
  usesOfUnknown: u64;
  unseenFrees: u64;
  private findings: u32;
  failed: u32;

  /** Records have numbers for addresses, which are to be taken out. */
  hasNoAddresses: bool;
  private blocks: Blocks;
  /** Numbers to be used again, u32 each; how many are; the next that was never used. */
  private free: Chunks;
  private freeCount: u32;
  private next: u32;
  /** Null: there was none. */
  private unaddressedBlocks: UnaddressedBlocks;
  /** Frees to be put in. */
  private puts: usize;
  private putCount: u32;
  /** Where a walk over blocks that are left is. */
  private place: u32;

  /** Null when memory is out. */
  static create(): Resolver {
    const nothing = changetype<Resolver>(0);
    const resolver = make<Resolver>();
    if (changetype<usize>(resolver) == 0) return nothing;
    resolver.blocks = Blocks.create();
    resolver.free = Chunks.create(4);
    resolver.puts = allocate((<u64>HEAP_BATCH / 2) * PUT_BYTES);
    resolver.findings = <u32>allocate(FINDING_KINDS * MOST_FINDINGS * FINDING_BYTES);
    const hasMemory =
      changetype<usize>(resolver.blocks) != 0 &&
      changetype<usize>(resolver.free) != 0 &&
      resolver.puts != 0 &&
      resolver.findings != 0;
    return hasMemory ? resolver : nothing;
  }

  /** Resolves `count` records, half a batch at most; how many they then are. */
  resolve(records: usize, count: u32): u32 {
    this.putCount = 0;
    for (let n: u32 = 0; n < count; n++) this.one(records + <usize>n * HEAP_BYTES, n);
    if (this.putCount != 0) this.putFrees(records, count);
    if (DEBUG) assert(this.isValid());
    return count + this.putCount;
  }

  private one(record: usize, n: u32): void {
    const op = load<u32>(record, HEAP_OP);
    switch (op) {
      case HEAP_FREE:
        this.release(record);
        break;
      case HEAP_REALLOC:
      case HEAP_REALLOCARRAY:
        this.resize(record, n, op);
        break;
      case HEAP_USABLE_SIZE:
        this.use(record);
        break;
      default:
        if (op <= <u32>HEAP_PVALLOC) this.allocation(record, n, op);
    }
  }

  private allocation(record: usize, n: u32, op: u32): void {
    const address = load<u64>(record, HEAP_RESULT);
    if (address == 0) {
      if (op != HEAP_POSIX_MEMALIGN || load<u64>(record, HEAP_C) != 0) return;
      this.addUnaddressed(record);
      return;
    }
    if (this.hasNoAddresses) store<u64>(record, 0, HEAP_RESULT);
    this.enter(record, n, address, this.newNumber());
  }

  private addUnaddressed(record: usize): void {
    const number = this.newNumber();
    store<u32>(record, number, HEAP_MADE);
    this.unaddressed++;
    if (changetype<usize>(this.unaddressedBlocks) == 0) this.unaddressedBlocks = UnaddressedBlocks.create();
    const isIn =
      changetype<usize>(this.unaddressedBlocks) != 0 &&
      this.unaddressedBlocks.add(
        load<u64>(record, HEAP_A),
        load<u64>(record, HEAP_B),
        number,
        load<u32>(record, HEAP_LINE),
      );
    if (!isIn) this.failed = 1;
  }

  /** The block in use at `address`, which may be one whose address the log lacks; else what is known of the address. */
  private inUse(address: u64): Block {
    const block = this.blocks.find(address);
    if (block.address != 0 && block.number != NONE) return block;
    const unaddressed = this.unaddressedBlocks;
    if (changetype<usize>(unaddressed) == 0 || !unaddressed.take(address)) return block;
    if (!this.blocks.hasRoom()) {
      this.failed = 1;
      return block;
    }
    const found = this.blocks.find(address);
    if (found.address == 0) this.blocks.count++;
    found.address = address;
    this.fill(found, unaddressed.number, unaddressed.bytes, unaddressed.line);
    return found;
  }

  /** The block is in use from now on. */
  private fill(block: Block, number: u32, bytes: u64, line: u32): void {
    block.bytes = bytes;
    block.number = number;
    block.made = line;
    block.freed = 0;
    this.blocks.live++;
    this.blocksInUse++;
    this.bytesInUse += bytes;
  }

  /** The record makes block `number` at `address`. */
  private enter(record: usize, n: u32, address: u64, number: u32): void {
    store<u32>(record, number, HEAP_MADE);
    if (!this.blocks.hasRoom()) {
      this.failed = 1;
      return;
    }
    const block = this.blocks.find(address);
    if (block.address == 0) {
      block.address = address;
      this.blocks.count++;
    } else if (block.number != NONE) {
      this.find(FINDING_UNSEEN_FREE, record, address, block);
      const put = this.puts + <usize>this.putCount * PUT_BYTES;
      this.putCount++;
      store<u32>(put, n, PUT_RECORD);
      store<u32>(put, block.number, PUT_NUMBER);
      store<u64>(put, address, PUT_ADDRESS);
      this.leave(block, 0);
    }
    this.fill(block, number, requestOf(record), load<u32>(record, HEAP_LINE));
  }

  /** The block is in use no more, freed in `line`; its number stays its own. */
  private part(block: Block, line: u32): void {
    block.number = NONE;
    block.freed = line;
    this.blocks.live--;
    this.blocksInUse--;
    this.bytesInUse -= block.bytes;
  }

  private leave(block: Block, line: u32): void {
    this.recycle(block.number);
    this.part(block, line);
  }

  private release(record: usize): void {
    const address = load<u64>(record, HEAP_A);
    if (address == 0) return;
    if (this.hasNoAddresses) store<u64>(record, 0, HEAP_A);
    const block = this.inUse(address);
    if (block.address == 0 || block.number == NONE) {
      this.find(block.address == 0 ? FINDING_INVALID_FREE : FINDING_DOUBLE_FREE, record, address, block);
      return;
    }
    store<u32>(record, block.number, HEAP_FREED);
    this.leave(block, load<u32>(record, HEAP_LINE));
  }

  private resize(record: usize, n: u32, op: u32): void {
    const address = load<u64>(record, HEAP_A);
    if (address == 0) {
      this.allocation(record, n, op);
      return;
    }
    const result = load<u64>(record, HEAP_RESULT);
    if (this.hasNoAddresses) {
      store<u64>(record, 0, HEAP_A);
      store<u64>(record, 0, HEAP_RESULT);
    }
    const block = this.known(record, address);
    const number = changetype<usize>(block) == 0 ? NONE : block.number;
    store<u32>(record, number, HEAP_FREED);
    if (result == 0) {
      // It was freed by being made empty, or it is as it was.
      if (number == NONE) return;
      if (requestOf(record) == 0) this.leave(block, load<u32>(record, HEAP_LINE));
      else store<u32>(record, number, HEAP_MADE);
      return;
    }
    if (number != NONE) this.part(block, load<u32>(record, HEAP_LINE));
    this.enter(record, n, result, number == NONE ? this.newNumber() : number);
  }

  private use(record: usize): void {
    const address = load<u64>(record, HEAP_A);
    if (address == 0) return;
    if (this.hasNoAddresses) store<u64>(record, 0, HEAP_A);
    const block = this.known(record, address);
    if (changetype<usize>(block) != 0) store<u32>(record, block.number, HEAP_FREED);
  }

  /** The block in use at `address`; null, which is a finding. */
  private known(record: usize, address: u64): Block {
    const block = this.inUse(address);
    if (block.address != 0 && block.number != NONE) return block;
    this.find(block.address == 0 ? FINDING_USE_OF_UNKNOWN : FINDING_USE_OF_FREED, record, address, block);
    return changetype<Block>(0);
  }

  private newNumber(): u32 {
    if (this.freeCount == 0) return this.next++;
    return load<u32>(this.free.at(--this.freeCount));
  }

  private recycle(number: u32): void {
    if (this.freeCount == this.free.count && !this.free.add()) {
      this.failed = 1;
      return;
    }
    store<u32>(this.free.at(this.freeCount++), number);
  }

  private find(kind: u32, record: usize, address: u64, block: Block): void {
    const counter = changetype<usize>(this) + offsetof<Resolver>("doubleFrees") + ((<usize>kind) << 3);
    const count = load<u64>(counter);
    store<u64>(counter, count + 1);
    if (count >= <u64>MOST_FINDINGS) return;
    const finding: usize = this.findings + (kind * MOST_FINDINGS + <u32>count) * FINDING_BYTES;
    store<u64>(finding, address, FINDING_ADDRESS);
    store<u32>(finding, load<u32>(record, HEAP_LINE), FINDING_LINE);
    store<u32>(finding, block.address == 0 ? 0 : block.made, FINDING_MADE);
    store<u32>(finding, block.address == 0 ? 0 : block.freed, FINDING_FREED);
    store<u32>(finding, load<u32>(record, HEAP_OP), FINDING_OP);
  }

  /** From the last record to the first, each goes behind the frees before it. */
  private putFrees(records: usize, count: u32): void {
    let to = records + <usize>(count + this.putCount - 1) * HEAP_BYTES;
    let from = records + <usize>(count - 1) * HEAP_BYTES;
    for (let left = this.putCount; left > 0; left--) {
      const entry = this.puts + <usize>(left - 1) * PUT_BYTES;
      const before = records + <usize>load<u32>(entry, PUT_RECORD) * HEAP_BYTES;
      for (; from >= before; from -= HEAP_BYTES, to -= HEAP_BYTES) memory.copy(to, from, HEAP_BYTES);
      const made = to + HEAP_BYTES;
      memory.fill(to, 0, HEAP_BYTES);
      store<u32>(to, HEAP_FREE, HEAP_OP);
      store<u32>(to, load<u32>(made, HEAP_THREAD), HEAP_THREAD);
      store<u64>(to, this.hasNoAddresses ? 0 : load<u64>(entry, PUT_ADDRESS), HEAP_A);
      store<u32>(to, NONE, HEAP_MADE);
      store<u32>(to, load<u32>(entry, PUT_NUMBER), HEAP_FREED);
      store<u32>(to, load<u32>(made, HEAP_LINE), HEAP_LINE);
      to -= HEAP_BYTES;
    }
  }

  /** The next blocks in use of a walk, LEAK_… each, at most `most`; how many. It ends with 0 and begins anew. */
  leaks(into: usize, most: u32): u32 {
    let count: u32 = 0;
    const places = this.blocks.places;
    while (count < most && this.place < places) {
      const block = this.blocks.liveAt(this.place++);
      if (changetype<usize>(block) == 0) continue;
      const leak = into + <usize>count * LEAK_BYTES;
      count++;
      store<u64>(leak, this.hasNoAddresses ? 0 : block.address, LEAK_ADDRESS);
      store<u64>(leak, block.bytes, LEAK_SIZE);
      store<u32>(leak, block.made, LEAK_LINE);
      store<u32>(leak, block.number, LEAK_NUMBER);
    }
    if (count == 0) this.place = 0;
    return count;
  }

  private get unaddressedCount(): u32 {
    return changetype<usize>(this.unaddressedBlocks) == 0 ? 0 : this.unaddressedBlocks.count;
  }

  isValid(): bool {
    if (this.failed != 0) return true;
    return (
      this.blocksInUse == this.blocks.live &&
      this.blocks.live <= this.blocks.count &&
      this.blocks.live + this.freeCount + this.unaddressedCount == this.next
    );
  }
}

/** Bytes that an allocation asks for. */
function requestOf(record: usize): u64 {
  const b = load<u64>(record, HEAP_B);
  switch (load<u32>(record, HEAP_OP)) {
    case HEAP_MALLOC:
    case HEAP_VALLOC:
    case HEAP_PVALLOC:
      return load<u64>(record, HEAP_A);
    case HEAP_CALLOC:
      return load<u64>(record, HEAP_A) * b;
    case HEAP_REALLOCARRAY:
      return b * load<u64>(record, HEAP_C);
    default:
      return b;
  }
}

/** 0 when memory is out. */
export function createResolver(hasNoAddresses: bool): usize {
  const resolver = Resolver.create();
  if (changetype<usize>(resolver) != 0) resolver.hasNoAddresses = hasNoAddresses;
  return changetype<usize>(resolver);
}

/** Resolves `count` records, half a batch at most, where there is room for a batch; how many they then are. */
export function resolveBlocks(resolver: usize, records: usize, count: u32): u32 {
  return changetype<Resolver>(resolver).resolve(records, count);
}

export function nextLeaks(resolver: usize, into: usize, most: u32): u32 {
  return changetype<Resolver>(resolver).leaks(into, most);
}
