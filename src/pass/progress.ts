/** The progress of functions that read a trace or a log, and the signal that stops them. */

/** Argument of every `onProgress`; some functions add fields. A pass that feeds n simulations counts as n passes. */
export interface Progress {
  /** Share of all work done, from 0 to 1; undefined if the size of an input is not known. */
  fraction: number | undefined;
  /** References read so far, in all passes. */
  references: number;
  /** Bytes read so far, as stored, in all passes. */
  bytesRead: number;
  /** Bytes of the inputs, if known. */
  sizeBytes: number | undefined;
}

export interface PassOptions {
  /** Called after each batch. */
  onProgress?: ((progress: Progress) => void) | undefined;
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
  return {
    ...watch,
    onWork: (bytes, references) => watch.onWork(bytes * passes, (references ?? 0) * passes),
  };
}

/** Sums the passes of a job. */
export class Work {
  readonly watch: Watch;
  private bytes = 0;
  private references = 0;
  private total: number | undefined = 0;

  /** `report` is called after each batch; `sizeBytes` are those of all inputs. */
  constructor(
    private readonly report: (progress: Progress) => void,
    signal: AbortSignal | undefined,
    private readonly sizeBytes: number | undefined,
  ) {
    const onWork = (bytes: number, references = 0) => {
      this.bytes += bytes;
      this.references += references;
      this.report(this.progress);
    };
    this.watch = { onWork, signal };
  }

  /** The work of `passes` over one trace. */
  static over({ sizeBytes }: Sized, passes: number, { onProgress, signal }: PassOptions): Work {
    const work = new Work((progress) => onProgress?.(progress), signal, sizeBytes);
    work.expect({ sizeBytes }, passes);
    return work;
  }

  get progress(): Progress {
    const { fraction, references, bytes: bytesRead, sizeBytes } = this;
    return { fraction, references, bytesRead, sizeBytes };
  }

  /** Adds `passes` over an input; a pass that feeds n simulations counts n times. */
  expect({ sizeBytes }: Sized, passes: number): void {
    this.total =
      this.total === undefined || sizeBytes === undefined ? undefined : this.total + sizeBytes * passes;
  }

  private get fraction(): number | undefined {
    const { total, bytes } = this;
    return total === undefined || total === 0 ? undefined : Math.min(1, bytes / total);
  }
}

interface Sized {
  readonly sizeBytes: number | undefined;
}
