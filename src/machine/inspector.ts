/** Shows a machine's page-table entries, TLBs and frames as objects. */
import {
  FLAG_ACCESSED,
  FLAG_DIRTY,
  FLAG_EXECUTE,
  FLAG_HUGE,
  FLAG_LEAF,
  FLAG_PRESENT,
  FLAG_READ,
  FLAG_USER,
  FLAG_WRITE,
} from "../../assembly/abi/mmu.js";
import { listName, markWords } from "../policy/lists.js";
import type { Kernel } from "../wasm/kernel.js";
import type { FrameState, KernelMachine, RawTlbEntry } from "../wasm/machine.js";
import type { NamedTlb } from "./build.js";
import type { Geometry } from "./geometry.js";

/** A page, by its address space and its first address. */
export interface PageId {
  /** Number of the address space, from 0. */
  space: number;
  /** First address of the page. */
  address: bigint;
  /** Name of the page's size: `4k`. */
  pageSize: string;
}

/** A page-table entry. */
export interface EntryView {
  /** Level 1 maps base pages. */
  level: number;
  /** Its place in its table. */
  index: number;
  /** Physical address of the entry. */
  entryAddress: bigint;
  /** Its bits, in the architecture's layout. */
  raw: bigint;
  /** Its present bit, or valid bit, is set. */
  present: boolean;
  /** It is a leaf. */
  leaf: boolean;
  /** It is a leaf above level 1. */
  huge: boolean;
  /** Among entries that point to tables, only x86's have these and `accessed`; for others they are false. */
  read: boolean;
  /** Stores are allowed. */
  write: boolean;
  /** Fetches are allowed. */
  execute: boolean;
  /** Programs may access the page, not only the kernel. */
  user: boolean;
  /** The accessed bit is set. */
  accessed: boolean;
  /** The dirty bit is set. */
  dirty: boolean;
  /** The physical address it points to; undefined if it is not present. */
  frame: number | undefined;
}

/** A translation in a TLB. */
export interface TlbEntryView {
  /** The way in its set, from 0. */
  way: number;
  /** Number of the address space, from 0. */
  space: number;
  /** First address of the page, without the bits above the architecture's width. */
  address: bigint;
  /** Name of the page's size: `4k`. */
  pageSize: string;
  /** Number of the page's first frame. */
  frame: number;
  /** Stores are allowed. */
  write: boolean;
  /** Fetches are allowed. */
  execute: boolean;
  /** Programs may access the page. */
  user: boolean;
  /** It allows a store without an access to the page table. */
  dirty: boolean;
}

/** A TLB: its shape (`64x4` is entries by ways), its counts, its translations by set. */
export interface TlbView {
  /** Entries and ways: `64x4`, `64xfull`. */
  shape: string;
  /** Lookups so far. */
  lookups: number;
  /** Lookups that found a translation. */
  hits: number;
  /** Lookups that found none. */
  misses: number;
  /** With lru and fifo the ways of a set are in order, the youngest first. */
  sets: TlbEntryView[][];
}

/** A page that the replacement policy holds. */
export interface HeldPage extends PageId {
  /** It is remembered, not in memory. */
  isGhost: boolean;
  /** The policy's marks of it, in words: `referenced`, `counter 2`. */
  marks: string[];
}

/** A list of the replacement policy, by its name in the paper: `T1`, `A1out`. */
export interface PolicyList {
  /** The list's name in the policy's paper or source: `t1`, `inactive`. */
  name: string;
  /** From the front to the back; the head of the policy's source gives the order. */
  pages: HeldPage[];
}

/** A frame of physical memory. */
export interface FrameView {
  /** Number of the block's first frame. */
  frame: number;
  /** log2 of the number of frames in the block. */
  order: number;
  /** The use of the block's frames. */
  state: FrameState;
  /** The page in a `page` frame. */
  page: PageId | undefined;
}

const VPN_BITS = 45n;
const LEVEL_MASK = 3n;

export class Inspector {
  private readonly entryBytes: number;

  constructor(
    private readonly machine: KernelMachine,
    private readonly geometry: Geometry,
    private readonly named: readonly NamedTlb[],
  ) {
    this.entryBytes = geometry.entryBytes;
  }

