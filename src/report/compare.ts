/**
 * The output of `compare`: for each trace a table of miss ratios, with the best of each number of frames marked.
 * Policies are columns, with their misses, if they fit the width; otherwise they are rows.
 */
import type { CompareResult, CompareRow } from "../compare/compare.js";
import type { TraceDescription } from "../trace/trace.js";
import { CUT, cutNote } from "./cut.js";
import { byTrace, customNotes, unique } from "./groups.js";
import { ABSENT, formatCount, formatDuration, formatRate, formatRatio } from "./numbers.js";
import { BOUND, isRanked, leastMissRatios } from "./ranking.js";
import { headingLines } from "./reading.js";
import { sparkline } from "./sparkline.js";
import { PLAIN, type Style } from "./style.js";
import { plainTable } from "./table.js";

const MARK = " *";
const UNMARKED = "  ";
/** Blanks around each cell. */
const PADDING = 2;
/** Characters of a curve, and of a curve over time. */
const SPARKS = 8;
const TIME_SPARKS = 12;

/** `descriptions`: the text on how the traces were read. */
export async function compareText(
  { results }: CompareResult,
  style: Style,
  width: number,
  descriptions: readonly TraceDescription[] = [],
): Promise<string> {
  let turned = false;
  const tables: string[] = [];
  for (const rows of byTrace(results)) {
    const requests = formatCount(Math.max(...rows.map((row) => row.requests)));
    const name = rows[0]?.trace ?? "";
    const reading = descriptions.find(({ path }) => path === name);
    const heading = headingLines(name, reading, `${requests} requests`, style, width);
    const texts = tablesOf(new Grid(rows), style, width);
    turned ||= texts.some(({ left }) => left === 1);
    tables.push(...heading, ...(await Promise.all(texts.map(draw))), "");
  }
  return `${[...tables, legend(results, turned, style)].join("\n")}\n`;
}

/** At most `most` values: the means of consecutive parts of the list, about equally long. */
function condensed(values: readonly number[], most: number): number[] {
  const parts = Math.min(most, values.length);
  return Array.from({ length: parts }, (_, part) => {
    const held = values.slice(
      Math.floor((values.length * part) / parts),
      Math.floor((values.length * (part + 1)) / parts),
    );
    return held.reduce((sum, value) => sum + value, 0) / held.length;
  });
}

interface TableText {
  head: string[];
  /** The number of left-aligned columns. */
  left: number;
  rows: string[][];
}

function draw({ head, left, rows }: TableText): Promise<string> {
  // In a table by frames, the second column names the quantity of the line.
  return plainTable(head, rows, (column) => column < left || (left === 0 && column === 1));
}

/** One trace's rows by policy and number of frames. */
class Grid {
  readonly policies: string[];
  readonly frames: number[];
  private readonly least: Map<number, number>;
  private readonly cells: Map<string, CompareRow>;
  private readonly most: number;

  constructor(rows: readonly CompareRow[]) {
    this.policies = unique(rows.map(({ policy }) => policy));
    this.frames = unique(rows.map(({ frames }) => frames));
    this.least = leastMissRatios(rows.filter(({ interruptedAt }) => interruptedAt === undefined));
    this.cells = new Map(rows.map((row) => [`${row.frames} ${row.policy}`, row]));
    this.most = Math.max(...rows.map(({ missRatio }) => missRatio));
  }

  row(policy: string, frames: number): CompareRow | undefined {
    return this.cells.get(`${frames} ${policy}`);
  }

  ratio(policy: string, frames: number, style: Style): string {
    const row = this.row(policy, frames);
    if (row === undefined) return ABSENT + UNMARKED;
    const text = formatRatio(row.missRatio);
    if (row.interruptedAt !== undefined) return style.warn(text + CUT);
    const isBest = isRanked(policy) && row.missRatio === this.least.get(frames);
    return isBest ? style.best(text + MARK) : text + UNMARKED;
  }

  misses(policy: string, frames: number, style: Style): string {
    const row = this.row(policy, frames);
    return style.dim(row === undefined ? ABSENT : formatCount(row.misses)) + UNMARKED;
  }

  writebacks(policy: string, frames: number): string {
    const row = this.row(policy, frames);
    return row === undefined ? ABSENT : formatCount(row.writebacks);
  }

  meanPages(policy: string, frames: number): string {
    const pages = this.row(policy, frames)?.meanResidentPages;
    if (pages === undefined) return ABSENT;
    return pages < 100 ? pages.toFixed(1) : formatCount(Math.round(pages));
  }

  /** Miss ratios in ascending order of frames, all policies on one scale. */
  curve(policy: string): string {
    const ratios = this.ascending.map((frames) => this.row(policy, frames)?.missRatio ?? 0);
    return sparkline(ratios, SPARKS, this.most);
  }

  /** Miss ratios from the trace's start to its end, all policies with this number of frames on one scale. */
  overTime(policy: string, frames: number): string {
    const most = Math.max(...this.policies.flatMap((one) => this.windows(one, frames)));
    return sparkline(this.windows(policy, frames), TIME_SPARKS, most);
  }

  get hasCurves(): boolean {
    const whole = [...this.cells.values()].filter(({ interruptedAt }) => interruptedAt === undefined);
    return this.frames.length > 1 && whole.length === this.policies.length * this.frames.length;
  }

