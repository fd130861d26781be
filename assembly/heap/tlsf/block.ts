/**
 * Blocks of TLSF: headers that are also boundary tags.
 *
 *   block  +0          +8            +16         +24
 *          ├ previous ─┼ size │ p f ─┼ next free ┼ previous free ┼ ┄┄┄┄┄┄┄┄┄ ┤
 *                                    └────────────── size bytes ─────────────┘
 *          └ last word of the block before; set while that one is free
 *
 *   size: of the payload, the last word of which lies in the next block's header. f: the block is free. p: the block before
 *   it in memory is free. next free, previous free: in the list of free blocks, where the program's bytes are otherwise.
 *
 * A block's address is that of its first field, and its payload is 16 bytes behind. A size is 8 more than a multiple of 16
 * where payloads are aligned to 16, so that header and payload together are one.
 */
import { HeapMemory } from "../memory";

const PREVIOUS: u64 = 0;
const SIZE: u64 = 8;
const NEXT_FREE: u64 = 16;
const PREVIOUS_FREE: u64 = 24;
/** From a block to its payload. */
export const PAYLOAD: u64 = 16;
/** The overhead of a block in use: its size. */
export const OVERHEAD: u64 = 8;
/** All fields of a free block, and the smallest payload that has room for them. */
export const HEADER: u64 = 32;
export const LEAST_SIZE: u64 = HEADER - OVERHEAD;

const FREE: u64 = 1;
const PREVIOUS_IS_FREE: u64 = 2;
const FLAGS: u64 = FREE | PREVIOUS_IS_FREE;

export class Block {
  @inline
  static size(memory: HeapMemory, block: u64): u64 {
    return memory.read<u64>(block + SIZE) & ~FLAGS;
  }

  /** Flags stay as they are. */
  @inline
  static setSize(memory: HeapMemory, block: u64, size: u64): void {
    memory.write<u64>(block + SIZE, size | (memory.read<u64>(block + SIZE) & FLAGS));
  }

  @inline
  static isFree(memory: HeapMemory, block: u64): bool {
    return (memory.read<u64>(block + SIZE) & FREE) != 0;
  }

  @inline
  static isPreviousFree(memory: HeapMemory, block: u64): bool {
    return (memory.read<u64>(block + SIZE) & PREVIOUS_IS_FREE) != 0;
  }

  /** The size and both flags of a block that is new. */
  @inline
  static setHeader(memory: HeapMemory, block: u64, size: u64, free: bool, previousIsFree: bool): void {
    const flags = (free ? FREE : 0) | (previousIsFree ? PREVIOUS_IS_FREE : 0);
    memory.write<u64>(block + SIZE, size | flags);
  }

  @inline
  private static setFlag(memory: HeapMemory, block: u64, flag: u64, on: bool): void {
    const size = memory.read<u64>(block + SIZE);
    memory.write<u64>(block + SIZE, on ? size | flag : size & ~flag);
  }

  @inline
  static setPreviousFree(memory: HeapMemory, block: u64, on: bool): void {
    Block.setFlag(memory, block, PREVIOUS_IS_FREE, on);
  }

  /** The block before it in memory, which is free. */
  @inline
  static previous(memory: HeapMemory, block: u64): u64 {
    return memory.read<u64>(block + PREVIOUS);
  }

  /** The block behind it in memory. */
  @inline
  static next(memory: HeapMemory, block: u64): u64 {
    return block + PAYLOAD + Block.size(memory, block) - OVERHEAD;
  }

  /** Tells the block behind it where it is; that block. */
  @inline
  static linkNext(memory: HeapMemory, block: u64): u64 {
    const next = Block.next(memory, block);
    memory.write<u64>(next + PREVIOUS, block);
    return next;
  }

  static markFree(memory: HeapMemory, block: u64): void {
    Block.setPreviousFree(memory, Block.linkNext(memory, block), true);
    Block.setFlag(memory, block, FREE, true);
  }

  static markUsed(memory: HeapMemory, block: u64): void {
    Block.setPreviousFree(memory, Block.next(memory, block), false);
    Block.setFlag(memory, block, FREE, false);
  }

  @inline
  static nextFree(memory: HeapMemory, block: u64): u64 {
    return memory.read<u64>(block + NEXT_FREE);
  }

  @inline
  static previousFree(memory: HeapMemory, block: u64): u64 {
    return memory.read<u64>(block + PREVIOUS_FREE);
  }

  @inline
  static setNextFree(memory: HeapMemory, block: u64, next: u64): void {
    memory.write<u64>(block + NEXT_FREE, next);
  }

  @inline
  static setPreviousInList(memory: HeapMemory, block: u64, previous: u64): void {
    memory.write<u64>(block + PREVIOUS_FREE, previous);
  }

  // As a debugger sees a block, for walks.

  @inline
  static peekSize(memory: HeapMemory, block: u64): u64 {
    return memory.peek<u64>(block + SIZE) & ~FLAGS;
  }

  @inline
  static peekIsFree(memory: HeapMemory, block: u64): bool {
    return (memory.peek<u64>(block + SIZE) & FREE) != 0;
  }

  @inline
  static peekIsPreviousFree(memory: HeapMemory, block: u64): bool {
    return (memory.peek<u64>(block + SIZE) & PREVIOUS_IS_FREE) != 0;
  }

  @inline
  static peekPrevious(memory: HeapMemory, block: u64): u64 {
    return memory.peek<u64>(block + PREVIOUS);
  }

  @inline
  static peekNextFree(memory: HeapMemory, block: u64): u64 {
    return memory.peek<u64>(block + NEXT_FREE);
  }

  @inline
  static peekPreviousFree(memory: HeapMemory, block: u64): u64 {
    return memory.peek<u64>(block + PREVIOUS_FREE);
  }
}
