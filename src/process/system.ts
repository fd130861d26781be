/**
 * A system that runs processes: one machine, the memory, the files. Every operation of a process is a step of the
 * system, so that listeners get it and it can be undone.
 */

import * as v from "valibot";
import { NONE } from "../../assembly/abi/core.js";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_STACK } from "../../assembly/abi/linux.js";
import { OptionError, type PagewalkError, UsageError } from "../errors.js";
import { buildMachine, type NamedTlb } from "../machine/build.js";
import { type MachinePlan, pagesOf, planMachine } from "../machine/options.js";
import { systemOptions } from "../options/process.js";
import { entriesOf } from "../options/row.js";
import { validate } from "../options/validate.js";
import type { TraceReader } from "../trace/reader.js";
import type { Trace } from "../trace/trace.js";
import { Kernel, outOfMemory } from "../wasm/kernel.js";
import type { FrameCounts, KernelMachine, MachineCounters } from "../wasm/machine.js";
import type { SystemCounters } from "../wasm/process-structs.js";
import { KernelSystem } from "../wasm/system.js";
import { mustBePid } from "./arguments.js";
import { costsOf, costsSchema } from "./costs.js";
import { type Listener, mustListen, type ProcessEvent } from "./events.js";
import { Files, type FilesState } from "./files.js";
import { History } from "./history.js";
import { kernelVersion } from "./kernel-version.js";
import { type Limits, parseLimits, type ResourceLimit } from "./limits.js";
import type { OpenFile, OpenMode } from "./open-file.js";
import { Process, type ProcessState } from "./process.js";
import { type Layout, layoutOf } from "./program/layout.js";
import { SystemAllocator } from "./system-allocator.js";

export const systemEntries = {
  ...entriesOf(systemOptions),
  /** Text, or an object of cycles. */
  costs: v.optional(costsSchema),
  /** Number of steps that can be taken back. */
  history: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000_000)), 0),
};

export const systemSchema = v.strictObject(systemEntries);
export type SystemOptions = v.InferInput<typeof systemSchema>;

/** Linux's default number of process numbers. */
const MOST_PROCESSES = 32768;
/** Error for `opt` and similar policies: a system's future requests are unknown. */
const FUTURE = "knows the future, and a process makes it up as it goes";

/** A page written to swap, for each process that mapped it. */
export interface SwappedPage {
  /** Undefined for shared memory that no process mapped, or if the process number was reused. */
  readonly pid: number | undefined;
  readonly address: bigint;
  /** The current call of the running process, or its last one. */
  readonly call: number;
}

/** The state of a system outside kernel memory. */
interface HostState {
  readonly processes: readonly (readonly [process: Process, state: ProcessState])[];
  readonly files: FilesState;
  readonly nextPid: number;
}

export interface SystemState extends HostState {
  readonly memory: Uint8Array;
}

export class System {
  /** Processes by number, ended ones included. */
  readonly processes = new Map<number, Process>();
  readonly files: Files;
  private nextPid = 1000;
  private killsNoticed = 0;
  /** Listeners, and whether they want faults. */
  private readonly listeners = new Map<Listener, boolean>();
  private faultListeners = 0;
  private depth = 0;
  private history: History<HostState> | undefined;
  /** Checkpoints of this system, to detect foreign ones. */
  private readonly checkpoints = new WeakSet<SystemState>();

  private constructor(
    readonly kernel: KernelSystem,
    private readonly memory: Kernel,
    readonly machine: KernelMachine,
    readonly tlbs: readonly NamedTlb[],
    readonly plan: MachinePlan,
    readonly layout: Layout,
    readonly limits: Limits,
    readonly privileged: boolean,
    private readonly seed: number | undefined,
    /** Capacity of swap, pages. */
    readonly swapPages: number,
    readonly allocator: SystemAllocator,
  ) {
    this.files = new Files(kernel);
  }

