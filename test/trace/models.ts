/** The text formats as regular expressions, with which the kernel's decoders are compared. */
import { FETCH, LOAD, MODIFY, type PlainRecord, STORE } from "./records.js";

export interface Parsed {
  records: PlainRecord[];
  /** Line number of each record. */
  lines: number[];
  /** Number of the first line that is wrong. */
  badLine?: number;
}

export type ParseLine = (line: string) => PlainRecord | readonly PlainRecord[] | "skipped" | "bad";

const MOST = 2n ** 64n;

export const lackeyLine: ParseLine = (line) => {
  if (/^(==|--|\*\*)/.test(line) || /^SB [0-9a-fA-F]{1,16}$/.test(line)) return "skipped";
  const match = /^(I {2}| [LSM] )([0-9a-fA-F]{1,16}),([0-9]+)$/.exec(line);
  if (match === null) return "bad";
  const kind = { I: FETCH, L: LOAD, S: STORE, M: MODIFY }[match[1]?.trim() ?? ""] ?? -1;
  const address = BigInt(`0x${match[2]}`);
  const size = BigInt(match[3] ?? "");
  if (size === 0n || size >= 2n ** 32n || address + size > MOST) return "bad";
  return { kind, address, size: Number(size) };
};

/** The four forms of a line: courses' two, the marked one, pinatrace's. */
export const addressLine: ParseLine = (line) => {
  const [first = "", second = "", third = "", fourth, fifth, ...more] = line
    .split(/[ \t]+/)
    .filter((one) => one);
  const rest = (...counts: (string | undefined)[]) => counts.filter((one) => one !== undefined);
  if (line.trimStart() === "#eof") return "skipped";
  if (first === "#" && /^[01]$/.test(second)) {
    return courseLine(second === "0" ? "l" : "s", third, [...rest(fourth, fifth), ...more]);
  }
  if (first.endsWith(":")) {
    const size = fourth === undefined ? 1n : /^\d+$/.test(fourth) ? BigInt(fourth) : 0n;
    const isValue = fifth === undefined || hexOf(fifth) !== undefined;
    const isTold = kindOfLetter(second) !== undefined && hexOf(first.slice(0, -1)) !== undefined;
    const address = hexOf(third);
    if (!isTold || !isValue || more.length > 0 || address === undefined) return "bad";
    if (size === 0n || size >= 2n ** 32n || address + size > MOST) return "bad";
    return { kind: kindOfLetter(second) ?? LOAD, address, size: Number(size) };
  }
  if (kindOfLetter(first) !== undefined)
    return courseLine(first, second, [...rest(third || undefined, fourth, fifth), ...more]);
  return courseLine(second, first, [...rest(third || undefined, fourth, fifth), ...more]);
};

function courseLine(letter: string, digits: string, counts: readonly (string | undefined)[]) {
  const address = hexOf(digits);
  const kind = kindOfLetter(letter);
  const areCounts = counts.every((one = "") => /^\d+$/.test(one) && BigInt(one) < MOST) && counts.length <= 3;
  return address === undefined || kind === undefined || !areCounts ? "bad" : { kind, address, size: 1 };
}

function kindOfLetter(letter: string): number | undefined {
  return { l: LOAD, r: LOAD, s: STORE, w: STORE }[letter.toLowerCase()];
}

function hexOf(digits: string): bigint | undefined {
  const [, number] = /^(?:0x)?([0-9a-fA-F]{1,16})$/.exec(digits) ?? [];
  return number === undefined ? undefined : BigInt(`0x${number}`);
}

export const lirsLine: ParseLine = (line) => {
  if (!/^[0-9]+$/.test(line)) return hasControls(line) || /^[0-9]/.test(line) ? "bad" : "skipped";
  const address = BigInt(line);
  return address < MOST ? { kind: LOAD, address, size: 0 } : "bad";
};

