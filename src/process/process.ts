/**
 * A process: its system calls and memory accesses as methods, and its state as /proc shows it. Errors and signals are
 * values. Only invalid arguments (`UsageError`) and lack of Wasm memory (`OutOfMemoryError`) are thrown.
 */

import { OP_FETCH, OP_LOAD, OP_MODIFY, OP_STORE } from "../../assembly/abi/call.js";
import { BATCH_RECORDS } from "../../assembly/abi/core.js";
import { SPACE_MAJOR, SPACE_MINOR } from "../../assembly/abi/process.js";
import { UsageError } from "../errors.js";
import type { ReferenceKind } from "../trace/losses.js";
import type { RawRegion } from "../wasm/process-structs.js";
import type { CallOutcome } from "../wasm/system.js";
import { type Answer, answerOf, type FaultCounts, type Signal, signalOf, type Touch } from "./answers.js";
import {
  mustBeAddresses,
  mustBeBits,
  mustBePid,
  mustBeReferenceBytes,
  type Word,
  word,
} from "./arguments.js";
import type { BlockCharges } from "./block-charges.js";
import { foundBy, leave, mustFit, peek, poke } from "./contents.js";
import { type CycleCounts, cyclesOf, NO_CYCLES } from "./costs.js";
import { type Listener, mustListen } from "./events.js";
import { LibraryCalls } from "./library-calls.js";
import { type CallName, kindOf, numbered, opOf } from "./ops.js";
import { type RegionView, regionViews } from "./proc/views.js";
import { type HeapState, ProcessHeap } from "./process-heap.js";
import { type Handler, pushFrame } from "./signal-frame.js";
import type { System } from "./system.js";
import { newThread, Thread, type ThreadOptions, type ThreadState } from "./thread.js";
import { Trial } from "./trial.js";

/** The summary of a process that has ended. */
interface Final {
  readonly faults: FaultCounts;
  readonly cycles: CycleCounts;
}

const NOTHING: Final = { faults: { minor: 0, major: 0 }, cycles: NO_CYCLES };

/** The state of a process outside kernel memory. */
export interface ProcessState {
  final: Final | undefined;
  isAlive: boolean;
  threads: (readonly [thread: Thread, state: ThreadState])[];
  calls: number;
  labels: string[];
  handled: (readonly [signal: string, handler: Handler])[];
  executable: string | undefined;
  heap: HeapState;
  threadCount: number;
}

/** Result of a load. */
export interface LoadTouch extends Touch {
  /** The value read, of at most 8 bytes; undefined if it is unknown. */
  readonly value: bigint | undefined;
}

export class Process extends LibraryCalls {
  isAlive = true;
  /** Its first thread, whose stack grows. */
  readonly main: Thread;
  /** All threads: the first, and those created by `thread`. */
  private readonly threads: Thread[];
  /** Names of regions without a file: `[vdso]`. A region holds the index of its name, from 1. */
  readonly labels: string[] = [];
  /** The program's path, if known. */
  executable: string | undefined;
  /** Signals with a handler, which do not end the process. */
  readonly handled = new Map<string, Handler>();
  /** The thread that accesses memory now. */
  private running: Thread;
  /** The allocator behind malloc. */
  readonly library = new ProcessHeap(this);
  private threadCount = 0;
  /** The kernel's number of its address space; never reused. */
  readonly serial: number;
  private calls = 0;
  /** The summary, if the process has ended. */
  private final: Final | undefined;

  constructor(
    readonly system: System,
    private number: number,
    readonly asid: number,
  ) {
    super();
    this.serial = system.kernel.serial(asid);
    this.main = new Thread(this, system.layout.stackTop);
    this.threads = [this.main];
    this.running = this.main;
  }

  get pid(): number {
    return this.number;
  }

  /** The number of a new thread, for allocators. */
  nextThread(): number {
    return this.threadCount++;
  }

  /** The running thread. */
  get runner(): Thread {
    return this.running;
  }

  /** Called by `System.renumber` only, which updates the table of processes. */
  takeNumber(pid: number): void {
    this.number = pid;
  }

