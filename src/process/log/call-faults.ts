/** Errors in calls that are syntactically right: impossible arguments and results. */

import { nearest } from "../../nearest.js";
import { MALLINFO_FIELDS } from "../heap/figures.js";
import type { Argument, ParsedCall } from "./call-syntax.js";
import type { Expected } from "./result.js";
import { SyntaxFault } from "./syntax-fault.js";

/** The result of an access is success, which may be written as 0; `load` may also have the value. */
const TOUCHES = ["store", "modify", "fetch", "enter"];
const LOAD = "load";
/** Calls that depend on a struct, and the position of the struct among the arguments. */
const TOLD_BY_STRUCT: ReadonlyMap<string, number> = new Map([
  ["clone3", 0],
  ["setrlimit", 1],
  ["prlimit", 2],
  ["prlimit64", 2],
]);
/** Calls whose result is a structure. */
const STRUCTURED: ReadonlySet<string> = new Set(["mallinfo", "mallinfo2"]);
const WATCHED: ReadonlySet<string> = new Set([LOAD, ...TOUCHES, ...TOLD_BY_STRUCT.keys()]);

/** Last letters of their names: a fast test, since a lookup of every name costs a twentieth of reading the line. */
const LAST_LETTERS = new Uint8Array(128);
for (const name of WATCHED) LAST_LETTERS[name.charCodeAt(name.length - 1)] = 1;

/** A fast test for whether a call with a result needs the checks below. Most do not. */
export function isWatched(name: string): boolean {
  return LAST_LETTERS[name.charCodeAt(name.length - 1)] === 1 && WATCHED.has(name);
}

/** Throws `SyntaxFault`. */
export function mustMakeSense({ name, args, expected }: ParsedCall): void {
  if (expected?.kind === "struct") mustHaveFields(name, expected);
  if (TOUCHES.includes(name)) {
    const isNumber = expected?.kind === "value" && expected.value !== 0n;
    if (isNumber || expected?.kind === "error")
      throw new SyntaxFault(`${name} has no such result`, "give ok, a signal, or nothing");
    return;
  }
  if (name === LOAD && expected?.kind === "error")
    throw new SyntaxFault("load has no such result", "give what it found, ok, a signal, or nothing");
  const at = TOLD_BY_STRUCT.get(name);
  if (at === undefined || expected === undefined || expected.kind === "error" || !isPointer(args[at])) return;
  throw new SyntaxFault(
    `the log does not tell what argument ${at + 1} of ${name} points to`,
    "record it without -e verbose=none, and with strace",
  );
}

function mustHaveFields(name: string, { fields }: Expected & { kind: "struct" }): void {
  if (!STRUCTURED.has(name))
    throw new SyntaxFault(
      `${name} has no such result`,
      "give a number, an address, ok, -1 with an error, or a signal",
    );
  for (const field of fields.keys()) {
    if (/^\d/.test(field) && Number(field) >= MALLINFO_FIELDS.length)
      throw new SyntaxFault(`${name} has ${MALLINFO_FIELDS.length} fields`, "is there one too many?");
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