export const arcLine: ParseLine = (line) => {
  const match = /^[ \t]*([0-9]+)[ \t]+([0-9]+)[ \t]+([0-9]+)[ \t]+([0-9]+)[ \t]*$/.exec(line);
  if (match === null) return "bad";
  const [start = 0n, count = 0n, ...ignored] = match.slice(1).map(BigInt);
  if ([start, ...ignored].some((number) => number >= MOST) || count >= 2n ** 32n) return "bad";
  if (count > 0n && start + count > MOST) return "bad";
  if (count > 100_000n) throw new Error("more than a model takes");
  const pages = Array.from({ length: Number(count) }, (_, i) => start + BigInt(i));
  return pages.length === 0 ? "skipped" : pages.map((address) => ({ kind: LOAD, address, size: 0 }));
};

export const dinLine: ParseLine = (line) => {
  const match =
    /^[ \t]*([0-4rwimcvRWIMCV])[ \t]+(?:0[xX])?([0-9a-fA-F]{1,16})(?:[ \t]+([^ \t]*)[\s\S]*)?$/.exec(line);
  if (match === null) return "bad";
  const [, label = "", digits = "", third = ""] = match;
  const address = BigInt(`0x${digits}`);
  let size = 1n;
  if (/[0-4]/.test(label)) {
    if (/^[0-9]+$/.test(third)) size = BigInt(third);
  } else {
    if (!/^(0x)?[0-9a-f]{1,16}$/i.test(third)) return "bad";
    size = BigInt(`0x${third.replace(/^0x/i, "")}`);
  }
  if (size === 0n || size >= 2n ** 32n || address + size > MOST) return "bad";
  const kinds: Record<string, number> = {
    0: LOAD,
    1: STORE,
    2: FETCH,
    3: LOAD,
    r: LOAD,
    w: STORE,
    i: FETCH,
    m: LOAD,
  };
  const kind = kinds[label.toLowerCase()];
  return kind === undefined ? "skipped" : { kind, address, size: Number(size) };
};

export const drmemtraceLine: ParseLine = (line) => {
  if (/^(Output f|View too|--|==|<-|<r)/.test(line) || /^[ \t]*[0-9]+ : total[\s\S]+$/.test(line))
    return "skipped";
  const numbers =
    /^[ \t]*[0-9]+(?:[ \t]+[0-9]*)?:[ \t]*(?:[0-9]+|(?:W[0-9]+\.)?T[0-9]+)[ \t]+([\s\S]*)$/.exec(line);
  const detail = numbers?.[1] ?? line.replace(/^[ \t]*((W[0-9]+\.)?T[0-9]+[ \t]+)?/, "");
  if (detail.startsWith("<")) return "skipped";
  if (/^([id]flush([ \t]|$)|pref|[0-9a-fA-F]{2}([ \t]|$))/.test(detail)) return "skipped";
  if (/^non-fetched([ \t]|$)/.test(detail) || /^ifetch .*@ 0x[0-9a-f]+[ \t]+non-fetched/.test(detail))
    return "skipped";
  const bare = /^0x([0-9a-fA-F]{1,16})[ \t]+((?:[0-9a-f]{2}(?: |$))+|[0-9a-f]{8}(?: |$))/.exec(detail);
  if (bare !== null) {
    const fetched = BigInt(`0x${bare[1]}`);
    const bytes = (bare[2] ?? "").replaceAll(" ", "").length / 2;
    return fetched + BigInt(bytes) > MOST ? "bad" : { kind: FETCH, address: fetched, size: bytes };
  }
  const match = /^(ifetch|read|write)[ \t]+([0-9]+) byte\(s\) @ 0x([0-9a-fA-F]{1,16})([ \t]|$)/.exec(detail);
  if (match === null) return "bad";
  const [, name = "", length = "", digits = ""] = match;
  const address = BigInt(`0x${digits}`);
  const size = BigInt(length);
  if (size === 0n || size >= 2n ** 32n || address + size > MOST) return "bad";
  return { kind: { ifetch: FETCH, read: LOAD, write: STORE }[name] ?? -1, address, size: Number(size) };
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
    const records = "kind" in result ? [result] : result;
    parsed.records.push(...records);
    parsed.lines.push(...records.map(() => index + 1));
  }
  return parsed;
}
