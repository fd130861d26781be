/** The trace formats, one line each. */

import { InputError, optionNamed, UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { callsFormat } from "./calls/calls-format.js";
import { champsimFormat } from "./champsim.js";
import { csvFormat } from "./csv/csv-format.js";
import type { Confidence, TraceFormat } from "./format.js";
import { idsFormats } from "./ids.js";
import { oracleGeneralFormat } from "./oracle-general.js";
import { pagewalkFormat } from "./pagewalk/pagewalk-format.js";
import { quoteBytes } from "./quote.js";
import { referencesFormat } from "./references.js";
import {
  addressFormat,
  arcFormat,
  dinFormat,
  drmemtraceFormat,
  lackeyFormat,
  lirsFormat,
} from "./text-formats.js";
import { vscsiFormat } from "./vscsi.js";

/** In the order in which messages name them. */
export const FORMATS: readonly TraceFormat[] = [
  pagewalkFormat,
  lackeyFormat,
  addressFormat,
  drmemtraceFormat,
  arcFormat,
  lirsFormat,
  dinFormat,
  referencesFormat,
  callsFormat,
  csvFormat,
  vscsiFormat,
  oracleGeneralFormat,
  champsimFormat,
  ...idsFormats,
];

/** Aliases: one reader reads the logs of calls of all programs. */
const ALIASES: Readonly<Record<string, string>> = { strace: "calls", ltrace: "calls" };

/** The format called `name`. Throws `UsageError`, with the nearest name. */
export function formatNamed(name: string): TraceFormat {
  const found = FORMATS.find((format) => format.name === (ALIASES[name] ?? name));
  if (found !== undefined) return found;
  const names = FORMATS.map((format) => format.name);
  throw new UsageError(
    `unknown trace format "${name}"`,
    `did you mean ${nearest(name, names)}? The formats are ${names.join(", ")}`,
  );
}

/** The format whose suffix ends the name, after removing that of compression. */
export function formatByName(fileName: string): TraceFormat | undefined {
  const bare = fileName.replace(/\.(gz|zst|zstd|xz)$/i, "").toLowerCase();
  return FORMATS.find((format) => format.extensions.some((end) => bare.endsWith(`.${end.toLowerCase()}`)));
}

/** The means by which a trace's format was found. */
export type DetectedBy = "content" | "name" | "option";

/**
 * The only format whose structure the content has. If the content fits several formats, or not enough of it fits one,
 * the file's name decides. Throws `InputError` if the name does not decide either.
 */
export function detectFormat(head: Uint8Array, name: string): { format: TraceFormat; by: DetectedBy } {
  const likely = FORMATS.map((format) => ({ format, likeness: format.detect(head) }));
  const like = (least: Confidence) =>
    likely.filter(({ likeness }) => likeness === least).map(({ format }) => format);
  const named = formatByName(name);
  const strong = like("strong");
  const [only, second] = strong;
  if (only !== undefined && second === undefined && !(only.isGeneral && named !== undefined)) {
    return { format: only, by: "content" };
  }
  const candidates = strong.length > 0 ? strong : like("weak");
  // The decoder of a text format refuses lines of other formats. A binary format has no such check.
  const fits = named !== undefined && (candidates.includes(named) || !named.isBinary);
  if (fits && (second === undefined || candidates.includes(named))) return { format: named, by: "name" };
  throw candidates.length === 0 ? unknown(head, name, named) : ambiguous(candidates, head, name);
}

function unknown(head: Uint8Array, name: string, named: TraceFormat | undefined): InputError {
  const problem =
    named === undefined
      ? `no known trace format: it starts with ${quoteBytes(head.subarray(0, 64))}`
      : `is named as ${named.name}, but its content is not`;
  const names = FORMATS.map((format) => format.name).join(", ");
  return new InputError(
    problem,
    `name its format with ${optionNamed("format")}, if it is one of ${names}`,
    name,
  );
}

function ambiguous(candidates: readonly TraceFormat[], head: Uint8Array, name: string): InputError {
  const names = candidates.map((format) => format.name).join(" or ");
  const remedies = candidates.map((format) => format.remedy?.(head) ?? optionNamed("format", format.name));
  return new InputError(
    candidates.length === 1
      ? `may be ${names}, but which columns it has is not certain`
      : `may be ${names}: the content fits each of them`,
    `choose one with ${[...new Set(remedies)].join(", or ")}`,
    name,
  );
}
