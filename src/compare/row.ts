/** A row of `compare`. */
import * as v from "valibot";
import type { ComparedPolicy } from "../policy/compared.js";
import type { SimulationOutcome } from "../simulate/simulate.js";
import type { Timeline } from "../simulate/timeline.js";
import { count, timeline } from "../sweep/outcome.js";

/** The counts of one policy with one number of frames on one trace. A request is one touch of a page. */
export interface RowCounts {
  /** Name of the trace. */
  trace: string;
  /** Name of the policy, with its parameters: `2q:kin=0.25`. */
  policy: string;
  /** Number of frames; for variable-space policies the limit of the resident set. */
  frames: number;
  /** Requests for pages: a reference that crosses a page boundary makes several. */
  requests: number;
  /** Requests whose page was resident. */
  hits: number;
  /** Requests whose page was not resident, first requests included. */
  misses: number;
  /** Evicted pages that had been stored to, and dirty pages that the policy wrote before (`wsclock`). */
  writebacks: number;
  /** `misses` divided by `requests`, from 0 to 1. */
  missRatio: number;
}

/** A row of a comparison. */
export interface CompareRow extends RowCounts {
  /** Average number of pages resident after a request; only for variable-space policies. */
  meanResidentPages?: number;
  /**
   * Time in the engine, without reading the trace: that of the simulation itself, and an equal part of what it shares with
   * others of its group: the numbers of pages and, with `lru`, `fifo` and `clock`, the pass for all numbers of frames.
   */
  seconds: number;
  /** `requests` divided by `seconds`. */
  requestsPerSecond: number;
  /** References of the trace served when the signal stopped the simulation; the counts are of these. */
  interruptedAt?: number;
  /** The policy is written in JavaScript, and so slower than one of the kernel. */
  javascript?: true;
  /** If the options request it. */
  timeline?: Timeline;
}

/** Result of `compare`, as `compare --json` prints it. */
export interface CompareResult {
  /** By trace, then by frames, then by policy. */
  results: CompareRow[];
}

const quantity = v.pipe(v.number(), v.minValue(0));

/** A row in a file, of a simulation that was not stopped. */
export const compareRow = v.strictObject({
  trace: v.string(),
  policy: v.string(),
  frames: count,
  requests: count,
  hits: count,
  misses: count,
  writebacks: count,
  missRatio: quantity,
  meanResidentPages: v.exactOptional(quantity),
  seconds: quantity,
  requestsPerSecond: quantity,
  javascript: v.exactOptional(v.literal(true)),
  timeline: v.exactOptional(timeline),
}) satisfies v.GenericSchema<unknown, CompareRow>;

export function rowOf(
  trace: string,
  policy: ComparedPolicy,
  frames: number,
  outcome: SimulationOutcome,
): CompareRow {
  const { requests, hits, misses, writebacks, residence, seconds, interruptedAt, timeline } = outcome;
  return {
    trace,
    policy: policy.name,
    frames,
    requests,
    hits,
    misses,
    writebacks,
    missRatio: requests === 0 ? 0 : misses / requests,
    ...(policy.isVariable && { meanResidentPages: requests === 0 ? 0 : residence / requests }),
    seconds,
    requestsPerSecond: seconds === 0 ? 0 : requests / seconds,
    ...(interruptedAt !== undefined && { interruptedAt }),
    ...(policy.custom !== undefined && { javascript: true }),
    ...(timeline !== undefined && { timeline }),
  };
}
