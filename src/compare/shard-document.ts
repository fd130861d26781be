/**
 * The output of a shard, and the whole that documents of all shards give.
 *
 *   plan       all traces, policies and frames: equal in every shard, with its SHA-256
 *   shard      3 of 64
 *   traces     those that the shard read: number in the plan, SHA-256 of the bytes, distinct pages, rows
 */
import * as v from "valibot";
import { InputError, optionNamed, UsageError } from "../errors.js";
import { frameCounts } from "../simulate/frames.js";
import { count } from "../sweep/outcome.js";
import { type CompareRow, compareRow } from "./row.js";

const text = v.string();

const plan = v.strictObject({
  traces: v.array(
    v.strictObject({
      name: text,
      sizeBytes: v.exactOptional(count),
      /** As `openTrace` takes them. */
      options: v.record(text, v.union([text, v.boolean()])),
    }),
  ),
  policies: v.array(
    v.strictObject({
      name: text,
      parameters: v.array(v.number()),
      /** SHA-256 of the file of a custom policy. */
      module: v.exactOptional(text),
    }),
  ),
  frames: v.array(v.union([v.strictObject({ count: v.number() }), v.strictObject({ percent: v.number() })])),
  only: v.picklist(["all", "data", "instructions"]),
  pageSize: v.number(),
  /** SHA-256 of the kernel. */
  kernel: text,
});
export type Plan = v.InferOutput<typeof plan>;

const HEADER = { shard: v.literal("pagewalk compare"), version: v.literal(1) };

const shardTrace = v.strictObject({
  number: count,
  content: text,
  pages: v.exactOptional(count),
  description: v.strictObject({
    path: text,
    format: text,
    detectedBy: v.picklist(["content", "name", "option"]),
    compression: v.exactOptional(text),
    columns: v.exactOptional(text),
    cutLines: v.exactOptional(count),
    cutBlocks: v.exactOptional(count),
  }),
  /** The warning of a last line that is cut off. */
  warning: v.exactOptional(text),
  results: v.array(compareRow),
});
export type ShardTrace = v.InferOutput<typeof shardTrace>;

const shardDocument = v.strictObject({
  ...HEADER,
  part: count,
  parts: count,
  planHash: text,
  plan,
  traces: v.array(shardTrace),
});
export type ShardDocument = v.InferOutput<typeof shardDocument>;

/** A whole comparison, as its shards give it. */
export interface Merged {
  readonly plan: Plan;
  readonly results: CompareRow[];
  readonly simulations: number;
  /** Of each trace of the plan, in order. */
  readonly traces: readonly Pick<ShardTrace, "content" | "description" | "warning">[];
}

interface File {
  readonly place: string;
  readonly document: ShardDocument;
}

/** Joins the documents of all shards. Throws `InputError` for one that does not belong to the others, or is missing. */
export function mergeShards(files: readonly { readonly place: string; readonly text: string }[]): Merged {
  const read = files.map(({ place, text }): File => ({ place, document: readDocument(text, place) }));
  const [first, ...others] = read;
  if (first === undefined) throw new UsageError("no file is given", "name the files of all shards", "merge");
  for (const other of others) checkPlan(first, other);
  checkParts(read, first.document.parts);
  const { plan } = first.document;
  const wholes = plan.traces.map(({ name }, number) => wholeOf(read, number, name, plan));
  return {
    plan,
    results: wholes.flatMap(({ results }) => results),
    simulations: plan.traces.length * plan.policies.length * plan.frames.length,
    traces: wholes,
  };
}

function readDocument(text: string, place: string): ShardDocument {
  const whole = `write the file again by compare with ${optionNamed("shard")}, which must end without an error`;
  if (text.trim() === "") throw new InputError("is empty: its shard did not end", whole, place);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new InputError("is no JSON document, or a part of one", whole, place, { cause: error });
  }
  if (!v.is(v.object(HEADER), document)) {
    throw new InputError(
      `is no result of compare with ${optionNamed("shard")}`,
      "name a file that it wrote",
      place,
    );
  }
  const { success, output, issues } = v.safeParse(shardDocument, document);
  if (success) return output;
  const at = v.getDotPath(issues[0]) ?? "its start";
  throw new InputError(`is damaged at ${at}`, whole, place);
}

/** Refuses a shard of another comparison. */
function checkPlan(first: File, other: File): void {
  const { document: one } = first;
  const { document: two, place } = other;
  if (one.parts !== two.parts) {
    const problem = `is shard ${two.part} of ${two.parts}, and ${first.place} is one of ${one.parts}`;
    throw new InputError(problem, "merge shards of one division", place);
  }
  if (one.planHash === two.planHash) return;
  const differing = (Object.keys(one.plan) as (keyof Plan)[]).find(
    (key) => JSON.stringify(one.plan[key]) !== JSON.stringify(two.plan[key]),
  );
  const what =
    differing === "kernel" ? "of another version of Pagewalk" : `with other ${WORDS[differing ?? "traces"]}`;
  const remedy = "run all shards by the same command, with the same files";
  throw new InputError(`is a shard of a comparison ${what} than ${first.place}`, remedy, place);
}

const WORDS: Readonly<Record<keyof Plan, string>> = {
  traces: "traces",
  policies: "policies",
  frames: "frames",
  only: "references",
  pageSize: "pages",
  kernel: "versions",
};

/** Refuses a shard that is there twice, or missing. */
function checkParts(files: readonly File[], parts: number): void {
  const places = new Map<number, string>();
  for (const { place, document } of files) {
    const { part } = document;
    const other = places.get(part);
    if (other !== undefined) {
      throw new InputError(`is shard ${part} of ${parts}, as ${other} is`, "name one of them", place);
    }
    places.set(part, place);
  }
  const missing = Array.from({ length: parts }, (_, n) => n + 1).filter((part) => !places.has(part));
  if (missing.length === 0) return;
  const list = rangesOf(missing);
  const verb = missing.length === 1 ? `shard ${list} of ${parts} is` : `shards ${list} of ${parts} are`;
  throw new InputError(`${verb} missing`, "run and name them too", "merge");
}

/** `3, 5-7`. */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const one of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === one - 1) last[1] = one;
    else ranges.push([one, one]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

/** A trace with its rows in the order of the whole: by frames, then policy. */
function wholeOf(files: readonly File[], number: number, name: string, plan: Plan): ShardTrace {
  const found = files.flatMap(({ place, document }) =>
    document.traces.filter((trace) => trace.number === number).map((trace) => ({ place, trace })),
  );
  const [first, ...others] = found;
  if (first === undefined) throw damaged(files[0]?.place, `no shard has ${name}`);
  for (const { place, trace } of others) {
    if (trace.content === first.trace.content) continue;
    const problem = `${name} is another file there than in ${first.place}: its bytes have another hash`;
    throw new InputError(problem, "run all shards with the same files", place);
  }
  const key = (policy: string, frames: number) => JSON.stringify([policy, frames]);
  const rows = new Map<string, CompareRow>();
  for (const { trace } of found) for (const row of trace.results) rows.set(key(row.policy, row.frames), row);
  const results = frameCounts(plan.frames, first.trace.pages).flatMap((frames) =>
    plan.policies.map(({ name: policy }) => {
      const row = rows.get(key(policy, frames));
      if (row === undefined)
        throw damaged(first.place, `no shard has ${policy} with ${frames} frames of ${name}`);
      return row;
    }),
  );
  const warned = found.find(({ trace }) => trace.warning !== undefined) ?? first;
  return { ...warned.trace, results };
}

function damaged(place: string | undefined, problem: string): InputError {
  return new InputError(problem, "run the shards again", place);
}
