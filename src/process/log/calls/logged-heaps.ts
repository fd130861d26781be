/**
 * Heaps of a log's processes: the map from addresses in the log to blocks of the model, and the start of a heap if only
 * its first block shows it.
 */
import { HEAP_FREE, HEAP_MALLOPT, HEAP_REALLOC, HEAP_REALLOCARRAY } from "../../../../assembly/abi/heap.js";
import { SPACE_BRK, SPACE_START_BRK } from "../../../../assembly/abi/process.js";
import type { AllocatorChoice } from "../../../allocators/allocators.js";
import type { HeapEnvironment } from "../../../allocators/environment.js";
import type { HeapAnswer, HeapCall } from "../../heap/process-heap.js";
import type { Process } from "../../process.js";
import type { Setting } from "../parse/settings.js";
import { type ProcessStarts, placeHeap, typicalHeapStart } from "./process-starts.js";

const PAGE_MASK = 0xfffn;
/** The allocator; by default glibc. */
const DEFAULT_VERSION = "2.36";
/** Limit on calls before the first block, which are repeated if the heap begins elsewhere. */
const MOST_BEFORE = 1000;

export class LoggedHeap {
  /** The model's blocks by their addresses in the log, where these differ; 0n: the model has no such block. */
  private readonly blocks = new Map<bigint, bigint>();
  /** The calls so far, while the start of the heap is unknown; undefined once it is known. */
  private before: HeapCall[] | undefined;

  /** `mayLearn`: the first block of the log shows where the heap begins. */
  constructor(
    private readonly process: Process,
    mayLearn: boolean,
    private readonly begin: () => void,
  ) {
    this.before = mayLearn ? [] : undefined;
    if (mayLearn && process.field(SPACE_START_BRK) === 0n)
      placeHeap(process.space, typicalHeapStart(process.system.layout));
    if (!process.library.isMade) begin();
  }

  /** A copy for the child of a fork. */
  copyFor(process: Process): LoggedHeap {
    const copy = new LoggedHeap(process, false, () => undefined);
    for (const [address, block] of this.blocks) copy.blocks.set(address, block);
    return copy;
  }

  /** The model's block for an address in the log. */
  blockAt(address: bigint): bigint {
    return this.blocks.size === 0 ? address : (this.blocks.get(address) ?? address);
  }

  /** The block at that address in the log is freed. */
  forget(address: bigint): void {
    if (this.blocks.size > 0) this.blocks.delete(address);
  }

  /** The log has a block at `recorded`, the model at `block`; 0n: none. `given` is the argument of realloc. */
  remember(recorded: bigint, block: bigint, op: number, given: bigint, number: number): void {
    if (recorded === block) {
      this.forget(recorded);
    } else if (recorded !== 0n) {
      this.blocks.set(recorded, block);
    } else if (given !== 0n && (op === HEAP_REALLOC || op === HEAP_REALLOCARRAY)) {
      this.blocks.set(given, block); // it was not resized, and stays
    } else {
      this.process.library.operate({ op: HEAP_FREE, args: [block], number });
    }
  }

  /** Runs a call. With `givesBlock` its answer may show where the heap begins. */
  operate(call: HeapCall, givesBlock: boolean): HeapAnswer {
    const { library } = this.process;
    const { before } = this;
    if (before === undefined) return library.operate(call);
    const isEmpty = this.isEmpty;
    const answer = library.operate(call);
    if (isEmpty && this.isEmpty) {
      if (before.length < MOST_BEFORE && call.op === HEAP_MALLOPT) before.push(call);
      return answer;
    }
    this.before = undefined;
    const shift = (call.recorded ?? 0n) - answer.value;
    const mayShift = givesBlock && call.recorded !== 0n && shift !== 0n && this.isWithin(answer.value);
    return mayShift && this.isPlace(shift) ? this.again(call, before, shift) : answer;
  }

  /** True if the heap may begin so many bytes further on. */
  private isPlace(shift: bigint): boolean {
    const start = this.process.field(SPACE_START_BRK) + shift;
    const { lowest, taskSize } = this.process.system.layout;
    return (shift & PAGE_MASK) === 0n && start >= lowest && start < taskSize;
  }

  /** Repeats the calls in a heap that begins `shift` bytes further on. */
  private again(call: HeapCall, before: readonly HeapCall[], shift: bigint): HeapAnswer {
    const { process } = this;
    const start = process.field(SPACE_START_BRK);
    process.call("brk", [start], call.number);
    placeHeap(process.space, start + shift);
    this.begin();
    for (const one of before) process.library.operate(one);
    return process.library.operate(call);
  }

  private get isEmpty(): boolean {
    return this.process.field(SPACE_BRK) === this.process.field(SPACE_START_BRK);
  }

  private isWithin(address: bigint): boolean {
    return address >= this.process.field(SPACE_START_BRK) && address < this.process.field(SPACE_BRK);
  }
}

export class LoggedHeaps {
  private readonly heaps = new WeakMap<Process, LoggedHeap>();
  private readonly environment: { -readonly [Key in keyof HeapEnvironment]: HeapEnvironment[Key] } = {};
  /** The recorded allocator: `glibc 2.36`. */
  private recordedOf: string | undefined;

  constructor(private readonly starts: ProcessStarts) {}

  /** A setting of the machine in the header: `# cores 4`. */
  set({ name, value }: Setting): void {
    if (name === "cores") this.environment.cores = Number(value);
    else if (name === "GLIBC_TUNABLES") this.environment.tunables = value;
    else if (name === "allocator") this.recordedOf = value;
  }

  /** The same from the metadata of a trace. */
  assume({ tunables, cores, allocator }: HeapEnvironment): void {
    if (tunables !== undefined) this.environment.tunables = tunables;
    if (cores !== undefined) this.environment.cores = cores;
    this.recordedOf = allocator;
  }

  of(process: Process): LoggedHeap {
    let heap = this.heaps.get(process);
    if (heap === undefined) {
      heap = new LoggedHeap(process, this.starts.mayLearnHeap(process), () => this.begin(process));
      this.heaps.set(process, heap);
    }
    return heap;
  }

  /** `child` was forked: it gets a copy of what is known about the heap of `parent`. */
  fork(parent: Process, child: Process): void {
    const heap = this.heaps.get(parent);
    if (heap !== undefined) this.heaps.set(child, heap.copyFor(child));
  }

  private begin(process: Process): void {
    process.library.begin(this.choice(process), this.environment);
  }

  /** The requested allocator, or else the recorded one. */
  private choice({ system }: Process): AllocatorChoice {
    const { allocator } = system;
    const [, name = "", version = ""] = /^(\w[\w-]*)(?: (\d+\.\d+))?/.exec(this.recordedOf ?? "") ?? [];
    if (!allocator.isUsual || !allocator.has(name)) return allocator.usual;
    const isOther = name === allocator.usual.name && version !== "" && version !== DEFAULT_VERSION;
    return allocator.choose(isOther ? `${name}:version=${version}` : name);
  }
}
