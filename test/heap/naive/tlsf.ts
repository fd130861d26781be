/** TLSF as a list of chunks for each pool and a list of free chunks for each class of sizes. */
import type { NaiveSystem } from "./system.js";

interface Chunk {
  /** Of its word of size. */
  at: number;
  /** With that word. */
  bytes: number;
  isFree: boolean;
}

interface Pool {
  start: number;
  end: number;
  chunks: Chunk[];
}

export interface TlsfParameters {
  sl: number;
  growth: number;
  alignment: 16 | 8;
  system: "sbrk" | "mmap";
}

const WORD = 8;
const LEAST = 32;
const LIMIT = 2 ** 32;

const up = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

export class NaiveTlsf {
  private readonly pools: Pool[] = [];
  /** By class; the first is allocated first. */
  private readonly free0 = new Map<number, Chunk[]>();

  constructor(
    private readonly system: NaiveSystem,
    private readonly parameters: TlsfParameters,
  ) {}

  private get classes(): number {
    return 2 ** this.parameters.sl;
  }

  /** Sizes have classes in order: `classes` of them between powers of two, steps of 8 below the first. */
  private classOf(size: number): number {
    const small = this.classes * WORD;
    if (size < small) return Math.floor(size / WORD);
    const power = 2 ** Math.floor(Math.log2(size));
    const doublings = Math.log2(power / small) + 1;
    return doublings * this.classes + Math.floor((size - power) / (power / this.classes));
  }

  /** The least size of the first class that has only sizes from `size` on. */
  private roundUp(size: number): number {
    const power = 2 ** Math.floor(Math.log2(size));
    return size < this.classes * WORD ? size : up(size, power / this.classes);
  }

  private listOf(chunk: Chunk): Chunk[] {
    const key = this.classOf(chunk.bytes - WORD);
    const list = this.free0.get(key) ?? [];
    this.free0.set(key, list);
    return list;
  }

  private sizeFor(bytes: number): number {
    return Math.max(up(bytes + WORD, this.parameters.alignment), LEAST) - WORD;
  }

  malloc(bytes: number): number {
    const size = this.sizeFor(bytes);
    if (size >= LIMIT) return 0;
    const found = this.take(size);
    if (found === undefined) return 0;
    this.use(found, size);
    return found.at + WORD;
  }

  calloc(count: number, bytes: number): number {
    return this.malloc(count * bytes);
  }

  private take(size: number): Chunk | undefined {
    return this.search(size) ?? (this.grow(size) ? this.search(size) : undefined);
  }

  private search(size: number): Chunk | undefined {
    const least = this.classOf(this.roundUp(size));
    const keys = [...this.free0.entries()].filter(([key, list]) => key >= least && list.length > 0);
    const key = Math.min(...keys.map(([one]) => one));
    return this.free0.get(key)?.shift();
  }

  private grow(size: number): boolean {
    const { growth, alignment, system } = this.parameters;
    const rounded = this.roundUp(size);
    if (rounded >= LIMIT - WORD) return false;
    const levels = 30 - this.parameters.sl;
    const control = this.pools.length > 0 ? 0 : up(36 + 4 * levels, WORD) + WORD * levels * this.classes;
    const bytes = up(Math.max(rounded + control + 32 + alignment, growth), 4096);
    if (system === "mmap") {
      this.add(this.system.mmap(bytes), bytes, control);
      return true;
    }
    const padding = up(this.system.breakAddress, alignment) - this.system.breakAddress;
    const at = this.system.sbrk(bytes + padding);
    const last = this.pools.at(-1);
    if (last?.end !== at) this.add(at + padding, bytes, control);
    else {
      // The word at the pool's end is the new chunk's size.
      const chunk = { at: at - WORD, bytes, isFree: false };
      last.end += bytes;
      last.chunks.push(chunk);
      this.release(last, chunk);
    }
    return true;
  }

  private add(start: number, bytes: number, control: number): void {
    const at = up(start + 16 + control + WORD, this.parameters.alignment) - WORD;
    const chunk = { at, bytes: start + bytes - WORD - at, isFree: false };
    const pool = { start, end: start + bytes, chunks: [chunk] };
    this.pools.push(pool);
    this.release(pool, chunk);
  }