  /** Throws `UsageError` for invalid options, `OutOfMemoryError` if Wasm's 4 GiB are not enough. */
  static async create(options: SystemOptions = {}): Promise<System> {
    const checked = validate("System", systemSchema, options);
    const memory = await Kernel.create();
    const { swap, ...rest } = checked;
    const costs = costsOf(checked.costs);
    const plan = await planMachine(memory, rest, MOST_PROCESSES);
    if (plan.needsFuture) throw OptionError.at("policy", `${plan.policy} ${FUTURE}`, "choose another");
    const swapPages = swap === undefined ? 0 : pagesOf(swap, plan.shape, "swap");
    if (swapPages >= NONE) throw outOfMemory();
    const { features, memlock, hasClockRegion } = kernelVersion(checked.kernel);
    const limits = parseLimits(checked.ulimit, memlock);
    const layout = layoutOf({
      arch: checked.arch,
      seed: checked.randomize,
      stackLimit: limits.stack,
      hasClockRegion,
    });
    const { machine, tlbs } = buildMachine(memory, {
      ...plan,
      parameters: { ...plan.parameters, swapPages },
    });
    const kernel = new KernelSystem(memory, machine.address, {
      hugetlbPages: checked.hugetlb,
      overcommit: checked.overcommit,
      isCold: checked.pageCache === "cold",
      features,
      costs: [costs.tlbHit, costs.walkStep, costs.minorFault, costs.majorFault, costs.shootdown, costs.call],
    });
    const system = new System(
      kernel,
      memory,
      machine,
      tlbs,
      plan,
      layout,
      limits,
      checked.privileged ?? !/\bmemlock\b/.test(checked.ulimit),
      checked.randomize,
      swapPages,
      new SystemAllocator(kernel, layout, checked.allocator),
    );
    system.keepHistory(checked.history);
    return system;
  }

  /** Sets how many steps can be taken back; 0: none. */
  keepHistory(steps: number): void {
    this.history = steps === 0 ? undefined : new History(this.memory, steps, this.hostState());
  }

  /** A new process with an empty address space. Defaults: the next free number, and the limits of the system. */
  start(pid = this.freePid(), limits = this.usualLimits()): Process {
    mustBePid(pid);
    if (this.processes.get(pid)?.isAlive)
      throw new UsageError(`there is a process ${pid} already`, "give another number");
    const { taskSize, lowest } = this.layout;
    const asid = this.kernel.createSpace(taskSize, this.mmapBase(limits), lowest);
    if (asid === undefined) throw this.noMore();
    this.kernel.setLimits(asid, limits);
    this.kernel.setPrivileged(asid, this.privileged);
    return this.adopt(new Process(this, pid, asid));
  }

  private usualLimits(): ResourceLimit[] {
    const { stack, memlock, as, data } = this.limits;
    const same = (resource: number, bytes: bigint) => ({ resource, soft: bytes, hard: bytes });
    return [
      same(RLIMIT_STACK, stack),
      same(RLIMIT_MEMLOCK, memlock),
      same(RLIMIT_AS, as),
      same(RLIMIT_DATA, data),
    ];
  }

  /** A larger stack limit moves the mappings down. */
  private mmapBase(limits: readonly ResourceLimit[]): bigint {
    const stack = limits.find(({ resource }) => resource === RLIMIT_STACK)?.soft;
    if (stack === undefined || stack === this.limits.stack) return this.layout.mmapBase;
    return layoutOf({ arch: this.layout.arch, seed: this.seed, stackLimit: stack }).mmapBase;
  }

  /** The process numbers or Wasm's memory are exhausted. */
  private noMore(): PagewalkError {
    const living = [...this.processes.values()].filter(({ isAlive }) => isAlive);
    return living.length < MOST_PROCESSES
      ? outOfMemory()
      : new UsageError(`there are ${MOST_PROCESSES} processes already`, "end some before others start");
  }

  /** Registers a process created by fork. */
  adopt(process: Process): Process {
    this.processes.set(process.pid, process);
    return process;
  }

  /** Replaces a provisional process number by the real one; the order of processes stays. */
  renumber(process: Process, pid: number): void {
    if (this.processes.has(pid)) return;
    process.takeNumber(pid);
    const all = [...this.processes.values()];
    this.processes.clear();
    for (const one of all) this.adopt(one);
  }

  freePid(): number {
    while (this.processes.has(this.nextPid)) this.nextPid++;
    return this.nextPid++;
  }

  /** The object of a file, created when it is first mentioned. `sizeBytes`: default the largest size of a file. */
  file(path: string, sizeBytes?: bigint): number {
    return this.files.object(path, sizeBytes);
  }

  /** Opens a file for `Process.mmap`. Throws `UsageError` for an invalid mode. */
  open(path: string, mode: OpenMode = "O_RDWR"): OpenFile {
    return this.files.open(path, mode);
  }

  /** Sets the length of a file (ftruncate); pages mapped behind its end are removed. */
  resizeFile(path: string, sizeBytes: bigint): void {
    this.operate(() => this.files.resize(path, sizeBytes));
  }

