/**
 * The worker's side of a queue: takes groups, one for each thread, until the signal. A worker that is killed loses the
 * lock of its groups in seconds, and another one takes them; a worker that is stopped gives them back.
 */
import { hostname } from "node:os";
import type { Job } from "bullmq";
import * as v from "valibot";
import { InputError, OutOfMemoryError } from "../errors.js";
import { type Runner, runnerOf } from "../simulate/runner.js";
import { failureOf } from "../workers/pool.js";
import { threadsOf } from "../workers/threads.node.js";
import { type Connection, connect } from "./connection.node.js";
import { type GroupData, type GroupProgress, type GroupResult, groupData } from "./group.js";
import { ServedTraces } from "./served-traces.node.js";

/** A group whose lock is not renewed for so long is taken over by another worker, at its next look. */
const LOCK_MILLISECONDS = 10_000;
const LOOK_MILLISECONDS = 5000;
/** A group is given up if it is lost this many times and once more: it may be what kills the workers. */
const MOST_LOSSES = 5;
/** Between two reports of a group's progress. */
const REPORT_MILLISECONDS = 500;

export interface ServeOptions {
  /** The address of Redis. */
  readonly queue: string;
  /** Groups at a time; default: one for each core. */
  readonly jobs?: number | undefined;
  /** In messages and in Redis; default: the host's name and the process. */
  readonly name?: string | undefined;
  /** Stops the worker. */
  readonly signal: AbortSignal;
  /** Called with each event. */
  readonly onEvent: (event: ServeEvent) => void;
}

export type ServeEvent =
  | { readonly kind: "started"; readonly name: string; readonly place: string; readonly jobs: number }
  | { readonly kind: "done"; readonly trace: string; readonly simulations: number; readonly seconds: number }
  | { readonly kind: "failed"; readonly trace: string; readonly reason: string }
  | { readonly kind: "lost" | "found"; readonly place: string };

/** Serves a queue until the signal. Throws `UsageError` and `InputError` if it cannot be reached. */
export async function serveQueue({ queue, jobs, name, signal, onEvent }: ServeOptions): Promise<void> {
  const connection = await connect(queue);
  const runner = await runnerOf(threadsOf(jobs));
  const own = name ?? `${hostname()}:${process.pid}`;
  const service = new Service(connection, runner, own, signal, onEvent);
  try {
    await service.run();
  } finally {
    await runner.close();
    connection.close();
  }
}

class Service {
  private readonly traces = new ServedTraces();

  constructor(
    private readonly connection: Connection,
    private readonly runner: Runner,
    private readonly name: string,
    private readonly signal: AbortSignal,
    private readonly onEvent: (event: ServeEvent) => void,
  ) {}

  async run(): Promise<void> {
    const { bullmq, redis, queue, options, place } = this.connection;
    const { size: jobs } = this.runner;
    const worker = new bullmq.Worker(queue, (job, token) => this.serve(job, token), {
      ...options,
      name: this.name,
      concurrency: jobs,
      lockDuration: LOCK_MILLISECONDS,
      stalledInterval: LOOK_MILLISECONDS,
      maxStalledCount: MOST_LOSSES,
    });
    worker.on("error", () => {}); // the connection is tried again
    redis.on("close", () => this.onEvent({ kind: "lost", place }));
    redis.on("ready", () => this.onEvent({ kind: "found", place }));
    try {
      await worker.waitUntilReady();
      this.onEvent({ kind: "started", name: this.name, place, jobs });
      await stopped(this.signal);
    } finally {
      redis.removeAllListeners("close").removeAllListeners("ready");
      // Without Redis, nothing can be given back.
      await worker.close(redis.status !== "ready");
      await this.traces.close();
    }
  }

  private async serve(job: Job, token: string | undefined): Promise<GroupResult> {
    const start = performance.now();
    const { input, options, content, shape, plans } = this.read(job);
    try {
      const result = await this.traces.with({ input, options, content }, this.signal, async (trace) => {
        const whole = { pageShift: undefined, ...shape };
        const watch = { onWork: reporter(job), signal: this.signal };
        const outcomes = await this.runner.simulate(trace, whole, plans, watch);
        this.signal.throwIfAborted();
        const { cutLine } = trace;
        return { outcomes, ...(cutLine !== undefined && { cutLine: failureOf(cutLine) }) };
      });
      const seconds = (performance.now() - start) / 1000;
      this.onEvent({ kind: "done", trace: options.name, simulations: plans.length, seconds });
      return result;
    } catch (error) {
      if (this.signal.aborted) return await this.giveBack(job, token);
      const reason = error instanceof Error ? error.message : String(error);
      this.onEvent({ kind: "failed", trace: options.name, reason });
      const message = `${this.name}: ${reason}`;
      // Another attempt needs as much memory.
      if (error instanceof OutOfMemoryError) throw new this.connection.bullmq.UnrecoverableError(message);
      throw new Error(message, { cause: error });
    }
  }

  private read({ data }: Job): GroupData {
    const { success, output } = v.safeParse(groupData, data);
    if (success) return output;
    const fault = new InputError(
      "a group cannot be read",
      "see who else writes there",
      this.connection.place,
    );
    throw new this.connection.bullmq.UnrecoverableError(fault.message);
  }

  private async giveBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    throw new this.connection.bullmq.WaitingError();
  }
}

/** Reports what the group has done from time to time. */
function reporter(job: Job): (bytes: number, references?: number) => void {
  const sum: GroupProgress = { bytes: 0, references: 0 };
  let last = performance.now();
  return (bytes, references = 0) => {
    sum.bytes += bytes;
    sum.references += references;
    if (performance.now() - last < REPORT_MILLISECONDS) return;
    last = performance.now();
    job.updateProgress({ ...sum }).catch(() => undefined);
  };
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
