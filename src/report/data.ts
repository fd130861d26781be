/**
 * The content of a report as plain data, for the page (as JSON) and for the plots that Node writes. It is made from
 * results of `compare` and `mrc`, and from details of the trace that the caller gives.
 */
import type { CompareResult, CompareRow } from "../compare/compare.js";
import type { HeapResult } from "../heap/heap.js";
import type { HeatMap } from "../heat/heat.js";
import type { NamedRegion } from "../replay/regions.js";
import type { ReplayResult } from "../replay/replay.js";
import { type ActivityReport, type RunInput, replayReport, runReport } from "./activity-data.js";
import { type ChargesInput, type ChargesReport, chargesReport } from "./charges-data.js";
import { styleOrder } from "./figures/look.js";
import { byTrace, unique } from "./groups.js";
import { type HeapReport, heapReport, rankedBySize } from "./heap-data.js";
import { formatBytes } from "./numbers.js";
import { ranked } from "./ranking.js";

/** A policy's miss-ratio curve, from `mrc`. */
export interface CurveInput {
  policy: string;
  method: "exact" | "sampled";
  pageSize?: number;
  sets?: number;
  sampleRate?: number;
  requests?: number;
  distinctPages?: number;
  points: readonly { frames: number; missRatio: number; errorBar?: number; interruptedAt?: number }[];
}

/** The number of requests with a distance (or a time) from `from` to `to`, both included. */
export interface ReuseBucket {
  from: number;
  to: number;
  count: number;
}

export interface ReuseInput {
  requests: number;
  /** First requests for a page. */
  firstRequests: number;
  stackDistances: readonly ReuseBucket[];
  reuseTimes?: readonly ReuseBucket[];
}

/** Distinct pages among the last `window` requests. */
export interface WorkingSetInput {
  windows: readonly { window: number; averagePages: number }[];
  overTime: { window: number; moments: readonly { request: number; pages: number }[] };
}

/** The result of `mrc`. */
export interface CurvesResult {
  trace?: string;
  interruptedAt?: number;
  curves: readonly CurveInput[];
  workingSets?: readonly WorkingSetInput[];
  reuse?: readonly ReuseInput[];
}

/** Additional data of the caller on a trace. */
export interface TraceDetails {
  /** Format of the trace. */
  format?: string;
  /** Bytes of a page, if the trace has addresses. */
  pageSize?: number;
  /** The references that are counted, if not all are. */
  only?: string;
  /** Different pages requested. */
  distinctPages?: number;
  /** The simulations of rows with `interruptedAt` go on. */
  isRunning?: boolean;
  /** Result of `heatMap`. */
  heat?: HeatMap;
  /**
   * Regions of the program by name (`[stack]`, a path), if the trace has addresses and the metadata has the regions.
   */
  regions?: readonly NamedRegion[];
  /** Stack distances and reuse times, as `reuseDistances` gives them. */
  reuse?: ReuseInput;
  /** Working sets, as `workingSet` gives them. */
  workingSet?: WorkingSetInput;
}

/** Options of `reportHtml` and `reportPlots`. */
export interface ReportOptions {
  /** The page's title; default: made from the result. */
  title?: string;
  /** The command line that gave the result. */
  command?: string;
  /** The version of Pagewalk. */
  version?: string;
  /** One for each trace of the result, in the same order. */
  traces?: readonly TraceDetails[];
}

export interface CurvePoint {
  frames: number;
  missRatio: number;
  errorBar?: number;
}

export interface ReportCurve {
  policy: string;
  points: CurvePoint[];
}

/** The requests and misses of each window. */
export interface ReportTimelines {
  requests: number[];
  runs: { policy: string; frames: number; misses: number[] }[];
}

export interface TraceReport extends TraceDetails {
  /** Unique within the report. */
  name: string;
  requests?: number;
  /** The trace's references that the results are of, if an interruption left no whole simulation. */
  interruptedAt?: number;
  /** Every policy, or allocator, as given. */
  policies: string[];
  /** As `styleOrder` gives it. */
  order: string[];
  /** From best to worst, the bound first. */
  ranking: string[];
  curves: ReportCurve[];
  /** The counts of `compare`. */
  rows?: { policy: string; frames: number; misses: number; missRatio: number }[];
  timelines?: ReportTimelines;
  /** The result of `heap`; then all other fields are empty. */
  heap?: HeapReport;
  /** The machine of `replay` or `run` over time; then there are no policies. */
  activity?: ActivityReport;
  /** Costs of a recording's allocations; then there are no policies. */
  charges?: ChargesReport;
}

export interface ReportData {
  title: string;
  command?: string;
  version?: string;
  traces: TraceReport[];
}

/** A result that a report can show: of `compare`, `mrc`, `heap`, `replay` or `runLog`. */
export type ReportInput = CompareResult | CurvesResult | HeapResult | ChargesInput | ReplayResult | RunInput;

/** A report before its looks. */
type Found = Omit<TraceReport, "order">;

/** `known`: the kernel's policies, which look the same in every report. */
export function reportData(
  result: ReportInput,
  options: ReportOptions = {},
  known: readonly string[] = [],
): ReportData {
  const { title, command, version, traces: details = [] } = options;
  const traces = tracesOf(result, details);
  const names = traces.map(({ name }) => name);
  return {
    title: title ?? titleOf(result),
    ...(command !== undefined && { command }),
    ...(version !== undefined && { version }),
    traces: traces.map((trace, index) => ({
      ...trace,
      name: distinctName(names, index),
      order: styleOrder(trace.policies, known),
    })),
  };
}

