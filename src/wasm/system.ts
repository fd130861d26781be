/** Processes in kernel memory: the system, its spaces, calls into them, and what their structs say. */

import {
  CALL_ADDRESS,
  CALL_BYTES,
  CALL_RESULT,
  CALL_SIGNAL,
  FORK_NO_MEMORY,
  FORK_NO_NUMBER,
} from "../../assembly/abi/call.js";
import {
  NONE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
  STATUS_OK,
  STATUS_REFUSED,
} from "../../assembly/abi/core.js";
import { MEASURE_BYTES, PAGE_BYTES } from "../../assembly/abi/page.js";
import {
  REGION_ANON,
  REGION_CALL,
  SPACE_ALIVE,
  SPACE_CALL,
  SPACE_LIMITS,
  SPACE_OOM_SCORE_ADJUST,
  SPACE_PRIVILEGED,
  SPACE_SERIAL,
  SWAP_LOG_ENTRY,
  SWAP_LOG_LENGTH,
  SWAP_LOG_RING,
  SWAP_LOG_TOTAL,
  SYSTEM_COSTS,
  SYSTEM_KILLS,
  SYSTEM_SIGNAL,
  SYSTEM_SIGNAL_ADDRESS,
} from "../../assembly/abi/process.js";
import { type AddressRange, KernelCharges } from "./charges.js";
import {
  allocatorSignatures,
  type HeapAnswer,
  type HeapOperation,
  type HeapParameters,
  KernelHeap,
} from "./heap.js";
import { type Kernel, outOfMemory, tooMuch } from "./kernel.js";
import { KernelOwnHeap } from "./own-heap.js";
import {
  type RawFault,
  type RawPage,
  type RawRegion,
  type RegionMeasure,
  readCounters,
  readFault,
  readMeasure,
  readPage,
  readRegion,
  type SystemCounters,
  writeCall,
} from "./process-structs.js";
import { KernelTrial } from "./trial.js";

/** Result of a call. */
export interface CallOutcome {
  /** The kernel's answer: a value, or -errno. */
  result: bigint;
  /** Of a load, store or fetch: the signal's number and code; undefined: none. */
  signal: { number: number; code: number; address: bigint } | undefined;
}

/** A page that was written to swap. */
export interface SwapWrite {
  /** The process; undefined for shared memory that no process mapped. */
  serial: number | undefined;
  address: bigint;
  /** The last call of the process that ran. */
  call: number;
}

/** Names of inconsistent structures, by number. */
const DEFECTS: readonly string[] = [
  "frames used and free are not all there are, or nobody needs one that is used",
  "a frame does not know exactly those who map it",
  "page tables are not as many as are counted",
  "regions are out of order, overlap, or part a page",
  "a sum of a space is not what its regions come to",
  "what was promised is not what regions come to",
  "pages that stay are not those that are locked or the kernel's own",
  "the policy does not have exactly the pages that may go",
  "an object and its pages or regions disagree",
  "a place in swap is not held by as many as it counts",
  "the pool of huge pages has lost one",
  "a TLB disagrees with the page tables",
  "a paging-structure cache disagrees with the page tables",
  "the filter disagrees with the page tables",
  "a guard stands where none may be",
];

export interface SystemParameters {
  hugetlbPages: number;
  overcommit: number;
  /** Files begin outside memory. */
  isCold: boolean;
  /** `FEATURE_…` of the version of Linux. */
  features: number;
  /** Cycles, in the order of `SYSTEM_COSTS`. */
  costs: readonly number[];
}

export interface RegionParameters {
  start: bigint;
  end: bigint;
  flags: number;
  object: number;
  pgoff: bigint;
  label: number;
}

/** Calls in one crossing at most. */
const MOST_CALLS = 4096;

export class KernelSystem {
  private readonly address: number;
  private readonly call: number;
  private readonly scratch: number;
  private vector = 0;
  private vectorBytes = 0;
  private tried: KernelTrial | undefined;
  private spaces: number[] = [];

  /** `machine`: the address of a machine made for processes. */
  constructor(
    private readonly kernel: Kernel,
    machine: number,
    { hugetlbPages, overcommit, isCold, features, costs }: SystemParameters,
  ) {
    this.address = kernel.exports.createSystem(machine, hugetlbPages, overcommit, isCold, features) >>> 0;
    if (this.address === 0) throw outOfMemory();
    const view = kernel.view();
    for (const [n, cost] of costs.entries()) view.setUint32(this.address + SYSTEM_COSTS + n * 4, cost, true);
    this.call = kernel.allocate(CALL_BYTES);
    this.scratch = kernel.allocate(Math.max(MEASURE_BYTES, PAGE_BYTES));
  }