  private use(chunk: Chunk, size: number): void {
    chunk.isFree = false;
    this.cut(chunk, size + WORD);
  }

  /** Frees the rest of a chunk behind `bytes`, if it is large enough for a chunk. */
  private cut(chunk: Chunk, bytes: number): void {
    if (chunk.bytes - bytes < LEAST) return;
    const pool = this.poolOf(chunk.at);
    const rest = { at: chunk.at + bytes, bytes: chunk.bytes - bytes, isFree: false };
    chunk.bytes = bytes;
    pool.chunks.splice(pool.chunks.indexOf(chunk) + 1, 0, rest);
    this.release(pool, rest);
  }

  private poolOf(at: number): Pool {
    const pool = this.pools.find(({ start, end }) => start <= at && at < end);
    if (pool === undefined) throw new Error(`no pool has ${at}`);
    return pool;
  }

  private release(pool: Pool, chunk: Chunk): void {
    const place = pool.chunks.indexOf(chunk);
    const [before, next] = [pool.chunks[place - 1], pool.chunks[place + 1]];
    const parts = [before?.isFree ? before : [], chunk, next?.isFree ? next : []].flat();
    for (const part of parts) if (part.isFree) this.listOf(part).splice(this.listOf(part).indexOf(part), 1);
    const whole = {
      at: (parts[0] as Chunk).at,
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
      isFree: true,
    };
    pool.chunks.splice(pool.chunks.indexOf(parts[0] as Chunk), parts.length, whole);
    this.listOf(whole).unshift(whole);
  }

  private find(address: number): { pool: Pool; chunk: Chunk } {
    const pool = this.poolOf(address);
    const chunk = pool.chunks.find(({ at }) => at + WORD === address);
    if (chunk === undefined) throw new Error(`${address} is not in use`);
    return { pool, chunk };
  }

  free(address: number): void {
    if (address === 0) return;
    const { pool, chunk } = this.find(address);
    this.release(pool, chunk);
  }

  realloc(address: number, bytes: number): number {
    if (address === 0) return this.malloc(bytes);
    if (bytes === 0) {
      this.free(address);
      return 0;
    }
    const wanted = this.sizeFor(bytes) + WORD;
    if (wanted - WORD >= LIMIT) return 0;
    const { pool, chunk } = this.find(address);
    if (wanted > chunk.bytes) {
      const next = pool.chunks[pool.chunks.indexOf(chunk) + 1];
      if (!next?.isFree || wanted > chunk.bytes + next.bytes) {
        const moved = this.malloc(bytes);
        if (moved !== 0) this.free(address);
        return moved;
      }
      this.listOf(next).splice(this.listOf(next).indexOf(next), 1);
      pool.chunks.splice(pool.chunks.indexOf(next), 1);
      chunk.bytes += next.bytes;
    }
    this.cut(chunk, wanted);
    return address;
  }

  memalign(alignment: number, bytes: number): number {
    const multiple = alignment <= 1 ? 1 : 2 ** Math.ceil(Math.log2(alignment));
    if (multiple <= this.parameters.alignment) return this.malloc(bytes);
    const size = this.sizeFor(bytes);
    const whole = up(size + multiple + LEAST, multiple);
    if (whole >= LIMIT) return 0;
    const found = this.take(whole);
    if (found === undefined) return 0;
    let payload = up(found.at + WORD, multiple);
    const gap = payload - found.at - WORD;
    if (gap > 0 && gap < LEAST) payload = up(payload + Math.max(LEAST - gap, multiple), multiple);
    const skipped = payload - found.at - WORD;
    if (skipped > 0) {
      const pool = this.poolOf(found.at);
      found.isFree = false;
      const before = { at: found.at, bytes: skipped, isFree: false };
      pool.chunks.splice(pool.chunks.indexOf(found), 0, before);
      found.at += skipped;
      found.bytes -= skipped;
      this.release(pool, before);
    }
    this.use(found, size);
    return payload;
  }

  usableSize(address: number): number {
    return address === 0 ? 0 : this.find(address).chunk.bytes - WORD;
  }
}
