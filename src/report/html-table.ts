/** The counts of `compare` as a table: a row for each policy, the best first, a column for each number of frames. */
import type { CurvePoint, TraceReport } from "./data.js";
import { escapeHtml } from "./escape.js";
import { unique } from "./groups.js";
import { ABSENT, formatBytes, formatCount, formatRatio } from "./numbers.js";
import { BOUND, isRanked, leastMissRatios } from "./ranking.js";

export function tableHtml({ rows = [], ranking, pageSize }: TraceReport): string {
  const frames = unique(rows.map((row) => row.frames));
  const least = leastMissRatios(rows);
  const head = frames.map((count) => {
    const size = pageSize === undefined ? "" : `<small>${formatBytes(count * pageSize)}</small>`;
    return `<th scope="col">${formatCount(count)}${size}</th>`;
  });
  const body = ranking.map((policy) => {
    const cells = frames.map((count) => {
      const row = rows.find((one) => one.policy === policy && one.frames === count);
      if (row === undefined) return `<td>${ABSENT}</td>`;
      const isBest = isRanked(policy) && row.missRatio === least.get(count);
      const ratio = `${formatRatio(row.missRatio)}${isBest ? " *" : ""}`;
      return `<td${isBest ? ' class="best"' : ""}>${ratio}<small>${formatCount(row.misses)}</small></td>`;
    });
    const bound = policy === BOUND ? "<small>knows the future</small>" : "";
    return `<tr><th scope="row">${escapeHtml(policy)}${bound}</th>${cells.join("")}</tr>`;
  });
  return `<table class="numbers">
<thead><tr><th scope="col">frames</th>${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>`;
}

/** Most rows of a table of curves. */
const MOST_ROWS = 24;

/**
 * The points of curves: a head, then a row for each of a selection of numbers of frames, with a column for each curve.
 */
export function curveTable({ curves, pageSize }: TraceReport): string[][] {
  const all = unique(curves.flatMap(({ points }) => points.map(({ frames }) => frames))).sort(
    (a, b) => a - b,
  );
  const step = (all.length - 1) / (MOST_ROWS - 1);
  const frames =
    all.length <= MOST_ROWS
      ? all
      : Array.from({ length: MOST_ROWS }, (_, n) => all[Math.round(n * step)] ?? 0);
  const rows = frames.map((count) => [
    formatCount(count),
    ...(pageSize === undefined ? [] : [formatBytes(count * pageSize)]),
    ...curves.map(({ points }) => curveCell(points.find((point) => point.frames === count))),
  ]);
  const head = ["frames", ...(pageSize === undefined ? [] : ["memory"]), ...curves.map((one) => one.policy)];
  return [head, ...rows];
}

function curveCell(point: CurvePoint | undefined): string {
  if (point === undefined) return ABSENT;
  const { missRatio, errorBar } = point;
  return `${formatRatio(missRatio)}${errorBar === undefined ? "" : ` ± ${(errorBar * 100).toFixed(2)}`}`;
}

/** Rows of cells, the first of which is the head; the first cell of each is its name. */
export function plainTableHtml([head = [], ...rows]: readonly (readonly string[])[]): string {
  const body = rows.map(([name = "", ...cells]) => {
    const values = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("");
    return `<tr><th scope="row">${escapeHtml(name)}</th>${values}</tr>`;
  });
  return `<table class="numbers">
<thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>`;
}
