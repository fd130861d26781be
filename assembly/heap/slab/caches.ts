/** The caches of the slab allocator: one for each class of sizes; objects are taken from them and given back. */
import { make } from "../../core/arena";
import { HeapMemory } from "../memory";
import { Arena, PAGE } from "./arena";
import { Cache, EMPTY, FULL, PARTIAL } from "./cache";
import { Pages } from "./pages";
import { ACTIVE, END, OWN, Slab } from "./slab";

/** Sizes are multiples of it. */
export const UNIT_SHIFT: u32 = 4;

@final
@unmanaged
export class Caches {
  private memory: HeapMemory;
  private pages: Pages;
  /** log2 of the classes to each doubling of sizes. */
  private stepShift: u32;
  private color: u32;
  private mostEmpties: u32;
  private waste: f64;
  /** Bytes that constructors write to each new object. */
  private constructed: u32;

  /** From parameters `steps`, `color`, `empty`, `waste`, `constructor`; null when Wasm's memory is out. */
  static create(memory: HeapMemory, pages: Pages, parameters: usize): Caches {
    const caches = make<Caches>();
    if (changetype<usize>(caches) == 0) return caches;
    caches.memory = memory;
    caches.pages = pages;
    caches.stepShift = <u32>load<f64>(parameters);
    caches.color = (<u32>load<f64>(parameters, 8) + 15) & ~15;
    caches.mostEmpties = <u32>load<f64>(parameters, 16);
    caches.waste = load<f64>(parameters, 24);
    caches.constructed = <u32>load<f64>(parameters, 32);
    return caches;
  }

  /** The same on another process's memory; null when Wasm's memory is out. */
  copy(space: HeapMemory, pages: Pages): Caches {
    const caches = make<Caches>();
    if (changetype<usize>(caches) == 0) return caches;
    memory.copy(changetype<usize>(caches), changetype<usize>(this), offsetof<Caches>());
    caches.memory = space;
    caches.pages = pages;
    return caches;
  }

  /** The cache for objects of `bytes`: `steps` classes of equal steps up to each power of two, steps of 16 at least. */
  classOf(bytes: u64): u32 {
    const shift = this.stepShift;
    const units = max<u32>(<u32>((bytes + 15) >> UNIT_SHIFT), 1) - 1;
    if (units >> shift == 0) return units;
    const top = 31 - <u32>clz<u32>(units);
    const part = (units >> (top - shift)) - (1 << shift);
    return ((top - shift + 1) << shift) + part;
  }

  /** The size of objects of a class. */
  sizeOf(index: u32): u32 {
    const shift = this.stepShift;
    if (index >> shift == 0) return (index + 1) << UNIT_SHIFT;
    const part = (index & ((1 << shift) - 1)) + (1 << shift) + 1;
    return (part << ((index >> shift) - 1)) << UNIT_SHIFT;
  }

  /** An object of cache number `index`; 0 when the system has no memory. `mark`: ACTIVE or OWN. */
  take(index: u32, mark: u32): u64 {
    const memory = this.memory;
    const cache = Cache.of(index);
    const slab = this.withRoom(index, cache);
    if (slab == 0) return 0;
    const object = Slab.firstFree(memory, slab);
    const next = Slab.link(memory, slab, object);
    Slab.setFirstFree(memory, slab, next);
    Slab.setLink(memory, slab, object, mark);
    Slab.setInUse(memory, slab, Slab.inUse(memory, slab) + 1);
    if (next == END) {
      Cache.unlink(memory, cache, PARTIAL, slab);
      Cache.link(memory, cache, FULL, slab);
    }
    return Slab.first(memory, slab) + <u64>object * Cache.size(memory, cache);
  }

  /** A slab with a free object, first in the list of partial ones. */
  private withRoom(index: u32, cache: u64): u64 {
    const memory = this.memory;
    memory.step();
    let slab = Cache.first(memory, cache, PARTIAL);
    if (slab != 0) return slab;
    memory.step();
    slab = Cache.first(memory, cache, EMPTY);
    if (slab != 0) {
      Cache.unlink(memory, cache, EMPTY, slab);
      Cache.setEmpties(memory, cache, Cache.empties(memory, cache) - 1);
    } else {
      slab = this.grow(index, cache);
      if (slab == 0) return 0;
    }
    Cache.link(memory, cache, PARTIAL, slab);
    return slab;
  }

  /** A new slab, in no list, its objects constructed; 0 when the system has no memory. */
  private grow(index: u32, cache: u64): u64 {
    const memory = this.memory;
    if (Cache.size(memory, cache) == 0)
      Cache.begin(memory, cache, this.sizeOf(index), this.waste, this.color);
    const order = Cache.order(memory, cache);
    const objects = Cache.objects(memory, cache);
    const run = this.pages.take(order);
    if (run == 0) return 0;
    const bytes = Slab.bytes(objects);
    const isOutside = Cache.isOutside(memory, cache);
    const slab = isOutside ? this.take(this.classOf(bytes), OWN) : run + PAGE - bytes;
    if (slab == 0) {
      this.pages.give(run);
      return 0;
    }
    const first = run + <u64>Cache.takeColor(memory, cache) * this.color;
    Slab.begin(memory, slab, index, run, first, objects);
    this.pages.enterSlab(run, order, slab);
    this.construct(first, objects, Cache.size(memory, cache));
    return slab;
  }

