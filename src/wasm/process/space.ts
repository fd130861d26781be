/** An address space in kernel memory: its calls, regions and pages, fields and limits. */
import {
  CALL_ADDRESS,
  CALL_BYTES,
  CALL_RESULT,
  CALL_SIGNAL,
  FORK_NO_MEMORY,
  FORK_NO_NUMBER,
} from "../../../assembly/abi/call.js";
import { RECORD_BYTES } from "../../../assembly/abi/core.js";
import {
  REGION_ANON,
  REGION_CALL,
  SPACE_ALIVE,
  SPACE_BOTTOM_UP,
  SPACE_CALL,
  SPACE_LIMITS,
  SPACE_OOM_SCORE_ADJUST,
  SPACE_PRIVILEGED,
  SPACE_SERIAL,
} from "../../../assembly/abi/process.js";
import type { AddressRange, KernelCharges } from "../charges.js";
import { type HeapAnswer, type HeapOperation, type HeapParameters, KernelHeap } from "../heap.js";
import { KernelContents } from "./contents.js";
import type { SystemHandle } from "./handle.js";
import {
  type BatchOutcome,
  type CallOutcome,
  type RawPage,
  type RawRegion,
  type RegionMeasure,
  readMeasure,
  readPage,
  readRegion,
  readSignal,
  writeCall,
  writeReferences,
} from "./structs.js";

export interface RegionParameters {
  start: bigint;
  end: bigint;
  flags: number;
  object: number;
  pgoff: bigint;
  label: number;
}

/** A call by its number, `OP_…`, with arguments as the kernel takes them. */
export type NumberedCall = readonly [op: number, args: readonly bigint[]];

/** Limit on calls in one call into the kernel. */
const MOST_CALLS = 4096;
/** Two u64 for a resource: the soft and the hard limit. */
const LIMIT_BYTES = 16;

export class KernelSpace {
  readonly contents: KernelContents;
  /** The address of its struct, which does not move. */
  private readonly address: number;

  constructor(
    private readonly system: SystemHandle,
    readonly asid: number,
  ) {
    this.contents = new KernelContents(system, asid);
    this.address = system.kernel.exports.spaceAt(system.address, asid) >>> 0;
  }

  /** A copy, as fork makes it, or the error. */
  fork(): KernelSpace | "EAGAIN" | "ENOMEM" {
    const { kernel, address } = this.system;
    const child = kernel.exports.forkSpace(address, this.asid) >>> 0;
    this.system.mustHaveMemory();
    if (child === FORK_NO_NUMBER) return "EAGAIN";
    return child === FORK_NO_MEMORY ? "ENOMEM" : new KernelSpace(this.system, child);
  }

  /** Ends the process and frees all its memory. */
  end(): void {
    this.system.kernel.exports.endProcess(this.system.address, this.asid);
  }

  /** Runs one call. `number` is the caller's number of the call; regions that the call makes keep it. */
  run(op: number, args: readonly bigint[], number = 0): CallOutcome {
    const { kernel, call, address } = this.system;
    writeCall(this.begin(number), call, op, args);
    kernel.exports.runCalls(address, this.asid, call, 1);
    this.system.mustHaveMemory();
    const view = kernel.view();
    return {
      result: view.getBigInt64(call + CALL_RESULT, true),
      signal: readSignal(view, call + CALL_SIGNAL, call + CALL_ADDRESS),
    };
  }

  /** Runs many calls. Returns their results, fewer if the process was killed. */
  runMany(calls: readonly NumberedCall[]): BigInt64Array {
    const results = new BigInt64Array(calls.length);
    let done = 0;
    while (done < calls.length) {
      const count = Math.min(calls.length - done, MOST_CALLS);
      const ran = this.runBatch(calls, done, count, results);
      done += ran;
      if (ran < count) break;
    }
    return results.subarray(0, done);
  }

