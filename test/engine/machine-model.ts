/**
 * A naive machine that works page by page with maps and arrays, and serves every reference in full. The kernel must
 * have the same results. It has base pages only; limited memory is managed by LRU.
 */
import { KIND_FETCH, KIND_STORE } from "../../assembly/abi/core.js";
import type { Reference } from "./records.js";

class NaiveTlb {
  lookups = 0;
  misses = 0;
  private readonly contents: number[][];

  constructor(
    private readonly sets: number,
    private readonly ways: number,
    private readonly replacement: "lru" | "fifo",
  ) {
    this.contents = Array.from({ length: sets }, () => []);
  }

  private set(vpn: number): number[] {
    return this.contents[vpn % this.sets] as number[];
  }

  /** Looks the page up and enters it. Returns whether it was present. */
  touch(vpn: number): boolean {
    const set = this.set(vpn);
    const way = set.indexOf(vpn);
    if (way >= 0 && this.replacement === "fifo") return true;
    if (way >= 0) set.splice(way, 1);
    set.unshift(vpn);
    if (set.length > this.ways) set.pop();
    return way >= 0;
  }

  drop(vpn: number): void {
    const set = this.set(vpn);
    if (set.includes(vpn)) set.splice(set.indexOf(vpn), 1);
  }
}

export interface NaiveTlbShape {
  sets: number;
  ways: number;
  replacement: "lru" | "fifo";
}

export class NaiveMachine {
  minor = 0;
  major = 0;
  evictions = 0;
  writebacks = 0;
  swapIns = 0;
  walks = 0;
  tables = 0;
  readonly tlbs: NaiveTlb[];
  private readonly tablesMade = new Set<string>();
  /** Resident pages, the one used last at the end; true: dirty. */
  private readonly resident = new Map<number, boolean>();
  private readonly gone = new Set<number>();
  private readonly inSwap = new Set<number>();

  /** The first TLB is l1i, the second l1d, the third l2. */
  constructor(
    shapes: readonly [NaiveTlbShape, NaiveTlbShape, NaiveTlbShape],
    /** Index bits of each table level above the page offset, from the leaf's. */
    private readonly indexBits: readonly number[],
    private readonly pageBytes: number,
    private readonly frames = Number.POSITIVE_INFINITY,
  ) {
    this.tlbs = shapes.map(({ sets, ways, replacement }) => new NaiveTlb(sets, ways, replacement));
  }

  refer({ address, size, kind }: Reference): void {
    const first = Math.floor(address / this.pageBytes);
    const last = Math.floor((address + size - 1) / this.pageBytes);
    const pages = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    const [l1i, l1d, l2] = this.tlbs as [NaiveTlb, NaiveTlb, NaiveTlb];
    const l1 = kind === KIND_FETCH ? l1i : l1d;
    // A fault is served before its translation enters, so a victim's translation makes room for it.
    for (const vpn of pages) this.use(vpn, kind >= KIND_STORE);
    l1.lookups++;
    const hit1 = pages.map((vpn) => l1.touch(vpn));
    const missed = hit1.includes(false);
    const hit2 = missed ? pages.map((vpn) => l2.touch(vpn)) : hit1;
    if (missed) {
      l1.misses++;
      l2.lookups++;
      if (hit2.includes(false)) l2.misses++;
    }
    pages.forEach((_, n) => {
      if (!hit1[n] && !hit2[n]) this.walks++;
    });
  }

  private use(vpn: number, write: boolean): void {
    const dirty = this.resident.get(vpn) ?? false;
    if (!this.resident.has(vpn)) this.fault(vpn);
    this.resident.delete(vpn);
    this.resident.set(vpn, dirty || write);
  }

  private fault(vpn: number): void {
    let prefix = vpn;
    const wanted = this.indexBits.map((bits, level) => {
      prefix = Math.floor(prefix / 2 ** bits);
      return `${level}:${prefix}`;
    });
    for (const table of wanted.reverse()) {
      if (this.tablesMade.has(table)) continue;
      this.makeRoom();
      this.tablesMade.add(table);
      this.tables++;
    }
    this.makeRoom();
    if (!this.gone.has(vpn)) this.minor++;
    else this.major++;
    if (this.inSwap.has(vpn)) this.swapIns++;
  }

  private makeRoom(): void {
    while (this.resident.size + this.tables >= this.frames) {
      const [victim, dirty] = this.resident.entries().next().value as [number, boolean];
      this.resident.delete(victim);
      this.gone.add(victim);
      this.evictions++;
      if (dirty) {
        this.inSwap.add(victim);
        this.writebacks++;
      }
      for (const tlb of this.tlbs) tlb.drop(victim);
    }
  }
}