  /** A new, empty space; its number, undefined when all are taken or memory is out. */
  createSpace(taskSize: bigint, mmapBase: bigint, lowest: bigint): number | undefined {
    const asid = this.kernel.exports.createSpace(this.address, taskSize, mmapBase, lowest) >>> 0;
    return asid === NONE ? undefined : asid;
  }

  /** A copy of space `asid`, as fork makes it; its number, or the error where there is none. */
  fork(asid: number): number | "EAGAIN" | "ENOMEM" {
    const child = this.kernel.exports.forkSpace(this.address, asid) >>> 0;
    this.mustHaveMemory();
    if (child === FORK_NO_NUMBER) return "EAGAIN";
    return child === FORK_NO_MEMORY ? "ENOMEM" : child;
  }

  /** Everything of the process goes. */
  end(asid: number): void {
    this.kernel.exports.endProcess(this.address, asid);
  }

  createObject(kind: number, sizeBytes: bigint): number {
    const object = this.kernel.exports.createObject(this.address, kind, sizeBytes) >>> 0;
    if (object === 0) throw outOfMemory();
    return object;
  }

  /** Puts a region where none is, without merging: for what `exec` or a maps file say. False where something is. */
  addRegion(asid: number, { start, end, flags, object, pgoff, label }: RegionParameters): boolean {
    const { exports } = this.kernel;
    return exports.addRegion(this.address, asid, start, end, flags, object, pgoff, label) !== 0;
  }

  /** Runs one call of `assembly/abi/process.ts`. `number` is the caller's count of calls, told of regions it makes. */
  run(asid: number, op: number, args: readonly bigint[], number = 0): CallOutcome {
    const { call, kernel } = this;
    let view = kernel.view();
    view.setUint32(this.space(asid) + SPACE_CALL, number, true);
    writeCall(view, call, op, args);
    kernel.exports.runCalls(this.address, asid, call, 1);
    this.mustHaveMemory();
    view = kernel.view();
    const signal = view.getUint32(call + CALL_SIGNAL, true);
    return {
      result: view.getBigInt64(call + CALL_RESULT, true),
      signal: signal === 0 ? undefined : signalOf(signal, view.getBigUint64(call + CALL_ADDRESS, true)),
    };
  }

  /**
   * Runs many calls in one crossing, numbered from `number`; their answers, fewer where the process was killed before
   * their end.
   */
  runMany(asid: number, calls: readonly (readonly [op: number, args: readonly bigint[]])[]): BigInt64Array {
    const results = new BigInt64Array(calls.length);
    const most = Math.min(calls.length, MOST_CALLS);
    const at = this.scratchFor(most * CALL_BYTES);
    let done = 0;
    while (done < calls.length) {
      const count = Math.min(most, calls.length - done);
      const view = this.kernel.view();
      for (let n = 0; n < count; n++) {
        const [op, args] = calls[done + n] as (typeof calls)[number];
        writeCall(view, at + n * CALL_BYTES, op, args);
      }
      const ran = this.kernel.exports.runCalls(this.address, asid, at, count);
      this.mustHaveMemory();
      const answered = this.kernel.view();
      for (let n = 0; n < ran; n++)
        results[done + n] = answered.getBigInt64(at + n * CALL_BYTES + CALL_RESULT, true);
      done += ran;
      if (ran < count) break;
    }
    return results.subarray(0, done);
  }

  /** A trial of calls on process `asid`'s regions; the one before is over. */
  trial(asid: number): KernelTrial {
    this.tried ??= new KernelTrial(this.kernel, this.address);
    this.tried.begin(asid);
    return this.tried;
  }

  /** A heap of process `asid`. */
  createHeap(asid: number, parameters: HeapParameters): KernelHeap {
    return KernelHeap.create(this.kernel, this.address, asid, parameters);
  }

  /** Of a heap whose allocator is the host's. */
  ownHeap(heap: KernelHeap): KernelOwnHeap {
    return new KernelOwnHeap(this.kernel, heap);
  }

