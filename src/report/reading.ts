/** How a trace was read, for the first line of an answer. */
import { printable } from "../printable.js";
import type { TraceDescription } from "../trace/trace.js";

const BY = { content: "detected by content", name: "detected by name", option: "as given" };

/** `csv page=2,size=3, gzip, detected by content` */
export function readingNote({ format, columns, compression, detectedBy }: TraceDescription): string {
  const parts = [
    columns === undefined ? format : `${format} ${printable(columns)}`,
    compression,
    BY[detectedBy],
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}
