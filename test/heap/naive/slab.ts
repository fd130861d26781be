/** A slab allocator in plain objects: slabs have arrays of free objects, arenas have arrays of free runs. */
import type { NaiveSystem } from "./system.js";

export interface SlabParameters {
  steps: number;
  color: number;
  empty: number;
  waste: number;
  largest: number;
  arena: number;
}

interface Arena {
  start: number;
  used: number;
}

interface Run {
  arena: Arena;
  /** Of the first page, in its arena. */
  page: number;
  order: number;
}

interface Slab {
  cache: Cache;
  run: Run;
  first: number;
  /** Numbers of free objects; the first is allocated next. */
  free: number[];
  /** The address of its descriptor, if that is an object. */
  descriptor: number | undefined;
}

interface Cache {
  size: number;
  objects: number;
  order: number;
  isOutside: boolean;
  colors: number;
  color: number;
  partial: Slab[];
  empty: Slab[];
}

const PAGE = 4096;
const UNIT = 16;
const up = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;
const descriptorBytes = (objects: number) => up(48 + 2 * objects, 8);

export class NaiveSlab {
  private readonly sizes: number[] = [];
  private readonly caches = new Map<number, Cache>();
  /** Slabs by the addresses of their pages. */
  private readonly slabs = new Map<number, Slab>();
  private readonly runs = new Map<number, Run>();
  private readonly mapped = new Map<number, { start: number; bytes: number }>();
  private readonly freeRuns: Run[][];
  private empties = 0;
  private readonly mostOrder: number;

  constructor(
    private readonly system: NaiveSystem,
    private readonly parameters: SlabParameters,
  ) {
    const { steps, largest } = parameters;
    for (let size = 0; size < largest; ) {
      const power = 2 ** Math.floor(Math.log2(Math.max(size, 1)));
      size += Math.max(UNIT, power / steps);
      this.sizes.push(size);
    }
    this.mostOrder = Math.log2(parameters.arena / PAGE) - 1;
    this.freeRuns = Array.from({ length: this.mostOrder + 1 }, () => []);
  }

  private get largest(): number {
    return this.sizes.at(-1) ?? 0;
  }

  malloc(bytes: number): number {
    return bytes <= this.largest ? this.takeObject(bytes) : this.takePages(bytes, PAGE);
  }

  calloc(count: number, bytes: number): number {
    return this.malloc(count * bytes);
  }

  memalign(alignment: number, bytes: number): number {
    const multiple = alignment <= UNIT ? UNIT : 2 ** Math.ceil(Math.log2(alignment));
    if (multiple === UNIT) return this.malloc(bytes);
    const room = Math.max(bytes, 1) + multiple - UNIT;
    return room <= this.largest
      ? up(this.malloc(room), multiple)
      : this.takePages(bytes, Math.max(multiple, PAGE));
  }

  private cacheFor(bytes: number): Cache {
    const size = this.sizes.find((one) => one >= bytes) ?? 0;
    const cache = this.caches.get(size) ?? this.newCache(size);
    this.caches.set(size, cache);
    return cache;
  }

  private newCache(size: number): Cache {
    const { waste, color } = this.parameters;
    const isOutside = size > PAGE / 8;
    let order = 0;
    const unusedIn = (bytes: number) => (size > bytes ? bytes : bytes % size);
    while (isOutside && order < 5 && unusedIn(PAGE * 2 ** order) > waste * PAGE * 2 ** order) order++;
    const bytes = PAGE * 2 ** order;
    const descriptor = (count: number) => (isOutside ? 0 : descriptorBytes(count));
    let objects = 0;
    while ((objects + 1) * size + descriptor(objects + 1) <= bytes) objects++;
    const unused = bytes - objects * size - descriptor(objects);
    const colors = color === 0 ? 1 : Math.floor(unused / up(color, UNIT)) + 1;
    return { size, objects, order, isOutside, colors, color: 0, partial: [], empty: [] };
  }

  private takeObject(bytes: number): number {
    const cache = this.cacheFor(bytes);
    const slab = cache.partial[0] ?? cache.empty.shift() ?? this.newSlab(cache);
    if (!cache.partial.includes(slab)) cache.partial.unshift(slab);
    const object = slab.free.shift() as number;
    if (slab.free.length === 0) cache.partial.shift();
    return slab.first + object * cache.size;
  }

  private newSlab(cache: Cache): Slab {
    const run = this.takeRun(cache.order);
    const descriptor = cache.isOutside ? this.takeObject(descriptorBytes(cache.objects)) : undefined;
    const start = addressOf(run);
    const first = start + cache.color * up(this.parameters.color, UNIT);
    cache.color = (cache.color + 1) % cache.colors;
    const free = Array.from({ length: cache.objects }, (_, n) => n);
    const slab = { cache, run, first, free, descriptor };
    for (let page = 0; page < 2 ** cache.order; page++) this.slabs.set(start + page * PAGE, slab);
    return slab;
  }

  free(address: number): void {
    if (address === 0) return;
    const page = Math.floor(address / PAGE) * PAGE;
    const [slab, run, mapping] = [this.slabs.get(page), this.runs.get(page), this.mapped.get(page)];
    if (slab !== undefined) this.giveObject(slab, address);
    else if (run !== undefined) this.giveRun(run);
    else if (mapping !== undefined) {
      this.mapped.delete(page);
      this.system.munmap(mapping.start, mapping.bytes);
    } else throw new Error(`${address} is not in use`);
  }