  /** One call of a heap's allocator. `number` is the caller's count of calls. */
  operateHeap(asid: number, heap: KernelHeap, operation: HeapOperation, number: number): HeapAnswer {
    this.kernel.view().setUint32(this.space(asid) + SPACE_CALL, number, true);
    const answer = heap.operate(operation);
    this.mustHaveMemory();
    return answer;
  }

  /** Of the signal that came last. */
  get signalAddress(): bigint {
    return this.kernel.view().getBigUint64(this.address + SYSTEM_SIGNAL_ADDRESS, true);
  }

  /** A copy of `heap` for process `asid`, which `thread` of the heap's process has forked. */
  forkHeap(asid: number, heap: KernelHeap, thread: number): KernelHeap {
    return heap.fork(this.address, asid, thread);
  }

  /** `count` bytes at `va` as far as they are known, zeros else; are all of them? */
  peek(asid: number, va: bigint, count: number): { bytes: Uint8Array; isKnown: boolean } {
    const at = this.scratchFor(count);
    const isKnown = this.kernel.exports.peekBytes(this.address, asid, va, count, at) !== 0;
    return { bytes: this.bytesAt(at, count), isKnown };
  }

  /** The value of at most 8 bytes at `va`, undefined where it is not known. */
  peekValue(asid: number, va: bigint, count: number): bigint | undefined {
    const at = this.scratchFor(8);
    this.kernel.view().setBigUint64(at, 0n, true);
    const isKnown = this.kernel.exports.peekBytes(this.address, asid, va, count, at) !== 0;
    return isKnown ? this.kernel.view().getBigUint64(at, true) : undefined;
  }

  /** Puts bytes at `va`, without a reference; false where something of that is not mapped. */
  poke(asid: number, va: bigint, bytes: Uint8Array): boolean {
    const at = this.scratchFor(bytes.length);
    this.kernel.bytes(at, bytes.length).set(bytes);
    const isMapped = this.kernel.exports.pokeBytes(this.address, asid, va, bytes.length, at) !== 0;
    this.mustHaveMemory();
    return isMapped;
  }

  /** Puts `value` into each of `count` bytes of which something is known. */
  overwrite(asid: number, va: bigint, count: bigint, value: number): void {
    this.kernel.exports.overwriteBytes(this.address, asid, va, count, value);
  }

  /** Charges for references of one process. */
  createCharges(): KernelCharges {
    return new KernelCharges(this.kernel);
  }

  /** `touch`, each reference charged to what it touches. */
  touchCharged(
    asid: number,
    charges: KernelCharges,
    records: number,
    count: number,
    number: number,
    left: AddressRange,
  ): { done: number; signal: CallOutcome["signal"] } {
    this.kernel.view().setUint32(this.space(asid) + SPACE_CALL, number, true);
    const done = charges.touch(this.address, asid, records, count, left);
    return { done, signal: this.touchSignal() };
  }

  /** Every allocator's signature by its number. */
  allocatorSignatures(): string[] {
    return allocatorSignatures(this.kernel);
  }

  /** Throws `OutOfMemoryError` where the simulation's memory is out. */
  mustHaveMemory(): void {
    const status = this.kernel.exports.systemStatus(this.address) >>> 0;
    if (status === STATUS_REFUSED) throw tooMuch();
    if (status !== STATUS_OK) throw outOfMemory();
  }

  setLimits(asid: number, limits: readonly { resource: number; soft: bigint; hard: bigint }[]): void {
    const at = this.kernel.view().getUint32(this.space(asid) + SPACE_LIMITS, true);
    for (const { resource, soft, hard } of limits) {
      this.kernel.view().setBigUint64(at + resource * 16, soft, true);
      this.kernel.view().setBigUint64(at + resource * 16 + 8, hard, true);
    }
  }

  /** Soft and hard limit, in bytes. */
  limit(asid: number, resource: number): { soft: bigint; hard: bigint } {
    const view = this.kernel.view();
    const at = view.getUint32(this.space(asid) + SPACE_LIMITS, true) + resource * 16;
    return { soft: view.getBigUint64(at, true), hard: view.getBigUint64(at + 8, true) };
  }

  setPrivileged(asid: number, isPrivileged: boolean): void {
    this.kernel.view().setUint8(this.space(asid) + SPACE_PRIVILEGED, Number(isPrivileged));
  }

  isAlive(asid: number): boolean {
    return this.kernel.view().getUint8(this.space(asid) + SPACE_ALIVE) !== 0;
  }

