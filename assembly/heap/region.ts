/**
 * A region: a stack of blocks. A block is put behind the last one; to free the last one takes it off, and with it all
 * below it that were freed before. To resize the last one moves its end. Memory comes in chunks, and a chunk with no block
 * in use goes back, but for `spare` ones.
 *
 *   chunk   +0               +8    +16    +24    +32
 *           ├ chunk below ───┼ end ┼ next ┼ last ┼ block ┼ block ┼ ┄ free ┄ │
 *                                                                next       end
 *   block   +0               +8              +16
 *           ├ bytes | freed ─┼ block below ──┼ payload, a multiple of 16 ───┤
 *
 *   next, last: where the next block goes, and the last one; kept here while there is a chunk above. block below: in the
 *   same chunk, 0: none. A payload of larger alignment has a freed block before it, which fills the gap.
 *
 * From: Hanson, "Fast allocation and deallocation of memory based on object lifetimes", Software: Practice and Experience 20,
 * 1990, for regions of chunks; GNU libc's obstacks (malloc/obstack.c) for objects that are freed from the last one back,
 * grow at the end, and leave no empty chunk behind when they move. Differences: obstacks free everything above an object
 * with it. C's free names one block, so blocks have headers, and one that is not the last is kept until it is.
 */
import { NONE } from "../abi/core";
import { CHUNK_FREE, CHUNK_META, CHUNK_TOP, CHUNK_USED } from "../abi/heap";
import { ENOMEM, PROT_READ, PROT_WRITE } from "../abi/linux";
import { Allocator, ChunkView } from "./contract";
import { NO_MEMORY } from "./memory";
import { isAlignment, MOST_BYTES, moveBlock, powerOfTwoFrom, product, roundUp } from "./parts";

const BELOW: u64 = 0;
const END: u64 = 8;
const NEXT: u64 = 16;
const LAST: u64 = 24;
const CHUNK_HEADER: u64 = 32;

const BYTES: u64 = 0;
const BLOCK_BELOW: u64 = 8;
const HEADER: u64 = 16;
const ALIGNMENT: u64 = 16;
const FREED: u64 = 1;
const PAGE: u64 = 4096;

@final
@unmanaged
export class Region extends Allocator {
  private chunkBytes: u64;
  private mostSpares: u64;
  /** The chunk on top; 0: there is none. Each one has a block, and the last one of the top is in use. */
  private chunk: u64;
  private end: u64;
  private nextBlock: u64;
  private last: u64;
  /** Chunks of the usual size with no block. */
  private spare: u64;
  private spares: u64;

  create(parameters: usize): bool {
    this.chunkBytes = roundUp(<u64>load<f64>(parameters), PAGE);
    this.mostSpares = <u64>load<f64>(parameters, 8);
    return true;
  }

  malloc(bytes: u64): u64 {
    return this.push(ALIGNMENT, bytes);
  }

  calloc(count: u64, bytes: u64): u64 {
    const wanted = product(this, count, bytes);
    if (wanted == u64.MAX_VALUE) return 0;
    const address = this.malloc(wanted);
    if (address != 0) this.memory.fill(address, 0, wanted);
    return address;
  }

  memalign(operation: u32, alignment: u64, bytes: u64): u64 {
    if (!isAlignment(this, operation, alignment)) return 0;
    return this.push(max(powerOfTwoFrom(alignment), ALIGNMENT), bytes);
  }

  /** A block on top of the stack; 0 with ENOMEM. */
  private push(alignment: u64, bytes: u64): u64 {
    const size = payloadFor(bytes);
    let payload = (this.nextBlock + HEADER + alignment - 1) & ~(alignment - 1);
    if (size == 0 || this.chunk == 0 || payload + size > this.end) {
      if (size == 0 || alignment > MOST_BYTES || !this.pushChunk(HEADER + size + alignment - ALIGNMENT)) {
        this.memory.errno = ENOMEM;
        return 0;
      }
      payload = (this.nextBlock + HEADER + alignment - 1) & ~(alignment - 1);
    }
    const gap = payload - HEADER - this.nextBlock;
    if (gap != 0) this.place(this.nextBlock, (gap - HEADER) | FREED);
    this.place(payload - HEADER, size);
    return payload;
  }

