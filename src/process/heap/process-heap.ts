/**
 * The heap of a process: the allocator of its C library, created at the first call. All of its state lies in kernel
 * memory, so it is forked, undone and restored with the process.
 */
import {
  HEAP_ALIGNED_ALLOC,
  HEAP_CALLOC,
  HEAP_MALLOC,
  HEAP_MEMALIGN,
  HEAP_OPERATIONS,
  HEAP_POSIX_MEMALIGN,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_VALLOC,
} from "../../../assembly/abi/heap.js";
import { SIGBUS, SIGSEGV } from "../../../assembly/abi/linux.js";
import { type AllocatorChoice, parametersIn } from "../../allocators/allocators.js";
import type { HeapEnvironment } from "../../allocators/environment.js";
import { errorName } from "../../trace/calls/errors.js";
import type { HeapStop, HeapAnswer as KernelAnswer, KernelHeap } from "../../wasm/heap.js";
import type { RawFigures } from "../../wasm/heap-figures.js";
import { type Answer, type Signal, signalOf } from "../answers.js";
import type { Steps } from "../events.js";
import type { AddressSpace } from "../space.js";
import type { SystemAllocator } from "../system/allocator.js";
import { summaryOf } from "./figures.js";
import { type HeapCounts, type HeapView, heapView } from "./view.js";

/** A process, as its heap uses it. */
export interface HeapOwner {
  readonly pid: number;
  readonly isAlive: boolean;
  readonly space: AddressSpace;
  readonly system: Steps & { readonly allocator: SystemAllocator };
  /** The running thread. */
  readonly runner: { readonly number: number };
  nextCall(): number;
  /** Throws `UsageError` if the process has ended. */
  mustBeAlive(): void;
  /** The process gets the signal, and ends if it has no handler. */
  deliver(signal: Signal, number: number): void;
}

/** Result of a call of the allocator. */
export interface HeapAnswer extends Answer {
  /** The signal that ended the call. */
  readonly signal: Signal | undefined;
  /** The allocator's message on standard error before its abort: `free(): invalid pointer`. */
  readonly message: string | undefined;
}

/** One call: its arguments and, if there is one, its recorded result. */
export interface HeapCall {
  /** `HEAP_MALLOC`, … */
  readonly op: number;
  readonly args: readonly bigint[];
  /** Dense number of the thread; default: the running one. */
  readonly thread?: number;
  readonly recorded?: bigint;
  /** The caller's number of the call. */
  readonly number: number;
  /** The process survives any signal in the call. */
  readonly survivesSignals?: boolean;
}

/** Result of a call for statistics. */
export interface HeapStatistics extends HeapAnswer {
  /** Undefined if the allocator has none. If the process got a signal, those of the arenas before it. */
  readonly figures: RawFigures | undefined;
}

/** Its state outside kernel memory. */
export interface HeapState {
  readonly heap: KernelHeap | undefined;
  readonly choice: AllocatorChoice | undefined;
}

/** Operations that returned NULL. */
const ALLOCATING: ReadonlySet<number> = new Set([
  HEAP_MALLOC,
  HEAP_CALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_MEMALIGN,
  HEAP_ALIGNED_ALLOC,
  HEAP_POSIX_MEMALIGN,
  HEAP_VALLOC,
  HEAP_PVALLOC,
]);

export class ProcessHeap {
  private heap: KernelHeap | undefined;
  private choice: AllocatorChoice | undefined;
  /** The summary that remains after the process has ended. */
  private final: HeapCounts | undefined;

  constructor(private readonly process: HeapOwner) {}

  get isMade(): boolean {
    return this.heap !== undefined;
  }

  /** A call by the running thread. */
  run(op: number, args: readonly bigint[]): HeapAnswer {
    return this.operate({ op, args, number: this.process.nextCall() });
  }

  /** A call. A signal without a handler ends the process. */
  operate(call: HeapCall): HeapAnswer {
    return this.announced(call, () => this.settle(call, this.serve(call)));
  }

  /** mallinfo2, malloc_stats or malloc_info. A signal without a handler ends the process. */
  statistics(call: HeapCall): HeapStatistics {
    return this.announced(call, () => {
      const { answer } = this.serve(call);
      const figures = this.heap?.figuresAt(Number(answer));
      return { ...this.settle(call, { answer: 0n, errno: 0 }), figures };
    });
  }

