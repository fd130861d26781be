/** What `compare` prints: for each trace and number of frames, every policy's miss ratio and misses, the best marked. */
import Table from "cli-table3";
import type { CompareResult, CompareRow } from "../compare/compare.js";
import { csv } from "./csv.js";
import { ABSENT, formatCount, formatDuration, formatRate, formatRatio } from "./numbers.js";
import type { Style } from "./style.js";

/** The narrowest table still holds one policy. */
const FIXED_WIDTH = 22;
const POLICY_WIDTH = 14;

export function compareText({ results }: CompareResult, style: Style, width: number): string {
  const traces = unique(results.map(({ trace }) => trace));
  const tables = traces.flatMap((trace) => {
    const rows = results.filter((row) => row.trace === trace);
    return [traceHeading(trace, rows, style), ...tablesOf(rows, style, width), ""];
  });
  return `${[...tables, speedLine(results, style)].join("\n")}\n`;
}

function traceHeading(trace: string, rows: readonly CompareRow[], style: Style): string {
  return `${style.title(trace)}  ${formatCount(rows[0]?.requests ?? 0)} requests`;
}

/** As many tables as the policies need to fit in `width`. */
function tablesOf(rows: readonly CompareRow[], style: Style, width: number): string[] {
  const policies = unique(rows.map(({ policy }) => policy));
  const fitting = Math.max(1, Math.floor((width - FIXED_WIDTH) / POLICY_WIDTH));
  const tables: string[] = [];
  for (let first = 0; first < policies.length; first += fitting) {
    tables.push(table(rows, policies.slice(first, first + fitting), style));
  }
  return tables;
}

function table(rows: readonly CompareRow[], policies: readonly string[], style: Style): string {
  const drawn = new Table({
    head: ["frames", "", ...policies],
    colAligns: ["right", "left", ...policies.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
    chars: RULES,
  });
  for (const frames of unique(rows.map((row) => row.frames))) {
    const cells = rows.filter((row) => row.frames === frames);
    const fewest = Math.min(...cells.map(({ misses }) => misses));
    const byPolicy = policies.map((policy) => cells.find((cell) => cell.policy === policy));
    const mark = (cell: CompareRow | undefined, text: string) =>
      cell?.misses === fewest ? style.best(`${text} *`) : `${text}  `;
    drawn.push(
      [
        formatCount(frames),
        "miss ratio",
        ...byPolicy.map((cell) => mark(cell, cell === undefined ? ABSENT : formatRatio(cell.missRatio))),
      ],
      [
        "",
        "misses",
        ...byPolicy.map((cell) => `${cell === undefined ? ABSENT : formatCount(cell.misses)}  `),
      ],
    );
  }
  return drawn.toString();
}

/** Lines under the head and nowhere else. */
const RULES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

function speedLine(results: readonly CompareRow[], style: Style): string {
  const seconds = results.reduce((sum, row) => sum + row.seconds, 0);
  const requests = results.reduce((sum, row) => sum + row.requests, 0);
  const rate = seconds === 0 ? "" : `, ${formatRate(requests / seconds)} requests a second and core`;
  return style.dim(`* fewest misses   ${formatDuration(seconds)} of computing${rate}`);
}

/** The results as comma-separated values, one line each. */
export function compareCsv({ results }: CompareResult): string {
  return csv(
    ["trace", "policy", "frames", "requests", "hits", "misses", "missRatio", "seconds", "requestsPerSecond"],
    results,
  );
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