  /** The path of a file's object, as maps show it; undefined for shared anonymous memory. */
  pathOf(object: number): string | undefined {
    return this.files.pathOf(object);
  }

  /**
   * Subscribes to the calls, faults and signals of all processes. Returns a function that unsubscribes. Without
   * `faults` no faults are recorded.
   */
  subscribe(listener: Listener, { faults = true }: { faults?: boolean } = {}): () => void {
    mustListen(listener);
    if (faults && this.faultListeners++ === 0) this.kernel.logFaults(true);
    this.listeners.set(listener, faults);
    return () => {
      if (this.listeners.delete(listener) && faults && --this.faultListeners === 0)
        this.kernel.logFaults(false);
    };
  }

  emit(event: ProcessEvent): void {
    for (const [listener, faults] of this.listeners) if (faults || event.type !== "fault") listener(event);
  }

  /** Runs an operation as one step, whatever other operations it contains. */
  operate<T>(run: () => T): T {
    this.depth++;
    try {
      return run();
    } finally {
      if (--this.depth === 0) this.settle();
    }
  }

  /** After a step: reports faults, and marks processes that were killed for memory. */
  private settle(): void {
    if (this.faultListeners > 0) this.tellFaults();
    this.noticeKills();
    this.history?.record(this.hostState());
  }

  private noticeKills(): void {
    const { kills } = this.kernel;
    if (kills === this.killsNoticed) return;
    this.killsNoticed = kills;
    for (const process of this.processes.values()) process.notice();
  }

  private tellFaults(): void {
    const taken = this.kernel.takeFaults();
    if (taken.length === 0) return;
    const pids = new Map([...this.processes.values()].map(({ asid, pid }) => [asid, pid]));
    for (const { asid, ...fault } of taken) {
      this.emit({ type: "fault", pid: pids.get(asid) ?? 0, ...fault });
    }
  }

  /** Pages written to swap, in order: the last 65,536 of `total`. */
  swappedPages(): { total: number; pages: SwappedPage[] } {
    const { total, last } = this.kernel.swapWrites();
    const pids = new Map([...this.processes].map(([pid, { serial }]) => [serial, pid]));
    const pages = last.map(({ serial, address, call }) => ({
      pid: serial === undefined ? undefined : pids.get(serial),
      address,
      call,
    }));
    return { total, pages };
  }

  get counters(): MachineCounters & SystemCounters {
    return { ...this.machine.counters, ...this.kernel.counters };
  }

  get frames(): FrameCounts {
    return this.machine.frames;
  }

  /** Checks the consistency of all structures. For tests. */
  isValid(): boolean {
    return this.defect() === undefined;
  }

  /** The inconsistent structure, if any. */
  defect(): string | undefined {
    return this.kernel.defect();
  }

  /** A pass over a trace whose records lie in this system's memory, for `Process.touchRecords`. */
  async read(trace: Trace): Promise<{ reader: TraceReader; memory: WebAssembly.Memory }> {
    return { reader: await trace.read(this.memory), memory: this.memory.memory };
  }

  /** The complete current state of the system. */
  checkpoint(): SystemState {
    const state = { memory: this.memory.snapshot(), ...this.hostState() };
    this.checkpoints.add(state);
    return state;
  }

  private hostState(): HostState {
    return {
      processes: [...this.processes.values()].map((process) => [process, process.state()]),
      files: this.files.state(),
      nextPid: this.nextPid,
    };
  }

  /** Restores `state`. Processes started since are removed, and the undo history is cleared. Throws `UsageError`. */
  restore(state: SystemState): void {
    if (!this.checkpoints.has(state))
      throw new UsageError(
        "this is no checkpoint of this system",
        "give what its checkpoint() gave",
        "restore",
      );
    this.memory.restore(state.memory);
    this.assume(state);
    this.history?.restart(state);
  }

  /** Takes back the last step of any process and all its effects; false if there is none (see `history`). */
  stepBack(): boolean {
    const state = this.history?.back();
    if (state === undefined) return false;
    this.assume(state);
    return true;
  }

  /** Called after kernel memory was restored to `state`. */
  private assume(state: HostState): void {
    this.kernel.restored();
    this.killsNoticed = this.kernel.kills;
    this.nextPid = state.nextPid;
    this.files.assume(state.files);
    for (const process of this.processes.values()) process.vanish();
    this.processes.clear();
    for (const [process, was] of state.processes) {
      process.assume(was);
      this.processes.set(process.pid, process);
    }
  }
}
