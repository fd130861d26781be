/** Naive first, next, best and worst fit, and segregated fits. */
import { type NaiveChunk, type NaiveHeap, powerFrom, roundUp } from "./model.js";

export interface FitParameters {
  search: "first" | "next" | "best" | "worst" | "segregated";
  order: "address" | "lifo" | "fifo" | "size" | "size-descending";
  remainder: "insert" | "keep";
  coalesce: "immediate" | "deferred" | "never" | "list";
  header: number;
  alignment: number;
  tags: "free" | "both" | "header" | "table";
  split: number;
  growth: number;
  size: number;
  /** Of segregated fits. */
  classes: "power-of-two" | "linear";
}

export class NaiveFit implements NaiveHeap {
  readonly chunks: NaiveChunk[] = [];
  readonly lists = new Map<number, NaiveChunk[]>();
  private readonly header: number;
  private readonly alignment: number;
  private readonly footer: number;
  private readonly least: number;
  private rover: NaiveChunk | undefined;

  /** `base`: the address that others count from. */
  constructor(
    private readonly parameters: FitParameters,
    private readonly base: number,
  ) {
    const { tags, header, alignment } = parameters;
    const isTable = tags === "table";
    this.header = isTable ? header : roundUp(Math.max(header, 8), 8);
    this.alignment = isTable ? alignment : powerFrom(Math.max(alignment, 8));
    this.footer = tags === "both" ? 8 : 0;
    this.least = isTable ? 1 : roundUp(tags === "header" ? 24 : 32, this.alignment);
  }

  private get isTable(): boolean {
    return this.parameters.tags === "table";
  }

  private need(bytes: number): number {
    const wanted = Math.max(bytes, 1);
    if (this.isTable) return roundUp(wanted, this.alignment) + this.header;
    return Math.max(this.least, roundUp(this.header + wanted + this.footer, this.alignment));
  }

  malloc(bytes: number): number | undefined {
    const need = this.need(bytes);
    const chunk = this.obtain(need);
    if (chunk === undefined) return undefined;
    this.place(chunk, need);
    return chunk.at + this.header;
  }

  private obtain(need: number): NaiveChunk | undefined {
    let chunk = this.find(need);
    if (chunk === undefined && this.parameters.coalesce === "deferred") {
      this.joinEverything();
      chunk = this.find(need);
    }
    if (chunk === undefined && this.grow(need)) chunk = this.find(need);
    return chunk;
  }

  private list(chunk: NaiveChunk): NaiveChunk[] {
    const number = this.classOf(chunk.bytes);
    const list = this.lists.get(number) ?? [];
    this.lists.set(number, list);
    return list;
  }

  private classOf(bytes: number): number {
    const { search, classes } = this.parameters;
    if (search !== "segregated") return 0;
    if (classes === "power-of-two") return Math.floor(Math.log2(bytes));
    const units = Math.floor(bytes / this.alignment);
    return units < 64 ? units : 64 + Math.floor(Math.log2(units / 64));
  }

  private find(need: number): NaiveChunk | undefined {
    const { search } = this.parameters;
    if (search === "segregated") return this.findSegregated(need);
    const list = this.lists.get(0) ?? [];
    const fitting = list.filter(({ bytes }) => bytes >= need);
    const sizes = fitting.map(({ bytes }) => bytes);
    if (search === "best") return fitting.find(({ bytes }) => bytes === Math.min(...sizes));
    if (search === "worst") return fitting.find(({ bytes }) => bytes === Math.max(...sizes));
    if (search === "first") return fitting[0];
    const from = this.rover === undefined ? 0 : list.indexOf(this.rover);
    const found = [...list.slice(from), ...list.slice(0, from)].find(({ bytes }) => bytes >= need);
    if (found !== undefined) this.rover = found;
    return found;
  }

