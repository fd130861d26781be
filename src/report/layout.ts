/** Text in columns: sections of labelled numbers, all sharing one set of columns. */
import type { Style } from "./style.js";

export interface Row {
  label: string;
  /** Aligned to the right. */
  value?: string;
  /** Aligned to the left, dimmed. */
  note?: string;
}

export interface Section {
  title: string;
  /** Text beside the title. */
  note?: string;
  rows?: readonly Row[];
  /** Lines with their own layout, after the rows. */
  lines?: readonly string[];
}

const INDENT = "  ";
const GAP = "  ";

/** The sections, an empty line between two of them; ends with a newline. */
export function layOut(sections: readonly Section[], style: Style): string {
  const rows = sections.flatMap((section) => section.rows ?? []);
  const labelWidth = Math.max(...rows.map(({ label }) => label.length), 0);
  const valueWidth = Math.max(...rows.map(({ value }) => value?.length ?? 0), 0);
  return sections
    .map((section) => {
      const heading =
        style.title(section.title) + (section.note === undefined ? "" : `${GAP}${section.note}`);
      const lines = (section.rows ?? []).map((row) => rowLine(row, labelWidth, valueWidth, style));
      return [heading, ...lines, ...(section.lines ?? [])].map((line) => `${line.trimEnd()}\n`).join("");
    })
    .join("\n");
}

function rowLine(
  { label, value = "", note }: Row,
  labelWidth: number,
  valueWidth: number,
  style: Style,
): string {
  const line = `${INDENT}${label.padEnd(labelWidth)}${GAP}${value.padStart(valueWidth)}`;
  return note === undefined ? line : `${line}${GAP}${style.dim(note)}`;
}

/** Rows of cells as lines: the first column to the left, the others to the right unless they are `left`, the first row dimmed. */
export function columns(
  rows: readonly (readonly string[])[],
  style: Style,
  left: readonly number[] = [0],
): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      left.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    const line = `${INDENT}${cells.join(GAP)}`.trimEnd();
    return index === 0 ? style.dim(line) : line;
  });
}

/** Untrusted text as one line: cut to `width` columns, without characters that move the cursor. */
export function cut(text: string, width: number): string {
  const line = text.replace(/\p{Cc}/gu, " ");
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
