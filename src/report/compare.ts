/** What `compare` prints: for each trace and number of frames, every policy's miss ratio and misses, the best marked. */
import type { TableConstructorOptions } from "cli-table3";
import type { CompareResult, CompareRow } from "../compare/compare.js";
import { csv } from "./csv.js";
import { ABSENT, formatCount, formatDuration, formatRate, formatRatio } from "./numbers.js";
import type { Style } from "./style.js";

/** The narrowest table still holds one policy. */
const FIXED_WIDTH = 22;
const POLICY_WIDTH = 14;
const PADDING = 3;

/** A policy that knows the future: a bound, not a contender. */
const foresees = (policy: string) => /^(opt|vmin)\b/.test(policy);
const MARK = " *";
const UNMARKED = "  ";

export async function compareText({ results }: CompareResult, style: Style, width: number): Promise<string> {
  const Table = (await import("cli-table3")).default;
  const draw = (options: TableConstructorOptions, rows: Cells[]) => {
    const table = new Table(options);
    table.push(...rows);
    return table.toString().replaceAll(/ +$/gm, "");
  };
  const traces = unique(results.map(({ trace }) => trace));
  const tables = traces.flatMap((trace) => {
    const rows = results.filter((row) => row.trace === trace);
    return [traceHeading(trace, rows, style), ...tablesOf(rows, style, width, draw), ""];
  });
  return `${[...tables, legend(results, style)].join("\n")}\n`;
}

type Cells = string[];
type Draw = (options: TableConstructorOptions, rows: Cells[]) => string;

function traceHeading(trace: string, rows: readonly CompareRow[], style: Style): string {
  return `${style.title(trace)}  ${formatCount(rows[0]?.requests ?? 0)} requests`;
}

/** As many tables as the policies need to fit in `width`. */
function tablesOf(rows: readonly CompareRow[], style: Style, width: number, draw: Draw): string[] {
  const policies = unique(rows.map(({ policy }) => policy));
  return fitting(policies, width).map((some) => draw(tableOptions(some), tableRows(rows, some, style)));
}

/** Splits the policies into as many as fit beside each other, by the lengths of their names. */
function fitting(policies: readonly string[], width: number): string[][] {
  const groups: string[][] = [];
  let left = 0;
  for (const policy of policies) {
    const needed = Math.max(POLICY_WIDTH, policy.length + UNMARKED.length + PADDING);
    if (left < needed || groups.length === 0) {
      groups.push([]);
      left = width - FIXED_WIDTH;
    }
    groups.at(-1)?.push(policy);
    left -= needed;
  }
  return groups;
}

function tableOptions(policies: readonly string[]): TableConstructorOptions {
  return {
    head: ["frames", "", ...policies.map((policy) => `${policy}${UNMARKED}`)],
    colAligns: ["right", "left", ...policies.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
    chars: NO_RULES,
  };
}

/** Rows for each number of frames: miss ratios, the best marked, misses, and how many pages were held if that varies. */
function tableRows(rows: readonly CompareRow[], policies: readonly string[], style: Style): Cells[] {
  return unique(rows.map((row) => row.frames)).flatMap((frames) => {
    const all = rows.filter((row) => row.frames === frames);
    const fewest = fewestMisses(all);
    const shown = policies.map((policy) => all.find((row) => row.policy === policy));
    const ratios = shown.map((row) => {
      if (row === undefined) return `${ABSENT}${UNMARKED}`;
      const ratio = formatRatio(row.missRatio);
      return row.misses === fewest && !foresees(row.policy) ? style.best(ratio + MARK) : ratio + UNMARKED;
    });
    const misses = shown.map((row) =>
      style.dim(`${row === undefined ? ABSENT : formatCount(row.misses)}${UNMARKED}`),
    );
    const table = [
      [formatCount(frames), "miss ratio", ...ratios],
      ["", style.dim("misses"), ...misses],
    ];
    if (shown.every((row) => row?.meanResidentPages === undefined)) return table;
    const held = shown.map((row) => style.dim(`${formatMean(row?.meanResidentPages)}${UNMARKED}`));
    return [...table, ["", style.dim("mean pages"), ...held]];
  });
}

function formatMean(pages: number | undefined): string {
  if (pages === undefined) return ABSENT;
  return pages < 100 ? pages.toFixed(1) : formatCount(Math.round(pages));
}

/** Of the policies that do not know the future. */
function fewestMisses(rows: readonly CompareRow[]): number {
  return Math.min(...rows.filter(({ policy }) => !foresees(policy)).map(({ misses }) => misses));
}

const NO_RULES = {
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

function legend(results: readonly CompareRow[], style: Style): string {
  const policies = unique(results.map(({ policy }) => policy));
  const notes: string[] = [];
  if (policies.length > 1) notes.push("* fewest misses");
  if (policies.length > 1 && policies.includes("opt")) notes.push("opt knows the future: nobody misses less");
  if (results.some(({ meanResidentPages }) => meanResidentPages !== undefined))
    notes.push("mean pages: held on average by policies that let pages go by themselves");
  const seconds = results.reduce((sum, row) => sum + row.seconds, 0);
  const requests = results.reduce((sum, row) => sum + row.requests, 0);
  const rate = seconds === 0 ? "" : ` at ${formatRate(requests / seconds)} requests a second`;
  const lines = [
    ...(notes.length > 0 ? [notes.join("; ")] : []),
    `${formatDuration(seconds)} in the engine${rate}`,
  ];
  return lines.map((line) => style.dim(line)).join("\n");
}

/** The results as comma-separated values, one line each. */
export function compareCsv({ results }: CompareResult): string {
  const keys = ["trace", "policy", "frames", "requests", "hits", "misses", "missRatio"] as const;
  const times = ["seconds", "requestsPerSecond"] as const;
  if (results.every(({ meanResidentPages }) => meanResidentPages === undefined)) {
    return csv([...keys, ...times], results);
  }
  const rows = results.map((row) => ({ ...row, meanResidentPages: row.meanResidentPages ?? "" }));
  return csv([...keys, "meanResidentPages", ...times], rows);
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
