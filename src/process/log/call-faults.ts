/** What a call cannot be or cannot have answered, though its syntax is right. */

import { nearest } from "../../nearest.js";
import { MALLINFO_FIELDS } from "../heap-figures.js";
import type { Argument, ParsedCall } from "./call-syntax.js";
import type { Expected } from "./result.js";
import { SyntaxFault } from "./syntax-fault.js";

/** Touches have no result but that they went well, which may be written as 0; a load may tell what it found. */
const TOUCHES = ["store", "modify", "fetch", "enter"];
const LOAD = "load";
/** Calls whose struct tells what they do, and where it is among the arguments. */
const TOLD_BY_STRUCT: ReadonlyMap<string, number> = new Map([
  ["clone3", 0],
  ["setrlimit", 1],
  ["prlimit", 2],
  ["prlimit64", 2],
]);
/** Calls that answer a structure. */
const STRUCTURED: ReadonlySet<string> = new Set(["mallinfo", "mallinfo2"]);
const WATCHED: ReadonlySet<string> = new Set([LOAD, ...TOUCHES, ...TOLD_BY_STRUCT.keys()]);

/** Their last letters: to look the name of every line up costs a twentieth of reading it. */
const LAST_LETTERS = new Uint8Array(128);
for (const name of WATCHED) LAST_LETTERS[name.charCodeAt(name.length - 1)] = 1;

/** May the call have a fault, where it tells a result? Most may not. */
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

/** An address where strace writes a struct. */
function isPointer(argument: Argument | undefined): boolean {
  return argument?.kind === "number" && argument.value !== 0n;
}
