/** A system of processes in kernel memory: it makes spaces, objects and heaps, and keeps counters and logs. */
import { NONE } from "../../../assembly/abi/core.js";
import { COST_NAMES, UNSOUND_NAMES } from "../../../assembly/abi/names.js";
import {
  SWAP_LOG_ENTRY,
  SWAP_LOG_LENGTH,
  SWAP_LOG_RING,
  SWAP_LOG_TOTAL,
  SYSTEM_COSTS,
  SYSTEM_KILLS,
} from "../../../assembly/abi/process.js";
import { KernelCharges } from "../charges.js";
import { KernelCustomHeap } from "../custom-heap.js";
import { allocatorSignatures, type KernelHeap } from "../heap.js";
import { type Kernel, outOfMemory } from "../kernel.js";
import { SystemHandle } from "./handle.js";
import { KernelObjects } from "./objects.js";
import { KernelSpace } from "./space.js";
import { type RawFault, readCounters, readFault, type SystemCounters } from "./structs.js";
import { KernelTrial } from "./trial.js";

/** A page that was written to swap. */
export interface SwapWrite {
  /** The space; undefined for shared memory that no process mapped. */
  serial: number | undefined;
  address: bigint;
  /** The last call of the running process. */
  call: number;
}

type CostName = (typeof COST_NAMES)[number];

export interface SystemParameters {
  hugetlbPages: number;
  overcommit: number;
  /** Files begin outside memory. */
  isCold: boolean;
  /** `FEATURE_…` of the version of Linux. */
  features: number;
  /** Cycles. */
  costs: Readonly<Record<CostName, number>>;
}

export class KernelSystem {
  readonly objects: KernelObjects;
  private readonly handle: SystemHandle;
  private tried: KernelTrial | undefined;

  /** `machine`: the address of a machine made for processes. */
  constructor(
    private readonly kernel: Kernel,
    machine: number,
    { hugetlbPages, overcommit, isCold, features, costs }: SystemParameters,
  ) {
    const address = kernel.exports.createSystem(machine, hugetlbPages, overcommit, isCold, features) >>> 0;
    if (address === 0) throw outOfMemory();
    const view = kernel.view();
    for (const [n, name] of COST_NAMES.entries())
      view.setUint32(address + SYSTEM_COSTS + n * 4, costs[name], true);
    this.handle = new SystemHandle(kernel, address);
    this.objects = new KernelObjects(this.handle);
  }

  /** An empty space; undefined if all numbers are in use or memory is out. */
  createSpace(taskSize: bigint, mmapBase: bigint, lowest: bigint): KernelSpace | undefined {
    const asid = this.kernel.exports.createSpace(this.handle.address, taskSize, mmapBase, lowest) >>> 0;
    return asid === NONE ? undefined : new KernelSpace(this.handle, asid);
  }

  /** A trial of calls on the regions of process `asid`; it ends the trial before. */
  trial(asid: number): KernelTrial {
    this.tried ??= new KernelTrial(this.handle);
    this.tried.begin(asid);
    return this.tried;
  }

  /** The part of a heap that an allocator in the host uses. */
  customHeap(heap: KernelHeap): KernelCustomHeap {
    return new KernelCustomHeap(this.kernel, heap);
  }

  /** Charges for references of one process. */
  createCharges(): KernelCharges {
    return new KernelCharges(this.kernel);
  }

  /** Every allocator's signature, by its number. */
  allocatorSignatures(): string[] {
    return allocatorSignatures(this.kernel);
  }

  /** Throws `OutOfMemoryError` if the last call into the kernel ran out of memory. */
  mustHaveMemory(): void {
    this.handle.mustHaveMemory();
  }

  /** Starts or stops logging faults. Throws `OutOfMemoryError`. */
  logFaults(wanted: boolean): void {
    if (this.kernel.exports.logFaults(this.handle.address, wanted) === 0) throw outOfMemory();
  }

  /** The faults logged since the last call, which are removed from the log. */
  takeFaults(): RawFault[] {
    const { exports } = this.kernel;
    const { address } = this.handle;
    const faults = Array.from({ length: exports.loggedFaults(address) >>> 0 }, (_, n) =>
      readFault(this.kernel.view(), exports.loggedFault(address, n) >>> 0),
    );
    exports.clearFaults(address);
    return faults;
  }

  /** Writes of pages to swap: their number, and the last 65,536 of them in order. */
  swapWrites(): { total: number; last: SwapWrite[] } {
    const log = this.kernel.exports.swapLogOf(this.handle.address) >>> 0;
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

  get counters(): SystemCounters {
    return readCounters(this.kernel.view(), this.handle.address);
  }

  /** Processes that the OOM killer ended. */
  get kills(): number {
    return this.kernel.view().getUint32(this.handle.address + SYSTEM_KILLS, true);
  }

  /** The inconsistent structure; undefined if there is none. Checks everything. */
  defect(): string | undefined {
    const defect = this.kernel.exports.systemDefect(this.handle.address);
    return defect === 0 ? undefined : UNSOUND_NAMES[defect];
  }

  /** Kernel memory was restored to an older state: memory allocated since is gone. */
  restored(): void {
    this.handle.restored();
    this.tried = undefined;
  }
}
