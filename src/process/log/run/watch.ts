/** Reports the progress of a run, and lets it be stopped. */
import type { Progress } from "../../../pass/progress.js";
import { turnOfEventLoop } from "../../../platform/event-loop.js";
import { storedInput } from "../../../trace/input.js";
import type { ByteSource } from "../../../trace/source.js";
import type { TraceInput } from "../../../trace/trace.js";

/** The references are those of a time line. */
export interface RunProgress extends Progress {
  /** Lines of a log, or calls of a time line. */
  lines: number;
}

/** The longest time in ms between two turns of the event loop, unless one line takes longer. */
const TURN_MILLISECONDS = 50;
/** Lines between two readings of the clock, which is expensive compared with a short line; fewer if lines are long. */
const LINES_A_LOOK = 8;

export class RunWatch {
  private stopped: boolean;
  private giveUp: (reason: unknown) => void = () => {};
  private source: ByteSource | undefined;
  private sizeBytes: number | undefined;
  private passed = 0;
  private patience = LINES_A_LOOK;
  private lastTurn = performance.now();

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly onProgress: ((progress: RunProgress) => void) | undefined,
  ) {
    this.stopped = signal?.aborted === true;
    signal?.addEventListener("abort", this.stop);
  }

  private readonly stop = (): void => {
    this.stopped = true;
    this.giveUp(this.signal?.reason);
  };

  get isStopped(): boolean {
    return this.stopped;
  }

  /** The run is over. */
  end(): void {
    this.signal?.removeEventListener("abort", this.stop);
  }

  /** The stored bytes of the input. Stopping the run ends a wait for them. */
  async *chunksOf(input: TraceInput, name: string): AsyncGenerator<Uint8Array> {
    this.signal?.throwIfAborted();
    const stored = await storedInput(input, name);
    this.sizeBytes = stored.sizeBytes;
    const source = await stored.open();
    this.source = source;
    try {
      for (;;) {
        const chunk = await this.unlessStopped(source.next());
        if (chunk === undefined) return;
        yield chunk;
      }
    } finally {
      // A stream that is being read may never yield.
      const closed = source.close().then(() => stored.dispose());
      if (this.stopped) closed.catch(() => undefined);
      else await closed;
    }
  }

  /** `Promise.race` with one shared promise would keep every wait in memory. */
  private unlessStopped<T>(wait: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.giveUp = reject;
      wait.then(resolve, reject);
      if (this.stopped) this.stop();
    });
  }

  /** Must be called between lines. Returns a promise if the event loop needs a turn. Throws once the run is stopped. */
  pause(lines: number, references: number): Promise<void> | undefined {
    if (this.stopped) throw this.signal?.reason;
    if (++this.passed < this.patience) return undefined;
    this.passed = 0;
    const isDue = performance.now() - this.lastTurn >= TURN_MILLISECONDS;
    this.patience = isDue ? 1 : LINES_A_LOOK;
    return isDue ? this.turn(lines, references) : undefined;
  }

  private async turn(lines: number, references: number): Promise<void> {
    const { source, sizeBytes } = this;
    const bytesRead = source?.bytesRead ?? 0;
    const fraction = sizeBytes ? Math.min(1, bytesRead / sizeBytes) : undefined;
    this.onProgress?.({ lines, references, fraction, bytesRead, sizeBytes });
    await turnOfEventLoop();
    this.lastTurn = performance.now();
    this.signal?.throwIfAborted();
  }
}