  /** The entries on the walk to `address`, from the root to the first leaf or absent entry. */
  walk(space: number, address: bigint): EntryView[] {
    const entries: EntryView[] = [];
    for (let level = this.geometry.levels; level >= 1; level--) {
      const table = this.machine.tableAt(space, address, level);
      if (table === undefined) break;
      entries.push(this.entry(table, this.machine.tableIndex(address, level), level));
    }
    return entries;
  }

  /** The non-zero entries of the table at `level` on the walk to `address`. */
  table(space: number, address: bigint, level: number): EntryView[] {
    const table = this.machine.tableAt(space, address, level);
    if (table === undefined) return [];
    const indices = Array.from({ length: 2 ** this.geometry.indexBits }, (_, index) => index);
    return indices.map((index) => this.entry(table, index, level)).filter((entry) => entry.raw !== 0n);
  }

  private entry(table: number, index: number, level: number): EntryView {
    const raw = this.machine.tableEntry(table, index, this.entryBytes);
    const flags = this.machine.entryFlags(raw, level);
    const has = (flag: number) => (flags & flag) !== 0;
    return {
      level,
      index,
      entryAddress: BigInt(table) * BigInt(this.geometry.pageBytes) + BigInt(index * this.entryBytes),
      raw,
      present: has(FLAG_PRESENT),
      leaf: has(FLAG_LEAF),
      huge: has(FLAG_HUGE),
      read: has(FLAG_READ),
      write: has(FLAG_WRITE),
      execute: has(FLAG_EXECUTE),
      user: has(FLAG_USER),
      accessed: has(FLAG_ACCESSED),
      dirty: has(FLAG_DIRTY),
      frame: has(FLAG_PRESENT) ? this.machine.entryFrame(raw) : undefined,
    };
  }

  tlbs(): Record<string, TlbView> {
    return Object.fromEntries(
      this.named.map(({ spec, tlb }) => {
        const sets = Array.from({ length: spec.sets }, (_, n) => tlb.set(n).map((raw) => this.tlbEntry(raw)));
        return [spec.name, { shape: spec.shape, ...tlb.counts, sets }];
      }),
    );
  }

  private tlbEntry({ way, tag, data }: RawTlbEntry): TlbEntryView {
    const has = (flag: number) => (data & BigInt(flag)) !== 0n;
    return {
      way,
      ...this.page(tag),
      frame: Number(data >> 8n),
      write: has(FLAG_WRITE),
      execute: has(FLAG_EXECUTE),
      user: has(FLAG_USER),
      dirty: (tag & 1n) !== 0n,
    };
  }

  /** The page that a key (assembly/mmu/key.ts) names. */
  private page(key: bigint): PageId {
    const level = Number((key >> 1n) & LEVEL_MASK);
    const vpn = (key >> 3n) & ((1n << VPN_BITS) - 1n);
    const shift = Math.log2(this.geometry.pageBytes) + (level - 1) * this.geometry.indexBits;
    return {
      space: Number(key >> 48n),
      address: vpn << BigInt(shift),
      pageSize: this.geometry.sizes[level - 1] ?? "",
    };
  }

  /** The policy's lists that have pages, in the order of their numbers. */
  policyLists(policy: string): PolicyList[] {
    const lists: (PolicyList & { number: number })[] = [];
    for (const { key, list: number, mark, isGhost } of this.machine.holdings()) {
      if (lists.at(-1)?.number !== number) {
        lists.push({ number, name: listName(policy, number), pages: [] });
      }
      const marks = isGhost ? [] : markWords(policy, mark);
      lists.at(-1)?.pages.push({ ...this.page(key), isGhost, marks });
    }
    return lists.map(({ name, pages }) => ({ name, pages }));
  }

  /** The page that the policy would evict next, found in `copy`. */
  nextVictim(copy: Kernel): PageId | undefined {
    const key = this.machine.nextVictim(copy);
    return key === undefined ? undefined : this.page(key);
  }

  *frames(from: number): Generator<FrameView> {
    for (let frame = from; ; ) {
      const raw = this.machine.frame(frame);
      if (raw === undefined) return;
      const { state, order, owner } = raw;
      yield { frame, order, state, page: state === "page" ? this.page(owner) : undefined };
      frame += 2 ** order;
    }
  }
}