  private giveObject(slab: Slab, address: number): void {
    const { cache } = slab;
    if (slab.free.length === 0) cache.partial.unshift(slab);
    slab.free.unshift(Math.floor((address - slab.first) / cache.size));
    if (slab.free.length < cache.objects) return;
    cache.partial.splice(cache.partial.indexOf(slab), 1);
    if (cache.empty.length < this.parameters.empty) cache.empty.unshift(slab);
    else this.destroy(slab);
  }

  private destroy({ run, cache, descriptor }: Slab): void {
    for (let page = 0; page < 2 ** cache.order; page++) this.slabs.delete(addressOf(run) + page * PAGE);
    this.giveRun(run);
    if (descriptor !== undefined) this.free(descriptor);
  }

  trim(): number {
    let found = 0;
    for (const size of [...this.sizes].reverse()) {
      const cache = this.caches.get(size);
      for (let slab = cache?.empty.shift(); slab !== undefined; slab = cache?.empty.shift()) {
        this.destroy(slab);
        found = 1;
      }
    }
    return found;
  }

  private takePages(bytes: number, alignment: number): number {
    const order = Math.max(0, Math.ceil(Math.log2(Math.max(bytes, alignment) / PAGE)));
    if (order > this.mostOrder) return this.map(bytes, alignment);
    const run = this.takeRun(order);
    this.runs.set(addressOf(run), run);
    return addressOf(run);
  }

  private map(bytes: number, alignment: number): number {
    const { arena } = this.parameters;
    const before = Math.min(Math.max(alignment, PAGE), arena);
    const whole = up(before + bytes, PAGE);
    const start = alignment > arena ? this.aligned(whole, alignment, before) : this.aligned(whole, arena, 0);
    this.mapped.set(start + before, { start, bytes: whole });
    return start + before;
  }

  /** Memory of which byte number `shift` is at a multiple of `alignment`. */
  private aligned(bytes: number, alignment: number, shift: number): number {
    const start = this.system.mmap(bytes);
    if ((start + shift) % alignment === 0) return start;
    this.system.munmap(start, bytes);
    const wide = this.system.mmap(bytes + alignment);
    const first = up(wide + shift, alignment) - shift;
    this.system.munmap(wide, first - wide);
    this.system.munmap(first + bytes, wide + alignment - first);
    return first;
  }

  private takeRun(order: number): Run {
    const search = () => this.freeRuns.findIndex((runs, one) => one >= order && runs.length > 0);
    if (search() < 0) this.newArena();
    let large = search();
    const runs = this.freeRuns[large] as Run[];
    const { arena, page } = runs.shift() as Run;
    for (; large > order; large--) {
      this.freeRuns[large - 1]?.unshift({ arena, page: page + 2 ** (large - 1), order: large - 1 });
    }
    if (arena.used === 0) this.empties--;
    arena.used += 2 ** order;
    return { arena, page, order };
  }

  private newArena(): void {
    const bytes = this.parameters.arena;
    const arena = { start: this.aligned(bytes, bytes, 0), used: 0 };
    for (const run of this.wholeRuns(arena)) this.freeRuns[run.order]?.unshift(run);
    this.empties++;
  }

  /** The free runs of an arena with no page in use. */
  private wholeRuns(arena: Arena): Run[] {
    const pages = this.parameters.arena / PAGE;
    const runs: Run[] = [];
    for (let page = Math.ceil((32 + pages * 24) / PAGE); page < pages; ) {
      let order = 0;
      while (page % 2 ** (order + 1) === 0) order++;
      runs.push({ arena, page, order });
      page += 2 ** order;
    }
    return runs;
  }

  private giveRun({ arena, page, order }: Run): void {
    this.runs.delete(arena.start + page * PAGE);
    arena.used -= 2 ** order;
    for (; order < this.mostOrder; order++) {
      const runs = this.freeRuns[order] as Run[];
      const pair = page - (page % 2 ** (order + 1));
      const other = page === pair ? pair + 2 ** order : pair;
      const buddy = runs.findIndex((run) => run.arena === arena && run.page === other);
      if (buddy < 0) break;
      runs.splice(buddy, 1);
      page = pair;
    }
    this.freeRuns[order]?.unshift({ arena, page, order });
    if (arena.used > 0) return;
    if (this.empties === 0) {
      this.empties++;
      return;
    }
    for (const [n, runs] of this.freeRuns.entries()) {
      this.freeRuns[n] = runs.filter((run) => run.arena !== arena);
    }
    this.system.munmap(arena.start, this.parameters.arena);
  }

  realloc(address: number, bytes: number): number {
    if (address === 0) return this.malloc(bytes);
    if (bytes === 0) {
      this.free(address);
      return 0;
    }
    const room = this.usableSize(address);
    if (bytes <= room && bytes >= Math.floor(room / 2)) return address;
    const moved = this.malloc(bytes);
    this.free(address);
    return moved;
  }

  usableSize(address: number): number {
    if (address === 0) return 0;
    const page = Math.floor(address / PAGE) * PAGE;
    const [slab, run, mapping] = [this.slabs.get(page), this.runs.get(page), this.mapped.get(page)];
    if (slab !== undefined) {
      const { size } = slab.cache;
      return slab.first + (Math.floor((address - slab.first) / size) + 1) * size - address;
    }
    if (run !== undefined) return PAGE * 2 ** run.order;
    if (mapping !== undefined) return mapping.start + mapping.bytes - address;
    throw new Error(`${address} is not in use`);
  }
}

function addressOf({ arena, page }: Run): number {
  return arena.start + page * PAGE;
}
