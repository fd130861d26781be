/** Comma-separated values (RFC 4180), with line feeds as line ends. */

export type CsvValue = string | number;

/** The keys as the first line, then a line for each row. */
export function csv<Key extends string>(
  keys: readonly Key[],
  rows: readonly Readonly<Record<Key, CsvValue>>[],
): string {
  const lines = [keys.map(cell), ...rows.map((row) => keys.map((key) => cell(row[key])))];
  return lines.map((cells) => `${cells.join(",")}\n`).join("");
}

function cell(value: CsvValue): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
