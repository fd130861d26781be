/** A naive binary buddy system. */
import { type NaiveChunk, type NaiveHeap, powerFrom, roundUp } from "./model.js";

export interface BuddyParameters {
  least: number;
  tags: "header" | "map";
  grow: "double" | "pieces";
  growth: number;
  size: number;
}

export class NaiveBuddy implements NaiveHeap {
  chunks: NaiveChunk[] = [];
  readonly lists = new Map<number, NaiveChunk[]>();
  private end = 0;
  private readonly header: number;
  private readonly least: number;
  /** The address of the chunk, for blocks that do not begin at their chunk's start. */
  private readonly within = new Map<number, number>();

  /** `base`: the address that others count from. */
  constructor(
    private readonly parameters: BuddyParameters,
    private readonly base: number,
  ) {
    this.header = parameters.tags === "header" ? 16 : 0;
    this.least = powerFrom(Math.max(parameters.least, 16 + this.header));
  }

  malloc(bytes: number): number | undefined {
    const chunk = this.take(powerFrom(Math.max(bytes + this.header, this.least)));
    return chunk === undefined ? undefined : chunk.at + this.header;
  }

  private take(size: number): NaiveChunk | undefined {
    const free = this.smallest(size) ?? (this.grow(size) ? this.smallest(size) : undefined);
    if (free === undefined) return undefined;
    this.unlist(free);
    this.halve(free, size);
    free.isFree = false;
    return free;
  }

  /** The first chunk of the first list whose chunks are large enough. */
  private smallest(size: number): NaiveChunk | undefined {
    const orders = [...this.lists.keys()].filter((order) => 2 ** order >= size);
    return this.lists.get(Math.min(...orders))?.[0];
  }

  /** Upper halves become free until the chunk is no larger than that. */
  private halve(chunk: NaiveChunk, size: number): void {
    while (chunk.bytes > size) {
      chunk.bytes /= 2;
      const half = { at: chunk.at + chunk.bytes, bytes: chunk.bytes, isFree: true };
      this.chunks.splice(this.chunks.indexOf(chunk) + 1, 0, half);
      this.enlist(half);
    }
  }

  private enlist(chunk: NaiveChunk): void {
    const order = Math.log2(chunk.bytes);
    chunk.isFree = true;
    this.lists.set(order, [chunk, ...(this.lists.get(order) ?? [])]);
  }

  private unlist(chunk: NaiveChunk): void {
    const order = Math.log2(chunk.bytes);
    const left = (this.lists.get(order) ?? []).filter((other) => other !== chunk);
    if (left.length === 0) this.lists.delete(order);
    else this.lists.set(order, left);
  }

  private release(chunk: NaiveChunk): void {
    const isUpper = (chunk.at / chunk.bytes) % 2 === 1;
    const at = isUpper ? chunk.at - chunk.bytes : chunk.at + chunk.bytes;
    const buddy = this.chunks.find((other) => other.isFree && other.at === at && other.bytes === chunk.bytes);
    if (buddy === undefined) {
      this.enlist(chunk);
      return;
    }
    this.unlist(buddy);
    const [lower, upper] = isUpper ? [buddy, chunk] : [chunk, buddy];
    this.chunks = this.chunks.filter((other) => other !== upper);
    lower.bytes *= 2;
    this.release(lower);
  }

  private grow(size: number): boolean {
    const { grow, size: fixed } = this.parameters;
    const growth = powerFrom(this.parameters.growth);
    if (fixed > 0 && this.end > 0) return false;
    const needed = roundUp(this.end, size) + size;
    const doubled = powerFrom(Math.max(this.end * 2, growth, needed));
    const wanted = grow === "double" ? doubled : roundUp(needed, growth);
    const end = fixed > 0 ? Math.floor(fixed / this.least) * this.least : wanted;
    while (this.end < end) {
      let bytes = 2 ** Math.floor(Math.log2(end - this.end));
      while (this.end % bytes !== 0) bytes /= 2;
      const chunk = { at: this.end, bytes, isFree: false };
      this.chunks.push(chunk);
      this.end += bytes;
      this.release(chunk);
    }
    return true;
  }

  private used(block: number): NaiveChunk {
    const at = this.within.get(block) ?? block - this.header;
    const chunk = this.chunks.find((other) => !other.isFree && other.at === at);
    if (chunk === undefined) throw new Error(`no block is at ${block}`);
    return chunk;
  }

  free(block: number): void {
    const chunk = this.used(block);
    this.within.delete(block);
    this.release(chunk);
  }

  usableSize(block: number): number {
    const { at, bytes } = this.used(block);
    return at + bytes - block;
  }

  realloc(block: number, bytes: number): number | undefined {
    const chunk = this.used(block);
    const size = powerFrom(Math.max(bytes + this.header, this.least));
    if (!this.within.has(block) && this.mayBecome(chunk, size)) {
      this.absorb(chunk, size);
      this.halve(chunk, size);
      return block;
    }
    if (this.usableSize(block) >= bytes) return block;
    const moved = this.malloc(bytes);
    if (moved !== undefined) this.free(block);
    return moved;
  }

  /** True if free buddies cover the range from the chunk's end up to `size` bytes. */
  private mayBecome(chunk: NaiveChunk, size: number): boolean {
    for (let bytes = chunk.bytes; bytes < size; bytes *= 2) {
      const isBuddy = (other: NaiveChunk) =>
        other.isFree && other.at === chunk.at + bytes && other.bytes === bytes;
      if (chunk.at % (bytes * 2) !== 0 || !this.chunks.some(isBuddy)) return false;
    }
    return true;
  }

  private absorb(chunk: NaiveChunk, size: number): void {
    const taken = this.chunks.filter(({ at }) => at > chunk.at && at < chunk.at + size);
    if (chunk.bytes >= size) return;
    for (const other of taken) this.unlist(other);
    this.chunks = this.chunks.filter((other) => !taken.includes(other));
    chunk.bytes = size;
  }

  memalign(alignment: number, bytes: number): number | undefined {
    const wanted = powerFrom(alignment);
    if (this.parameters.tags === "map" && wanted <= 4096) return this.malloc(Math.max(bytes, wanted));
    if (wanted <= 16) return this.malloc(bytes);
    const chunk = this.take(powerFrom(Math.max(bytes + wanted + this.header, this.least)));
    if (chunk === undefined) return undefined;
    const block = roundUp(this.base + chunk.at + this.header, wanted) - this.base;
    if (block !== chunk.at + this.header) this.within.set(block, chunk.at);
    return block;
  }
}
