/**
 * Modelled time: what a process does costs cycles, by a table. A reference costs its TLB lookup, the entries that its walk
 * reads, and its faults; a call costs its entry into the kernel, the faults that it takes and the translations that
 * it makes other processors drop. The figures are typical of machines of 3 GHz; they are options, not measurements.
 */
import { SPACE_MAJOR, SPACE_MINOR } from "../../assembly/abi-process.js";
import type { Process } from "./process.js";
import type { Call } from "./run-calls.js";
import type { System } from "./system.js";

/** Cycles for one of each. */
export interface Costs {
  readonly tlbHit: number;
  readonly walkStep: number;
  readonly minorFault: number;
  readonly majorFault: number;
  readonly shootdown: number;
  readonly call: number;
}

export const USUAL_COSTS: Costs = {
  tlbHit: 1,
  walkStep: 30,
  minorFault: 1500,
  majorFault: 300_000,
  shootdown: 3000,
  call: 200,
};

export interface CycleCounts {
  readonly total: number;
  readonly calls: number;
  readonly references: number;
  readonly faults: number;
  readonly shootdowns: number;
  /** The longest that one reference took, and its line. */
  readonly worstReference: { readonly cycles: number; readonly line: number } | undefined;
}

interface Sums {
  calls: number;
  references: number;
  faults: number;
  shootdowns: number;
  worst: { cycles: number; line: number } | undefined;
}

const TOUCHES = /^(load|store|fetch|alloca|enter)$/;

export class Clock {
  private readonly sums = new Map<number, Sums>();

  constructor(
    private readonly system: System,
    private readonly costs: Costs = USUAL_COSTS,
  ) {}

  /** Runs the call and charges what it cost to its process. */
  measure<T>(process: Process, call: Call, run: () => T): T {
    const before = this.counters(process);
    const result = run();
    const after = this.counters(process);
    const sums = this.sumsOf(process.pid);
    const { costs } = this;
    const faults =
      (after.minor - before.minor) * costs.minorFault + (after.major - before.major) * costs.majorFault;
    const shootdowns = (after.shootdowns - before.shootdowns) * costs.shootdown;
    sums.faults += faults;
    sums.shootdowns += shootdowns;
    if (TOUCHES.test(call.name)) {
      const reference = costs.tlbHit + (after.reads - before.reads) * costs.walkStep;
      sums.references += reference;
      const cycles = reference + faults;
      if (cycles > (sums.worst?.cycles ?? 0)) sums.worst = { cycles, line: call.line };
    } else if (result !== undefined) {
      sums.calls += costs.call;
    }
    return result;
  }

  private counters(process: Process): { minor: number; major: number; reads: number; shootdowns: number } {
    const { entriesRead } = this.system.machine.counters;
    const { shootdowns } = this.system.kernel.counters;
    const field = (offset: number) => (process.isAlive ? Number(process.field(offset)) : 0);
    return { minor: field(SPACE_MINOR), major: field(SPACE_MAJOR), reads: entriesRead, shootdowns };
  }

  private sumsOf(pid: number): Sums {
    let sums = this.sums.get(pid);
    if (sums === undefined) {
      sums = { calls: 0, references: 0, faults: 0, shootdowns: 0, worst: undefined };
      this.sums.set(pid, sums);
    }
    return sums;
  }

  of(pid: number): CycleCounts {
    const { calls, references, faults, shootdowns, worst } = this.sumsOf(pid);
    return {
      total: calls + references + faults + shootdowns,
      calls,
      references,
      faults,
      shootdowns,
      worstReference: worst,
    };
  }
}