  setOomScoreAdjust(asid: number, score: number): void {
    this.kernel.view().setInt32(this.space(asid) + SPACE_OOM_SCORE_ADJUST, score, true);
  }

  /** The region has private pages of an origin of its own: what a maps file's writable regions are taken to have. */
  setAnon(asid: number, index: number, anon: number): void {
    const region = this.kernel.exports.regionAt(this.address, asid, index) >>> 0;
    this.kernel.view().setUint32(region + REGION_ANON, anon, true);
  }

  /** Which of the caller's calls made the region. */
  setCall(asid: number, index: number, call: number): void {
    const region = this.kernel.exports.regionAt(this.address, asid, index) >>> 0;
    this.kernel.view().setUint32(region + REGION_CALL, call, true);
  }

  releaseObject(object: number): void {
    this.kernel.exports.releaseObject(this.address, object);
  }

  /** The inode of an object that has no name; 0 for files. */
  inode(object: number): number {
    return this.kernel.exports.objectInode(this.address, object) >>> 0;
  }

  resizeObject(object: number, sizeBytes: bigint): void {
    this.kernel.exports.resizeObject(this.address, object, sizeBytes);
  }

  objectSize(object: number): bigint {
    return BigInt.asUintN(64, this.kernel.exports.objectSize(this.address, object));
  }

  punchObject(object: number, from: bigint, bytes: bigint): void {
    this.kernel.exports.punchObject(this.address, object, from, bytes);
    this.mustHaveMemory();
  }

  /** The process writes so many bytes, by a call. */
  writeObject(asid: number, object: number, from: bigint, bytes: bigint): void {
    this.kernel.exports.writeObject(this.address, asid, object, from, bytes);
    this.mustHaveMemory();
  }

  readObject(object: number, from: bigint, bytes: bigint): void {
    this.kernel.exports.readObject(this.address, object, from, bytes);
    this.mustHaveMemory();
  }

  flushObject(object: number): void {
    this.kernel.exports.flushObject(this.address, object);
  }

  /** Writes faults down from now on, until they are taken; or no more. Throws `OutOfMemoryError`. */
  logFaults(wanted: boolean): void {
    if (this.kernel.exports.logFaults(this.address, wanted) === 0) throw outOfMemory();
  }

  /** The faults since they were taken last, or since `logFaults`. */
  takeFaults(): RawFault[] {
    const { exports } = this.kernel;
    const faults = Array.from({ length: exports.loggedFaults(this.address) >>> 0 }, (_, n) =>
      readFault(this.kernel.view(), exports.loggedFault(this.address, n) >>> 0),
    );
    exports.clearFaults(this.address);
    return faults;
  }

  /** Kernel memory for so many bytes, until it is asked for again. */
  scratchFor(bytes: number): number {
    if (bytes > this.vectorBytes) {
      this.vectorBytes = Math.max(bytes, this.vectorBytes * 2, 4096);
      this.vector = this.kernel.allocate(this.vectorBytes);
    }
    return this.vector;
  }

  bytesAt(address: number, bytes: number): Uint8Array {
    return this.kernel.bytes(address, bytes).slice();
  }

  /** The memory as `snapshot` had it: what was given out since is gone. */
  restored(): void {
    this.vectorBytes = 0;
    this.tried = undefined;
    this.spaces = [];
  }

  /**
   * Touches what records in kernel memory say; how many went well, and the signal that stopped the next one. `number`
   * is the caller's count of calls, told of faults.
   */
  touch(
    asid: number,
    records: number,
    count: number,
    number = 0,
  ): { done: number; signal: CallOutcome["signal"] } {
    this.kernel.view().setUint32(this.space(asid) + SPACE_CALL, number, true);
    const done = this.kernel.exports.touchBatch(this.address, asid, records, count);
    return { done, signal: this.touchSignal() };
  }

  /** The signal that the last batch of references ended with. */
  private touchSignal(): CallOutcome["signal"] {
    this.mustHaveMemory();
    const view = this.kernel.view();
    const signal = view.getUint32(this.address + SYSTEM_SIGNAL, true);
    const address = view.getBigUint64(this.address + SYSTEM_SIGNAL_ADDRESS, true);
    return signal === 0 ? undefined : signalOf(signal, address);
  }

  /** Processes that the OOM killer ended. */
  get kills(): number {
    return this.kernel.view().getUint32(this.address + SYSTEM_KILLS, true);
  }

