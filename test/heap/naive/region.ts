/** A region as an array of chunks, each an array of blocks. */
import type { NaiveSystem } from "./system.js";

interface Block {
  address: number;
  bytes: number;
  isFreed: boolean;
}

interface Chunk {
  start: number;
  end: number;
  blocks: Block[];
}

const HEADER = 16;
const UNIT = 16;
const up = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

export class NaiveRegion {
  private readonly stack: Chunk[] = [];
  private readonly spares: Chunk[] = [];

  constructor(
    private readonly system: NaiveSystem,
    private readonly parameters: { chunk: number; spare: number },
  ) {}

  malloc(bytes: number, alignment = UNIT): number {
    const size = Math.max(UNIT, up(bytes, UNIT));
    const placed = this.placeIn(this.stack.at(-1), alignment, size);
    if (placed !== undefined) return placed;
    this.stack.push(this.newChunk(HEADER + size + alignment - UNIT));
    return this.placeIn(this.stack.at(-1), alignment, size) ?? 0;
  }

  private placeIn(chunk: Chunk | undefined, alignment: number, bytes: number): number | undefined {
    if (chunk === undefined) return undefined;
    const start = endOf(chunk);
    const address = up(start + HEADER, alignment);
    if (address + bytes > chunk.end) return undefined;
    const gap = address - HEADER - start;
    if (gap > 0) chunk.blocks.push({ address: start + HEADER, bytes: gap - HEADER, isFreed: true });
    chunk.blocks.push({ address, bytes, isFreed: false });
    return address;
  }

  private newChunk(bytes: number): Chunk {
    const size = Math.max(this.parameters.chunk, up(bytes + 32, 4096));
    const spare = size === this.parameters.chunk ? this.spares.pop() : undefined;
    if (spare !== undefined) return spare;
    const start = this.system.mmap(size);
    return { start, end: start + size, blocks: [] };
  }

  calloc(count: number, bytes: number): number {
    return this.malloc(count * bytes);
  }

  memalign(alignment: number, bytes: number): number {
    return this.malloc(bytes, alignment <= UNIT ? UNIT : 2 ** Math.ceil(Math.log2(alignment)));
  }

  free(address: number): void {
    if (address === 0) return;
    this.find(address).isFreed = true;
    for (let chunk = this.stack.at(-1); chunk?.blocks.at(-1)?.isFreed; chunk = this.stack.at(-1)) {
      chunk.blocks.pop();
      if (chunk.blocks.length === 0) this.drop(this.stack.pop() as Chunk);
    }
  }

  private drop(chunk: Chunk): void {
    const size = chunk.end - chunk.start;
    const isKept = size === this.parameters.chunk && this.spares.length < this.parameters.spare;
    if (isKept) this.spares.push({ ...chunk, blocks: [] });
    else this.system.munmap(chunk.start, size);
  }

  private find(address: number): Block {
    for (const { blocks } of this.stack) {
      const block = blocks.find((one) => one.address === address && !one.isFreed);
      if (block !== undefined) return block;
    }
    throw new Error(`${address} is not in use`);
  }

  realloc(address: number, bytes: number): number {
    if (address === 0) return this.malloc(bytes);
    if (bytes === 0) {
      this.free(address);
      return 0;
    }
    const size = Math.max(UNIT, up(bytes, UNIT));
    const chunk = this.stack.at(-1) as Chunk;
    const block = this.find(address);
    const isLast = chunk.blocks.at(-1) === block;
    if (isLast && address + size <= chunk.end) {
      block.bytes = size;
      return address;
    }
    if (bytes <= block.bytes) return address;
    const moved = this.malloc(bytes);
    this.free(address);
    if (isLast && chunk.blocks.length === 1) {
      this.stack.splice(this.stack.indexOf(chunk), 1);
      this.drop(chunk);
    }
    return moved;
  }

  usableSize(address: number): number {
    return address === 0 ? 0 : this.find(address).bytes;
  }
}

function endOf({ start, blocks }: Chunk): number {
  const last = blocks.at(-1);
  return last === undefined ? start + 32 : last.address + last.bytes;
}
