/**
 * The output of `mrc`: a sparkline of each curve, a table of a selection of their points, then the other requested
 * results.
 */
import type {
  Curve,
  CurvePoint,
  MrcResult,
  ReuseBucket,
  ReuseResult,
  WorkingSetResult,
} from "../mrc/result.js";
import type { TraceDescription } from "../trace/trace.js";
import { csv } from "./csv.js";
import { CUT, cutNote } from "./cut.js";
import { unique } from "./groups.js";
import { columns } from "./layout.js";
import { ABSENT, formatBytes, formatCount, formatRatio, formatShare } from "./numbers.js";
import { headingLines } from "./reading.js";
import { sparkline } from "./sparkline.js";
import type { Style } from "./style.js";

/** Most rows of a table. */
const MOST_ROWS = 16;
const SPARK_WIDTH = 64;
const BAR_WIDTH = 32;
const COLUMN_WIDTH = 20;

/** `description`: the text on how the trace was read. */
export function mrcText(
  result: MrcResult,
  style: Style,
  width: number,
  description?: TraceDescription,
): string {
  const blocks = [
    ...groupsOf(result.curves).map((curves) => curveBlock(result.trace, description, curves, style, width)),
    ...(result.workingSets ?? []).map((set) => workingSetBlock(set, style, width)),
    ...(result.reuse ?? []).flatMap((reuse) => reuseBlocks(reuse, style)),
    ...interruptionNotes(result, style),
  ];
  return `${blocks.map((lines) => lines.map((line) => line.trimEnd()).join("\n")).join("\n\n")}\n`;
}

/** How far results came that the signal stopped; nothing if all are whole. */
function interruptionNotes({ interruptedAt, curves }: MrcResult, style: Style): string[][] {
  if (interruptedAt !== undefined) {
    return [[style.warn(`… interrupted: all of the first ${formatCount(interruptedAt)} references`)]];
  }
  const ends = curves.flatMap(({ points }) => points.flatMap((point) => point.interruptedAt ?? []));
  return ends.length === 0 ? [] : [[style.warn(cutNote(ends))]];
}

/** Curves with the same points: those of one page size. */
function groupsOf(curves: readonly Curve[]): Curve[][] {
  const sizes = [...new Set(curves.map(({ pageSize }) => pageSize))];
  return sizes.map((size) => curves.filter(({ pageSize }) => pageSize === size));
}

function curveBlock(
  trace: string,
  description: TraceDescription | undefined,
  curves: readonly Curve[],
  style: Style,
  width: number,
): string[] {
  const first = curves[0];
  if (first === undefined) return [];
  const bySets = first.sets !== undefined;
  const counted = `${formatCount(first.requests)} ${bySets ? "lookups" : "requests"}`;
  const about = first.method === "sampled" ? "about " : "";
  const pages = `${about}${formatCount(first.distinctPages)} pages${sizeNote(first.pageSize)}`;
  const sampled =
    first.sampleRate === undefined ? "" : `, sampled at ${Number(first.sampleRate.toPrecision(3))}`;
  return [
    ...headingLines(trace, description, `${counted} for ${pages}${sampled}`, style, width),
    ...sparks(curves, style, width),
    ...tables(curves, bySets, style, width),
  ];
}

function sizeNote(pageSize: number | undefined): string {
  return pageSize === undefined ? "" : ` of ${formatBytes(pageSize)}`;
}

function nameOf({ policy, sets }: Curve): string {
  if (sets === undefined) return policy;
  return sets === 1 ? "1 set" : `${formatCount(sets)} sets`;
}

/** All curves of a block on one scale. */
function sparks(curves: readonly Curve[], style: Style, width: number): string[] {
  const names = curves.map(nameOf);
  const nameWidth = Math.max(...names.map((name) => name.length));
  const most = Math.max(...curves.flatMap(({ points }) => points.map(({ missRatio }) => missRatio)));
  return curves.map(({ points }, n) => {
    const ratios = points.map(({ missRatio }) => missRatio);
    const ends = `${formatRatio(ratios[0] ?? 0)} to ${formatRatio(ratios.at(-1) ?? 0)}`;
    const room = Math.max(8, Math.min(SPARK_WIDTH, width - nameWidth - ends.length - 6));
    const line = sparkline(ratios, room, most);
    return `  ${(names[n] ?? "").padEnd(nameWidth)}  ${style.best(line)}  ${style.dim(ends)}`;
  });
}

/** As many tables as the curves need to fit in `width`. */
function tables(curves: readonly Curve[], bySets: boolean, style: Style, width: number): string[] {
  const fitting = Math.max(1, Math.floor((width - COLUMN_WIDTH) / COLUMN_WIDTH));
  const lines: string[] = [];
  for (let at = 0; at < curves.length; at += fitting) {
    lines.push(...table(curves.slice(at, at + fitting), bySets, style));
  }
  return lines;
}

