/**
 * A bump allocator: each block begins where the last one ended, and none is ever used again. The lower bound of what an
 * operation can cost, and the upper bound of what a heap can take. The heap grows by sbrk, `growth` bytes at a time.
 *
 *   ├ bytes ┼ block ─────┼ bytes ┼ block ─┼ bytes | 1 ┼ gap ─┼ bytes ┼ block ─┼ ┄ free ┄ │
 *   start                                                                   next        end
 *
 * bytes: of the chunk, its header of 8 bytes included, so that chunks can be walked over; a gap is what an alignment larger
 * than usual leaves out.
 */

import { NONE } from "../abi/core";
import { CHUNK_META, CHUNK_TOP, CHUNK_USED } from "../abi/heap";
import { ENOMEM } from "../abi/linux";
import { Allocator, ChunkView } from "./contract";
import { NO_MEMORY } from "./memory";
import { isAlignment, MOST_BYTES, moveBlock, powerOfTwoFrom, product } from "./parts";

const HEADER: u64 = 8;
const GAP: u64 = 1;

@final
@unmanaged
export class Bump extends Allocator {
  private alignment: u64;
  private growth: u64;
  private start: u64;
  /** Where the next chunk begins: its block is aligned. */
  private next0: u64;
  private end: u64;

  create(parameters: usize): bool {
    this.alignment = powerOfTwoFrom(max(HEADER, <u64>load<f64>(parameters)));
    this.growth = <u64>load<f64>(parameters, 8);
    return true;
  }

  malloc(bytes: u64): u64 {
    return this.take(this.alignment, bytes);
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    // Memory from sbrk is zero, and none is used twice.
    return wanted == u64.MAX_VALUE ? 0 : this.take(this.alignment, wanted);
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    const had = this.usableSize(address);
    return bytes <= had ? address : moveBlock<Bump>(this, address, had, bytes);
  }

  free(_address: u64): void {}

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (!isAlignment(this, operation, alignment)) return 0;
    return this.take(max(powerOfTwoFrom(alignment), this.alignment), bytes);
  }

  private take(alignment: u64, bytes: u64): u64 {
    const memory = this.memory;
    if (alignment > MOST_BYTES || bytes > MOST_BYTES - HEADER - alignment) return this.lack();
    if (this.start == 0) this.begin(memory.breakAddress);
    if (!this.fits(alignment, bytes)) return this.lack();
    const next = this.next0;
    const block = blockFrom(next, alignment);
    const after = this.behind(block, bytes);
    if (block - HEADER != next) memory.write<u64>(next, (block - HEADER - next) | GAP);
    memory.write<u64>(block - HEADER, after - block + HEADER);
    this.next0 = after;
    return block;
  }

  /** Where the chunk behind a block begins. */
  private behind(block: u64, bytes: u64): u64 {
    return blockFrom(block + max(bytes, 1), this.alignment) - HEADER;
  }

  /** Gets memory for a block, if it is needed, and for a header behind it; false when the system has none. */
  private fits(alignment: u64, bytes: u64): bool {
    let needed = this.behind(blockFrom(this.next0, alignment), bytes) + HEADER;
    while (needed > this.end) {
      if (!this.grow(needed - this.end)) return false;
      // Growing may have moved where the next chunk begins.
      needed = this.behind(blockFrom(this.next0, alignment), bytes) + HEADER;
    }
    return true;
  }

  private lack(): u64 {
    this.memory.errno = ENOMEM;
    return 0;
  }

  /** The first block is aligned behind its header. */
  private begin(at: u64): void {
    this.start = blockFrom(at, this.alignment) - HEADER;
    this.next0 = this.start;
    this.end = at;
  }

  private grow(lacking: u64): bool {
    const memory = this.memory;
    const more = ((lacking + this.growth - 1) / this.growth) * this.growth;
    const at = memory.sbrk(<i64>more);
    if (at == NO_MEMORY || at < this.end) return false;
    if (at != this.end) this.bridge(at);
    this.end = at + more;
    return true;
  }

  /** Another has moved the break: what lies between the last chunk and new memory at `at` is a gap. */
  private bridge(at: u64): void {
    const next = blockFrom(at, this.alignment) - HEADER;
    if (this.next0 == this.start) this.start = next;
    else this.memory.write<u64>(this.next0, (next - this.next0) | GAP);
    this.next0 = next;
  }

  usableSize(address: u64): u64 {
    return address == 0 ? 0 : this.memory.read<u64>(address - HEADER) - HEADER;
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return 0;
  }

  footprint(address: u64): u64 {
    return this.memory.peek<u64>(address - HEADER);
  }

  forked(): bool {
    return true;
  }

  next(view: ChunkView): bool {
    if (this.start == 0) return false;
    const at = view.cursor == 0 ? this.start : view.cursor;
    if (at >= this.end) return false;
    view.bin = NONE;
    view.arena = 0;
    view.address = at;
    if (at >= this.next0) {
      view.bytes = this.end - at;
      view.state = CHUNK_TOP;
      view.cursor = this.end;
      return true;
    }
    const word = this.memory.peek<u64>(at);
    view.bytes = word & ~GAP;
    view.state = (word & GAP) != 0 ? CHUNK_META : CHUNK_USED;
    view.cursor = at + view.bytes;
    return view.bytes != 0;
  }

  /** Chunks lead from the start to where the next one begins. */
  isValid(): bool {
    let at = this.start;
    while (at < this.next0) {
      const bytes = this.memory.peek<u64>(at) & ~GAP;
      if (bytes < HEADER) return false;
      at += bytes;
    }
    // Before the first growth that went well the start is all there is.
    return at == this.next0 && (at <= this.end || at == this.start);
  }
}

/** The first address that is a multiple of the alignment and has room for a header before it, from `at` on. */
function blockFrom(at: u64, alignment: u64): u64 {
  return (at + HEADER + alignment - 1) & ~(alignment - 1);
}
