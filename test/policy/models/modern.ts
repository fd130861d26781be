/**
 * Naive models of the modern policies, a key for each policy and for each choice of parameters to be compared:
 * arrays with linear search, sketches without packing, and no code shared with the kernel.
 */
import { at, type Model, remove } from "./classics.js";

/** Oldest last in each queue. */
const s3Fifo =
  (smallShare: number, ghostShare: number, enough: number): Model =>
  (pages, frames) => {
    const small: Entry[] = [];
    const main: Entry[] = [];
    const ghosts: number[] = [];
    const share = Math.max(Math.floor(frames * smallShare), 1);
    const room = Math.floor(frames * ghostShare);
    const evictSmall = (): boolean => {
      for (let tail = small.pop(); tail !== undefined; tail = small.pop()) {
        if (tail.hits < enough) {
          ghosts.unshift(tail.page);
          ghosts.length = Math.min(ghosts.length, room);
          return true;
        }
        main.unshift({ page: tail.page, hits: 0 });
      }
      return false;
    };
    const evictMain = () => {
      for (let tail = main.pop(); tail !== undefined && tail.hits > 0; tail = main.pop()) {
        main.unshift({ page: tail.page, hits: tail.hits - 1 });
      }
    };
    return pages.map((page) => {
      const found = [...small, ...main].find((entry) => entry.page === page);
      if (found !== undefined) {
        found.hits = Math.min(found.hits + 1, 3);
        return true;
      }
      const returns = remove(ghosts, page);
      if (small.length + main.length === frames) {
        const fromSmall = small.length >= share || main.length === 0;
        if (!fromSmall || !evictSmall()) evictMain();
      }
      (returns ? main : small).unshift({ page, hits: 0 });
      return false;
    });
  };

/** Oldest last in each queue. */
const qdlp =
  (probationShare: number, ghostShare: number, bits: number): Model =>
  (pages, frames) => {
    const probation: Entry[] = [];
    const main: Entry[] = [];
    const ghosts: number[] = [];
    const room = frames - Math.max(Math.floor(frames * probationShare), 1);
    const ghostRoom = Math.floor(frames * ghostShare);
    const evictMain = () => {
      for (let tail = main.pop(); tail !== undefined && tail.hits > 0; tail = main.pop()) {
        main.unshift({ page: tail.page, hits: tail.hits - 1 });
      }
    };
    /** Evicts or promotes the oldest pages on probation, until a frame is free. */
    const isMainFull = () => main.length > 0 && main.length >= room;
    const passProbation = () => {
      for (let tail = probation.pop(); tail !== undefined; tail = probation.pop()) {
        if (tail.hits === 0) {
          ghosts.unshift(tail.page);
          ghosts.length = Math.min(ghosts.length, ghostRoom);
          return;
        }
        const isFull = isMainFull();
        if (isFull) evictMain();
        main.unshift({ page: tail.page, hits: 0 });
        if (isFull) return;
      }
      evictMain();
    };
    return pages.map((page) => {
      const found = [...probation, ...main].find((entry) => entry.page === page);
      if (found !== undefined) {
        found.hits = Math.min(found.hits + 1, 2 ** bits - 1);
        return true;
      }
      const returns = remove(ghosts, page);
      if (probation.length + main.length === frames) {
        if (main.length > room) evictMain();
        else passProbation();
      }
      if (returns && isMainFull()) evictMain();
      (returns ? main : probation).unshift({ page, hits: 0 });
      return false;
    });
  };

interface Entry {
  page: number;
  hits: number;
}

/** Requested last at the end of each list. */
const tinyLfu =
  (windowShare: number, protectedShare: number, samples: number, hasDoorkeeper: boolean): Model =>
  (pages, frames) => {
    const [window, probation, guarded]: [number[], number[], number[]] = [[], [], []];
    const windowRoom = Math.max(frames - Math.floor(frames * (1 - windowShare)), 1);
    const guardedRoom = Math.floor((frames - windowRoom) * protectedShare);
    const sketch = new Sketch(frames, samples, hasDoorkeeper);
    return pages.map((page) => {
      if (remove(window, page)) window.push(page);
      else if (remove(guarded, page)) guarded.push(page);
      else if (remove(probation, page)) {
        guarded.push(page);
        if (guarded.length > guardedRoom) probation.push(at(guarded.splice(0, 1), 0));
      } else {
        sketch.count(page);
        if (window.length + probation.length + guarded.length === frames) {
          const candidate = at(window.splice(0, 1), 0);
          const main = probation.length > 0 ? probation : guarded;
          const [victim] = main;
          if (victim !== undefined && sketch.estimate(candidate) > sketch.estimate(victim)) {
            main.shift();
            probation.push(candidate);
          }
        }
        window.push(page);
        if (window.length > windowRoom) probation.push(at(window.splice(0, 1), 0));
        return false;
      }
      sketch.count(page);
      return true;
    });
  };

