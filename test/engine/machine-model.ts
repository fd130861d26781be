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

/** Bits of a page number that has its address space above it. */
const SPACE_SHIFT = 45;

export class NaiveMachine {
  minor = 0;
  major = 0;
  evictions = 0;
  writebacks = 0;
  swapIns = 0;
  walks = 0;
  tables = 0;
  shootdowns = 0;
  interrupts = 0;
  /** Of CPU 0: l1i, l1d, l2. */
  readonly tlbs: NaiveTlb[];
  /** Of each CPU; l2 is one for all. */
  readonly cpuTlbs: NaiveTlb[][];
  private cpu = 0;
  private space = 0;
  /** The CPUs that have run each address space. */
  private readonly ran = new Map<number, Set<number>>([[0, new Set([0])]]);
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
    cpus = 1,
  ) {
    const made = () => shapes.map(({ sets, ways, replacement }) => new NaiveTlb(sets, ways, replacement));
    this.tlbs = made();
    const shared = this.tlbs[2] as NaiveTlb;
    this.cpuTlbs = [this.tlbs, ...Array.from({ length: cpus - 1 }, () => [...made().slice(0, 2), shared])];
  }

  turn(thread: number, space: number): void {
    this.cpu = thread % this.cpuTlbs.length;
    this.space = space;
    this.ran.set(space, (this.ran.get(space) ?? new Set()).add(this.cpu));
  }

  refer({ address, size, kind }: Reference): void {
    const first = Math.floor(address / this.pageBytes);
    const last = Math.floor((address + size - 1) / this.pageBytes);
    const pages = Array.from(
      { length: last - first + 1 },
      (_, n) => this.space * 2 ** SPACE_SHIFT + first + n,
    );
    const [l1i, l1d, l2] = this.cpuTlbs[this.cpu] as [NaiveTlb, NaiveTlb, NaiveTlb];
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
      for (const tlb of this.cpuTlbs.flat()) tlb.drop(victim);
      const ran = this.ran.get(Math.floor(victim / 2 ** SPACE_SHIFT)) ?? new Set();
      const others = [...ran].filter((cpu) => cpu !== this.cpu).length;
      this.interrupts += others;
      if (others > 0) this.shootdowns++;
    }
  }
}
