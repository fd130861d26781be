/** A machine in kernel memory: calls into it, and the contents of its structs. */
import { NONE, STATUS_OUT_OF_MEMORY } from "../../assembly/abi/core.js";
import {
  ALL_CPUS,
  FRAME_FREE,
  FRAME_ORDER,
  FRAME_OWNER,
  FRAME_PAGE,
  FRAME_STATE,
  FRAME_TABLE,
  FRAMES_COUNTS_BYTES,
  FRAMES_PEAK_TABLES,
  FRAMES_PEAK_USED,
  FRAMES_TABLES,
  FRAMES_TOTAL,
  FRAMES_USED,
  MACHINE_CACHE_HITS,
  MACHINE_DISTINCT_PAGES,
  MACHINE_ENTRIES_READ,
  MACHINE_EVICTIONS,
  MACHINE_FAILED_ADDRESS,
  MACHINE_FAILED_INDEX,
  MACHINE_HIT_LEVEL,
  MACHINE_INTERRUPTS,
  MACHINE_MAJOR,
  MACHINE_MINOR,
  MACHINE_PROTECTION,
  MACHINE_SEGMENTATION,
  MACHINE_SHOOTDOWNS,
  MACHINE_SWAP_INS,
  MACHINE_WALKS,
  MACHINE_WRITEBACKS,
  RANGE_STARTS,
  RANGE_SUMS,
  RANGE_WATCHED,
} from "../../assembly/abi/machine.js";
import { TLB_ENTRIES, TLB_ENTRY, TLB_LOOKUPS, TLB_MISSES } from "../../assembly/abi/mmu.js";
import {
  HOLDING_BYTES,
  HOLDING_GHOST,
  HOLDING_KEY,
  HOLDING_LIST,
  HOLDING_MARK,
} from "../../assembly/abi/policy.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export interface MachineParameters {
  architecture: number;
  /** Physical memory, in frames; 0: unlimited. */
  frames: number;
  swapPages: number;
  huge: number;
  spaces: number;
  /** Default 1. */
  cpus?: number;
  /** `NO_POLICY` if memory is unlimited. */
  policy: number;
  policyParameters: readonly number[];
}

export interface TlbParameters {
  level: number;
  sides: number;
  sizes: number;
  sets: number;
  ways: number;
  replacement: number;
  seed: number;
}

export interface MachineCounters {
  walks: number;
  entriesRead: number;
  cacheHits: number;
  minor: number;
  major: number;
  protection: number;
  segmentation: number;
  evictions: number;
  writebacks: number;
  swapIns: number;
  distinctPages: number;
  shootdowns: number;
  interrupts: number;
}

export interface FrameCounts {
  total: number;
  used: number;
  peakUsed: number;
  tables: number;
  peakTables: number;
}

/** A decoded entry of a TLB. */
export interface RawTlbEntry {
  way: number;
  tag: bigint;
  data: bigint;
}

export type FrameState = "inside" | "free" | "page" | "table";

export interface RawFrame {
  state: FrameState;
  order: number;
  owner: bigint;
}

/** A page that the policy holds. */
export interface RawHolding {
  key: bigint;
  /** The number of its list, or `NONE`. */
  list: number;
  mark: number;
  isGhost: boolean;
}

/** The most pages of a policy that can be shown. */
const MOST_HOLDINGS = 1024;

export class KernelMachine {
  readonly address: number;
  private readonly scratch: number;
  /** A buffer for holdings. */
  private buffer: number | undefined;

  constructor(
    private readonly kernel: Kernel,
    parameters: MachineParameters,
  ) {
    const values = kernel.allocate(Math.max(parameters.policyParameters.length, 1) * 8);
    const view = kernel.view();
    for (const [n, value] of parameters.policyParameters.entries()) {
      view.setFloat64(values + n * 8, value, true);
    }
    this.address =
      kernel.exports.createMachine(
        parameters.architecture,
        parameters.frames,
        parameters.swapPages,
        parameters.huge,
        parameters.spaces,
        parameters.cpus ?? 1,
        parameters.policy,
        values,
      ) >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.scratch = kernel.allocate(FRAMES_COUNTS_BYTES);
  }

  /** Adds a TLB of one CPU, or of all. */
  addTlb(
    { level, sides, sizes, sets, ways, replacement, seed }: TlbParameters,
    cpu: number = ALL_CPUS,
  ): KernelTlb {
    const { exports } = this.kernel;
    const tlb = exports.addTlb(this.address, cpu, level, sides, sizes, sets, ways, replacement, seed) >>> 0;
    if (tlb === 0) throw outOfMemory();
    return new KernelTlb(this.kernel, tlb, ways);
  }

  addWalkCache(level: number, entries: number): void {
    if (this.kernel.exports.addWalkCache(this.address, level, entries) === 0) throw outOfMemory();
  }

