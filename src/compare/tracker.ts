/** The progress of a comparison, summed over its passes. */
import type { Progress } from "../options/watch.js";
import { Work } from "../pass/progress.js";

/** Progress of `compare`: references and bytes of all passes, and finished simulations. */
export interface CompareProgress extends Progress {
  /** Finished simulations. */
  finished: number;
  /** All simulations of the job. */
  simulations: number;
  /** Workers of the queue, if they are known. */
  workers?: number;
}

export class Tracker {
  readonly work: Work;
  private finished = 0;
  private workers: number | undefined;

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

  workersAre(workers: number): void {
    this.workers = workers;
    this.report();
  }

  private report(): void {
    const { work, finished, simulations, workers } = this;
    this.onProgress?.({ ...work.progress, finished, simulations, ...(workers !== undefined && { workers }) });
  }
}