  /** Writes references as records, good until scratch memory is asked for again; where they are. */
  putReferences(
    addresses: ArrayLike<bigint>,
    from: number,
    count: number,
    kind: number,
    bytes: number,
  ): number {
    const records = this.scratchFor(count * RECORD_BYTES);
    const view = this.kernel.view();
    for (let n = 0; n < count; n++) {
      const at = records + n * RECORD_BYTES;
      view.setBigUint64(at + RECORD_ADDRESS, addresses[from + n] ?? 0n, true);
      view.setUint32(at + RECORD_SIZE, bytes, true);
      view.setUint32(at + RECORD_KIND, kind, true);
    }
    return records;
  }

  get counters(): SystemCounters {
    return readCounters(this.kernel.view(), this.address);
  }

  /** A field of a space: `SPACE_…`. */
  field(asid: number, offset: number): bigint {
    return this.kernel.view().getBigUint64(this.space(asid) + offset, true);
  }

  setField(asid: number, offset: number, value: bigint): void {
    this.kernel.view().setBigUint64(this.space(asid) + offset, value, true);
  }

  regions(asid: number): RawRegion[] {
    return Array.from({ length: this.regionCount(asid) }, (_, n) => this.region(asid, n));
  }

  regionCount(asid: number): number {
    return this.kernel.exports.regionCount(this.address, asid) >>> 0;
  }

  private region(asid: number, index: number): RawRegion {
    return readRegion(this.kernel.view(), this.kernel.exports.regionAt(this.address, asid, index) >>> 0);
  }

  /** The region before the one that an address is in, or that is next above it, and that one. */
  regionsNear(asid: number, address: bigint): (RawRegion | undefined)[] {
    const index = this.kernel.exports.regionIndex(this.address, asid, address) >>> 0;
    const count = this.regionCount(asid);
    return [index - 1, index].map((n) => (n < 0 || n >= count ? undefined : this.region(asid, n)));
  }

  /** The first address from `from` on whose page is in memory, in swap or guarded; `end` when none is. */
  nextPage(asid: number, from: bigint, end: bigint): bigint {
    return BigInt.asUintN(64, this.kernel.exports.nextPage(this.address, asid, from, end));
  }

  /** Page counts of region `index`, as in smaps. */
  measure(asid: number, index: number): RegionMeasure {
    const { exports } = this.kernel;
    exports.measureRegion(
      this.address,
      asid,
      exports.regionAt(this.address, asid, index) >>> 0,
      this.scratch,
    );
    return readMeasure(this.kernel.view(), this.scratch);
  }

  page(asid: number, va: bigint): RawPage {
    this.kernel.exports.pageAt(this.address, asid, va, this.scratch);
    return readPage(this.kernel.view(), this.scratch);
  }

  /** Distinguishes a space from earlier ones with the same number. */
  serial(asid: number): number {
    return this.kernel.view().getUint32(this.space(asid) + SPACE_SERIAL, true);
  }

  /** Writes of pages to swap: how many, and the last 65,536 of them in order. */
  swapWrites(): { total: number; last: SwapWrite[] } {
    const log = this.kernel.exports.swapLogOf(this.address) >>> 0;
    const view = this.kernel.view();
    const total = Number(view.getBigUint64(log + SWAP_LOG_TOTAL, true));
    const ring = view.getUint32(log + SWAP_LOG_RING, true);
    const length = Math.min(total, SWAP_LOG_LENGTH);
    const last = Array.from({ length }, (_, n) => {
      const entry = ring + ((total - length + n) % SWAP_LOG_LENGTH) * SWAP_LOG_ENTRY;
      const serial = view.getUint32(entry, true);
      return {
        serial: serial === NONE ? undefined : serial,
        call: view.getUint32(entry + 4, true),
        address: view.getBigUint64(entry + 8, true),
      };
    });
    return { total, last };
  }

  /** The inconsistent structure; undefined if there is none. Walks everything. */
  defect(): string | undefined {
    return DEFECTS[this.kernel.exports.systemDefect(this.address) - 1];
  }

  /** Where it is; a space stays where it is made. */
  private space(asid: number): number {
    const known = this.spaces[asid];
    if (known !== undefined) return known;
    const address = this.kernel.exports.spaceAt(this.address, asid) >>> 0;
    this.spaces[asid] = address;
    return address;
  }
}

function signalOf(signal: number, address: bigint): CallOutcome["signal"] {
  return { number: signal >>> 8, code: signal & 0xff, address };
}
