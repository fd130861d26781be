/**
 * Blocks of posix_memalign whose address the log does not tell (ltrace shows where it was stored, not what). What is freed
 * or resized next without having been given is taken for the youngest of them whose alignment its address has.
 *
 *   0           8       16       20
 *   ├ alignment ┼ bytes ┼ number ┼ line ┤       u64, u64, u32, u32; in order of age
 */
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";

const ALIGNMENT: usize = 0;
const BYTES: usize = 8;
const NUMBER: usize = 16;
const LINE: usize = 20;
const BLOCK_BYTES: u32 = 24;
/** So many of the youngest are looked at. */
const MOST_TRIED: u32 = 1024;

@final
@unmanaged
export class UnaddressedBlocks {
  count: u32;
  // The block that `take` gave.
  bytes: u64;
  number: u32;
  line: u32;
  private blocks: Chunks;

  /** Null when memory is out. */
  static create(): UnaddressedBlocks {
    const nothing = changetype<UnaddressedBlocks>(0);
    const unaddressed = make<UnaddressedBlocks>();
    if (changetype<usize>(unaddressed) == 0) return nothing;
    unaddressed.blocks = Chunks.create(BLOCK_BYTES);
    return changetype<usize>(unaddressed.blocks) == 0 ? nothing : unaddressed;
  }

  /** False when memory is out. */
  add(alignment: u64, bytes: u64, number: u32, line: u32): bool {
    if (this.count == this.blocks.count && !this.blocks.add()) return false;
    const block = this.blocks.at(this.count++);
    store<u64>(block, max(alignment, 1), ALIGNMENT);
    store<u64>(block, bytes, BYTES);
    store<u32>(block, number, NUMBER);
    store<u32>(block, line, LINE);
    return true;
  }

  /** Takes out the block that may be at `address`; false: there is none. */
  take(address: u64): bool {
    const least = this.count > MOST_TRIED ? this.count - MOST_TRIED : 0;
    for (let n = this.count; n > least; n--) {
      const block = this.blocks.at(n - 1);
      if (address % load<u64>(block, ALIGNMENT) != 0) continue;
      this.bytes = load<u64>(block, BYTES);
      this.number = load<u32>(block, NUMBER);
      this.line = load<u32>(block, LINE);
      this.count--;
      for (let at = n - 1; at < this.count; at++)
        memory.copy(this.blocks.at(at), this.blocks.at(at + 1), BLOCK_BYTES);
      return true;
    }
    return false;
  }
}
