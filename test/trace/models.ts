/** The text formats as plain regular expressions: what the kernel's decoders are compared with. */
import { FETCH, LOAD, MODIFY, type PlainRecord, STORE } from "./records.js";

export interface Parsed {
  records: PlainRecord[];
  /** Line number of each record. */
  lines: number[];
  /** Number of the first line that is wrong. */
  badLine?: number;
}

type ParseLine = (line: string) => PlainRecord | "skipped" | "bad";

const MOST = 2n ** 64n;

export const lackeyLine: ParseLine = (line) => {
  if (/^(==|--|\*\*)/.test(line)) return "skipped";
  const match = /^(I {2}| [LSM] )([0-9a-fA-F]{1,16}),([0-9]+)$/.exec(line);
  if (match === null) return "bad";
  const kind = { I: FETCH, L: LOAD, S: STORE, M: MODIFY }[match[1]?.trim() ?? ""] ?? -1;
  const address = BigInt(`0x${match[2]}`);
  const size = BigInt(match[3] ?? "");
  if (size === 0n || size >= 2n ** 32n || address + size > MOST) return "bad";
  return { kind, address, size: Number(size) };
};

export const addressLine: ParseLine = (line) => {
  const match = /^([ls]) +(?:0x)?([0-9a-fA-F]{1,16})(?: +([0-9]+))?$/.exec(line);
  if (match === null || BigInt(match[3] ?? 0) >= MOST) return "bad";
  return { kind: match[1] === "l" ? LOAD : STORE, address: BigInt(`0x${match[2]}`), size: 1 };
};

export const lirsLine: ParseLine = (line) => {
  if (!/^[0-9]+$/.test(line)) return hasControls(line) ? "bad" : "skipped";
  const address = BigInt(line);
  return address < MOST ? { kind: LOAD, address, size: 0 } : "bad";
};

function hasControls(line: string): boolean {
  return Array.from(line, (letter) => letter.charCodeAt(0)).some(
    (code) => (code < 0x20 && code !== 9) || code === 0x7f,
  );
}

export function parse(text: string, parseLine: ParseLine): Parsed {
  const parsed: Parsed = { records: [], lines: [] };
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/[\r ]+$/, "");
    const result = line === "" ? "skipped" : parseLine(line);
    if (result === "bad") return { ...parsed, badLine: index + 1 };
    if (result === "skipped") continue;
    parsed.records.push(result);
    parsed.lines.push(index + 1);
  }
  return parsed;
}