  /** True if the allocator has statistics. */
  get hasFigures(): boolean {
    this.process.mustBeAlive();
    this.made();
    return this.choice?.info.name === "glibc";
  }

  private announced<T extends HeapAnswer>(call: HeapCall, run: () => T): T {
    const { process } = this;
    process.mustBeAlive();
    return process.system.operate(() => {
      const answer = run();
      const name = HEAP_OPERATIONS[call.op] ?? "";
      process.system.emit({ type: "call", pid: process.pid, name, args: call.args, answer });
      return answer;
    });
  }

  private serve({ op, args, thread, recorded = 0n, number }: HeapCall): KernelAnswer {
    const { process } = this;
    const [a = 0n, b = 0n, c = 0n] = args;
    const operation = { op, thread: thread ?? process.runner.number, a, b, c, recorded };
    return process.space.kernel.operateHeap(this.made(), operation, number);
  }

  private settle(
    { op, number, survivesSignals = false }: HeapCall,
    { answer, errno }: KernelAnswer,
  ): HeapAnswer {
    const stopped = this.heap?.stopped;
    if (stopped !== undefined) return this.stop(stopped, number, survivesSignals);
    const hasFailed = answer === 0n && errno !== 0 && ALLOCATING.has(op);
    return {
      value: answer,
      error: hasFailed ? errorName(errno) : undefined,
      signal: undefined,
      message: undefined,
    };
  }

  /** The allocator got a signal: the process gets it, and survives only if it has a handler. */
  private stop(stopped: HeapStop, number: number, survivesSignals: boolean): HeapAnswer {
    const { process } = this;
    const { message } = stopped;
    const hasAddress = stopped.signal === SIGSEGV || stopped.signal === SIGBUS;
    const address = hasAddress ? process.space.kernel.signalAddress : 0n;
    const signal = signalOf({ number: stopped.signal, code: stopped.code, address });
    if (signal !== undefined && survivesSignals)
      process.system.emit({ type: "signal", pid: process.pid, signal });
    else if (signal !== undefined) process.deliver(signal, number);
    if (process.isAlive) this.heap?.resume();
    return { value: 0n, error: undefined, signal, message };
  }

  private made(): KernelHeap {
    if (this.heap === undefined) {
      this.choice ??= this.process.system.allocator.usual;
      this.heap = this.make(this.choice, {});
    }
    return this.heap;
  }

  /** Recreates the heap as at the start of the process, with the settings in `environment`. */
  begin(choice = this.process.system.allocator.usual, environment: HeapEnvironment = {}): void {
    this.heap?.release();
    this.choice = choice;
    this.heap = this.make(choice, environment);
  }

  private make(choice: AllocatorChoice, environment: HeapEnvironment): KernelHeap {
    const { space, system } = this.process;
    return space.kernel.createHeap({
      allocator: choice.id,
      parameters: parametersIn(choice, environment),
      mode: system.allocator.mode,
      isUsed: false,
      byAddress: true,
    });
  }

  /** The heap of a child, with address space `space`, that `thread` of this process forked. */
  fork(space: AddressSpace, thread: number): HeapState {
    return { heap: this.heap && space.kernel.forkHeap(this.heap, thread), choice: this.choice };
  }

  /** Its counters; undefined if the process has called no allocator. */
  get counts(): HeapCounts | undefined {
    if (this.heap === undefined || this.choice === undefined) return this.final;
    return { allocator: this.choice.name, ...this.heap.counters };
  }

  /** Its chunks and statistics; none if the process has ended. */
  view(): HeapView | undefined {
    const { counts, heap, choice } = this;
    if (counts === undefined) return undefined;
    const view = heapView(counts, heap === undefined ? [] : heap.chunks(), choice?.info.name);
    const figures = heap?.figures();
    return figures === undefined ? view : { ...view, figures: summaryOf(figures) };
  }

  /** The process ends: keeps the summary of its heap. */
  end(): void {
    this.final = this.counts;
    this.heap?.release();
    this.heap = undefined;
  }

  /** Checks consistency. For tests. */
  get isValid(): boolean {
    return this.heap?.isValid() ?? true;
  }

  state(): HeapState {
    return { heap: this.heap, choice: this.choice };
  }

  assume({ heap, choice }: HeapState): void {
    this.heap = heap;
    this.choice = choice;
  }
}
