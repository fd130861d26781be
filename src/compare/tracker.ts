/** The progress of a comparison, summed over its passes. */
import { type Progress, Work } from "../pass/progress.js";

export interface CompareProgress extends Progress {
  /** Finished simulations, and their total number. */
  finished: number;
  simulations: number;
}

export class Tracker {
  readonly work: Work;
  private finished = 0;

  constructor(
    readonly simulations: number,
    private readonly onProgress: ((progress: CompareProgress) => void) | undefined,
    readonly signal: AbortSignal | undefined,
    sizeBytes: number | undefined,
  ) {
    this.work = new Work(() => this.report(), signal, sizeBytes);
  }

  finish(simulations: number): void {
    this.finished += simulations;
    this.report();
  }

  private report(): void {
    const { work, finished, simulations } = this;
    this.onProgress?.({ ...work.progress, finished, simulations });
  }
}
