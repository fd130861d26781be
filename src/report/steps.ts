/**
 * The output of `compare --trace-steps`. Requests are columns and frames are rows if they fit:
 *
 *   page       1  2  3  4  1
 *   frame 0    1  1  1  4  4
 *   frame 1       2  2  2  1
 *   frame 2          3  3  3
 *              M  M  M  M  M
 *   victim              1  2
 *
 * Otherwise each request is a row.
 */
import type { CompareStep, SteppedRow } from "../compare/steps.js";
import { formatCount, formatCounted, formatRatio } from "./numbers.js";
import type { Style } from "./style.js";
import { plainTable } from "./table.js";

/** Blanks between columns. */
const GAP = 2;
/** An empty frame, if requests are rows. */
const EMPTY = "–";

export async function stepsText(rows: readonly SteppedRow[], style: Style, width: number): Promise<string> {
  const sections = await Promise.all(rows.map((row) => sectionOf(row, style, width)));
  return sections.join("\n");
}

async function sectionOf(row: SteppedRow, style: Style, width: number): Promise<string> {
  const { policy, frames, requests, hits, misses, missRatio, steps } = row;
  const counts = `${formatCounted(misses, "miss", "misses")} and ${formatCounted(hits, "hit")}`;
  const sum = `${counts} in ${formatCounted(requests, "request")}, ${formatRatio(missRatio)} missed`;
  const lines = linesOf(row);
  const cell = Math.max(...lines.flatMap(({ cells }) => cells.map(({ length }) => length)));
  const label = Math.max(...lines.map(({ name }) => name.length));
  const fits = label + (GAP + cell) * steps.length <= width;
  const body = fits ? columns(lines, label, cell) : await table(steps);
  return `${style.title(`${policy} with ${formatCounted(frames, "frame")}`)}  ${style.dim(sum)}\n${body}\n`;
}

/** A row of the drawing: its name, and a cell for each request. */
interface Line {
  name: string;
  cells: string[];
}

function linesOf({ steps, frames }: SteppedRow): Line[] {
  const line = (name: string, cell: (step: CompareStep) => string) => ({ name, cells: steps.map(cell) });
  const hasReleased = steps.some(({ released = [] }) => released.length > 0);
  return [
    line("page", ({ page }) => page),
    ...Array.from({ length: frames }, (_, n) => line(`frame ${n}`, (step) => step.frames[n] ?? "")),
    line("hit/miss", outcome),
    line("victim", ({ victim }) => victim ?? ""),
    ...(hasReleased ? [line("released", ({ released = [] }) => released.join(","))] : []),
  ];
}

function outcome({ hit }: CompareStep): string {
  return hit ? "H" : "M";
}

function columns(lines: readonly Line[], label: number, cell: number): string {
  return lines
    .map(({ name, cells }) => {
      const values = cells.map((value) => " ".repeat(GAP) + value.padStart(cell));
      return (name.padEnd(label) + values.join("")).trimEnd();
    })
    .join("\n");
}

function table(steps: readonly CompareStep[]): Promise<string> {
  const hasReleased = steps.some(({ released = [] }) => released.length > 0);
  const wide = Math.max(...steps.flatMap(({ frames }) => frames.map((held) => held?.length ?? 1)));
  const rows = steps.map((step) => [
    formatCount(step.request),
    step.page,
    outcome(step),
    step.victim ?? "",
    ...(hasReleased ? [step.released?.join(" ") ?? ""] : []),
    step.frames.map((held) => (held ?? EMPTY).padStart(wide)).join(" "),
  ]);
  const head = ["request", "page", "hit/miss", "victim", ...(hasReleased ? ["released"] : []), "frames"];
  return plainTable(head, rows, (column) => column === head.length - 1);
}
