/**
 * The command's side of a queue. It adds the groups under ids that equal groups share, and waits for their results. So
 * it can be ended and started again at any time: a group that is there is not added, a result that is there is taken.
 *
 * Events of BullMQ report what ends. They may be lost while Redis is restarted, and Redis may lose the last second of its
 * writes, so all groups are looked at again from time to time; one that is gone is added again.
 */
import { resolve } from "node:path";
import type { Job, Queue as JobQueue, QueueEvents } from "bullmq";
import * as v from "valibot";
import { OptionError, UsageError } from "../errors.js";
import type { ComparedPolicy } from "../policy/compared.js";
import type { SimulationOutcome } from "../simulate/simulate.js";
import { passesOf } from "../simulate/simulate.js";
import type { Trace } from "../trace/trace.js";
import { rebuild } from "../workers/pool.js";
import { type Connection, connect } from "./connection.node.js";
import {
  type GivenUp,
  type Group,
  type GroupData,
  type GroupProgress,
  groupProgress,
  groupResult,
  type Queue,
  type QueueWatch,
} from "./group.js";
import { digest, identityKey } from "./identity.node.js";

/** Redis keeps results, and groups that were given up, for a week. */
const KEPT_SECONDS = 7 * 24 * 3600;
/** A group that fails is tried again, after 1, 2, 4 and 8 seconds. */
const ATTEMPTS = 5;
const BACKOFF_MILLISECONDS = 1000;
/** Milliseconds between two looks at all groups, and between two counts of the workers. */
const LOOK_MILLISECONDS = 10_000;
const COUNT_MILLISECONDS = 3000;
/** Groups that are looked at or added at a time. */
const BATCH = 100;

/**
 * Connects to the queue at `address`. With `cancels`, its `run` removes the groups that no worker has begun, with their
 * results, and waits for nothing. Throws `UsageError` for traces and policies that no worker elsewhere can read.
 */
export async function openQueue(
  address: string,
  traces: readonly Trace[],
  policies: readonly ComparedPolicy[],
  cancels: boolean,
): Promise<Queue> {
  for (const trace of traces) placeOf(trace);
  const custom = policies.find((policy) => policy.custom !== undefined);
  if (custom !== undefined) {
    const problem = `${custom.custom?.place ?? custom.name} is a custom policy, and workers have those of the kernel`;
    throw OptionError.at("policies", problem, "leave it out, or divide the work by shards");
  }
  const connection = await connect(address);
  const { bullmq, queue, options } = connection;
  const jobs = new bullmq.Queue(queue, options);
  jobs.on("error", () => {}); // the connection is tried again
  return {
    run: async (groups, watch, onGroup) => {
      const sent = await Promise.all(groups.map(sentOf));
      if (cancels) return remove(jobs, sent);
      return new Wait(connection, jobs, sent, watch, onGroup).run();
    },
    close: async () => connection.close(),
  };
}

/** The trace's place as workers find it. */
function placeOf({ address, transferable, name }: Trace): string {
  if (address !== undefined) return address;
  if (typeof transferable === "string") return resolve(transferable);
  throw new UsageError(
    "workers of a queue cannot read it",
    "give a file on storage that all of them share, or a URL",
    name,
  );
}

/** A group with its id. */
interface Sent {
  readonly group: Group;
  readonly id: string;
  readonly data: GroupData;
}

async function sentOf(group: Group): Promise<Sent> {
  const { trace, shape, identity, plans } = group;
  const { timeline = false, pageShift, only, pages } = shape;
  const { format, columns, delimiter, preset, ranges, partial } = { ...trace.options, format: trace.format };
  const data: GroupData = {
    input: placeOf(trace),
    options: {
      name: trace.name,
      format,
      ...(columns !== undefined && { columns }),
      ...(delimiter !== undefined && { delimiter }),
      ...(preset !== undefined && { preset }),
      ...(ranges !== undefined && { ranges }),
      ...(partial !== undefined && { partial }),
    },
    content: identity.content,
    shape: {
      ...(pageShift !== undefined && { pageShift }),
      only,
      timeline,
      ...(pages !== undefined && { pages }),
    },
    plans: plans.map(({ policyId, parameters, needsFuture, servesSizes = false, frames }) => {
      return { policyId, parameters: [...parameters], needsFuture, servesSizes, frames };
    }),
  };
  const key = JSON.stringify([...identityKey(identity), ranges, timeline, data.plans]);
  return { group, data, id: `${identity.content.slice(0, 16)}-${(await digest([key])).slice(0, 32)}` };
}

async function remove(jobs: JobQueue, sent: readonly Sent[]): Promise<[]> {
  for (const { id } of sent) {
    const job = await jobs.getJob(id);
    // A worker that runs it has locked it.
    await job?.remove().catch(() => undefined);
  }
  return [];
}

/** A group of which the result is awaited. */
interface Open {
  /** Numbers of equal groups. */
  readonly numbers: number[];
  readonly sent: Sent;
  reported: GroupProgress;
}

class Wait {
  private readonly open = new Map<string, Open>();
  private readonly givenUp: GivenUp[] = [];
  /** Groups that an event is about. */
  private readonly touched = new Set<string>();
  private wake = () => {};

  constructor(
    private readonly connection: Connection,
    private readonly jobs: JobQueue,
    sent: readonly Sent[],
    private readonly watch: QueueWatch,
    private readonly onGroup: (group: number, outcomes: readonly SimulationOutcome[]) => Promise<void>,
  ) {
    for (const [number, one] of sent.entries()) {
      const known = this.open.get(one.id);
      if (known !== undefined) known.numbers.push(number);
      else this.open.set(one.id, { numbers: [number], sent: one, reported: { bytes: 0, references: 0 } });
    }
  }

