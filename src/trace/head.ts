/** The first bytes of a trace as lines of text, for detection. */
import { HEAD_BYTES } from "./format.js";
import { isText } from "./quote.js";

/** The complete lines, without their line ends; undefined if the bytes are not text. */
export function linesOf(head: Uint8Array): string[] | undefined {
  if (!isText(head)) return undefined;
  const lines = new TextDecoder().decode(head).split(/\r?\n/);
  if (head.length >= HEAD_BYTES && lines.length > 1) lines.pop();
  return lines;
}

/** The share of `items` that satisfy `holds`, from 0 to 1; 1 if there are no items. */
export function shareOf<T>(items: readonly T[], holds: (item: T, index: number) => boolean): number {
  return items.length === 0 ? 1 : items.filter(holds).length / items.length;
}

/** The number of complete records of `bytes` each in a binary head, and a view of them. */
export function recordsOf(head: Uint8Array, bytes: number): { view: DataView; starts: number[] } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const starts = Array.from({ length: Math.floor(head.length / bytes) }, (_, i) => i * bytes);
  return { view, starts };
}
