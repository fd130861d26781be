/** Writes the document of a shard. */
import { readFile } from "node:fs/promises";
import type { ComparedPolicy } from "../policy/compared.js";
import { digest, kernelHash } from "../sweep/identity.node.js";
import { fileError } from "../trace/file-errors.js";
import { cutLineWarning, describeTrace, type Trace } from "../trace/trace.js";
import type { Comparison } from "./parts.js";
import { parseShard } from "./shard.js";
import type { Plan, ShardDocument, ShardTrace } from "./shard-document.js";

/** The document of `comparison`, which was of this shard of `traces`. */
export async function shardDocument(
  shard: string,
  traces: readonly Trace[],
  comparison: Comparison,
): Promise<ShardDocument> {
  const plan = await planOf(traces, comparison);
  return {
    shard: "pagewalk compare",
    version: 1,
    ...parseShard(shard),
    planHash: await digest([JSON.stringify(plan)]),
    plan,
    traces: comparison.looks.flatMap((look): ShardTrace[] => {
      const { number, pages, identity, rows } = look;
      const trace = traces[number];
      if (trace === undefined || identity === undefined) return [];
      const warning = cutLineWarning(trace);
      return [
        {
          number,
          content: identity.content,
          ...(pages !== undefined && { pages }),
          description: describeTrace(trace) as ShardTrace["description"],
          ...(warning !== undefined && { warning }),
          results: rows as ShardTrace["results"],
        },
      ];
    }),
  };
}

async function planOf(traces: readonly Trace[], { compared }: Comparison): Promise<Plan> {
  const { policies, frames, requests } = compared;
  return {
    traces: traces.map(({ name, sizeBytes, options: { name: _, ...options } }) => ({
      name,
      ...(sizeBytes !== undefined && { sizeBytes }),
      options: given(options),
    })),
    policies: await Promise.all(
      policies.map(async (policy) => ({
        name: policy.name,
        parameters: [...policy.parameters],
        ...(policy.custom !== undefined && { module: await moduleHash(policy) }),
      })),
    ),
    frames: [...frames],
    ...requests,
    kernel: await kernelHash(),
  };
}

/** Those that have a value, in a fixed order. */
function given(options: object): Record<string, string | boolean> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Of the file alone: what it imports is not followed. */
async function moduleHash({ custom, name }: ComparedPolicy): Promise<string> {
  if (custom?.url === undefined) return digest([name]);
  try {
    return await digest([await readFile(new URL(custom.url))]);
  } catch (error) {
    throw fileError(error, custom.place, "read");
  }
}
