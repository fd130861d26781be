/** The counts of `compare` as a table: a row for each policy, the best first, a column for each number of frames. */
import type { TraceReport } from "./data.js";
import { escapeHtml } from "./escape.js";
import { unique } from "./groups.js";
import { formatBytes, formatCount, formatRatio } from "./numbers.js";
import { BOUND, isContender, leastMissRatios } from "./ranking.js";

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
      if (row === undefined) return "<td>–</td>";
      const isBest = isContender(policy) && row.missRatio === least.get(count);
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