  /** A block at `block`, which is where the next one goes. */
  private place(block: u64, bytes: u64): void {
    const memory = this.memory;
    memory.write<u64>(block + BYTES, bytes);
    memory.write<u64>(block + BLOCK_BELOW, this.last);
    this.last = block;
    this.nextBlock = block + HEADER + (bytes & ~FREED);
  }

  /** A chunk on top, with room for `bytes`; false when the system has none. */
  private pushChunk(bytes: u64): bool {
    const memory = this.memory;
    const size = max(this.chunkBytes, roundUp(bytes + CHUNK_HEADER, PAGE));
    let chunk = this.spare;
    if (size == this.chunkBytes && chunk != 0) {
      this.spare = memory.read<u64>(chunk + BELOW);
      this.spares--;
    } else {
      chunk = memory.mmap(size, PROT_READ | PROT_WRITE);
      if (chunk == NO_MEMORY) return false;
      memory.write<u64>(chunk + END, chunk + size);
    }
    if (this.chunk != 0) {
      memory.write<u64>(this.chunk + NEXT, this.nextBlock);
      memory.write<u64>(this.chunk + LAST, this.last);
    }
    memory.write<u64>(chunk + BELOW, this.chunk);
    this.chunk = chunk;
    this.end = chunk + size;
    this.nextBlock = chunk + CHUNK_HEADER;
    this.last = 0;
    return true;
  }

  free(address: u64): void {
    if (address == 0) return;
    const memory = this.memory;
    const block = address - HEADER;
    const bytes = memory.read<u64>(block + BYTES);
    memory.write<u64>(block + BYTES, bytes | FREED);
    if (block == this.last) this.pop();
  }

  /** Takes off blocks that were freed, down to one in use. A step for each. */
  private pop(): void {
    const memory = this.memory;
    while (this.last != 0 && (memory.read<u64>(this.last + BYTES) & FREED) != 0 && !memory.hasStopped) {
      memory.step();
      this.nextBlock = this.last;
      this.last = memory.read<u64>(this.last + BLOCK_BELOW);
      if (this.last == 0) this.popChunk();
    }
  }

  private popChunk(): void {
    const memory = this.memory;
    const chunk = this.chunk;
    this.chunk = memory.read<u64>(chunk + BELOW);
    this.drop(chunk);
    if (this.chunk == 0) return;
    this.end = memory.read<u64>(this.chunk + END);
    this.nextBlock = memory.read<u64>(this.chunk + NEXT);
    this.last = memory.read<u64>(this.chunk + LAST);
  }

  /** A chunk that is in no stack goes back, or is spare. */
  private drop(chunk: u64): void {
    const memory = this.memory;
    const bytes = memory.read<u64>(chunk + END) - chunk;
    if (bytes != this.chunkBytes || this.spares >= this.mostSpares) {
      memory.munmap(chunk, bytes);
      return;
    }
    memory.write<u64>(chunk + BELOW, this.spare);
    this.spare = chunk;
    this.spares++;
  }

  realloc(address: u64, bytes: u64): u64 {
    if (address == 0) return this.malloc(bytes);
    if (bytes == 0) {
      this.free(address);
      return 0;
    }
    const size = payloadFor(bytes);
    const isLast = address - HEADER == this.last;
    if (isLast && size != 0 && size <= this.end - address) {
      this.memory.write<u64>(this.last + BYTES, size);
      this.nextBlock = address + size;
      return address;
    }
    const had = this.usableSize(address);
    if (bytes <= had) return address;
    return isLast ? this.moveLast(address, had, bytes) : moveBlock<Region>(this, address, had, bytes);
  }

  /** Moves the last block to a chunk of its own; where it was alone in the old one, that goes. */
  private moveLast(address: u64, had: u64, bytes: u64): u64 {
    const memory = this.memory;
    const old = this.chunk;
    const isAlone = memory.read<u64>(address - HEADER + BLOCK_BELOW) == 0;
    const moved = moveBlock<Region>(this, address, had, bytes);
    if (moved == 0 || !isAlone) return moved;
    memory.write<u64>(this.chunk + BELOW, memory.read<u64>(old + BELOW));
    this.drop(old);
    return moved;
  }