  /** Runs `count` of the calls, from number `first` on. Returns how many ran. */
  private runBatch(
    calls: readonly NumberedCall[],
    first: number,
    count: number,
    results: BigInt64Array,
  ): number {
    const { kernel, address } = this.system;
    const at = this.system.scratchFor(count * CALL_BYTES);
    let view = kernel.view();
    for (let n = 0; n < count; n++) {
      const [op, args] = calls[first + n] as NumberedCall;
      writeCall(view, at + n * CALL_BYTES, op, args);
    }
    const ran = kernel.exports.runCalls(address, this.asid, at, count);
    this.system.mustHaveMemory();
    view = kernel.view();
    for (let n = 0; n < ran; n++)
      results[first + n] = view.getBigInt64(at + n * CALL_BYTES + CALL_RESULT, true);
    return ran;
  }

  /** Makes the references of records in kernel memory. `number`: as for `run`; faults keep it. */
  touch(records: number, count: number, number = 0): BatchOutcome {
    const { kernel, address } = this.system;
    this.begin(number);
    return this.outcome(kernel.exports.touchBatch(address, this.asid, records, count));
  }

  /**
   * The same, with each reference charged to the block or region that it touches. References to `left` that are in no
   * block are left out.
   */
  touchCharged(
    charges: KernelCharges,
    records: number,
    count: number,
    number: number,
    left: AddressRange,
  ): BatchOutcome {
    this.begin(number);
    return this.outcome(charges.touch(this.system.address, this.asid, records, count, left));
  }

  private outcome(done: number): BatchOutcome {
    this.system.mustHaveMemory();
    return { done, signal: this.system.signal };
  }

  /**
   * Writes references to `count` of the addresses as records, valid until scratch memory is asked for again. `kind`:
   * `KIND_…`. Returns the address of the records.
   */
  putReferences(
    addresses: ArrayLike<bigint>,
    from: number,
    count: number,
    kind: number,
    bytes: number,
  ): number {
    const records = this.system.scratchFor(count * RECORD_BYTES);
    writeReferences(this.system.kernel.view(), records, addresses, from, count, kind, bytes);
    return records;
  }

  /** A heap of this process. */
  createHeap(parameters: HeapParameters): KernelHeap {
    return KernelHeap.create(this.system.kernel, this.system.address, this.asid, parameters);
  }

  /** A copy of the parent's heap: this process was forked by `thread` of the parent. */
  forkHeap(heap: KernelHeap, thread: number): KernelHeap {
    return heap.fork(this.system.address, this.asid, thread);
  }

  /** One call of the allocator. `number`: as for `run`. */
  operateHeap(heap: KernelHeap, operation: HeapOperation, number: number): HeapAnswer {
    this.begin(number);
    const answer = heap.operate(operation);
    this.system.mustHaveMemory();
    return answer;
  }

  /** The address of the system's last signal. */
  get signalAddress(): bigint {
    return this.system.signalAddress;
  }

  /** Kernel memory for a call that returns bytes, valid until scratch memory is asked for again. */
  bufferFor(bytes: number): number {
    return this.system.scratchFor(bytes);
  }

  /** A copy of the bytes in such a buffer. */
  bytesIn(buffer: number, bytes: number): Uint8Array {
    return this.system.bytesAt(buffer, bytes);
  }

  regions(): RawRegion[] {
    return Array.from({ length: this.regionCount }, (_, n) => this.region(n));
  }

  get regionCount(): number {
    return this.system.kernel.exports.regionCount(this.system.address, this.asid) >>> 0;
  }

  private region(index: number): RawRegion {
    return readRegion(this.system.kernel.view(), this.regionAt(index));
  }

  /** The address of a region's struct. */
  private regionAt(index: number): number {
    return this.system.kernel.exports.regionAt(this.system.address, this.asid, index) >>> 0;
  }

  /** The region that contains the address, or else the next above it, preceded by the region below that one. */
  regionsNear(va: bigint): (RawRegion | undefined)[] {
    const index = this.system.kernel.exports.regionIndex(this.system.address, this.asid, va) >>> 0;
    const count = this.regionCount;
    return [index - 1, index].map((n) => (n < 0 || n >= count ? undefined : this.region(n)));
  }