function tracesOf(result: ReportInput, details: readonly TraceDetails[]): Found[] {
  if ("log" in result) return [heaped(result)];
  if ("walks" in result)
    return [{ ...details[0], ...ofNoPolicy(result.trace.path), activity: replayReport(result) }];
  if ("activity" in result) return [ran(result)];
  if ("charges" in result) return [charged(result)];
  if (!("results" in result)) return [curved(result, details[0])];
  return byTrace(result.results).map((rows, index) => compared(rows, details[index]));
}

function titleOf(result: ReportInput): string {
  if ("log" in result) return "Allocators compared";
  if ("walks" in result) return "A machine over time";
  if ("activity" in result) return "Processes over time";
  if ("charges" in result) return "Costs of allocations";
  return "results" in result ? "Page replacement compared" : "Miss-ratio curves";
}

/** Distinguishes traces of the same name by a number. */
function distinctName(names: readonly string[], index: number): string {
  const name = names[index] ?? "";
  const before = names.slice(0, index).filter((other) => other === name).length;
  return before === 0 ? name : `${name} (${before + 1})`;
}

function heaped(result: HeapResult): Found {
  const allocators = result.results.map(({ allocator }) => allocator);
  return {
    name: result.log?.name ?? "",
    policies: allocators,
    ranking: rankedBySize(result.results),
    curves: [],
    heap: heapReport(result),
  };
}

function charged(input: ChargesInput): Found {
  return { ...ofNoPolicy(input.trace), charges: chargesReport(input) };
}

function ran(input: RunInput): Found {
  const activity = runReport(input);
  return { ...(input.charges === undefined ? ofNoPolicy(input.trace) : charged(input.charges)), activity };
}

function ofNoPolicy(name: string) {
  return { name, policies: [], ranking: [], curves: [] };
}

function compared(rows: readonly CompareRow[], details: TraceDetails | undefined): Found {
  const policies = unique(rows.map(({ policy }) => policy));
  const pointsOf = (policy: string) =>
    rows
      .filter((row) => row.policy === policy)
      .map(({ frames, missRatio }) => ({ frames, missRatio }))
      .sort((a, b) => a.frames - b.frames);
  const cut = rows.flatMap((row) => row.interruptedAt ?? []);
  const timelines = cut.length === 0 ? timelinesOf(rows) : undefined;
  return {
    ...details,
    name: rows[0]?.trace ?? "",
    ...(cut.length > 0 && { interruptedAt: Math.max(...cut) }),
    requests: rows[0]?.requests ?? 0,
    policies,
    ranking: ranked(rows),
    curves: policies.map((policy) => ({ policy, points: pointsOf(policy) })),
    rows: rows.map(({ policy, frames, misses, missRatio }) => ({ policy, frames, misses, missRatio })),
    ...(timelines !== undefined && { timelines }),
  };
}

/** Converts sums from the start to values of each window. The simulations of a trace have the same windows. */
function timelinesOf(rows: readonly CompareRow[]): ReportTimelines | undefined {
  const ends = rows[0]?.timeline?.requests;
  if (ends === undefined) return undefined;
  const runs = rows.flatMap(({ policy, frames, timeline }) =>
    timeline === undefined ? [] : [{ policy, frames, misses: differences(timeline.misses) }],
  );
  return { requests: differences(ends), runs };
}

function differences(sums: readonly number[]): number[] {
  return sums.map((sum, index) => sum - (sums[index - 1] ?? 0));
}

function curved(result: CurvesResult, details: TraceDetails | undefined): Found {
  const { trace, curves, workingSets, reuse } = result;
  const cut = curves.flatMap(({ points }) => points.flatMap((point) => point.interruptedAt ?? []));
  const interruptedAt = result.interruptedAt ?? (cut.length === 0 ? undefined : Math.max(...cut));
  const [first] = curves;
  const named = curves.map((curve) => ({ policy: curveName(curve, curves), points: pointsOf(curve) }));
  const rows = named.flatMap(({ policy, points }) => points.map((point) => ({ policy, ...point })));
  return {
    ...(first?.pageSize !== undefined && { pageSize: first.pageSize }),
    ...(first?.distinctPages !== undefined && { distinctPages: first.distinctPages }),
    ...(reuse?.[0] !== undefined && { reuse: reuse[0] }),
    ...(workingSets?.[0] !== undefined && { workingSet: workingSets[0] }),
    ...details,
    name: trace ?? "",
    ...(interruptedAt !== undefined && { interruptedAt }),
    ...(first?.requests !== undefined && { requests: first.requests }),
    policies: named.map(({ policy }) => policy),
    ranking: ranked(rows),
    curves: named,
  };
}

function pointsOf({ points }: CurveInput): CurvePoint[] {
  return points
    .map(({ frames, missRatio, errorBar }) => ({
      frames,
      missRatio,
      ...(errorBar !== undefined && { errorBar }),
    }))
    .sort((a, b) => a.frames - b.frames);
}

/** The policy, and the parameters that distinguish the curve from others of the same policy. */
function curveName(curve: CurveInput, all: readonly CurveInput[]): string {
  const differs = (key: "pageSize" | "sets" | "method") => unique(all.map((one) => one[key])).length > 1;
  const parts = [curve.policy];
  if (curve.pageSize !== undefined && differs("pageSize")) parts.push(`${formatBytes(curve.pageSize)} pages`);
  if (curve.sets !== undefined) parts.push(`${curve.sets} sets`);
  if (differs("method")) parts.push(curve.method);
  return parts.join(", ");
}