  /** Each of these returns a status; `STATUS_OUT_OF_MEMORY` is thrown. */
  replayBatch(records: number, count: number): number {
    return checked(this.kernel.exports.replayBatch(this.address, records, count));
  }

  /** Sets the address of the next batch's gaps (assembly/engine/future.ts). */
  setFuture(gaps: number): void {
    this.kernel.exports.setMachineFuture(this.address, gaps);
  }

  replayPageBlock(header: number, fetches: number, data: number): number {
    return checked(this.kernel.exports.replayPageBlock(this.address, header, fetches, data));
  }

  /** The touch of a new page maps it. */
  access(address: bigint, size: number, kind: number): number {
    return checked(this.kernel.exports.accessOne(this.address, address, size, kind));
  }

  /** Only `map` maps pages: an access to an unmapped page faults. */
  accessMapped(address: bigint, size: number, kind: number): number {
    return checked(this.kernel.exports.accessMapped(this.address, address, size, kind));
  }

  map(address: bigint, level: number, flags: number): number {
    return checked(this.kernel.exports.mapPage(this.address, address, level, flags));
  }

  unmap(address: bigint): number {
    return this.kernel.exports.unmapPage(this.address, address);
  }

  protect(address: bigint, flags: number): number {
    return this.kernel.exports.protectPage(this.address, address, flags);
  }

  switchSpace(asid: number, flush: boolean): void {
    this.kernel.exports.switchSpace(this.address, asid, flush);
  }

  invalidatePage(address: bigint): void {
    this.kernel.exports.invalidatePage(this.address, address);
  }

  isValid(): boolean {
    return this.kernel.exports.isMachineValid(this.address) !== 0;
  }

  get counters(): MachineCounters {
    const view = this.kernel.view();
    const counter = (offset: number) => Number(view.getBigUint64(this.address + offset, true));
    return {
      walks: counter(MACHINE_WALKS),
      entriesRead: counter(MACHINE_ENTRIES_READ),
      cacheHits: counter(MACHINE_CACHE_HITS),
      minor: counter(MACHINE_MINOR),
      major: counter(MACHINE_MAJOR),
      protection: counter(MACHINE_PROTECTION),
      segmentation: counter(MACHINE_SEGMENTATION),
      evictions: counter(MACHINE_EVICTIONS),
      writebacks: counter(MACHINE_WRITEBACKS),
      swapIns: counter(MACHINE_SWAP_INS),
      distinctPages: counter(MACHINE_DISTINCT_PAGES),
      shootdowns: counter(MACHINE_SHOOTDOWNS),
      interrupts: counter(MACHINE_INTERRUPTS),
    };
  }

  get frames(): FrameCounts {
    this.kernel.exports.frameCounts(this.address, this.scratch);
    const view = this.kernel.view();
    const count = (offset: number) => view.getUint32(this.scratch + offset, true);
    return {
      total: count(FRAMES_TOTAL),
      used: count(FRAMES_USED),
      peakUsed: count(FRAMES_PEAK_USED),
      tables: count(FRAMES_TABLES),
      peakTables: count(FRAMES_PEAK_TABLES),
    };
  }

  /** Sums counters by range from now on, of `replayBatch`; `starts` are ascending, the first of them 0. */
  sumByRange(starts: readonly bigint[], tlbs: readonly KernelTlb[]): KernelRangeSums {
    const counters = [
      ...[MACHINE_MINOR, MACHINE_MAJOR, MACHINE_WALKS].map((offset) => this.address + offset),
      ...tlbs.map((tlb) => tlb.missesAddress),
    ];
    return new KernelRangeSums(this.kernel, this.address, starts, counters);
  }

  /** The record (or symbol) at which the last call stopped. */
  get failedIndex(): number {
    return this.kernel.view().getUint32(this.address + MACHINE_FAILED_INDEX, true);
  }

  get failedAddress(): bigint {
    return this.kernel.view().getBigUint64(this.address + MACHINE_FAILED_ADDRESS, true);
  }

  /** The TLB level that hit in the last access; 0: none. */
  get hitLevel(): number {
    return this.kernel.view().getUint32(this.address + MACHINE_HIT_LEVEL, true);
  }

  /** The frame of the table at `level` on the way to `address`; undefined if there is none. */
  tableAt(asid: number, address: bigint, level: number): number | undefined {
    const pfn = this.kernel.exports.tableAt(this.address, asid, address, level) >>> 0;
    return pfn === NONE ? undefined : pfn;
  }

  tableIndex(address: bigint, level: number): number {
    return this.kernel.exports.tableIndex(this.address, address, level);
  }

