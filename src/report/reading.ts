/** How a trace was read, in the first line of an answer. */
import { printable } from "../printable.js";
import type { TraceDescription } from "../trace/trace.js";
import { PLAIN, type Style } from "./style.js";

const BY = { content: "by content", name: "by name", option: "by option" };

/** `csv page=2,size=3, gzip, by content` */
export function readingNote({
  format,
  columns,
  compression,
  detectedBy,
  recorder,
}: TraceDescription): string {
  if (recorder !== undefined) return `recorded by ${recorder}`;
  const parts = [
    columns === undefined ? format : `${format} ${printable(columns)}`,
    compression,
    BY[detectedBy],
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** The trace's name, how it was read, and `rest`, which gets its own line if the text is wider than `width`. */
export function headingLines(
  trace: string,
  reading: TraceDescription | undefined,
  rest: string,
  style: Style,
  width: number,
): string[] {
  const line = (used: Style) => {
    const note = reading === undefined ? "" : `  ${used.dim(readingNote(reading))}`;
    return `${used.title(trace)}${note}`;
  };
  const isWide = reading !== undefined && line(PLAIN).length + 2 + rest.length > width;
  return isWide ? [line(style), `  ${rest}`] : [`${line(style)}  ${rest}`];
}
