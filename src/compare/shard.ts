/**
 * `shard: "3/64"`: a part of a comparison, for a scheduler that starts the same command on many machines. The part is
 * known without a look into the traces, so that a machine reads only those that it needs.
 */
import { OptionError } from "../errors.js";
import type { ComparedPolicy } from "../policy/compared.js";
import type { FrameSpec } from "../simulate/frames.js";
import { inParts } from "../sweep/division.js";
import type { Trace } from "../trace/trace.js";

export interface Shard {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
}

const MOST_SHARDS = 100_000;

/** Reads `3/64`. Throws `UsageError`. */
export function parseShard(text: string): Shard {
  const [, part = 0, parts = 0] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? []).map(Number);
  if (part >= 1 && part <= parts && parts <= MOST_SHARDS) return { part, parts };
  const problem =
    part > parts && parts > 0 ? `there is no shard ${part} of ${parts}` : `"${text}" is no shard`;
  throw OptionError.at("shard", problem, "give its number, from 1, and how many there are, such as 3/64");
}

/** A trace's part of a comparison, as numbers: that of the frames' specification, times the policies, plus the policy's. */
export type Share = ReadonlySet<number>;

/** Each trace's share in the shard; the whole without one. Throws `UsageError`. */
export function shareOf(
  shard: string | undefined,
  traces: readonly Trace[],
  policies: readonly ComparedPolicy[],
  frames: readonly FrameSpec[],
): Share[] {
  const live = traces.find(({ recorder }) => recorder !== undefined);
  if (shard !== undefined && live !== undefined) {
    const problem = `${live.name} runs anew in each shard, and its trace may differ`;
    throw OptionError.at("shard", problem, "record it first, and give the file");
  }
  const { part, parts } = shard === undefined ? { part: 1, parts: 1 } : parseShard(shard);
  const plans = frames.flatMap((_, spec) =>
    policies.map(({ id, parameters, needsFuture, servesSizes }) => ({
      policyId: id,
      parameters,
      needsFuture,
      servesSizes,
      frames: spec,
    })),
  );
  const portions = traces.map(({ sizeBytes }) => ({ sizeBytes, plans }));
  return (inParts(portions, parts)[part - 1] ?? []).map((indexes) => new Set(indexes));
}