  usableSize(address: u64): u64 {
    return address == 0 ? 0 : this.memory.read<u64>(address - HEADER + BYTES) & ~FREED;
  }

  control(_operation: u32, _a: u64, _b: u64): u64 {
    return 0;
  }

  footprint(address: u64): u64 {
    return HEADER + this.usableSize(address);
  }

  // The walk: `group` is the chunk, `cursor` the next thing in it; 0: its header.

  next(view: ChunkView): bool {
    if (view.group == 0 || view.cursor == this.memory.peek<u64>(view.group + END)) {
      view.group = min(chunkAbove(this, this.chunk, view.group), chunkAbove(this, this.spare, view.group));
      view.cursor = 0;
    }
    if (view.group == u64.MAX_VALUE) return false;
    const chunk = view.group;
    const isSpare = !this.isStacked(chunk);
    const next = isSpare ? chunk + CHUNK_HEADER : this.nextOf(chunk);
    view.bin = isSpare ? 0 : NONE;
    view.address = view.cursor == 0 ? chunk : view.cursor;
    if (view.cursor == 0) {
      view.bytes = CHUNK_HEADER;
      view.state = CHUNK_META;
    } else if (view.address < next) {
      const bytes = this.memory.peek<u64>(view.address + BYTES);
      view.bytes = HEADER + (bytes & ~FREED);
      view.state = (bytes & FREED) != 0 ? CHUNK_FREE : CHUNK_USED;
    } else {
      view.bytes = this.memory.peek<u64>(chunk + END) - view.address;
      view.state = chunk == this.chunk ? CHUNK_TOP : CHUNK_FREE;
    }
    view.cursor = view.address + view.bytes;
    return true;
  }

  private isStacked(chunk: u64): bool {
    let at = this.chunk;
    while (at != 0 && at != chunk) at = this.memory.peek<u64>(at + BELOW);
    return at != 0;
  }

  private nextOf(chunk: u64): u64 {
    return chunk == this.chunk ? this.nextBlock : this.memory.peek<u64>(chunk + NEXT);
  }

  forked(): bool {
    return true;
  }

  isValid(): bool {
    const memory = this.memory;
    if (this.chunk != 0 && (memory.peek<u64>(this.last + BYTES) & FREED) != 0) return false;
    for (let chunk = this.chunk; chunk != 0; chunk = memory.peek<u64>(chunk + BELOW)) {
      const last = chunk == this.chunk ? this.last : memory.peek<u64>(chunk + LAST);
      const next = this.nextOf(chunk);
      if (next > memory.peek<u64>(chunk + END) || !isTiled(this, chunk + CHUNK_HEADER, last, next))
        return false;
    }
    let spares: u64 = 0;
    for (let chunk = this.spare; chunk != 0; chunk = memory.peek<u64>(chunk + BELOW)) {
      if (++spares > this.spares || memory.peek<u64>(chunk + END) - chunk != this.chunkBytes) return false;
    }
    return spares == this.spares;
  }
}

/** Bytes of a payload; 0: too many. */
function payloadFor(bytes: u64): u64 {
  return bytes > MOST_BYTES - PAGE ? 0 : max(ALIGNMENT, (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
}

/** The chunk of a list that comes next behind `address`; `u64.MAX_VALUE`: none. */
function chunkAbove(region: Region, list: u64, address: u64): u64 {
  let found = u64.MAX_VALUE;
  for (let chunk = list; chunk != 0; chunk = region.memory.peek<u64>(chunk + BELOW))
    if (chunk > address && chunk < found) found = chunk;
  return found;
}

/** True if there are blocks from `first` to `next`, each with the size of the one below it. */
function isTiled(region: Region, first: u64, last: u64, next: u64): bool {
  let below: u64 = 0;
  let block = first;
  while (block < next) {
    if (region.memory.peek<u64>(block + BLOCK_BELOW) != below) return false;
    below = block;
    block += HEADER + (region.memory.peek<u64>(block + BYTES) & ~FREED);
  }
  return block == next && below == last && last != 0;
}
