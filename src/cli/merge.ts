/** `merge FILE…`: the whole comparison from the results of its shards. */
import { readFile } from "node:fs/promises";
import { type Merged, mergeShards } from "../compare/shard-document.js";
import { InputError } from "../errors.js";
import type { mergeCommand } from "../options/requests.js";
import type { Values } from "../options/row.js";
import type { TraceDetails } from "../report/data.js";
import { digest, storedBytes } from "../sweep/identity.node.js";
import { fileError } from "../trace/file-errors.js";
import { openTrace } from "../trace/open.js";
import { ComparisonOutputs } from "./comparison.js";
import type { CommonOptions } from "./options.js";
import { Progress } from "./progress.js";
import { readableAgain } from "./report.js";
import { writeError } from "./terminal.js";

type Options = CommonOptions & Values<typeof mergeCommand>;

export async function run(paths: readonly string[], options: Options): Promise<void> {
  const outputs = await ComparisonOutputs.open("merge", options);
  const progress = new Progress(options);
  try {
    const files = [];
    for (const place of paths) files.push({ place, text: await textOf(place) });
    const merged = mergeShards(files);
    const details = outputs.hasFigures ? await detailsOf(merged, progress) : [];
    progress.stop();
    const descriptions = merged.traces.map(({ description }) => description);
    // As `compare` has it: timelines are for figures.
    const results = outputs.hasFigures
      ? merged.results
      : merged.results.map(({ timeline: _, ...row }) => row);
    await outputs.write({ ...merged, results }, descriptions, details);
    for (const { warning } of merged.traces) {
      if (warning !== undefined && !options.quiet) writeError(`pagewalk: ${warning}\n`);
    }
  } finally {
    progress.stop();
    await outputs.abort();
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

/** A report also draws the traces, which must be here, and the same. */
async function detailsOf({ plan, traces }: Merged, progress: Progress): Promise<TraceDetails[]> {
  const { detailsAndReuseOf } = await import("./details.js");
  const { only, pageSize } = plan;
  const details: TraceDetails[] = [];
  for (const [n, { name, options }] of plan.traces.entries()) {
    const trace = await readableAgain(await openTrace(name, options), progress);
    try {
      if ((await digest(storedBytes(trace))) !== traces[n]?.content) {
        const problem = "is another file than that of the shards: its bytes have another hash";
        throw new InputError(problem, "bring the same one here, or leave --report and --plots out", name);
      }
      const pages = trace.unit === "address" ? { pageSize } : {};
      details.push(await detailsAndReuseOf(trace, { only, ...pages }));
    } finally {
      await trace.close();
    }
  }
  return details;
}
