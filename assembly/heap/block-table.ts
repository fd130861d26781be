/**
 * The blocks of a heap by number: where they are, how many bytes were asked for, and how many they take in the heap.
 *
 *   block   0         8         16          24
 *           ├ address ┼ request ┼ footprint ┤     u64 each; address 0: not in use
 */
import { Chunks } from "../core/chunks";

const ADDRESS: usize = 0;
const REQUEST: usize = 8;
const FOOTPRINT: usize = 16;
const BLOCK_BYTES: u32 = 24;

@final
@unmanaged
export class BlockTable extends Chunks {
  /** Null when memory is out. */
  static empty(): BlockTable {
    return changetype<BlockTable>(Chunks.create(BLOCK_BYTES));
  }

  /** Where block `number` is; 0: it is not in use. */
  @inline
  addressOf(number: u32): u64 {
    return number < this.count ? load<u64>(this.at(number), ADDRESS) : 0;
  }

  @inline
  requestOf(number: u32): u64 {
    return load<u64>(this.at(number), REQUEST);
  }

  @inline
  footprintOf(number: u32): u64 {
    return load<u64>(this.at(number), FOOTPRINT);
  }

  /** Block `number` is at `address`; false when memory is out. */
  @inline
  enter(number: u32, address: u64, request: u64, footprint: u64): bool {
    while (this.count <= number) if (!this.add()) return false;
    const block = this.at(number);
    store<u64>(block, address, ADDRESS);
    store<u64>(block, request, REQUEST);
    store<u64>(block, footprint, FOOTPRINT);
    return true;
  }

  /** Block `number` is not in use any more. */
  @inline
  leave(number: u32): void {
    store<u64>(this.at(number), 0, ADDRESS);
  }
}