  get hasWritebacks(): boolean {
    return [...this.cells.values()].some(({ writebacks }) => writebacks > 0);
  }

  get hasMeans(): boolean {
    return [...this.cells.values()].some(({ meanResidentPages }) => meanResidentPages !== undefined);
  }

  get hasTimes(): boolean {
    return [...this.cells.values()].some(({ timeline }) => timeline !== undefined);
  }

  get ascending(): number[] {
    return [...this.frames].sort((a, b) => a - b);
  }

  private windows(policy: string, frames: number): number[] {
    const { requests = [], misses = [] } = this.row(policy, frames)?.timeline ?? {};
    const ratios = misses.map((sum, window) => {
      const count = (requests[window] ?? 0) - (requests[window - 1] ?? 0);
      return count === 0 ? 0 : (sum - (misses[window - 1] ?? 0)) / count;
    });
    return condensed(ratios, TIME_SPARKS);
  }
}

function tablesOf(grid: Grid, style: Style, width: number): TableText[] {
  return widthOf(byFrames(grid, PLAIN)) <= width ? [byFrames(grid, style)] : byPolicy(grid, style, width);
}

function widthOf({ head, rows }: TableText): number {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return widths.reduce((sum, cell) => sum + cell + PADDING, 0);
}

/** Two lines for each number of frames, miss ratios and misses; then the summary lines. */
function byFrames(grid: Grid, style: Style): TableText {
  const { policies, frames } = grid;
  const line = (label: string, cell: (policy: string) => string) => [
    "",
    style.dim(label),
    ...policies.map((policy) => style.dim(cell(policy)) + UNMARKED),
  ];
  const rows = frames.flatMap((count) => [
    [formatCount(count), "miss ratio", ...policies.map((policy) => grid.ratio(policy, count, style))],
    ["", style.dim("misses"), ...policies.map((policy) => grid.misses(policy, count, style))],
    ...(grid.hasWritebacks ? [line("writebacks", (policy) => grid.writebacks(policy, count))] : []),
    ...(grid.hasMeans ? [line("mean pages", (policy) => grid.meanPages(policy, count))] : []),
    ...(grid.hasTimes ? [line("over time", (policy) => grid.overTime(policy, count))] : []),
  ]);
  if (grid.hasCurves) rows.push(line("curve", (policy) => grid.curve(policy)));
  return { head: ["frames", "", ...policies.map((policy) => policy + UNMARKED)], left: 0, rows };
}

/** A line for each policy, in as many tables as its numbers of frames need to fit in `width`. */
function byPolicy(grid: Grid, style: Style, width: number): TableText[] {
  const tables: TableText[] = [];
  let rest = grid.frames;
  while (rest.length > 0) {
    const isFirst = tables.length === 0;
    const fitting = (count: number) =>
      widthOf(policyTable(grid, rest.slice(0, count), isFirst, PLAIN)) <= width;
    let count = rest.length;
    while (count > 1 && !fitting(count)) count--;
    tables.push(policyTable(grid, rest.slice(0, count), isFirst, style));
    rest = rest.slice(count);
  }
  return tables;
}

function policyTable(grid: Grid, frames: readonly number[], withCurve: boolean, style: Style): TableText {
  const curve = withCurve && grid.hasCurves;
  // The last number of frames of the table, because there is room for one only.
  const timed = grid.hasTimes ? frames.at(-1) : undefined;
  const head = ["policy", ...frames.map((count) => formatCount(count) + UNMARKED)];
  if (curve) head.push("curve");
  if (timed !== undefined) head.push(`over time at ${formatCount(timed)}`);
  const rows = grid.policies.map((policy) => {
    const row = [policy, ...frames.map((count) => grid.ratio(policy, count, style))];
    if (curve) row.push(style.dim(grid.curve(policy)));
    if (timed !== undefined) row.push(style.dim(grid.overTime(policy, timed)));
    return row;
  });
  return { head, left: 1, rows };
}

function legend(results: readonly CompareRow[], turned: boolean, style: Style): string {
  const policies = unique(results.map(({ policy }) => policy));
  const notes: string[] = [];
  if (policies.length > 1 && results.some(({ interruptedAt }) => interruptedAt === undefined)) {
    notes.push("* fewest misses");
  }
  if (policies.length > 1 && policies.includes(BOUND))
    notes.push("opt knows the future: no policy has fewer misses");
  notes.push(...customNotes(results.map(({ policy: name, javascript }) => ({ name, javascript }))));
  if (!turned && results.some(({ meanResidentPages }) => meanResidentPages !== undefined))
    notes.push("mean pages: pages held on average, by policies that also release pages without a fault");
  const ends = results.flatMap(({ interruptedAt }) => interruptedAt ?? []);
  const cut = ends.length === 0 ? [] : [cutNote(ends)];
  const seconds = results.reduce((sum, row) => sum + row.seconds, 0);
  const requests = results.reduce((sum, row) => sum + row.requests, 0);
  const rate = seconds === 0 ? "" : ` at ${formatRate(requests / seconds)} requests a second`;
  const lines = [
    ...(notes.length > 0 ? [notes.join("; ")] : []),
    ...(turned ? ["miss ratios; --csv FILE and --json have the misses"] : []),
    `${formatDuration(seconds)} in the engine${rate}`,
  ];
  return [...cut.map(style.warn), ...lines.map(style.dim)].join("\n");
}
