/**
 * All that the processes of a system share: one machine, the memory, the files, the table of processes. Every operation
 * of a process is a step of the system, so that listeners get it and it can be undone.
 *
 * Processes use their system, and the system lists its processes. So that the two files do not import each other, the
 * class of processes is a parameter here: `System` supplies it.
 */
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_STACK } from "../../../assembly/abi/linux.js";
import { SPACE_LOW_RANDOM } from "../../../assembly/abi/process.js";
import { type PagewalkError, UsageError } from "../../errors.js";
import type { NamedTlb } from "../../machine/build.js";
import type { MachinePlan } from "../../machine/options.js";
import type { TraceReader } from "../../trace/reader.js";
import type { Trace } from "../../trace/trace.js";
import { type Kernel, outOfMemory } from "../../wasm/kernel.js";
import type { FrameCounts, KernelMachine, MachineCounters } from "../../wasm/machine.js";
import type { KernelSpace } from "../../wasm/process/space.js";
import type { SystemCounters } from "../../wasm/process/structs.js";
import type { KernelSystem } from "../../wasm/process/system.js";
import { mustBePid } from "../arguments.js";
import { type Listener, Listeners, type ProcessEvent, type Steps } from "../events.js";
import { type Layout, layoutOf } from "../program/layout.js";
import { AddressSpace } from "../space.js";
import type { SystemAllocator } from "./allocator.js";
import { Files, type FilesState } from "./files.js";
import { History } from "./history.js";
import type { Limits, ResourceLimit } from "./limits.js";
import type { OpenFile, OpenMode } from "./open-file.js";
import { MOST_PROCESSES, type SystemParts } from "./parts.js";

/** Keeps the random numbers of MAP_32BIT apart from those of the layout, which have the same seed. */
const LOW_STREAM = 0x3200000000n;

/** A process, as its system uses it. */
export interface SystemProcess {
  readonly pid: number;
  readonly space: AddressSpace;
  readonly serial: number;
  readonly isAlive: boolean;
  /** Replaces its number; the system updates its table. */
  takeNumber(pid: number): void;
  /** The kernel may have killed it for lack of memory. */
  checkKilled(): void;
  /** Its state outside kernel memory, for `assume`. */
  state(): unknown;
  assume(state: unknown): void;
  /** The system was restored to a time before the process began. */
  discard(): void;
}

/** A page written to swap, for each process that mapped it. */
export interface SwappedPage {
  /** Undefined for shared memory that no process mapped, or if the process number was reused. */
  readonly pid: number | undefined;
  readonly address: bigint;
  /** The current call of the running process, or its last one. */
  readonly call: number;
}

/** The state of a system outside kernel memory. */
interface HostState<P extends SystemProcess> {
  readonly processes: readonly (readonly [process: P, state: unknown])[];
  readonly files: FilesState;
  readonly nextPid: number;
}

/** The complete state of a system. */
export interface Checkpoint<P extends SystemProcess> extends HostState<P> {
  readonly memory: Uint8Array;
}

export class SharedSystem<P extends SystemProcess> implements Steps {
  /** Processes by number, ended ones included. */
  readonly processes = new Map<number, P>();
  /** Files by path. */
  readonly files: Files;
  /** Access to the kernel's structures. */
  readonly kernel: KernelSystem;
  /** The machine that all processes run on. */
  readonly machine: KernelMachine;
  /** Its TLBs by name. */
  readonly tlbs: readonly NamedTlb[];
  /** The machine's checked options. */
  readonly plan: MachinePlan;
  /** The address space of a program on this architecture. */
  readonly layout: Layout;
  /** Limits of new processes. */
  readonly limits: Limits;
  /** Processes may lock memory beyond their limit (CAP_IPC_LOCK). */
  readonly privileged: boolean;
  /** Processors of the machine. */
  readonly cpus: number;
  /** Capacity of swap, pages. */
  readonly swapPages: number;
  /** The allocator of new processes. */
  readonly allocator: SystemAllocator;
  private readonly memory: Kernel;
  private readonly seed: number | undefined;
  private readonly listeners: Listeners;
  private nextPid = 1000;
  private killsNoticed = 0;
  private depth = 0;
  private history: History<HostState<P>> | undefined;
  /** Checkpoints of this system, to detect foreign ones. */
  private readonly checkpoints = new WeakSet<Checkpoint<P>>();

