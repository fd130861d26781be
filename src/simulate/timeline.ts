/**
 * Miss ratio over time: a simulation's counters at the end of each window of references. The length of a trace is not
 * known in advance, so windows start small. When there are too many, every second end is dropped and windows become
 * twice as long.
 */
import type { PageCounters } from "../wasm/pages.js";

/** Counters at each window's end, since the start of the trace. */
export interface Timeline {
  /** Requests served by the end of each window. */
  requests: number[];
  /** Misses by the end of each window. */
  misses: number[];
}

const FIRST_WINDOW = 16;
const MOST_WINDOWS = 256;

/** Samples the simulations of one pass. */
export class Sampler {
  private readonly timelines: readonly Timeline[];
  private window = FIRST_WINDOW;
  private filled = 0;

  constructor(private readonly simulations: readonly { readonly counters: PageCounters }[]) {
    this.timelines = simulations.map(() => ({ requests: [], misses: [] }));
  }

  /** References until the window ends. */
  get room(): number {
    return this.window - this.filled;
  }

  /** Called after the simulations have served `references` more, at most the remaining room. */
  advance(references: number): void {
    this.filled += references;
    if (this.filled === this.window) this.close();
  }

  /** The timelines; the last window may be shorter. */
  finish(): readonly Timeline[] {
    if (this.filled > 0) this.close();
    return this.timelines;
  }

  private close(): void {
    this.timelines.forEach((timeline, index) => {
      const { requests = 0, misses = 0 } = this.simulations[index]?.counters ?? {};
      timeline.requests.push(requests);
      timeline.misses.push(misses);
    });
    this.filled = 0;
    if (this.timelines[0]?.requests.length === MOST_WINDOWS) this.merge();
  }

  private merge(): void {
    const second = (_: number, window: number) => window % 2 === 1;
    for (const timeline of this.timelines) {
      timeline.requests = timeline.requests.filter(second);
      timeline.misses = timeline.misses.filter(second);
    }
    this.window *= 2;
  }
}
