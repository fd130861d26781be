/** The progress of a comparison, summed over its passes. */
import type { Trace } from "../trace/trace.js";
import type { Watch } from "../workers/pool.js";

export interface CompareProgress {
  /** Share of all work done, from 0 to 1; undefined if a trace's size is not known. */
  fraction: number | undefined;
  /** Finished simulations, and their total number. */
  finished: number;
  simulations: number;
}

export class Tracker {
  /** Receives the progress of passes, and can stop them. */
  readonly watch: Watch;
  private done = 0;
  private total: number | undefined = 0;
  private finished = 0;

  constructor(
    readonly simulations: number,
    private readonly tell: ((progress: CompareProgress) => void) | undefined,
    readonly signal: AbortSignal | undefined,
  ) {
    const onWork = (work: number) => {
      this.done += work;
      this.report();
    };
    this.watch = signal === undefined ? { onWork } : { onWork, signal };
  }

  /** Adds `passes` over a trace, or removes them; a pass that feeds n simulations counts n times. */
  expect({ sizeBytes }: Trace, passes: number): void {
    this.total =
      this.total === undefined || sizeBytes === undefined ? undefined : this.total + sizeBytes * passes;
  }

  finish(simulations: number): void {
    this.finished += simulations;
    this.report();
  }

  private report(): void {
    const { total, done, finished, simulations } = this;
    const fraction = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
    this.tell?.({ fraction, finished, simulations });
  }
}