  private construct(first: u64, objects: u32, size: u32): void {
    const memory = this.memory;
    const bytes = min(this.constructed, size);
    if (bytes == 0) return;
    for (let object = first; object != first + <u64>objects * size; object += size) {
      memory.step();
      memory.fill(object, 0, bytes);
    }
  }

  /** The number of the object of a slab that has the byte at `address`. */
  @inline
  objectAt(slab: u64, address: u64): u32 {
    const size = Cache.size(this.memory, Cache.of(Slab.cache(this.memory, slab)));
    return <u32>(address - Slab.first(this.memory, slab)) / size;
  }

  /** Frees an object; false where none is in use there. */
  give(slab: u64, address: u64): bool {
    const memory = this.memory;
    const cache = Cache.of(Slab.cache(memory, slab));
    const object = this.objectAt(slab, address);
    if (object >= Cache.objects(memory, cache) || !isTaken(Slab.link(memory, slab, object))) return false;
    const next = Slab.firstFree(memory, slab);
    const inUse = Slab.inUse(memory, slab) - 1;
    Slab.setLink(memory, slab, object, next);
    Slab.setFirstFree(memory, slab, object);
    Slab.setInUse(memory, slab, inUse);
    if (next == END) {
      Cache.unlink(memory, cache, FULL, slab);
      Cache.link(memory, cache, PARTIAL, slab);
    }
    if (inUse == 0) this.empty(cache, slab);
    return true;
  }

  /** A slab has no object in use any more: it is kept, or its pages are free. */
  private empty(cache: u64, slab: u64): void {
    const memory = this.memory;
    Cache.unlink(memory, cache, PARTIAL, slab);
    const empties = Cache.empties(memory, cache);
    if (empties < this.mostEmpties) {
      Cache.link(memory, cache, EMPTY, slab);
      Cache.setEmpties(memory, cache, empties + 1);
    } else this.destroy(cache, slab);
  }

  private destroy(cache: u64, slab: u64): void {
    const memory = this.memory;
    this.pages.freeSlab(Slab.run(memory, slab), Cache.order(memory, cache));
    if (!Cache.isOutside(memory, cache)) return;
    const own = Arena.link(memory, Arena.page(this.pages.arenaOf(slab), slab));
    this.give(own, slab);
  }

  /** Frees the pages of all empty slabs of the first `count` caches. True if it freed any. */
  reap(count: u32): bool {
    const memory = this.memory;
    let found = false;
    // Larger classes first: their descriptors are objects of smaller ones.
    for (let index = count; index-- > 0; ) {
      const cache = Cache.of(index);
      for (
        let slab = Cache.first(memory, cache, EMPTY);
        slab != 0;
        slab = Cache.first(memory, cache, EMPTY)
      ) {
        if (memory.hasStopped) return found;
        Cache.unlink(memory, cache, EMPTY, slab);
        Cache.setEmpties(memory, cache, Cache.empties(memory, cache) - 1);
        this.destroy(cache, slab);
        found = true;
      }
    }
    return found;
  }

  /** True if the slabs of the first `count` caches are sound, and in the lists that they belong to. */
  isValid(count: u32): bool {
    for (let index: u32 = 0; index < count; index++) {
      const full = this.countIn(index, FULL);
      const partial = this.countIn(index, PARTIAL);
      const empty = this.countIn(index, EMPTY);
      if (full == u32.MAX_VALUE || partial == u32.MAX_VALUE) return false;
      if (empty != Cache.peekEmpties(this.memory, Cache.of(index))) return false;
    }
    return true;
  }

  /** Slabs in a list; `u32.MAX_VALUE` where one is not sound. */
  private countIn(index: u32, list: u64): u32 {
    const memory = this.memory;
    const objects = Cache.peekObjects(memory, Cache.of(index));
    let count: u32 = 0;
    let previous: u64 = 0;
    let slab = Cache.peekFirst(memory, Cache.of(index), list);
    for (; slab != 0; slab = Slab.peekNext(memory, slab)) {
      const inUse = Slab.peekInUse(memory, slab);
      const belongs = inUse == 0 ? EMPTY : inUse == objects ? FULL : PARTIAL;
      if (belongs != list || Slab.peekPrevious(memory, slab) != previous) return u32.MAX_VALUE;
      if (Slab.peekCache(memory, slab) != index || !isLinked(memory, slab, objects)) return u32.MAX_VALUE;
      previous = slab;
      if (++count == u32.MAX_VALUE) break;
    }
    return count;
  }
}

/** True if an object with this link is in use. */
function isTaken(link: u32): bool {
  return link == ACTIVE || link == OWN;
}

/** True if the free objects of a slab are those that are not in use, each linked once. */
function isLinked(memory: HeapMemory, slab: u64, objects: u32): bool {
  let free = objects - Slab.peekInUse(memory, slab);
  for (
    let object = Slab.peekFirstFree(memory, slab);
    object != END;
    object = Slab.peekLink(memory, slab, object)
  )
    if (object >= objects || free-- == 0) return false;
  if (free != 0) return false;
  let used: u32 = 0;
  for (let object: u32 = 0; object < objects; object++) {
    if (isTaken(Slab.peekLink(memory, slab, object))) used++;
  }
  return used == Slab.peekInUse(memory, slab);
}
