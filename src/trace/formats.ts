/** The trace formats, one line each. */

import { InputError, UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { callsFormat } from "./calls/calls-format.js";
import { champsimFormat } from "./champsim.js";
import { csvFormat } from "./csv.js";
import type { TraceFormat } from "./format.js";
import { oracleGeneralFormat } from "./oracle-general.js";
import { pagewalkFormat } from "./pagewalk/pagewalk-format.js";
import { quoteBytes } from "./quote.js";
import {
  addressFormat,
  arcFormat,
  dinFormat,
  drmemtraceFormat,
  lackeyFormat,
  lirsFormat,
} from "./text-formats.js";

import { vscsiFormat } from "./vscsi.js";

/** Order of detection: the strictest first. */
export const FORMATS: readonly TraceFormat[] = [
  pagewalkFormat,
  lackeyFormat,
  addressFormat,
  drmemtraceFormat,
  arcFormat,
  lirsFormat,
  dinFormat,
  callsFormat,
  csvFormat,
  vscsiFormat,
  oracleGeneralFormat,
  champsimFormat,
];

/** Aliases: logs of calls have one reader, whatever program wrote them. */
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

/** The format of the content, or that of the name if the content is ambiguous. */
export function detectFormat(head: Uint8Array, name: string): TraceFormat {
  const found = FORMATS.find((format) => format.detect(head)) ?? formatByName(name);
  if (found !== undefined) return found;
  const names = FORMATS.map((format) => format.name).join(", ");
  throw new InputError(
    `no known trace format: it starts with ${quoteBytes(head.subarray(0, 64))}`,
    `name its format with --format, if it is one of ${names}`,
    name,
  );
}
