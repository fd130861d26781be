/**
 * The control structure of TLSF: lists of free blocks by two levels of size, and a bit for each list that has a block. It
 * lies in the process's memory, where the first pool begins.
 *
 *   +0             +32         +36                        lists
 *   ├ null block ──┼ fl bitmap ┼ sl bitmap[fl] ┼ padding ─┼ head[fl][sl] ─┤
 *     32 bytes       u32         u32 each                   u64 each
 *
 *   null block: in place of the null pointer, so that taking a block out of a list needs no branch.
 *
 *   size:  63        fl     fl-SL      0        a first level for each power of two, divided in 2^SL lists of
 *          ├ 0 ┄ 0 ┼ 1 ┼─── sl ───┼ ┄ ─┤        equal steps; below 2^(SL + 3) one first level of steps of 8
 */
import { make } from "../../core/arena";
import { HeapMemory } from "../memory";
import { Block, HEADER } from "./block";

const FL_BITMAP: u64 = 32;
const SL_BITMAPS: u64 = 36;
const STEP_SHIFT: u32 = 3;
/** Blocks are smaller than 2^32. */
const MOST_SHIFT: u32 = 32;
export const MOST_SIZE: u64 = 1 << MOST_SHIFT;

@final
@unmanaged
export class Control {
  private memory: HeapMemory;
  /** Where it is. */
  private at: u64;
  /** log2 of the lists of a first level. */
  private slShift: u32;
  /** First levels. */
  private levels: u32;
  private lists: u64;

  /** On `memory`, not there yet; null when Wasm's memory is out. */
  static create(memory: HeapMemory, slShift: u32): Control {
    const control = make<Control>();
    if (changetype<usize>(control) == 0) return control;
    control.memory = memory;
    control.slShift = slShift;
    control.levels = MOST_SHIFT - (slShift + STEP_SHIFT) + 1;
    control.lists = (SL_BITMAPS + ((<u64>control.levels) << 2) + 7) & ~7;
    return control;
  }

  /** The same in another process's memory; null when Wasm's memory is out. */
  copy(memory: HeapMemory): Control {
    const control = Control.create(memory, this.slShift);
    if (changetype<usize>(control) != 0) control.at = this.at;
    return control;
  }

  get bytes(): u64 {
    return this.lists + ((<u64>this.count) << 3);
  }

  private get count(): u32 {
    return this.levels << this.slShift;
  }

  /** Begins at `at`, with no free block. */
  begin(at: u64): void {
    const memory = this.memory;
    this.at = at;
    Block.setNextFree(memory, at, at);
    Block.setPreviousInList(memory, at, at);
    memory.write<u32>(at + FL_BITMAP, 0);
    for (let level: u32 = 0; level < this.levels; level++) memory.write<u32>(this.bitmap(level), 0);
    for (let list: u32 = 0; list < this.count; list++) memory.write<u64>(this.head(list), at);
  }

  @inline
  private bitmap(level: u32): u64 {
    return this.at + SL_BITMAPS + ((<u64>level) << 2);
  }

  @inline
  private head(list: u32): u64 {
    return this.at + this.lists + ((<u64>list) << 3);
  }

  /** The list that a free block of `size` bytes is in: fl << SL | sl. */
  listOf(size: u64): u32 {
    const shift = this.slShift;
    const small = shift + STEP_SHIFT;
    if (size >> small == 0) return <u32>(size >> STEP_SHIFT);
    const top = 63 - <u32>clz<u64>(size);
    const second = <u32>(size >> (top - shift)) ^ (1 << shift);
    return ((top - small + 1) << shift) | second;
  }

  /** The size from which on a list's every block has `size` bytes. */
  roundUp(size: u64): u64 {
    const shift = this.slShift;
    if (size >> (shift + STEP_SHIFT) == 0) return size;
    const below = ((<u64>1) << (63 - <u32>clz<u64>(size) - shift)) - 1;
    return (size + below) & ~below;
  }

  /** Puts a block first in the list of its size. */
  insert(block: u64): void {
    const memory = this.memory;
    const list = this.listOf(Block.size(memory, block));
    const level = list >> this.slShift;
    const head = this.head(list);
    const first = memory.read<u64>(head);
    Block.setNextFree(memory, block, first);
    Block.setPreviousInList(memory, block, this.at);
    Block.setPreviousInList(memory, first, block);
    memory.write<u64>(head, block);
    this.setBit(this.at + FL_BITMAP, level);
    this.setBit(this.bitmap(level), list & this.mask);
  }