  /** The stack pointer of the first thread. */
  get stackPointer(): bigint {
    return this.main.stackPointer;
  }

  set stackPointer(address: bigint) {
    this.main.stackPointer = address;
  }

  /** Subscribes to its calls, faults and signals. Returns a function that unsubscribes. */
  subscribe(listener: Listener): () => void {
    mustListen(listener);
    return this.system.subscribe((event) => {
      if (event.pid === this.pid) listener(event);
    });
  }

  /**
   * Runs one call by name, with arguments as the kernel takes them. `number` is the caller's number of the call;
   * regions keep it.
   */
  call(name: CallName, args: readonly bigint[], number = this.nextCall()): Answer {
    const op = opOf(name);
    mustBeBits(args, name);
    this.mustLive();
    return this.system.operate(() => {
      const { result } = this.system.kernel.run(this.asid, op, args, number);
      const answer = answerOf(result);
      this.system.emit({ type: "call", pid: this.pid, name, args, answer });
      return answer;
    });
  }

  nextCall(): number {
    return ++this.calls;
  }

  /**
   * Runs many calls at once, several times as fast as one by one. Returns an answer for each, fewer if the process was
   * killed. Listeners do not get these calls.
   */
  callMany(calls: readonly (readonly [name: CallName, args: readonly bigint[]])[]): Answer[] {
    this.mustLive();
    const asked = numbered(calls);
    return this.system.operate(() => {
      const answers = this.system.kernel.runMany(this.asid, asked);
      this.calls += answers.length;
      return Array.from(answers, answerOf);
    });
  }

  /** Starts a trial: calls on a copy of the regions, to learn where mappings would go. */
  trial(): Trial {
    this.mustLive();
    return new Trial(this.system.kernel.trial(this.asid));
  }

  /** Writes bytes to the file at an offset; the file grows as needed (pwrite). */
  writeFile(path: string, from: Word, bytes: Word): void {
    this.mustLive();
    this.system.operate(() =>
      this.system.files.write(this.asid, path, word(from, "writeFile", 2), word(bytes, "writeFile", 3)),
    );
  }

  /** Reads bytes; an access to more than a page is made page by page. `number` is the caller's number of the call. */
  load(address: Word, bytes: Word = 1, number = this.calls): LoadTouch {
    const touch = this.touch(OP_LOAD, "load", address, bytes, number);
    const isAt = touch.signal === undefined;
    const value = isAt ? foundBy(this, word(address, "load", 1), word(bytes, "load", 2)) : undefined;
    return { ...touch, value };
  }

  /** `value`: the value to store, of at most 8 bytes; without it, "A" in each byte whose contents were known. */
  store(address: Word, bytes: Word = 1, value?: Word, number = this.calls): Touch {
    const count = word(bytes, "store", 2);
    const stored = value === undefined ? undefined : mustFit(value, count);
    return this.system.operate(() => {
      const touch = this.touch(OP_STORE, "store", address, bytes, number);
      leave(this, word(address, "store", 1), count, touch, stored);
      return touch;
    });
  }

  /** Reads bytes without a reference; zeros where the contents are unknown. */
  peek(address: Word, bytes: Word): Uint8Array {
    this.mustLive();
    return peek(this, address, bytes);
  }

  /** Writes bytes without a reference, as a debugger does. */
  poke(address: Word, bytes: Uint8Array): void {
    this.mustLive();
    this.system.operate(() => poke(this, address, bytes));
  }

  /** Reads and writes the same bytes in one access. */
  modify(address: Word, bytes: Word = 1, number = this.calls): Touch {
    return this.touch(OP_MODIFY, "modify", address, bytes, number);
  }

  fetch(address: Word, bytes: Word = 1, number = this.calls): Touch {
    return this.touch(OP_FETCH, "fetch", address, bytes, number);
  }

  private touch(op: number, kind: ReferenceKind, address: Word, bytes: Word, number: number): Touch {
    const args = [word(address, kind, 1), word(bytes, kind, 2)];
    return this.touching(number, () => this.system.kernel.run(this.asid, op, args, number).signal);
  }

