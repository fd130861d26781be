/**
 * A process: its system calls and memory accesses as methods, and its state as /proc shows it. Errors and signals are
 * values. Only invalid arguments (`UsageError`) and lack of Wasm memory (`OutOfMemoryError`) are thrown.
 */

import { UsageError } from "../errors.js";
import type { RawRegion } from "../wasm/process/structs.js";
import { type Answer, answerOf, type FaultCounts, type Signal, type Touch } from "./answers.js";
import { mustBeBits, mustBePid, type Word, word } from "./arguments.js";
import { LibraryCalls } from "./calls/library-calls.js";
import { type CallName, numbered, opOf } from "./calls/ops.js";
import { type CycleCounts, cyclesOf, NO_CYCLES } from "./costs.js";
import { type Listener, mustBeListener } from "./events.js";
import { type HeapState, ProcessHeap } from "./heap/process-heap.js";
import { type RegionView, regionViews } from "./proc/regions.js";
import { type Handler, pushFrame } from "./signal-frame.js";
import type { AddressSpace, SpaceState } from "./space.js";
import type { SharedSystem } from "./system/shared-system.js";
import { mapStack, Thread, type ThreadOptions, type ThreadState } from "./thread.js";
import { Trial } from "./trial.js";

/** A thread of a process. */
export type ProcessThread = Thread<Process>;

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
  threads: (readonly [thread: ProcessThread, state: ThreadState])[];
  calls: number;
  space: SpaceState;
  handled: (readonly [signal: string, handler: Handler])[];
  executable: string | undefined;
  heap: HeapState;
  threadCount: number;
}

/** A process. Its system calls, library calls and accesses to memory are methods; `spawn` and `System.start` make it. */
export class Process extends LibraryCalls {
  /** It has not ended. */
  isAlive = true;
  /** Its first thread, whose stack grows. */
  readonly main: ProcessThread;
  /** All threads: the first, and those created by `thread`. */
  private readonly threads: ProcessThread[];
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
  /** The summary, if the process has ended. */
  private final: Final | undefined;

  constructor(
    /** The system that it runs on. */
    readonly system: SharedSystem<Process>,
    private number: number,
    /** Its address space. */
    readonly space: AddressSpace,
  ) {
    super();
    this.serial = space.kernel.serial;
    this.main = new Thread(this, system.layout.stackTop);
    this.threads = [this.main];
    this.running = this.main;
  }

  /** Its number. */
  get pid(): number {
    return this.number;
  }

  /** The number of its address space in the TLBs. */
  get asid(): number {
    return this.space.kernel.asid;
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
    mustBeListener(listener);
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
    this.mustBeAlive();
    return this.system.operate(() => {
      const { result } = this.space.kernel.run(op, args, number);
      const answer = answerOf(result);
      this.system.emit({ type: "call", pid: this.pid, name, args, answer });
      return answer;
    });
  }

  /**
   * Runs many calls at once, several times as fast as one by one. Returns an answer for each, fewer if the process was
   * killed. Listeners do not get these calls.
   */
  callMany(calls: readonly (readonly [name: CallName, args: readonly bigint[]])[]): Answer[] {
    this.mustBeAlive();
    const numberedCalls = numbered(calls);
    return this.system.operate(() => {
      const answers = this.space.kernel.runMany(numberedCalls);
      this.calls += answers.length;
      return Array.from(answers, answerOf);
    });
  }

  /** Starts a trial: calls on a copy of the regions, to learn where mappings would go. */
  trial(): Trial {
    this.mustBeAlive();
    return new Trial(this.system.kernel.trial(this.asid));
  }

  /** Writes bytes to the file at an offset; the file grows as needed (pwrite). */
  writeFile(path: string, from: Word, bytes: Word): void {
    this.mustBeAlive();
    this.system.operate(() =>
      this.system.files.write(this.asid, path, word(from, "writeFile", 2), word(bytes, "writeFile", 3)),
    );
  }

  /** Moves the first thread's stack pointer down and stores there, as the next push would. It is not a system call. */
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
  thread(options: ThreadOptions = {}): ProcessThread | Answer {
    this.mustBeAlive();
    return this.system.operate(() => {
      const stack = mapStack(this, options);
      if (stack.error !== undefined) return stack;
      const thread: ProcessThread = new Thread(this, stack.value);
      this.threads.push(thread);
      return thread;
    });
  }

