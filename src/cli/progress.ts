/** A line on the terminal that tells how far a long job is, how fast it goes and how long it will take. */
import type { SingleBar } from "cli-progress";
import { formatBytes, formatCount, formatDuration, formatRate } from "../report/numbers.js";
import { cleanUpOnExit } from "../trace/cleanup.js";
import { type CommonOptions, showsProgress } from "./options.js";

/** A job that is over sooner shows nothing. */
const PATIENCE_SECONDS = 0.4;
const BAR_WIDTH = 24;

/** What a pass over a trace has read so far; a `TraceReader` is one. */
export interface Pass {
  readonly bytesRead: number;
  readonly counts: { readonly references: number };
}

export class Progress {
  private readonly start = performance.now();
  private readonly shown: boolean;
  private bar: SingleBar | undefined;
  private loading = false;
  private stopped = false;
  private cleanup: { cancel(): void } | undefined;

  /** `total` is what `update` counts to, undefined where nobody knows. */
  constructor(
    options: CommonOptions,
    private readonly total: number | undefined,
  ) {
    this.shown = showsProgress(options);
  }

  /** A pass over a trace of `total` bytes. */
  readonly onPass = (pass: Pass): void => {
    if (!this.isDue()) return;
    const { references } = pass.counts;
    const rate = `${formatRate(references / this.seconds)} references/s`;
    const size = formatBytes(pass.bytesRead);
    this.show(
      pass.bytesRead,
      this.total === undefined ? `${size}, ${formatCount(references)}, ${rate}` : rate,
    );
  };

  /** `done` of `total` jobs. */
  readonly onJobs = (done: number): void => {
    if (this.isDue()) this.show(done, `${formatCount(done)} of ${formatCount(this.total ?? 0)} jobs`);
  };

  /** Takes the line away. */
  stop(): void {
    this.stopped = true;
    this.bar?.stop();
    this.cleanup?.cancel();
  }

  private get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  private isDue(): boolean {
    return this.shown && !this.stopped && this.seconds >= PATIENCE_SECONDS;
  }

  private show(done: number, text: string): void {
    if (this.bar !== undefined) this.bar.update(done, { text });
    else if (!this.loading) void this.load(done);
  }

  private async load(done: number): Promise<void> {
    this.loading = true;
    const { SingleBar } = await import("cli-progress");
    if (this.stopped) return;
    const { total, start } = this;
    const format = (_: object, { value }: { value: number }, { text = "" }: { text?: string }) =>
      total === undefined ? text : `${drawBar(value / total)}  ${text}  ${timeLeft(value / total, start)}`;
    this.bar = new SingleBar({
      format,
      clearOnComplete: true,
      hideCursor: false,
      fps: 8,
      stream: process.stderr,
    });
    this.cleanup = cleanUpOnExit(() => process.stderr.write("\n"));
    this.bar.start(total ?? Number.MAX_SAFE_INTEGER, done);
  }
}

function drawBar(part: number): string {
  const full = Math.round(Math.min(part, 1) * BAR_WIDTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${Math.floor(Math.min(part, 1) * 100)} %`;
}

function timeLeft(part: number, start: number): string {
  if (part <= 0) return "";
  const seconds = (performance.now() - start) / 1000;
  return `${formatDuration(Math.max(1, Math.round((seconds * (1 - part)) / part)))} left`;
}