  /**
   * Makes the references given by records in the system's kernel memory, in the layout of `assembly/abi`. Returns how
   * many succeeded before a signal. With `charged` each is charged to what it touches.
   */
  touchRecords(
    records: number,
    count: number,
    number = this.calls,
    charged?: Pick<BlockCharges, "touch">,
  ): Touch & { done: number } {
    let done = 0;
    const touch = this.touching(number, () => {
      const outcome =
        charged === undefined
          ? this.system.kernel.touch(this.asid, records, count, number)
          : charged.touch(records, count, number);
      done = outcome.done;
      return outcome.signal;
    });
    return { ...touch, done };
  }

  /**
   * Accesses bytes at each address in turn, at a few nanoseconds each, up to a signal or to the end. `done` is the
   * number that succeeded.
   */
  touchMany(addresses: ArrayLike<bigint>, kind: ReferenceKind = "load", bytes = 1): Touch & { done: number } {
    const number = kindOf(kind);
    mustBeAddresses(addresses);
    mustBeReferenceBytes(bytes);
    return this.system.operate(() => {
      let done = 0;
      let minorFaults = 0;
      let majorFaults = 0;
      let signal: Signal | undefined;
      while (done < addresses.length && signal === undefined) {
        const count = Math.min(addresses.length - done, BATCH_RECORDS);
        const records = this.system.kernel.putReferences(addresses, done, count, number, bytes);
        const touch = this.touchRecords(records, count);
        done += touch.done;
        minorFaults += touch.minorFaults;
        majorFaults += touch.majorFaults;
        signal = touch.signal;
      }
      return { done, minorFaults, majorFaults, signal };
    });
  }

  private touching(number: number, run: () => CallOutcome["signal"]): Touch {
    this.mustLive();
    return this.system.operate(() => {
      const before = this.countedFaults();
      const signal = signalOf(run());
      const after = this.countedFaults();
      if (signal !== undefined) this.deliver(signal, number);
      return { minorFaults: after.minor - before.minor, majorFaults: after.major - before.major, signal };
    });
  }

  /** Moves the first thread's stack pointer down and stores there, as the next push would. It is no system call. */
  alloca(bytes: Word, number?: number): Touch & { address: bigint } {
    return this.main.alloca(bytes, number);
  }

  /** Enters a function with a frame of this size. */
  enter(bytes: Word = 0, number?: number): Touch {
    return this.main.enter(bytes, number);
  }

  /** Leaves the last function entered, and frees its `alloca`. The stack's region does not shrink. */
  leave(): void {
    this.main.leave();
  }

  /** Creates a thread with its own stack and guard, as pthread_create does; an error if there is no room. */
  thread(options: ThreadOptions = {}): Thread | Answer {
    this.mustLive();
    return this.system.operate(() => {
      const thread = newThread(this, options);
      if (thread instanceof Thread) this.threads.push(thread);
      return thread;
    });
  }

  /**
   * Creates a child with a copy of the address space, in which only `thread` continues. EAGAIN if there are too many
   * processes, ENOMEM if memory is short.
   */
  fork(pid?: number, thread = this.main): Process | Answer {
    this.mustLive();
    if (pid !== undefined) mustBePid(pid);
    return this.system.operate(() => {
      const asid = this.system.kernel.fork(this.asid);
      if (typeof asid === "string") return { value: -1n, error: asid };
      const child = this.system.adopt(new Process(this.system, pid ?? this.system.freePid(), asid));
      const heap = this.library.fork(child, thread.number);
      child.assume({ ...this.state(), threads: [[child.main, thread.state()]], calls: 0, heap });
      return child;
    });
  }

  /** Ends the process and frees its memory. */
  exit(status = 0): void {
    if (!this.isAlive) return;
    this.system.operate(() => {
      this.end(status);
      this.system.kernel.end(this.asid);
    });
  }