  async run(): Promise<readonly GivenUp[]> {
    const { bullmq, queue, options } = this.connection;
    const events = new bullmq.QueueEvents(queue, options);
    const aborted = new Promise<void>((done) => {
      this.watch.signal?.addEventListener("abort", () => done(), { once: true });
    });
    const counting = setInterval(() => void this.countWorkers(), COUNT_MILLISECONDS);
    try {
      // Redis may be away, and then nothing that is asked of it ends.
      await Promise.race([this.waitForAll(events), aborted]);
    } finally {
      clearInterval(counting);
      // Not awaited: without Redis it does not end before the connection is closed.
      events.close().catch(() => undefined);
    }
    return this.givenUp;
  }

  private async waitForAll(events: QueueEvents): Promise<void> {
    this.listen(events);
    await events.waitUntilReady();
    await this.lookAtAll(true);
    void this.countWorkers();
    let last = performance.now();
    while (this.open.size > 0) {
      await this.another(last + LOOK_MILLISECONDS - performance.now());
      const touched = [...this.touched];
      this.touched.clear();
      await this.lookAt(touched, false);
      if (performance.now() - last < LOOK_MILLISECONDS) continue;
      await this.lookAtAll(false);
      last = performance.now();
    }
  }

  private listen(events: QueueEvents): void {
    events.on("error", () => {}); // the connection is tried again
    const touch = ({ jobId }: { jobId: string }) => {
      this.touched.add(jobId);
      this.wake();
    };
    events.on("completed", touch);
    events.on("failed", touch);
    events.on("progress", ({ jobId, data }) => {
      const { success, output } = v.safeParse(groupProgress, data);
      if (success) this.report(this.open.get(jobId), output);
    });
    this.connection.redis.on("ready", () => void this.countWorkers());
  }

  /** Resolves at the next event, or in so many milliseconds. */
  private async another(milliseconds: number): Promise<void> {
    if (this.touched.size > 0) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  private async countWorkers(): Promise<void> {
    // Some services do not list their clients.
    const workers = await this.jobs.getWorkersCount().catch(() => undefined);
    if (workers !== undefined) this.watch.onWorkers(workers);
  }

  /** `isFirst`: groups that an earlier run gave up are tried again. */
  private lookAtAll(isFirst: boolean): Promise<void> {
    return this.lookAt([...this.open.keys()], isFirst);
  }

  private async lookAt(ids: readonly string[], isFirst: boolean): Promise<void> {
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      const missing = await Promise.all(batch.map((id) => this.look(id, isFirst)));
      await this.add(missing.filter((one) => one !== undefined));
    }
  }

  /** Takes the group's result if there is one. Returns the group if the queue does not have it. */
  private async look(id: string, isFirst: boolean): Promise<Sent | undefined> {
    const open = this.open.get(id);
    if (open === undefined) return undefined;
    const job = await this.jobs.getJob(id);
    if (job === undefined) return open.sent;
    const state = await job.getState();
    if (state === "completed") return this.take(open, job);
    if (state !== "failed") return undefined;
    if (isFirst) await job.retry("failed", { resetAttemptsMade: true });
    else this.giveUp(open, job);
    return undefined;
  }

  private async take(open: Open, job: Job): Promise<Sent | undefined> {
    const { sent, numbers } = open;
    const { group, id } = sent;
    const { success, output } = v.safeParse(groupResult, job.returnvalue);
    if (!success || output.outcomes.length !== group.plans.length) {
      await job.remove();
      return sent;
    }
    if (!this.open.delete(id)) return undefined;
    const { cutLine, outcomes } = output;
    if (cutLine !== undefined) group.trace.noteCutLine?.(rebuild(cutLine));
    const passes = passesOf(group.plans);
    this.report(open, { bytes: (group.trace.sizeBytes ?? 0) * passes, references: 0 });
    for (const number of numbers) await this.onGroup(number, outcomes);
    return undefined;
  }

  private giveUp({ sent: { group, id }, numbers }: Open, { failedReason = "" }: Job): void {
    if (!this.open.delete(id)) return;
    const reason = /stalled more than allowable/.test(failedReason)
      ? "each worker that began it was killed, or ran out of memory"
      : failedReason;
    for (const _ of numbers) {
      this.givenUp.push({ trace: group.trace.name, simulations: group.plans.length, reason });
    }
  }

  private async add(sent: readonly Sent[]): Promise<void> {
    if (sent.length === 0) return;
    await this.jobs.addBulk(
      sent.map(({ id, data }) => ({
        name: "simulate",
        data,
        opts: {
          jobId: id,
          attempts: ATTEMPTS,
          backoff: { type: "exponential", delay: BACKOFF_MILLISECONDS },
          removeOnComplete: { age: KEPT_SECONDS },
          removeOnFail: { age: KEPT_SECONDS },
        },
      })),
    );
  }

  /** A group that is tried again starts anew, and its progress does not count twice. */
  private report(open: Open | undefined, { bytes, references }: GroupProgress): void {
    if (open === undefined) return;
    const { reported } = open;
    const more = [
      Math.max(0, bytes - reported.bytes),
      Math.max(0, references - reported.references),
    ] as const;
    open.reported = { bytes: reported.bytes + more[0], references: reported.references + more[1] };
    this.watch.onWork(...more);
  }
}
