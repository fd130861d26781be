/** Findings in a heap log: blocks that are never freed, and calls with blocks that are not in use. */
import { OptionError } from "../errors.js";
import type { HeapFinding, HeapFindingList, HeapFindings, HeapLeak } from "../heap/log/findings.js";
import { nearest } from "../nearest.js";
import { FINDINGS } from "../options/heap.js";
import { ABSENT, formatCount, formatCounted } from "./numbers.js";

export type ShownFindings = (typeof FINDINGS)[number];

/** Limit on lines of each kind. */
const MOST_TOLD = 20;

/** Reads `leaks,errors`. Throws `UsageError`. */
export function parseShow(list = ""): ShownFindings[] {
  const words = list.split(",").map((word) => word.trim());
  return words.filter((word) => word !== "").map(shownOf);
}

function shownOf(word: string): ShownFindings {
  const known = FINDINGS.find((one) => one === word);
  if (known !== undefined) return known;
  const remedy = `did you mean ${nearest(word, FINDINGS)}? There are ${FINDINGS.join(", ")}`;
  throw OptionError.at("show", `a heap log has no "${word}" to show`, remedy);
}

/** Kinds of errors, and their descriptions. */
const ERRORS = {
  doubleFrees: "freed before",
  invalidFrees: "not allocated by a call of the log",
  usesOfFreed: "freed before",
  usesOfUnknown: "not allocated by a call of the log",
} as const satisfies Partial<Record<keyof HeapFindings, string>>;

type ErrorKind = keyof typeof ERRORS;
const KINDS = Object.keys(ERRORS) as ErrorKind[];

/** The number of wrong calls. */
export function errorCount(findings: HeapFindings): number {
  return KINDS.reduce((sum, kind) => sum + findings[kind].count, 0);
}

/** The point where reading ended, in words. */
export function endOf(interruptedAt: number | undefined): string {
  return interruptedAt === undefined ? "at the end" : `by line ${formatCount(interruptedAt)}`;
}

export const LEAK_HEAD = ["line", "bytes", "address"] as const;

/** The largest blocks that are not freed, as rows of a table. */
export function leakRows(largest: readonly HeapLeak[]): string[][] {
  return largest
    .slice(0, MOST_TOLD)
    .map(({ line, bytes, address }) => [formatCount(line), formatCount(bytes), hex(address)]);
}

/** The first wrong calls, a sentence each. */
export function errorLines(findings: HeapFindings): string[] {
  return KINDS.flatMap((kind) => findings[kind].first.map((finding) => ({ kind, finding })))
    .sort((a, b) => a.finding.line - b.finding.line)
    .slice(0, MOST_TOLD)
    .map(({ kind, finding }) => errorLine(kind, finding));
}

/** Information that the log lacks. */
export function logNotes({ unseenFrees, unaddressedBlocks }: HeapFindings): string[] {
  return [
    ...(unseenFrees.count > 0
      ? [
          `${formatCounted(unseenFrees.count, "block")} allocated again without a free in the log: the log does not have all calls`,
        ]
      : []),
    ...(unaddressedBlocks > 0
      ? [
          `${formatCounted(unaddressedBlocks, "block")} of posix_memalign without an address in the log: frees of unknown addresses are matched to them`,
        ]
      : []),
  ];
}

function errorLine(kind: ErrorKind, { line, operation, address, madeLine, freedLine }: HeapFinding): string {
  const block = address === undefined ? "a block" : hex(address);
  const before = [
    ...(madeLine === undefined ? [] : [`made at line ${formatCount(madeLine)}`]),
    ...(freedLine === undefined ? [] : [`freed at line ${formatCount(freedLine)}`]),
  ];
  const why = before.length === 0 ? ERRORS[kind] : before.join(", ");
  return `line ${formatCount(line)}: ${operation} of ${block}, ${why}`;
}

function hex(address: bigint | undefined): string {
  return address === undefined ? ABSENT : `0x${address.toString(16)}`;
}

/** The findings for JSON: addresses are strings. */
export function findingsJson(findings: HeapFindings): object {
  const list = ({ count, first }: HeapFindingList) => ({ count, first: first.map(withHex) });
  const { leaks, unaddressedBlocks, ...lists } = findings;
  return {
    ...Object.fromEntries(Object.entries(lists).map(([kind, found]) => [kind, list(found)])),
    unaddressedBlocks,
    leaks: { ...leaks, first: leaks.first.map(withHex), largest: leaks.largest.map(withHex) },
  };
}

function withHex({ address, ...rest }: HeapFinding | HeapLeak): object {
  return { ...rest, ...(address !== undefined && { address: hex(address) }) };
}