  /** Makes the accesses of `run` as this thread, whose stack signal handlers use. */
  runAs<T>(thread: Thread, run: () => T): T {
    const was = this.running;
    this.running = thread;
    try {
      return run();
    } finally {
      this.running = was;
    }
  }

  /**
   * Installs a handler, which returns at once. The signal no longer ends the process, unless the stack has no room for
   * the signal frame.
   */
  handle(signal: string, options: { alternateStack?: boolean } = {}): void {
    this.handled.set(signal, { onAlternateStack: options.alternateStack === true, ran: false });
  }

  /** A signal that no access caused. Its handler, if any, needs stack. */
  interrupt(signal: string, number = this.calls): void {
    const handler = this.handled.get(signal);
    if (handler !== undefined && this.isAlive)
      this.system.operate(() => pushFrame(this.running, handler, number));
  }

  /** The process gets the signal, and ends if it has no handler. */
  deliver(signal: Signal, number: number): void {
    this.system.emit({ type: "signal", pid: this.pid, signal });
    if (signal.signal === "SIGKILL") this.notice();
    if (this.isAlive && !this.survives(signal.signal, number)) this.exit();
  }

  private survives(signal: string, number: number): boolean {
    const handler = this.handled.get(signal);
    return handler !== undefined && (pushFrame(this.running, handler, number) || handler.ran);
  }

  /** The system was restored to a time before the process began. */
  vanish(): void {
    this.isAlive = false;
    this.final = NOTHING;
    this.dropThreads();
  }

  /** Those that come back have it said. */
  private dropThreads(): void {
    for (const thread of this.threads.splice(0)) thread.isGone = true;
  }

  /** The kernel may have killed the process for lack of memory. */
  notice(): void {
    if (this.isAlive && !this.system.kernel.isAlive(this.asid)) this.end(undefined);
  }

  private end(status: number | undefined): void {
    this.final = { faults: this.countedFaults(), cycles: cyclesOf(this) };
    this.library.end();
    this.isAlive = false;
    this.system.emit({ type: "end", pid: this.pid, status });
  }

  /** Throws `UsageError` if it has ended. */
  mustLive(): void {
    this.notice();
    if (!this.isAlive) throw new UsageError(`process ${this.pid} has ended`, "start another");
  }

  /** The regions with their pages in memory: the data of `maps` and `smaps`. */
  regions(): RegionView[] {
    return this.isAlive ? regionViews(this) : [];
  }

  /** The regions in the kernel's form. */
  rawRegions(): RawRegion[] {
    return this.isAlive ? this.system.kernel.regions(this.asid) : [];
  }

  /** Since its start; if it has ended, the total. */
  get faults(): FaultCounts {
    return this.final?.faults ?? this.countedFaults();
  }

  /** Modelled time. */
  get cycles(): CycleCounts {
    return this.final?.cycles ?? cyclesOf(this);
  }

  private countedFaults(): FaultCounts {
    return { minor: Number(this.field(SPACE_MINOR)), major: Number(this.field(SPACE_MAJOR)) };
  }

  /** A field of the space, `SPACE_…`. */
  field(offset: number): bigint {
    return this.system.kernel.field(this.asid, offset);
  }

  /** The state of the process outside kernel memory, for checkpoints. */
  state(): ProcessState {
    return {
      final: this.final,
      isAlive: this.isAlive,
      threads: this.threads.map((one) => [one, one.state()]),
      calls: this.calls,
      labels: [...this.labels],
      handled: [...this.handled],
      executable: this.executable,
      heap: this.library.state(),
      threadCount: this.threadCount,
    };
  }

  assume(state: ProcessState): void {
    this.final = state.final;
    this.isAlive = state.isAlive;
    this.dropThreads();
    for (const [thread, was] of state.threads) {
      thread.assume(was);
      this.threads.push(thread);
    }
    this.calls = state.calls;
    this.labels.splice(0, this.labels.length, ...state.labels);
    this.handled.clear();
    for (const [signal, handler] of state.handled) this.handled.set(signal, handler);
    this.executable = state.executable;
    this.library.assume(state.heap);
    this.threadCount = state.threadCount;
  }
}