  /**
   * Creates a child with a copy of the address space, in which only `thread` continues. EAGAIN if there are too many
   * processes, ENOMEM if memory is short.
   */
  fork(pid?: number, thread: Thread = this.main): Process | Answer {
    this.mustBeAlive();
    if (pid !== undefined) mustBePid(pid);
    return this.system.operate(() => {
      const space = this.space.kernel.fork();
      if (typeof space === "string") return { value: -1n, error: space };
      const child = this.system.add(space, pid);
      const heap = this.library.fork(child.space, thread.number);
      child.assume({ ...this.state(), threads: [[child.main, thread.state()]], calls: 0, heap });
      this.system.emit({ type: "fork", pid: this.pid, child: child.pid });
      return child;
    });
  }

  /** Ends the process and frees its memory. */
  exit(status = 0): void {
    if (!this.isAlive) return;
    this.system.operate(() => {
      this.end(status);
      this.space.kernel.end();
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
      this.system.operate(() => pushFrame(this.space, this.running, handler, number));
  }

  /** The process gets the signal, and ends if it has no handler. */
  deliver(signal: Signal, number: number): void {
    this.system.emit({ type: "signal", pid: this.pid, signal });
    if (signal.signal === "SIGKILL") this.checkKilled();
    if (this.isAlive && !this.survives(signal.signal, number)) this.exit();
  }

  private survives(signal: string, number: number): boolean {
    const handler = this.handled.get(signal);
    return handler !== undefined && (pushFrame(this.space, this.running, handler, number) || handler.ran);
  }

  /** The system was restored to a time before the process began. */
  discard(): void {
    this.isAlive = false;
    this.final = NOTHING;
    this.dropThreads();
  }

  /** Marks all threads as gone; `assume` brings back those of its state. */
  private dropThreads(): void {
    for (const thread of this.threads.splice(0)) thread.isGone = true;
  }

  /** The kernel may have killed the process for lack of memory. */
  checkKilled(): void {
    if (this.isAlive && !this.space.kernel.isAlive) this.end(undefined);
  }

  private end(status: number | undefined): void {
    this.final = { faults: this.countedFaults(), cycles: cyclesOf(this.space) };
    this.library.end();
    this.isAlive = false;
    this.system.emit({ type: "end", pid: this.pid, status });
  }

  /** Throws `UsageError` if it has ended. */
  mustBeAlive(): void {
    this.checkKilled();
    if (!this.isAlive) throw new UsageError(`process ${this.pid} has ended`, "start another");
  }

  /** The regions with their pages in memory: the data of `maps` and `smaps`. */
  regions(): RegionView[] {
    return this.isAlive ? regionViews(this.space, this.system.plan.parameters.huge) : [];
  }

  /** The regions in the kernel's form. */
  rawRegions(): RawRegion[] {
    return this.isAlive ? this.space.kernel.regions() : [];
  }

  /** Since its start; if it has ended, the total. */
  get faults(): FaultCounts {
    return this.final?.faults ?? this.countedFaults();
  }

  /** Modelled time. */
  get cycles(): CycleCounts {
    return this.final?.cycles ?? cyclesOf(this.space);
  }

  /** A field of the space, `SPACE_…`. */
  field(offset: number): bigint {
    return this.space.field(offset);
  }

  /** The state of the process outside kernel memory, for checkpoints. */
  state(): ProcessState {
    return {
      final: this.final,
      isAlive: this.isAlive,
      threads: this.threads.map((one) => [one, one.state()]),
      calls: this.calls,
      space: this.space.state(),
      handled: [...this.handled],
      executable: this.executable,
      heap: this.library.state(),
      threadCount: this.threadCount,
    };
  }

  /** Takes the state that the process had. Called by the system when it restores or steps back. */
  assume(state: ProcessState): void {
    this.final = state.final;
    this.isAlive = state.isAlive;
    this.dropThreads();
    for (const [thread, was] of state.threads) {
      thread.assume(was);
      this.threads.push(thread);
    }
    this.calls = state.calls;
    this.space.assume(state.space);
    this.handled.clear();
    for (const [signal, handler] of state.handled) this.handled.set(signal, handler);
    this.executable = state.executable;
    this.library.assume(state.heap);
    this.threadCount = state.threadCount;
  }
}
