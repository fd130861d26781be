/** Tables without rules, drawn by cli-table3, which is loaded for the first table. */
import type { TableConstructorOptions } from "cli-table3";

/** The heads of columns, then rows. Columns are aligned to the right, except those for which `isLeft` is true. */
export async function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isLeft: (column: number) => boolean,
): Promise<string> {
  const Table = (await import("cli-table3")).default;
  const options: TableConstructorOptions = {
    head: [...head],
    colAligns: head.map((_, column) => (isLeft(column) ? "left" : "right")),
    style: { head: [], border: [], compact: true },
    chars: NO_RULES,
  };
  const table = new Table(options);
  table.push(...rows.map((row) => [...row]));
  return table.toString().replaceAll(/ +$/gm, "");
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
