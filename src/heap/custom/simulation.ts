/**
 * A heap with a custom allocator. It asks the kernel to resolve each record, calls the allocator, and has the record
 * served with its answer. An error of the allocator names the call and its line of the log.
 */
import {
  CUSTOM_ALLOCATOR,
  CUSTOM_CALLOC,
  CUSTOM_DONE,
  CUSTOM_FREE,
  CUSTOM_MALLOC,
  CUSTOM_MEMALIGN,
  CUSTOM_NOTHING,
  CUSTOM_REALLOC,
  CUSTOM_TRIM,
  CUSTOM_USABLE_SIZE,
  HEAP_BYTES,
  HEAP_WATCHED,
} from "../../../assembly/abi/heap.js";
import { ENOMEM } from "../../../assembly/abi/linux.js";
import { parametersOf } from "../../custom/definition.js";
import type { CustomPlace } from "../../custom/fault.js";
import type { Process } from "../../process/process.js";
import type { KernelCustomHeap } from "../../wasm/custom-heap.js";
import type { HeapStop, KernelHeap } from "../../wasm/heap.js";
import { CustomCalls } from "./calls.js";
import { chunkWords } from "./chunks.js";
import { type AllocatorDefinition, type AllocatorFunctions, checkAllocatorFunctions } from "./definition.js";
import { CallFaults } from "./faults.js";
import { CallState, customMemory, ProcessEnd } from "./memory.js";

/** Options of a heap, for any allocator. */
export interface CustomHeapOptions {
  /** `HEAP_PAGES`, … */
  readonly mode: number;
  /** The program stores to its blocks. */
  readonly isUsed: boolean;
  /** The place of a line of the log, for messages; default: none. */
  readonly placeOf?: (line: number) => string;
}

const NOTHING = { call: CUSTOM_NOTHING, answer: 0, bytes: 0, taken: 0, steps: 0 };
/** Blocks are aligned to this number of bytes, whatever their size. */
const LEAST_ALIGNMENT = 8;

export class CustomHeap {
  readonly heap: KernelHeap;
  private readonly kernel: KernelCustomHeap;
  private readonly state = new CallState();
  private readonly functions: AllocatorFunctions;
  private readonly calls: CustomCalls;
  private readonly faults: CallFaults;
  private readonly isWatched: boolean;

  /** `values` are those of the parameters, in the definition's order. Throws `InputError` if the allocator fails. */
  constructor(
    process: Process,
    definition: AllocatorDefinition,
    values: readonly number[],
    from: CustomPlace,
    { mode, isUsed, placeOf }: CustomHeapOptions,
  ) {
    const { kernel } = process.system;
    const how = { allocator: CUSTOM_ALLOCATOR, parameters: [], mode, isUsed, byAddress: false };
    this.heap = process.space.kernel.createHeap(how);
    this.kernel = kernel.customHeap(this.heap);
    this.faults = new CallFaults(this.kernel, this.state, from, placeOf);
    this.isWatched = mode === HEAP_WATCHED;
    const memory = customMemory(this.kernel.memory, this.state);
    const named = parametersOf(definition).map(({ name }, n) => [name, values[n] ?? 0]);
    const functions: unknown = this.tried("create", () =>
      definition.create(memory, Object.fromEntries(named)),
    );
    checkAllocatorFunctions(functions, from.place);
    this.functions = functions;
    this.calls = new CustomCalls(functions, memory);
  }

  /** As `KernelHeap.serve`. Throws `InputError` if the allocator fails. */
  serve(records: Uint8Array, count: number): number {
    const { kernel } = this;
    const batch = this.heap.putBatch(records, count);
    for (let n = 0; n < count; n++) {
      const record = batch + n * HEAP_BYTES;
      const call = kernel.ask(record);
      if (call === CUSTOM_NOTHING) this.serveNothing(record);
      else this.serveOne(record, call);
      if (kernel.memory.hasStopped) return n + 1;
    }
    return count;
  }

  /** An operation that the allocator does not see. */
  private serveNothing(record: number): void {
    this.look(false);
    this.kernel.serve(record, { ...NOTHING, errno: this.kernel.failure });
  }