  protected constructor(
    parts: SystemParts,
    private readonly makeProcess: (system: SharedSystem<P>, pid: number, space: AddressSpace) => P,
  ) {
    this.kernel = parts.kernel;
    this.machine = parts.machine;
    this.tlbs = parts.tlbs;
    this.plan = parts.plan;
    this.layout = parts.layout;
    this.limits = parts.limits;
    this.privileged = parts.privileged;
    this.cpus = parts.cpus;
    this.swapPages = parts.swapPages;
    this.allocator = parts.allocator;
    this.memory = parts.memory;
    this.seed = parts.seed;
    this.files = new Files(this.kernel.objects);
    this.listeners = new Listeners((wanted) => this.kernel.logFaults(wanted));
  }

  /** Sets how many steps can be taken back; 0: none. */
  keepHistory(steps: number): void {
    this.history = steps === 0 ? undefined : new History(this.memory, steps, this.hostState());
  }

  /** A new process with an empty address space. Defaults: the next free number, and the limits of the system. */
  start(pid = this.freePid(), limits = this.usualLimits()): P {
    mustBePid(pid);
    if (this.processes.get(pid)?.isAlive)
      throw new UsageError(`there is a process ${pid} already`, "give another number");
    const { taskSize, lowest } = this.layout;
    const space = this.kernel.createSpace(taskSize, this.mmapBase(limits), lowest);
    if (space === undefined) throw this.noMore();
    space.setLimits(limits);
    space.setPrivileged(this.privileged);
    if (this.seed !== undefined) space.setField(SPACE_LOW_RANDOM, BigInt(this.seed) + LOW_STREAM);
    return this.add(space, pid);
  }

  /** A process with an address space that start or fork made. */
  add(space: KernelSpace, pid = this.freePid()): P {
    const process = this.makeProcess(this, pid, new AddressSpace(space, this.layout, this.files));
    this.processes.set(pid, process);
    return process;
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

  /** The layout of a 32-bit program on this 64-bit kernel; undefined if the architecture runs none. */
  compatibleLayout(stackLimit: bigint): Layout | undefined {
    const { arch, kernelRegions } = this.layout;
    if (!/^(x86-64|i386)/.test(arch)) return undefined;
    return { ...layoutOf({ arch, seed: this.seed, stackLimit, isCompatible: true }), kernelRegions };
  }

  /** The process numbers or Wasm's memory are exhausted. */
  private noMore(): PagewalkError {
    const living = [...this.processes.values()].filter(({ isAlive }) => isAlive);
    return living.length < MOST_PROCESSES
      ? outOfMemory()
      : new UsageError(`there are ${MOST_PROCESSES} processes already`, "end some before others start");
  }

  /** Replaces a provisional process number by the real one; the order of processes stays. */
  renumber(process: P, pid: number): void {
    if (this.processes.has(pid)) return;
    process.takeNumber(pid);
    const all = [...this.processes.values()];
    this.processes.clear();
    for (const one of all) this.processes.set(one.pid, one);
  }

  /** The next number that no process has. */
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
    return this.listeners.add(listener, faults);
  }

  /** Sends an event to all listeners. */
  emit(event: ProcessEvent): void {
    this.listeners.emit(event);
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
    if (this.listeners.wantFaults) this.reportFaults();
    this.noticeKills();
    this.history?.record(this.hostState());
  }

  private noticeKills(): void {
    const { kills } = this.kernel;
    if (kills === this.killsNoticed) return;
    this.killsNoticed = kills;
    for (const process of this.processes.values()) process.checkKilled();
  }

  private reportFaults(): void {
    const taken = this.kernel.takeFaults();
    if (taken.length === 0) return;
    const pids = new Map([...this.processes.values()].map(({ space, pid }) => [space.kernel.asid, pid]));
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

  /** Counters of the machine and of the system since it was made. */
  get counters(): MachineCounters & SystemCounters {
    return { ...this.machine.counters, ...this.kernel.counters };
  }

  /** Frames of physical memory: how many there are, are in use, and hold page tables. */
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
  checkpoint(): Checkpoint<P> {
    const state = { memory: this.memory.snapshot(), ...this.hostState() };
    this.checkpoints.add(state);
    return state;
  }

  private hostState(): HostState<P> {
    return {
      processes: [...this.processes.values()].map((process) => [process, process.state()]),
      files: this.files.state(),
      nextPid: this.nextPid,
    };
  }

  /** Restores `state`. Processes started since are removed, and the undo history is cleared. Throws `UsageError`. */
  restore(state: Checkpoint<P>): void {
    if (!this.checkpoints.has(state))
      throw new UsageError(
        "this is not a checkpoint of this system",
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
  private assume(state: HostState<P>): void {
    this.kernel.restored();
    this.killsNoticed = this.kernel.kills;
    this.nextPid = state.nextPid;
    this.files.assume(state.files);
    for (const process of this.processes.values()) process.discard();
    this.processes.clear();
    for (const [process, was] of state.processes) {
      process.assume(was);
      this.processes.set(process.pid, process);
    }
  }
}
