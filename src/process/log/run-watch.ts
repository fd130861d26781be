/** Whoever waits for a run: told now and then how far it is, and free to stop it. */
import { storedInput } from "../../trace/input.js";
import type { ByteSource } from "../../trace/source.js";
import type { TraceInput } from "../../trace/trace.js";

export interface RunProgress {
  /** Lines of a log, or calls of a time line. */
  lines: number;
  /** References of a time line. */
  references: number;
  /** Bytes of the input consumed, and how many it has, where known. */
  bytesRead: number;
  sizeBytes: number | undefined;
}

/** Nobody waits longer for his turn, unless for one line. */
const TURN_MILLISECONDS = 50;
/** The clock costs a part of a short line: so many pass between two looks at it, unless they are long. */
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

  /** The input's bytes as stored; an end to waiting for them once the run is stopped. */
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
      // A stream that is waited for may never give way.
      const closed = source.close().then(() => stored.dispose());
      if (this.stopped) closed.catch(() => undefined);
      else await closed;
    }
  }

  /** Not `Promise.race` with one promise for all, which would remember each wait. */
  private unlessStopped<T>(wait: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.giveUp = reject;
      wait.then(resolve, reject);
      if (this.stopped) this.stop();
    });
  }

  /** To be called between lines: a promise where others have their turn. Throws once the run is stopped. */
  pause(lines: number, references: number): Promise<void> | undefined {
    if (this.stopped) throw this.signal?.reason;
    if (++this.passed < this.patience) return undefined;
    this.passed = 0;
    const isDue = performance.now() - this.lastTurn >= TURN_MILLISECONDS;
    this.patience = isDue ? 1 : LINES_A_LOOK;
    return isDue ? this.turn(lines, references) : undefined;
  }

  private async turn(lines: number, references: number): Promise<void> {
    const { bytesRead = 0 } = this.source ?? {};
    this.onProgress?.({ lines, references, bytesRead, sizeBytes: this.sizeBytes });
    await eventLoop();
    this.lastTurn = performance.now();
    this.signal?.throwIfAborted();
  }
}

/** What waits in the event loop has its turn: signals, timers, input. Browsers have no `setImmediate`. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}
