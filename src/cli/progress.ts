/** A line on the terminal with the progress of a long job: its share, its rate and the remaining time. */

import type { SingleBar } from "cli-progress";
import type { CompareProgress } from "../compare/compare.js";
import type { HeapProgress } from "../heap/heap.js";

import type { Progress as Share } from "../options/watch.js";
import { cleanUpOnExit } from "../platform/cleanup.node.js";
import type { RunProgress } from "../process/log/run/watch.js";
import { formatBytes, formatCount, formatCounted, formatDuration, formatRate } from "../report/numbers.js";

import { type CommonOptions, showsProgress } from "./options.js";
import { writeError } from "./terminal.js";

/** Shorter jobs show nothing. */
const PATIENCE_SECONDS = 0.4;
/** A queue without workers for so long is worth a word. */
const WORKER_SECONDS = 5;
const BAR_WIDTH = 24;
/** The total of the bar. */
const WHOLE = 1000;

export class Progress {
  private readonly start = performance.now();
  private readonly shown: boolean;
  private readonly quiet: boolean;
  private bar: SingleBar | undefined;
  private loading = false;
  private warned = false;
  private stopped = false;
  private line = "";
  private cleanup: { cancel(): void } | undefined;

  constructor(options: CommonOptions) {
    this.shown = showsProgress(options);
    this.quiet = options.quiet === true;
  }

  readonly onPass = ({ fraction, bytesRead, references }: Share): void => {
    if (this.isDue()) this.pass(fraction, bytesRead, references, "references");
  };

  readonly onRun = ({ fraction, bytesRead, lines, references }: RunProgress): void => {
    if (!this.isDue()) return;
    if (references > 0) this.pass(fraction, bytesRead, references, "references");
    else this.pass(fraction, bytesRead, lines, "lines");
  };

  readonly onCompare = ({ finished, simulations, workers, ...work }: CompareProgress): void => {
    if (workers === 0) this.warnOfNoWorker();
    const served = workers === undefined ? "simulations" : `simulations, ${formatCounted(workers, "worker")}`;
    this.parts(work, finished, simulations, served);
  };

  readonly onHeap = ({ finished, allocators, ...work }: HeapProgress): void => {
    this.parts(work, finished, allocators, "allocators");
  };

  /** Removes the line. */
  stop(): void {
    this.stopped = true;
    this.bar?.stop();
    this.cleanup?.cancel();
  }

  /** Once, on a terminal or not: without a worker the command waits for ever. */
  private warnOfNoWorker(): void {
    if (this.warned || this.quiet || this.seconds < WORKER_SECONDS) return;
    this.warned = true;
    writeError("no worker serves the queue yet; start some: pagewalk worker --queue URL\n");
  }

  private get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  private isDue(): boolean {
    return this.shown && !this.stopped && this.seconds >= PATIENCE_SECONDS;
  }

  /** The work done in all parts, since those that run together end together. */
  private parts(
    { fraction, references, bytesRead }: Share,
    finished: number,
    count: number,
    unit: string,
  ): void {
    if (!this.isDue()) return;
    const ended = `${formatCount(finished)} of ${formatCount(count)} ${unit}`;
    const done =
      references > 0 ? `${formatRate(references / this.seconds)} references/s` : formatBytes(bytesRead);
    this.show(fraction, `${done}, ${ended}`);
  }

  private pass(
    fraction: number | undefined,
    bytesRead: number,
    count: number,
    unit: "references" | "lines",
  ): void {
    const rate = `${formatRate(count / this.seconds)} ${unit}/s`;
    // A stream that is read several times is stored first.
    const served = count === 0 ? "" : `, ${formatCount(count)} ${unit}, ${rate}`;
    this.show(fraction, fraction === undefined ? formatBytes(bytesRead) + served : rate);
  }

  private show(fraction: number | undefined, text: string): void {
    this.line = fraction === undefined ? text : `${drawBar(fraction)}  ${text}  ${this.timeLeft(fraction)}`;
    if (this.bar !== undefined) this.bar.update(Math.floor((fraction ?? 0) * WHOLE));
    else if (!this.loading) void this.load();
  }

  private async load(): Promise<void> {
    this.loading = true;
    const { SingleBar } = (await import("cli-progress")).default;
    if (this.stopped) return;
    this.bar = new SingleBar({
      format: () => this.line,
      clearOnComplete: true,
      hideCursor: null,
      linewrap: true, // unchanged, so that nothing has to be restored after a signal
      fps: 8,
      stream: process.stderr,
    });
    this.cleanup = cleanUpOnExit(() => process.stderr.write("\n"));
    this.bar.start(WHOLE, 0);
  }

  private timeLeft(fraction: number): string {
    if (fraction <= 0) return "";
    return `${formatDuration(Math.max(1, Math.round((this.seconds * (1 - fraction)) / fraction)))} left`;
  }
}

function drawBar(fraction: number): string {
  const part = Math.min(fraction, 1);
  const full = Math.round(part * BAR_WIDTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${Math.floor(part * 100)} %`;
}
