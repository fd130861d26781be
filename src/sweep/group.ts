/**
 * A group of a queue: simulations of one trace, which one worker runs on one decode.
 *
 *   command                           Redis                          worker
 *   Group ── dataOf ─────────────────> job: id, GroupData ──────────> opens the trace, checks its hash, simulates
 *   rows  <── outcome of each plan ─── result: GroupResult <───────── once, whichever worker was first
 */
import * as v from "valibot";
import { PRESET_NAMES } from "../options/traces.js";
import type { Watch } from "../pass/progress.js";
import type { SimulationOutcome, SimulationShape } from "../simulate/simulate.js";
import type { SimulationPlan } from "../simulate/simulation.js";
import type { Trace } from "../trace/trace.js";
import type { Failure } from "../workers/pool.js";
import type { Identity } from "./identity.node.js";
import { count, outcome } from "./outcome.js";

export interface Group {
  readonly trace: Trace;
  readonly shape: SimulationShape;
  readonly identity: Identity;
  readonly plans: readonly SimulationPlan[];
}

/** A group that no worker could finish. */
export interface GivenUp {
  readonly trace: string;
  readonly simulations: number;
  readonly reason: string;
}

export interface QueueWatch extends Watch {
  /** Called from time to time with the number of workers that are connected. */
  readonly onWorkers: (workers: number) => void;
}

/** The command's side of a queue. */
export interface Queue {
  /**
   * Waits for the outcomes of all groups, which it adds to the queue if they are not there. The signal ends the wait; the
   * groups stay. Returns those that were given up.
   */
  run(
    groups: readonly Group[],
    watch: QueueWatch,
    onGroup: (group: number, outcomes: readonly SimulationOutcome[]) => Promise<void>,
  ): Promise<readonly GivenUp[]>;
  close(): Promise<void>;
}

const names = v.exactOptional(v.string());

/** A group as it is sent. */
export const groupData = v.object({
  /** A path or a URL that every worker can read. */
  input: v.string(),
  options: v.object({
    name: v.string(),
    format: v.string(),
    columns: names,
    delimiter: names,
    preset: v.exactOptional(v.picklist(PRESET_NAMES)),
    ranges: v.exactOptional(v.boolean()),
    partial: v.exactOptional(v.boolean()),
  }),
  /** SHA-256 of the bytes as stored. */
  content: v.string(),
  shape: v.object({
    pageShift: v.exactOptional(count),
    only: v.picklist(["all", "data", "instructions"]),
    timeline: v.boolean(),
    pages: v.exactOptional(count),
  }),
  plans: v.array(
    v.object({
      policyId: count,
      parameters: v.array(v.number()),
      needsFuture: v.boolean(),
      servesSizes: v.boolean(),
      frames: count,
    }),
  ),
});
export type GroupData = v.InferOutput<typeof groupData>;

/** An error, as threads and workers send it. */
const failure = v.pipe(
  v.object({ code: v.string(), problem: v.string(), remedy: v.string(), place: v.optional(v.string()) }),
  v.transform(({ place, ...rest }) => ({ ...rest, place })),
);

/** The result of a group, which a worker stores and the command reads. */
export interface GroupResult {
  outcomes: SimulationOutcome[];
  /** The trace's last line is cut off. */
  cutLine?: Failure;
}

export const groupResult = v.object({
  outcomes: v.array(outcome),
  cutLine: v.exactOptional(v.object({ failure })),
}) satisfies v.GenericSchema<unknown, GroupResult>;

/** The progress of a worker in a group. */
export const groupProgress = v.object({ bytes: count, references: count });
export type GroupProgress = v.InferOutput<typeof groupProgress>;
