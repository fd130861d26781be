/**
 * The activity of a machine over time: its counters after each of some moments. There are at most 512 moments: when
 * there are more, every second one is left out, and from then on their distance is twice as long.
 */
import type { KernelMachine } from "../wasm/machine.js";
import { type NamedTlb, sumByName } from "./build.js";

/** Sums from the start, but for what is in memory. */
export interface ActivityMoment {
  /** References or calls so far. */
  at: number;
  minorFaults: number;
  majorFaults: number;
  walks: number;
  /** Misses of each TLB, by its name. */
  tlbMisses: Record<string, number>;
  /** Frames in use, those of page tables among them. */
  usedFrames: number;
  pageTablePages: number;
  swapIns: number;
  writebacks: number;
  /** Resident bytes of each region by its name, if regions are known. */
  regions?: Record<string, number>;
}

/** The activity of a machine over time. */
export interface Activity {
  /** Unit of the moments. */
  unit: "references" | "calls";
  /** Bytes of a frame. */
  pageSize: number;
  /** In order of time; each has what was counted since the one before. */
  moments: ActivityMoment[];
}

const MOST_MOMENTS = 512;

/** Of all processes together. */
export interface ProcessActivity {
  faults(): { minor: number; major: number };
  /** Resident bytes of each region by its name. */
  regions(): Record<string, number>;
}

export class ActivityRecorder {
  private moments: ActivityMoment[] = [];
  private distance = 1;
  private next = 0;

  constructor(
    private readonly unit: Activity["unit"],
    private readonly pageSize: number,
    private readonly machine: KernelMachine,
    private readonly tlbs: readonly NamedTlb[],
    /** Counts that processes have and the machine has not. */
    private readonly processes?: ProcessActivity,
  ) {}

  /** Called after each step; `at` references or calls were served so far. */
  step(at: number): void {
    if (at < this.next) return;
    this.moments.push(this.moment(at));
    if (this.moments.length > MOST_MOMENTS) {
      this.moments = this.moments.filter((_, n) => n % 2 === 0);
      this.distance = Math.max(this.distance, Math.ceil(at / MOST_MOMENTS)) * 2;
    }
    this.next = at + this.distance;
  }

  /** The moments, the last of them at the end, after `at` references or calls. */
  finish(at: number): Activity {
    if (this.moments.at(-1)?.at !== at) this.moments.push(this.moment(at));
    return { unit: this.unit, pageSize: this.pageSize, moments: this.moments };
  }

  private moment(at: number): ActivityMoment {
    const { counters } = this.machine;
    const { walks, swapIns, writebacks } = counters;
    const { minor, major } = this.processes?.faults() ?? counters;
    const { used, tables } = this.machine.frames;
    return {
      at,
      minorFaults: minor,
      majorFaults: major,
      walks,
      tlbMisses: sumByName(this.tlbs, ({ tlb }) => tlb.counts.misses),
      usedFrames: used,
      pageTablePages: tables,
      swapIns,
      writebacks,
      ...(this.processes !== undefined && { regions: this.processes.regions() }),
    };
  }
}
