/**
 * The blocks of a heap log by their addresses: open addressing, linear probing, at most half full. A block that is freed
 * keeps its place, so that it is known when it is freed again, and so that nothing is ever deleted:
 *
 *   0         8       16       20     24      28      32
 *   ├ address ┼ bytes ┼ number ┼ made ┼ freed ┼───────┤     number: of the block, NONE: it is freed
 *      u64      u64      u32     u32    u32               made, freed: the lines where it was made and where it was freed
 *
 * Freed blocks are forgotten where the table would pass `MOST_REMEMBERED` places without them.
 */
import { NONE } from "../abi/core";
import { allocate, make } from "../core/arena";
import { Hash } from "../core/hash";

const FIRST_PLACES: u32 = 1 << 13;
const MOST_REMEMBERED: u32 = 1 << 21;
const ENTRY_SHIFT: usize = 5;

@final
@unmanaged
export class Block {
  address: u64;
  bytes: u64;
  number: u32;
  made: u32;
  freed: u32;
  unused: u32;
}

@final
@unmanaged
export class Blocks {
  /** How many there are, freed ones too. */
  count: u32;
  live: u32;
  private mask: u32;
  private table: usize;
  /** Of the same size; 0: there is none yet. */
  private spare: usize;

  /** Null when memory is out. */
  static create(): Blocks {
    const blocks = make<Blocks>();
    if (changetype<usize>(blocks) == 0) return blocks;
    blocks.table = allocate((<u64>FIRST_PLACES) << ENTRY_SHIFT);
    blocks.mask = FIRST_PLACES - 1;
    return blocks.table == 0 ? changetype<Blocks>(0) : blocks;
  }

  @inline
  private at(place: u32): Block {
    return changetype<Block>(this.table + ((<usize>place) << ENTRY_SHIFT));
  }

  /** The block at `address`, which is not 0; else the place for it, its address 0. */
  @inline
  find(address: u64): Block {
    let place = Hash.of(address) & this.mask;
    let block = this.at(place);
    while (block.address != address && block.address != 0) {
      place = (place + 1) & this.mask;
      block = this.at(place);
    }
    return block;
  }

  /** Room for one more; false when memory is out. To be asked before `find`, since blocks move. */
  @inline
  hasRoom(): bool {
    return this.count * 2 <= this.mask || this.grow();
  }

  /** Places of the table, for going through it. */
  get places(): u32 {
    return this.mask + 1;
  }

  /** The block in use at this place of the table; null. */
  liveAt(place: u32): Block {
    const block = this.at(place);
    return block.address != 0 && block.number != NONE ? block : changetype<Block>(0);
  }

  private grow(): bool {
    const places = this.places;
    return places >= MOST_REMEMBERED && this.live < places / 4 ? this.forget() : this.double();
  }

  private double(): bool {
    const places = this.places;
    const table = allocate((<u64>places) << (ENTRY_SHIFT + 1));
    if (table == 0) return false;
    const old = this.table;
    this.table = table;
    this.mask = places * 2 - 1;
    this.spare = 0;
    this.take(old, places, false);
    return true;
  }

  /** Freed blocks go. */
  private forget(): bool {
    const places = this.places;
    if (this.spare == 0) this.spare = allocate((<u64>places) << ENTRY_SHIFT);
    if (this.spare == 0) return this.double();
    const old = this.table;
    this.table = this.spare;
    this.spare = old;
    memory.fill(this.table, 0, (<usize>places) << ENTRY_SHIFT);
    this.take(old, places, true);
    return true;
  }

  /** Enters the blocks of an older table. */
  private take(table: usize, places: u32, isLiveOnly: bool): void {
    this.count = 0;
    for (let n: u32 = 0; n < places; n++) {
      const block = changetype<Block>(table + ((<usize>n) << ENTRY_SHIFT));
      if (block.address == 0 || (isLiveOnly && block.number == NONE)) continue;
      memory.copy(changetype<usize>(this.find(block.address)), changetype<usize>(block), offsetof<Block>());
      this.count++;
    }
  }
}