  private serveOne(record: number, call: number): void {
    const { kernel, state, faults } = this;
    const { address, had } = kernel;
    const bytes = call === CUSTOM_CALLOC ? kernel.count * kernel.bytes : kernel.bytes;
    state.begin();
    faults.begin(record, call);
    const answer = this.answer(call, address, had);
    const { steps } = state;
    const isBlock = call <= CUSTOM_MEMALIGN && call !== CUSTOM_FREE && state.thrown === undefined;
    let taken = 0;
    if (isBlock && answer !== 0) taken = this.footprint(answer, bytes);
    else if (isBlock && call === CUSTOM_REALLOC) taken = this.footprint(address, had);
    const isFreed = call === CUSTOM_REALLOC && bytes === 0;
    if (isBlock && answer === 0 && state.errno === 0 && !isFreed) state.errno = ENOMEM;
    this.look(false);
    const status = kernel.serve(record, { call, answer, bytes, taken, steps, errno: state.errno });
    if (status !== CUSTOM_DONE) throw faults.place(answer, status);
  }

  /** The allocator's answer; 0 if it ended its process. */
  private answer(call: number, address: number, had: number): number {
    try {
      const answer = this.called(call, address, had);
      if (this.state.thrown !== undefined) throw this.state.thrown;
      if (!Number.isSafeInteger(answer) || answer < 0) throw this.faults.wrong(answer);
      if (call !== CUSTOM_USABLE_SIZE && call <= CUSTOM_MEMALIGN && (answer & (LEAST_ALIGNMENT - 1)) !== 0)
        throw this.faults.unaligned(answer, LEAST_ALIGNMENT);
      return answer;
    } catch (error) {
      if (error instanceof ProcessEnd) this.faults.ended(error);
      else throw this.faults.of(error);
      return 0;
    }
  }

  private called(call: number, address: number, had: number): number {
    const { calls, kernel } = this;
    switch (call) {
      case CUSTOM_MALLOC:
        return calls.malloc(kernel.bytes);
      case CUSTOM_CALLOC:
        return calls.calloc(kernel.count, kernel.bytes);
      case CUSTOM_REALLOC:
        return calls.realloc(address, had, kernel.bytes);
      case CUSTOM_FREE:
        calls.free(address);
        return 0;
      case CUSTOM_MEMALIGN:
        return calls.memalign(kernel.alignment, kernel.bytes);
      case CUSTOM_USABLE_SIZE:
        return calls.usableSize(address, had);
      case CUSTOM_TRIM:
        return calls.trim(kernel.bytes);
      default:
        calls.threadExit();
        return 0;
    }
  }

  /** Footprint of a block. The query is not part of the operation's accesses. */
  private footprint(address: number, had: number): number {
    const { functions, kernel, isWatched } = this;
    if (functions.footprint === undefined && functions.usableSize === undefined) return had;
    const name = functions.footprint === undefined ? "usableSize" : "footprint";
    if (isWatched) kernel.memory.hide(true);
    const taken = this.tried(name, () => this.calls.footprint(address, had));
    if (isWatched) kernel.memory.hide(false);
    if (!Number.isSafeInteger(taken) || taken < 0) throw this.faults.wrong(taken);
    return taken;
  }

  /** Gives the state of the heap to the recorder if it wants it and the process is alive; `isLast`: at the end. */
  look(isLast: boolean): void {
    if (this.functions.chunks === undefined || this.state.thrown !== undefined) return;
    if (this.kernel.wantsChunks(isLast)) this.showChunks();
  }

  private showChunks(): void {
    const { functions, kernel } = this;
    kernel.memory.hide(true);
    const words = this.tried("chunks", () => chunkWords(functions.chunks?.() ?? [], this.faults));
    kernel.memory.hide(false);
    kernel.showChunks(words);
  }

  /** Calls a function in which the process cannot end. */
  private tried<Result>(name: string, work: () => Result): Result {
    this.faults.name = name;
    try {
      const result = work();
      if (this.state.thrown !== undefined) throw this.state.thrown;
      return result;
    } catch (error) {
      throw this.faults.of(error);
    }
  }

  /** As `KernelHeap.stopped`. */
  get stopped(): HeapStop | undefined {
    const { stopped } = this.heap;
    return stopped && { ...stopped, message: this.state.message };
  }
}
