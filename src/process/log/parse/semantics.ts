/** Errors in calls that are syntactically right: impossible results, and structures that the log does not show. */

import { nearest } from "../../../nearest.js";
import { type CallRow, callRows } from "../../../trace/calls/table.js";
import { MALLINFO_FIELDS } from "../../heap/figures.js";
import type { Argument } from "./argument.js";
import type { ParsedCall } from "./grammar.js";
import type { Expected } from "./result.js";
import { SyntaxFault } from "./syntax-fault.js";

const WATCHED: ReadonlySet<CallRow> = new Set(
  callRows().filter(
    ({ result, parameters }) =>
      result === "ok" || result === "data" || parameters.some(({ isStruct }) => isStruct),
  ),
);

/** True if the result needs the checks below. That of most calls does not. */
export function isWatched(row: CallRow): boolean {
  return WATCHED.has(row);
}

/** Throws `SyntaxFault`. */
export function checkSemantics({ name, args, expected }: ParsedCall, row: CallRow): void {
  if (expected?.kind === "struct") mustHaveFields(name, expected, row);
  if (row.result === "ok") {
    const isNumber = expected?.kind === "value" && expected.value !== 0n;
    if (isNumber || expected?.kind === "error")
      throw new SyntaxFault(`${name} has no such result`, "give ok, a signal, or nothing");
  }
  if (row.result === "data" && expected?.kind === "error")
    throw new SyntaxFault(`${name} has no such result`, "give what it found, ok, a signal, or nothing");
  const at = row.parameters.findIndex(({ isStruct }) => isStruct);
  if (at < 0 || expected === undefined || expected.kind === "error" || !isPointer(args[at])) return;
  throw new SyntaxFault(
    `the log does not show what argument ${at + 1} of ${name} points to`,
    "record it without -e verbose=none, and with strace",
  );
}

function mustHaveFields(name: string, { fields }: Expected & { kind: "struct" }, row: CallRow): void {
  if (row.result !== "struct")
    throw new SyntaxFault(
      `${name} has no such result`,
      "give a number, an address, ok, -1 with an error, or a signal",
    );
  for (const field of fields.keys()) {
    if (/^\d/.test(field) && Number(field) >= MALLINFO_FIELDS.length)
      throw new SyntaxFault(`${name} has ${MALLINFO_FIELDS.length} fields`, "leave out the others");
    if (!/^\d/.test(field) && !MALLINFO_FIELDS.some((one) => one === field))
      throw new SyntaxFault(
        `${name} has no field ${field}`,
        `did you mean ${nearest(field, MALLINFO_FIELDS)}?`,
      );
  }
}

/** An address in the place of a struct. */
function isPointer(argument: Argument | undefined): boolean {
  return argument?.kind === "number" && argument.value !== 0n;
}