/** The hash functions of Caffeine's simulator, on integers without limit. */
const SEEDS = [0xc3a5c85c97cb3127n, 0xb492b66fbe98f273n, 0x9ae16a3b2f90404fn, 0xcbf29ce484222325n];

class Sketch {
  /** Sixteen counters in each word. */
  private readonly words: number[][] = [];
  private readonly doors = new Set<string>();
  private requests = 0;

  constructor(
    frames: number,
    private readonly sample: number,
    private readonly hasDoorkeeper: boolean,
  ) {
    const count = 2 ** Math.ceil(Math.log2(frames));
    for (let n = 0; n < count; n++) this.words.push(Array<number>(16).fill(0));
  }

  estimate(page: number): number {
    const { counters, knows } = this.find(page);
    const least = Math.min(...counters.map(({ word, column }) => at(word, column)));
    return Math.min(least + (knows ? 1 : 0), 15);
  }

  count(page: number): void {
    const { counters, knows, bits } = this.find(page);
    if (this.hasDoorkeeper && !knows) {
      for (const bit of bits) this.doors.add(bit);
      return;
    }
    const growing = counters.filter(({ word, column }) => at(word, column) < 15);
    for (const { word, column } of growing) word[column] = at(word, column) + 1;
    if (growing.length === 0) return;
    this.requests++;
    if (this.requests < this.sample * this.words.length) return;
    const odd = this.words.flat().filter((counter) => counter % 2 === 1).length;
    this.requests = Math.floor((this.requests - Math.floor(odd / 4)) / 2);
    this.doors.clear();
    for (const word of this.words) for (const [n, counter] of word.entries()) word[n] = counter >> 1;
  }

  private find(page: number) {
    let hash = BigInt.asUintN(32, BigInt(page));
    for (let n = 0; n < 2; n++) hash = BigInt.asUintN(32, ((hash >> 16n) ^ hash) * 0x45d9f3bn);
    hash = (hash >> 16n) ^ hash;
    const first = Number(hash & 3n) * 4;
    const indices = SEEDS.map((seed) => {
      const product = BigInt.asUintN(64, (BigInt.asIntN(32, hash) + seed) * seed);
      return Number(BigInt.asUintN(32, product + (product >> 32n)) % BigInt(this.words.length));
    });
    const counters = indices.map((index, n) => ({ word: at(this.words, index), column: first + n }));
    const bits = [`${indices[0]}:${(hash >> 20n) & 63n}`, `${indices[1]}:${(hash >> 26n) & 63n}`];
    return { counters, bits, knows: this.hasDoorkeeper && bits.every((bit) => this.doors.has(bit)) };
  }
}

export const MODERN: Readonly<Record<string, Model>> = {
  "s3-fifo": s3Fifo(0.1, 0.9, 2),
  "s3-fifo:small=0.4,ghost=0.25,hits=1": s3Fifo(0.4, 0.25, 1),
  "s3-fifo:ghost=0,hits=3": s3Fifo(0.1, 0, 3),
  "s3-fifo:ghost=3": s3Fifo(0.1, 3, 2),
  qdlp: qdlp(0.1, 0.9, 2),
  "qdlp:probation=0.5,ghost=0.3,bits=1": qdlp(0.5, 0.3, 1),
  "qdlp:ghost=2,bits=4": qdlp(0.1, 2, 4),
  "qdlp:ghost=0": qdlp(0.1, 0, 2),
  tinylfu: tinyLfu(0.01, 0.8, 10, false),
  "tinylfu:window=0.3,protected=0.5,sample=4,doorkeeper=1": tinyLfu(0.3, 0.5, 4, true),
  "tinylfu:protected=0,sample=1": tinyLfu(0.01, 0, 1, false),
};