  /** Entry `index` of the table in frame `pfn`. */
  tableEntry(pfn: number, index: number, entryBytes: number): bigint {
    const entries = this.kernel.exports.tableEntries(this.address, pfn) >>> 0;
    const at = entries + index * entryBytes;
    const view = this.kernel.view();
    return entryBytes === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true);
  }

  entryFlags(entry: bigint, level: number): number {
    return this.kernel.exports.entryFlags(this.address, entry, level);
  }

  entryFrame(entry: bigint): number {
    return this.kernel.exports.entryFrame(this.address, entry) >>> 0;
  }

  /** The pages that the policy holds, list by list; 1,024 at most. */
  holdings(): RawHolding[] {
    this.buffer ??= this.kernel.allocate(MOST_HOLDINGS * HOLDING_BYTES);
    const first = this.buffer;
    const count = this.kernel.exports.policyHoldings(this.address, first, MOST_HOLDINGS) >>> 0;
    const view = this.kernel.view();
    return Array.from({ length: count }, (_, n) => first + n * HOLDING_BYTES).map((at) => ({
      key: view.getBigUint64(at + HOLDING_KEY, true),
      list: view.getUint32(at + HOLDING_LIST, true),
      mark: view.getUint8(at + HOLDING_MARK),
      isGhost: view.getUint8(at + HOLDING_GHOST) !== 0,
    }));
  }

  /** The key of the policy's next victim; undefined if it holds no page. Computed in `copy`, another kernel. */
  nextVictim(copy: Kernel): bigint | undefined {
    copy.copy(this.kernel);
    const out = copy.allocate(8);
    return copy.exports.evictNext(this.address, out) === 0 ? undefined : copy.view().getBigUint64(out, true);
  }

  /** Undefined beyond the end of memory. */
  frame(pfn: number): RawFrame | undefined {
    const record = this.kernel.exports.frameRecord(this.address, pfn) >>> 0;
    if (record === 0) return undefined;
    const view = this.kernel.view();
    return {
      state: stateName(view.getUint8(record + FRAME_STATE)),
      order: view.getUint8(record + FRAME_ORDER),
      owner: view.getBigUint64(record + FRAME_OWNER, true),
    };
  }
}

/** The sums that the accesses of each range of addresses added to counters of the machine. */
export class KernelRangeSums {
  private readonly address: number;

  constructor(
    private readonly kernel: Kernel,
    machine: number,
    private readonly starts: readonly bigint[],
    private readonly counters: readonly number[],
  ) {
    this.address = kernel.exports.sumByRange(machine, starts.length, counters.length) >>> 0;
    if (this.address === 0) throw outOfMemory();
    const view = kernel.view();
    const at = (field: number) => view.getUint32(this.address + field, true);
    for (const [n, start] of starts.entries()) view.setBigUint64(at(RANGE_STARTS) + n * 8, start, true);
    for (const [n, counter] of counters.entries()) view.setUint32(at(RANGE_WATCHED) + n * 4, counter, true);
  }

  /** For each range: minor faults, major faults, walks, then the misses of each TLB. */
  get rows(): number[][] {
    const view = this.kernel.view();
    const sums = view.getUint32(this.address + RANGE_SUMS, true);
    const { length } = this.counters;
    return this.starts.map((_, range) =>
      this.counters.map((_, n) => Number(view.getBigUint64(sums + (range * length + n) * 8, true))),
    );
  }
}

function checked(status: number): number {
  if (status === STATUS_OUT_OF_MEMORY) throw outOfMemory();
  return status;
}

function stateName(state: number): FrameState {
  if (state === FRAME_FREE) return "free";
  if (state === FRAME_PAGE) return "page";
  return state === FRAME_TABLE ? "table" : "inside";
}

export class KernelTlb {
  constructor(
    private readonly kernel: Kernel,
    private readonly address: number,
    private readonly ways: number,
  ) {}

  /** Where its count of misses is. */
  get missesAddress(): number {
    return this.address + TLB_MISSES;
  }

  get counts(): { lookups: number; hits: number; misses: number } {
    const view = this.kernel.view();
    const lookups = Number(view.getBigUint64(this.address + TLB_LOOKUPS, true));
    const misses = Number(view.getBigUint64(this.address + TLB_MISSES, true));
    return { lookups, hits: lookups - misses, misses };
  }

  /** The valid ways of a set. */
  set(index: number): RawTlbEntry[] {
    const view = this.kernel.view();
    const first = view.getUint32(this.address + TLB_ENTRIES, true) + index * this.ways * TLB_ENTRY;
    return Array.from({ length: this.ways }, (_, way) => ({
      way,
      tag: view.getBigUint64(first + way * TLB_ENTRY, true),
      data: view.getBigUint64(first + way * TLB_ENTRY + 8, true),
    })).filter(({ tag }) => tag !== 0n);
  }
}
