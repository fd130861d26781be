/** The first bytes of a trace as lines of text, for detection. */
import { HEAD_BYTES } from "./format.js";
import { isText } from "./quote.js";

/** The lines that are whole, without their ends; undefined if the bytes are not text. */
export function linesOf(head: Uint8Array): string[] | undefined {
  if (!isText(head)) return undefined;
  const lines = new TextDecoder().decode(head).split(/\r?\n/);
  if (head.length >= HEAD_BYTES && lines.length > 1) lines.pop();
  return lines;
}

/** How many of `items` satisfy `holds`, as a share from 0 to 1; 1 of none. */
export function shareOf<T>(items: readonly T[], holds: (item: T, index: number) => boolean): number {
  return items.length === 0 ? 1 : items.filter(holds).length / items.length;
}

/** The records of `bytes` each that a binary head holds whole, and a view of them. */
export function recordsOf(head: Uint8Array, bytes: number): { view: DataView; starts: number[] } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const starts = Array.from({ length: Math.floor(head.length / bytes) }, (_, i) => i * bytes);
  return { view, starts };
}