function table(curves: readonly Curve[], bySets: boolean, style: Style): string[] {
  const first = curves[0];
  if (first === undefined) return [];
  const bytes = !bySets && first.pageSize !== undefined;
  const head = [bySets ? "ways" : "frames", ...(bytes ? ["memory"] : []), ...curves.map(nameOf)];
  const countOf = ({ ways, frames }: CurvePoint) => (bySets ? ways : frames) ?? 0;
  const counts = unique(curves.flatMap(({ points }) => points.map(countOf))).sort((a, b) => a - b);
  const rows = someOf(counts.length, MOST_ROWS).map((n) => {
    const count = counts[n] ?? 0;
    return [
      formatCount(count),
      ...(bytes ? [formatBytes(count * (first.pageSize ?? 0))] : []),
      ...curves.map(({ points }) => cellOf(points.find((point) => countOf(point) === count))),
    ];
  });
  return columns([head, ...rows], style);
}

function cellOf(point: CurvePoint | undefined): string {
  if (point === undefined) return ABSENT;
  const ratio = `${formatRatio(point.missRatio)}${point.interruptedAt === undefined ? "" : CUT}`;
  return point.errorBar === undefined ? ratio : `${ratio} ± ${(point.errorBar * 100).toFixed(2)}`;
}

/** Up to `most` of the indexes below `count`, both ends included. */
function someOf(count: number, most: number): number[] {
  const rows = Math.min(count, most);
  return Array.from({ length: rows }, (_, n) =>
    rows === 1 ? 0 : Math.round((n * (count - 1)) / (rows - 1)),
  );
}

function workingSetBlock(set: WorkingSetResult, style: Style, width: number): string[] {
  const { window, moments } = set.overTime;
  const sizes = moments.map(({ pages }) => pages);
  const most = Math.max(0, ...sizes);
  const rows = set.windows.map((one) => [
    formatCount(one.window),
    formatCount(one.averagePages),
    formatRatio(one.missRatio),
  ]);
  return [
    `${style.title("Working sets")}  pages${sizeNote(set.pageSize)}`,
    ...columns([["window in requests", "pages on average", "miss ratio"], ...rows], style),
    `  over time, window ${formatCount(window)}, up to ${formatCount(most)} pages`,
    `  ${style.best(sparkline(sizes, Math.min(width - 2, SPARK_WIDTH), most))}`,
  ];
}

function reuseBlocks(reuse: ReuseResult, style: Style): string[][] {
  const pages = `pages${sizeNote(reuse.pageSize)}`;
  return [
    histogram("Stack distances", `in ${pages}`, reuse.stackDistances, reuse, style),
    histogram("Reuse times", `in requests, for ${pages}`, reuse.reuseTimes, reuse, style),
  ];
}

function histogram(
  title: string,
  note: string,
  buckets: readonly ReuseBucket[],
  { requests, firstRequests }: ReuseResult,
  style: Style,
): string[] {
  const most = Math.max(firstRequests, ...buckets.map(({ count }) => count));
  const row = (label: string, count: number) => [
    label,
    formatCount(count),
    formatShare(count, requests),
    "█".repeat(Math.round((count / Math.max(most, 1)) * BAR_WIDTH)).padEnd(BAR_WIDTH),
  ];
  const rows = buckets.map(({ from, to, count }) =>
    row(from === to ? formatCount(from) : `${formatCount(from)} – ${formatCount(to)}`, count),
  );
  return [
    `${style.title(title)}  ${note}`,
    ...columns([["", "requests", "share", ""], ...rows, row("first requests", firstRequests)], style),
  ];
}

/** The points of all curves as comma-separated values, one line each; values that a point does not have are empty. */
export function mrcCsv({ trace, curves, interruptedAt }: MrcResult): string {
  const isCut = curves.some(({ points }) => points.some((point) => point.interruptedAt !== undefined));
  const rows = curves.flatMap((curve) =>
    curve.points.map((point) => ({
      trace,
      policy: curve.policy,
      method: curve.method,
      pageSize: curve.pageSize ?? "",
      sets: curve.sets ?? "",
      ways: point.ways ?? "",
      frames: point.frames,
      requests: curve.requests,
      misses: point.misses ?? "",
      missRatio: point.missRatio,
      errorBar: point.errorBar ?? "",
      interruptedAt: interruptedAt ?? point.interruptedAt ?? "",
    })),
  );
  return csv(
    [
      "trace",
      "policy",
      "method",
      "pageSize",
      "sets",
      "ways",
      "frames",
      "requests",
      "misses",
      "missRatio",
      "errorBar",
      ...(isCut || interruptedAt !== undefined ? (["interruptedAt"] as const) : []),
    ],
    rows,
  );
}