  private findSegregated(need: number): NaiveChunk | undefined {
    const own = this.classOf(need);
    for (const number of [...this.lists.keys()].sort((a, b) => a - b)) {
      const found = number < own ? undefined : this.lists.get(number)?.find(({ bytes }) => bytes >= need);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private grow(need: number): boolean {
    const { growth, size } = this.parameters;
    const last = this.chunks.at(-1);
    const lead = this.isTable ? 0 : roundUp(this.header, this.alignment) - this.header;
    const tail = this.isTable ? 0 : this.alignment;
    let chunk: NaiveChunk;
    if (size > 0) {
      if (last !== undefined || (!this.isTable && size < lead + tail + this.least)) return false;
      const bytes = this.isTable ? size : Math.floor((size - lead - 8) / this.alignment) * this.alignment;
      chunk = { at: lead, bytes, isFree: false };
    } else if (last === undefined) {
      const all = roundUp(need + lead + tail, roundUp(growth, this.alignment));
      const bytes = this.isTable ? all : Math.floor((all - lead - 8) / this.alignment) * this.alignment;
      chunk = { at: lead, bytes, isFree: false };
    } else {
      const bytes = roundUp(need, roundUp(growth, this.alignment));
      chunk = { at: last.at + last.bytes, bytes, isFree: false };
    }
    this.chunks.push(chunk);
    this.release(chunk);
    return true;
  }

  /** A chunk in use for `bytes` of the chunk; a new one in use for the rest. */
  private cut(chunk: NaiveChunk, bytes: number): NaiveChunk {
    const rest = { at: chunk.at + bytes, bytes: chunk.bytes - bytes, isFree: false };
    chunk.bytes = bytes;
    this.chunks.splice(this.chunks.indexOf(chunk) + 1, 0, rest);
    return rest;
  }

  private isSplit(chunk: NaiveChunk, need: number): boolean {
    return chunk.bytes - need >= Math.max(this.least, this.parameters.split);
  }

  private place(chunk: NaiveChunk, need: number): void {
    const place = this.list(chunk).indexOf(chunk);
    const isNext = this.rover === chunk;
    this.takeOut(chunk);
    if (!this.isSplit(chunk, need)) return;
    const rest = this.cut(chunk, need);
    const { search, order, remainder } = this.parameters;
    const keeps = search !== "segregated" && (order === "address" || remainder === "keep");
    if (!keeps) {
      this.putIn(rest);
      return;
    }
    rest.isFree = true;
    this.list(rest).splice(place, 0, rest);
    if (isNext) this.rover = rest;
  }

  /** Marks a free chunk as used. If the next search would begin at it, it begins at the next chunk in the list. */
  private takeOut(chunk: NaiveChunk): void {
    const list = this.list(chunk);
    const place = list.indexOf(chunk);
    if (this.rover === chunk) this.rover = list[place + 1];
    list.splice(place, 1);
    if (list.length === 0) this.lists.delete(this.classOf(chunk.bytes));
    chunk.isFree = false;
  }

  /** Marks a chunk as free, and inserts it into the list by the order. */
  private putIn(chunk: NaiveChunk): void {
    const { order } = this.parameters;
    const list = this.list(chunk);
    chunk.isFree = true;
    if (order === "lifo") list.unshift(chunk);
    else list.push(chunk);
    if (order === "address") list.sort((a, b) => a.at - b.at);
    if (order === "size") list.sort((a, b) => a.bytes - b.bytes);
    if (order === "size-descending") list.sort((a, b) => b.bytes - a.bytes);
  }

  free(block: number): void {
    this.release(this.used(block));
  }

  private used(block: number): NaiveChunk {
    const chunk = this.chunks.find(({ at, isFree }) => !isFree && at + this.header === block);
    if (chunk === undefined) throw new Error(`no block is at ${block}`);
    return chunk;
  }

  private release(chunk: NaiveChunk): void {
    const { coalesce } = this.parameters;
    if (coalesce === "immediate") {
      this.joinAround(chunk);
      return;
    }
    this.putIn(chunk);
    if (coalesce === "list") this.joinListed();
  }

  private joinAround(chunk: NaiveChunk): void {
    const place = this.chunks.indexOf(chunk);
    const neighbours = [this.chunks[place - 1], this.chunks[place + 1]];
    const free = neighbours.filter((neighbour) => neighbour?.isFree === true) as NaiveChunk[];
    const isNext = free.some((neighbour) => neighbour === this.rover);
    let joined = chunk;
    for (const neighbour of free) {
      this.takeOut(neighbour);
      joined = this.join(...([joined, neighbour].sort((a, b) => a.at - b.at) as [NaiveChunk, NaiveChunk]));
    }
    this.putIn(joined);
    if (isNext) this.rover = joined;
  }

  /** Joins two neighbours into the lower one. */
  private join(lower: NaiveChunk, upper: NaiveChunk): NaiveChunk {
    lower.bytes += upper.bytes;
    this.chunks.splice(this.chunks.indexOf(upper), 1);
    return lower;
  }

  private joinEverything(): void {
    const isBySize = this.parameters.search === "segregated" || this.parameters.order.startsWith("size");
    for (let n = 0; n < this.chunks.length; n++) {
      const chunk = this.chunks[n] as NaiveChunk;
      if (!chunk.isFree || this.chunks[n + 1]?.isFree !== true) continue;
      let isNext = this.rover === chunk;
      if (isBySize) this.takeOut(chunk);
      for (let next = this.chunks[n + 1]; next?.isFree === true; next = this.chunks[n + 1]) {
        if (next === this.rover) isNext = true;
        this.takeOut(next);
        this.join(chunk, next);
      }
      if (isBySize) this.putIn(chunk);
      if (isNext) this.rover = chunk;
    }
  }

  private joinListed(): void {
    const list = this.lists.get(0) ?? [];
    for (let n = 0; n + 1 < list.length; ) {
      const [chunk, next] = [list[n] as NaiveChunk, list[n + 1] as NaiveChunk];
      if (chunk.at + chunk.bytes !== next.at) {
        n++;
        continue;
      }
      const isNext = this.rover === next;
      this.takeOut(next);
      this.join(chunk, next);
      if (isNext) this.rover = chunk;
    }
  }

  private trim(chunk: NaiveChunk, need: number): void {
    if (this.isSplit(chunk, need)) this.release(this.cut(chunk, need));
  }

  realloc(block: number, bytes: number): number | undefined {
    const chunk = this.used(block);
    const need = this.need(bytes);
    const next = this.chunks[this.chunks.indexOf(chunk) + 1];
    if (chunk.bytes < need && next?.isFree === true && chunk.bytes + next.bytes >= need) {
      this.takeOut(next);
      this.join(chunk, next);
    }
    if (chunk.bytes >= need) {
      this.trim(chunk, need);
      return block;
    }
    const moved = this.malloc(bytes);
    if (moved !== undefined) this.free(block);
    return moved;
  }

  memalign(alignment: number, bytes: number): number | undefined {
    const wanted = powerFrom(alignment);
    if (wanted <= this.alignment) return this.malloc(bytes);
    const need = this.need(bytes);
    const padded = wanted + this.least;
    let chunk = this.obtain(Math.max(this.need(bytes + padded), need + padded));
    if (chunk === undefined) return undefined;
    this.takeOut(chunk);
    const block = chunk.at + this.header;
    if ((this.base + block) % wanted !== 0) {
      const lead = chunk;
      chunk = this.cut(lead, roundUp(this.base + block + this.least, wanted) - this.base - block);
      this.release(lead);
    }
    this.trim(chunk, need);
    return chunk.at + this.header;
  }

  usableSize(block: number): number {
    return this.used(block).bytes - this.header - this.footer;
  }
}