  @inline
  private get mask(): u32 {
    return (1 << this.slShift) - 1;
  }

  /** Takes a block out of the list of its size. */
  remove(block: u64): void {
    this.removeFrom(this.listOf(Block.size(this.memory, block)), block);
  }

  private removeFrom(list: u32, block: u64): void {
    const memory = this.memory;
    const next = Block.nextFree(memory, block);
    const previous = Block.previousFree(memory, block);
    Block.setPreviousInList(memory, next, previous);
    Block.setNextFree(memory, previous, next);
    const head = this.head(list);
    if (memory.read<u64>(head) != block) return;
    memory.write<u64>(head, next);
    if (next == this.at) this.setEmpty(list);
  }

  private setEmpty(list: u32): void {
    const level = list >> this.slShift;
    if (this.clearBit(this.bitmap(level), list & this.mask) == 0) this.clearBit(this.at + FL_BITMAP, level);
  }

  @inline
  private setBit(bitmap: u64, bit: u32): void {
    this.memory.write<u32>(bitmap, this.memory.read<u32>(bitmap) | (1 << bit));
  }

  /** Clears the bit; returns the bitmap. */
  @inline
  private clearBit(bitmap: u64, bit: u32): u32 {
    const rest = this.memory.read<u32>(bitmap) & ~(1 << bit);
    this.memory.write<u32>(bitmap, rest);
    return rest;
  }

  /** Takes a block of at least `size` bytes, below `MOST_SIZE`, out of its list: a good fit, not the best; 0: none. */
  take(size: u64): u64 {
    const rounded = this.roundUp(size);
    if (rounded >= MOST_SIZE) return 0;
    const list = this.search(this.listOf(rounded));
    if (list == u32.MAX_VALUE) return 0;
    this.memory.step();
    const block = this.memory.read<u64>(this.head(list));
    this.removeFrom(list, block);
    return block;
  }

  /** The first list from `list` on that has a block. A step for each bitmap. */
  private search(list: u32): u32 {
    const memory = this.memory;
    let level = list >> this.slShift;
    memory.step();
    let second = memory.read<u32>(this.bitmap(level)) & (u32.MAX_VALUE << (list & this.mask));
    if (second == 0) {
      memory.step();
      const first = memory.read<u32>(this.at + FL_BITMAP) & (u32.MAX_VALUE << (level + 1));
      if (first == 0) return u32.MAX_VALUE;
      level = <u32>ctz<u32>(first);
      memory.step();
      second = memory.read<u32>(this.bitmap(level));
    }
    return (level << this.slShift) | <u32>ctz<u32>(second);
  }

  /** The blocks in all lists; `u64.MAX_VALUE` where bitmaps, lists and sizes do not agree. */
  countFree(): u64 {
    const memory = this.memory;
    let blocks: u64 = 0;
    for (let level: u32 = 0; level < this.levels; level++) {
      const bits = memory.peek<u32>(this.bitmap(level));
      const isMarked = ((memory.peek<u32>(this.at + FL_BITMAP) >> level) & 1) != 0;
      if (isMarked != (bits != 0)) return u64.MAX_VALUE;
      for (let second: u32 = 0; second <= this.mask; second++) {
        const count = this.countIn((level << this.slShift) | second);
        if (count == u64.MAX_VALUE || (count != 0) != (((bits >> second) & 1) != 0)) return u64.MAX_VALUE;
        blocks += count;
      }
    }
    return blocks;
  }

  private countIn(list: u32): u64 {
    const memory = this.memory;
    let count: u64 = 0;
    let previous = this.at;
    for (
      let block = memory.peek<u64>(this.head(list));
      block != this.at;
      block = Block.peekNextFree(memory, block)
    ) {
      if (block == 0 || ++count > MOST_SIZE / HEADER) return u64.MAX_VALUE;
      if (!isListed(this, memory, block, list, previous)) return u64.MAX_VALUE;
      previous = block;
    }
    return count;
  }
}

/** True if a block belongs behind `previous` in `list`. */
function isListed(control: Control, memory: HeapMemory, block: u64, list: u32, previous: u64): bool {
  return (
    Block.peekIsFree(memory, block) &&
    control.listOf(Block.peekSize(memory, block)) == list &&
    Block.peekPreviousFree(memory, block) == previous
  );
}
