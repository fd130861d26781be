/** A recorded program from its start to its end, and the signals of the caller that end it. */
import { signalNamed } from "../calls/signals.js";
import type { Run } from "./recorder.js";

/** The signals of a recording. */
export interface RecordingSignals {
  /** Kills the program; the trace then ends with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Ends the program as Ctrl-C does; the trace then ends with the references so far. */
  stop?: AbortSignal | undefined;
}

export class RunningProgram {
  /** It was ended, because nothing that follows is recorded. */
  isFinished = false;
  private status: number | undefined;

  constructor(
    private readonly run: Run,
    private readonly signals: RecordingSignals,
  ) {
    const { signal, stop } = signals;
    const kill = () => this.kill("SIGKILL");
    const interrupt = () => this.interrupt();
    signal?.addEventListener("abort", kill);
    stop?.addEventListener("abort", interrupt);
    void run.exitCode.then((exitCode) => {
      this.status = exitCode;
      signal?.removeEventListener("abort", kill);
      stop?.removeEventListener("abort", interrupt);
    });
    if (signal?.aborted) kill();
    else if (stop?.aborted) interrupt();
  }

  /** The exit status; undefined while it runs, and if it was ended before its own end. */
  get exitCode(): number | undefined {
    return this.isFinished ? undefined : this.status;
  }

  /** The name of the signal that ended it; undefined if it exited, or as for the exit status. */
  get exitSignal(): string | undefined {
    const { endSignal } = this.run;
    return this.isFinished || endSignal === undefined ? undefined : signalNamed(endSignal);
  }

  /** Resolves at its end with the exit status. */
  get ended(): Promise<number> {
    return this.run.exitCode;
  }

  /** Ends the program as Ctrl-C does. */
  interrupt(): void {
    this.kill("SIGINT");
  }

  /** After the first signal the trace would look whole. */
  throwIfAborted(): void {
    this.signals.signal?.throwIfAborted();
  }

  /** Ends it, if it still runs: the rest is not recorded. */
  finish(): void {
    if (this.status !== undefined) return;
    this.isFinished = true;
    this.kill("SIGKILL");
  }

  /** Kills a program that still runs. */
  async end(): Promise<void> {
    this.kill("SIGKILL");
    await this.run.exitCode;
  }

  private kill(signal: "SIGINT" | "SIGKILL"): void {
    if (this.status === undefined) this.run.kill(signal);
  }
}
