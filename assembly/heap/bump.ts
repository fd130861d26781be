/**
 * A bump allocator: each block begins where the last one ended, and none is ever used again. The lower bound of what an
 * operation can cost, and the upper bound of what a heap can take. The heap grows by sbrk, `chunk` bytes at a time.
 *
 *   ├ size │ block ─┼ size │ block ───┼ ┄ free ┄ │      size: 8 bytes before each block, which realloc has to know
 *   start                             next       brk
 */

import { NONE } from "../abi";
import { CHUNK_TOP, CHUNK_USED } from "../abi-heap";
import { ENOMEM } from "../abi-process";
import { Allocator, ChunkView } from "./contract";
import { NO_MEMORY } from "./memory";
import { isAlignment, MOST_BYTES, moveBlock, product } from "./parts";

const HEADER: u64 = 8;

@final
@unmanaged
export class Bump extends Allocator {
  private alignment: u64;
  private growth: u64;
  private start: u64;
  private next0: u64;
  private end: u64;

  create(parameters: usize): bool {
    this.alignment = <u64>load<f64>(parameters);
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
    return isAlignment(this, operation, alignment) ? this.take(max(alignment, this.alignment), bytes) : 0;
  }

  private take(alignment: u64, bytes: u64): u64 {
    const memory = this.memory;
    if (bytes > MOST_BYTES - HEADER - alignment) {
      memory.errno = ENOMEM;
      return 0;
    }
    if (this.start == 0) {
      this.start = memory.breakAddress;
      this.next0 = this.start;
      this.end = this.start;
    }
    const block = (this.next0 + HEADER + alignment - 1) & ~(alignment - 1);
    const end = block + bytes;
    if (end > this.end) {
      const more = ((end - this.end + this.growth - 1) / this.growth) * this.growth;
      if (memory.sbrk(<i64>more) == NO_MEMORY) {
        memory.errno = ENOMEM;
        return 0;
      }
      this.end += more;
    }
    memory.write<u64>(block - HEADER, bytes);
    this.next0 = max(end, block + 1);
    return block;
  }

  usableSize(address: u64): u64 {
    return address == 0 ? 0 : this.memory.read<u64>(address - HEADER);
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return 0;
  }

  footprint(address: u64): u64 {
    return HEADER + this.usableSize(address);
  }

  next(view: ChunkView): bool {
    if (this.start == 0 || view.cursor >= this.end) return false;
    const at = view.cursor == 0 ? this.start : view.cursor;
    view.bin = NONE;
    view.arena = 0;
    view.address = at;
    if (at >= this.next0) {
      view.bytes = this.end - at;
      view.state = CHUNK_TOP;
      view.cursor = this.end;
      return view.bytes != 0;
    }
    // Blocks of other alignments than the usual one leave gaps, which no header tells.
    view.bytes = this.next0 - at;
    view.state = CHUNK_USED;
    view.cursor = this.next0;
    return true;
  }

  isValid(): bool {
    return this.start <= this.next0 && this.next0 <= max(this.end, this.next0);
  }
}
