/** The progress of functions that read a trace or a log, and the signal that stops them. */

/** Argument of every `onProgress`; some functions add fields. */
export interface Progress {
  /** Share of all work done, from 0 to 1; undefined if the size of the input is not known. */
  fraction: number | undefined;
}

/** Progress of a function that reads one trace. */
export interface PassProgress extends Progress {
  /** References read so far, in all passes. */
  references: number;
  /** Bytes of the input read so far, as stored, in all passes. */
  bytesRead: number;
  /** Bytes of the input, if known. */
  sizeBytes: number | undefined;
}

export interface PassOptions {
  /** Called after each batch. */
  onProgress?: ((progress: PassProgress) => void) | undefined;
  /** Stops the function, which rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Receives the progress of a pass, and can stop it. */
export interface Watch {
  /** Called after each batch with the bytes of the input that it took, and its references. */
  readonly onWork: (bytes: number, references?: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The watch of a pass that counts as `passes`. */
export function times(watch: Watch, passes: number): Watch {
  return { ...watch, onWork: (bytes, references) => watch.onWork(bytes * passes, references) };
}

/** Sums the passes of a job. */
export class Work {
  readonly watch: Watch;
  private bytes = 0;
  private references = 0;
  private total: number | undefined = 0;

  /** `report` is called after each batch. */
  constructor(report: () => void, signal: AbortSignal | undefined) {
    const onWork = (bytes: number, references = 0) => {
      this.bytes += bytes;
      this.references += references;
      report();
    };
    this.watch = { onWork, signal };
  }

  /** The work of `passes` over one trace. */
  static over({ sizeBytes }: Sized, passes: number, { onProgress, signal }: PassOptions): Work {
    const work = new Work(() => {
      const { fraction, bytes: bytesRead, references } = work;
      onProgress?.({ fraction, references, bytesRead, sizeBytes });
    }, signal);
    work.expect({ sizeBytes }, passes);
    return work;
  }

  /** Adds `passes` over an input; a pass that feeds n simulations counts n times. */
  expect({ sizeBytes }: Sized, passes: number): void {
    this.total =
      this.total === undefined || sizeBytes === undefined ? undefined : this.total + sizeBytes * passes;
  }

  get fraction(): number | undefined {
    const { total, bytes } = this;
    return total === undefined || total === 0 ? undefined : Math.min(1, bytes / total);
  }
}

interface Sized {
  readonly sizeBytes: number | undefined;
}
