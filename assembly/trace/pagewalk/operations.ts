/**
 * The operations of a block: everything about a reference that does not change from one run of it to the next.
 *
 *   a fetch              its address, its size
 *   a data reference     its kind, its size, and the operation before it in the same instruction (at most eight after
 *                        the fetch); a data reference that belongs to no instruction is an operation by kind and size
 *
 * In files of pages, where addresses come with the page path, a fetch is an operation by kind and size too.
 *
 * A *chain* is a run of operations that always follow one another: a basic block, found from the trace alone.
 *
 *   path     a b c  a b d  a b c  …       a: after c, d and the start    leads
 *   chains   [a b] [c] [d]                b: only after a, which has no other successor
 *                                         c, d: b has two successors     lead
 */
import { KIND_FETCH, NONE, RECORD_SIZE } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { MOST_DEPTH, MOST_OPERATIONS } from "./format";

const OPERATION_SHIFT: u32 = 5;
const HASH_BITS: u32 = 17;
const HASH_ENTRIES: usize = 1 << HASH_BITS;
const HASH_MASK: u32 = (1 << HASH_BITS) - 1;
const MIX: u64 = 0x9e3779b97f4a7c15;

@final
@unmanaged
export class Operation {
  // The first 16 bytes are a record, as abi draws it.
  /** The fetch's address; else the operation before it in the instruction, or `NONE`. */
  key: u64;
  size: u32;
  kind: u32;
  /** The first operation that came after it, and the latest other one; `NONE` if there is none. */
  successor: u32;
  alternative: u32;
  /** The chain that it leads, once that is numbered. */
  chain: u32;
  /** How many data references after its fetch, from 0; `MOST_DEPTH` when there is no fetch. */
  depth: u8;
  /** It has had two successors. */
  branches: bool;
  /** It has had two predecessors, or one that branches, or none. */
  leads: bool;

  /**
   * Is true when a reference is this operation, which is a known successor of the operation before it. The arguments are
   * the two words of a record. The key of a data reference depends on its predecessor alone, so it is not compared.
   */
  @inline
  isNext(sizeAndKind: u64, address: u64): bool {
    if (load<u64>(changetype<usize>(this), RECORD_SIZE) != sizeAndKind) return false;
    return this.kind != KIND_FETCH || this.key == address;
  }
}

@final
@unmanaged
export class Operations {
  count: u32;
  private addressesArePages: bool;
  /** The operation that was added last, or `NONE`. */
  current: u32;
  table: usize; // Operation[MOST_OPERATIONS]
  private slots: usize; // u32[HASH_ENTRIES]: an operation's index + 1, open addressing

  /** Null when memory is out. */
  static create(addressesArePages: bool): Operations {
    const operations = make<Operations>();
    if (changetype<usize>(operations) == 0) return operations;
    operations.addressesArePages = addressesArePages;
    operations.table = allocate((<u64>MOST_OPERATIONS) << OPERATION_SHIFT);
    operations.slots = allocate(HASH_ENTRIES << 2);
    return operations.table != 0 && operations.slots != 0 ? operations : changetype<Operations>(0);
  }

  start(): void {
    this.count = 0;
    this.current = NONE;
    memory.fill(this.slots, 0, HASH_ENTRIES << 2);
  }

  /** Bytes of the table in use. */
  get bytes(): u32 {
    return this.count << OPERATION_SHIFT;
  }

  /** Takes over a table of so many bytes. */
  adopt(bytes: u32): void {
    this.count = bytes >> OPERATION_SHIFT;
  }

  @inline
  get isFull(): bool {
    return this.count == MOST_OPERATIONS;
  }

  @inline
  at(index: u32): Operation {
    return changetype<Operation>(this.table + ((<usize>index) << OPERATION_SHIFT));
  }

  /** The index of the next reference's operation; it follows the one that was added before. */
  @inline
  add(kind: u32, address: u64, size: u32): u32 {
    const before = this.current;
    let depth: u32 = MOST_DEPTH;
    let key: u64 = NONE;
    if (kind == KIND_FETCH && !this.addressesArePages) {
      depth = 0;
      key = address;
    } else if (before != NONE && this.at(before).depth < <u8>MOST_DEPTH) {
      depth = this.at(before).depth + 1;
      key = before;
    }
    const index = this.follow(before, kind, key, size, depth);
    this.current = index;
    return index;
  }

  /** Nearly always the operation is one that came after this one before. */
  @inline
  private follow(before: u32, kind: u32, key: u64, size: u32, depth: u32): u32 {
    if (before != NONE) {
      const from = this.at(before);
      if (this.is(from.successor, kind, key, size)) return from.successor;
      if (this.is(from.alternative, kind, key, size)) return from.alternative;
    }
    const known = this.count;
    const index = this.find(kind, key, size, depth);
    this.link(before, index, index == known);
    return index;
  }

  @inline
  private is(index: u32, kind: u32, key: u64, size: u32): bool {
    if (index == NONE) return false;
    const operation = this.at(index);
    return operation.key == key && operation.size == size && operation.kind == kind;
  }

  private find(kind: u32, key: u64, size: u32, depth: u32): u32 {
    const tail = <u64>size | ((<u64>kind) << 32);
    let slot = <u32>(((key ^ (tail * MIX)) * MIX) >> (64 - <u64>HASH_BITS));
    for (;;) {
      const index = load<u32>(this.slots + ((<usize>slot) << 2));
      if (index == 0) break;
      if (this.is(index - 1, kind, key, size)) return index - 1;
      slot = (slot + 1) & HASH_MASK;
    }
    const index = this.count++;
    const operation = this.at(index);
    operation.key = key;
    operation.size = size;
    operation.kind = kind;
    operation.depth = <u8>depth;
    operation.successor = NONE;
    operation.alternative = NONE;
    operation.chain = NONE;
    operation.branches = false;
    operation.leads = false;
    store<u32>(this.slots + ((<usize>slot) << 2), index + 1);
    return index;
  }

  /** An operation that is not new had another predecessor, unless it came after this one before. */
  private link(before: u32, index: u32, isNew: bool): void {
    const operation = this.at(index);
    if (before == NONE) {
      operation.leads = true; // the path's first operation leads a chain, whatever comes before it later
      return;
    }
    const from = this.at(before);
    if (from.successor == NONE) {
      from.successor = index;
      if (!isNew) operation.leads = true;
    } else if (from.successor != index) {
      from.branches = true;
      from.alternative = index;
      this.at(from.successor).leads = true;
      operation.leads = true;
    }
  }

  /** The next operation of the same chain, or `NONE`. */
  next(index: u32): u32 {
    const operation = this.at(index);
    if (operation.branches || operation.successor == NONE) return NONE;
    return this.at(operation.successor).leads ? NONE : operation.successor;
  }

  /** True if every operation can be found, and each that follows a branching one leads a chain. */
  isValid(): bool {
    for (let index: u32 = 0; index < this.count; index++) {
      const operation = this.at(index);
      if (this.find(operation.kind, operation.key, operation.size, operation.depth) != index) return false;
      if (operation.branches != (operation.alternative != NONE)) return false;
      if (!operation.branches) continue;
      if (!this.at(operation.successor).leads || !this.at(operation.alternative).leads) return false;
    }
    return true;
  }
}