  /** Adds a region without merging, for exec and for maps files; false if the range is not free. */
  addRegion({ start, end, flags, object, pgoff, label }: RegionParameters): boolean {
    const { kernel, address } = this.system;
    return kernel.exports.addRegion(address, this.asid, start, end, flags, object, pgoff, label) !== 0;
  }

  /** Gives a region private pages of an origin of its own, as writable regions of a maps file probably have. */
  setAnon(index: number, anon: number): void {
    this.system.kernel.view().setUint32(this.regionAt(index) + REGION_ANON, anon, true);
  }

  /** Sets the caller's number of the call that made a region. */
  setCall(index: number, call: number): void {
    this.system.kernel.view().setUint32(this.regionAt(index) + REGION_CALL, call, true);
  }

  /** Bytes of region `index` by kind, as in smaps. */
  measure(index: number): RegionMeasure {
    const { kernel, address, found } = this.system;
    kernel.exports.measureRegion(address, this.asid, this.regionAt(index), found);
    return readMeasure(kernel.view(), found);
  }

  page(va: bigint): RawPage {
    const { kernel, address, found } = this.system;
    kernel.exports.pageAt(address, this.asid, va, found);
    return readPage(kernel.view(), found);
  }

  /** The first address from `from` whose page is in memory, in swap or a guard; `end` if there is none. */
  nextPage(from: bigint, end: bigint): bigint {
    return BigInt.asUintN(64, this.system.kernel.exports.nextPage(this.system.address, this.asid, from, end));
  }

  /** A field of the space, `SPACE_…`. */
  field(offset: number): bigint {
    return this.system.kernel.view().getBigUint64(this.address + offset, true);
  }

  setField(offset: number, value: bigint): void {
    this.system.kernel.view().setBigUint64(this.address + offset, value, true);
  }

  /** Soft and hard limit of a resource, `RLIMIT_…`: bytes. */
  limit(resource: number): { soft: bigint; hard: bigint } {
    const view = this.system.kernel.view();
    const at = this.limitAt(resource);
    return { soft: view.getBigUint64(at, true), hard: view.getBigUint64(at + LIMIT_BYTES / 2, true) };
  }

  setLimits(limits: readonly { resource: number; soft: bigint; hard: bigint }[]): void {
    const view = this.system.kernel.view();
    for (const { resource, soft, hard } of limits) {
      const at = this.limitAt(resource);
      view.setBigUint64(at, soft, true);
      view.setBigUint64(at + LIMIT_BYTES / 2, hard, true);
    }
  }

  private limitAt(resource: number): number {
    const limits = this.system.kernel.view().getUint32(this.address + SPACE_LIMITS, true);
    return limits + resource * LIMIT_BYTES;
  }

  setPrivileged(isPrivileged: boolean): void {
    this.system.kernel.view().setUint8(this.address + SPACE_PRIVILEGED, Number(isPrivileged));
  }

  /** Mappings are searched for upwards from the base. */
  setBottomUp(isBottomUp: boolean): void {
    this.system.kernel.view().setUint8(this.address + SPACE_BOTTOM_UP, Number(isBottomUp));
  }

  setOomScoreAdjust(score: number): void {
    this.system.kernel.view().setInt32(this.address + SPACE_OOM_SCORE_ADJUST, score, true);
  }

  get isAlive(): boolean {
    return this.system.kernel.view().getUint8(this.address + SPACE_ALIVE) !== 0;
  }

  /** Distinguishes the space from earlier ones with the same number. */
  get serial(): number {
    return this.system.kernel.view().getUint32(this.address + SPACE_SERIAL, true);
  }

  /** Sets the caller's number of the call. Returns the view of kernel memory. */
  private begin(number: number): DataView {
    const view = this.system.kernel.view();
    view.setUint32(this.address + SPACE_CALL, number, true);
    return view;
  }
}
