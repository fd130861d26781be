/**
 * A fast parser for the most common lines of a call log: a name, arguments that are numbers or constants, and a numeric
 * result or none. All other lines are left to `grammar.ts`, which has the grammar; both give the same result for a
 * common line.
 *
 *   mmap(0x7ffff7cd0000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7cd0000
 *   realloc(nil, 24) = 0x5555555592a0        free(0x5555555592a0) = <void>
 */

import { CONSTANTS } from "../../names.js";
import type { Argument } from "./argument.js";
import type { ParsedCall } from "./grammar.js";

const USUAL = /^([a-z]\w*)\(([\w|, -]*)\)(?: *= (?:(0x[0-9a-f]{1,15}|0|[1-9]\d{0,17})|<void>))?$/;
const NUMBER = /^(?:0x[0-9a-fA-F]{1,15}|0|-?[1-9]\d{0,17})$/;
/** A cache of constants joined by `|`: there are few of them. */
const seen = new Map<string, Argument | undefined>();
const MOST_SEEN = 1000;
const NONE: ReadonlyMap<string, Argument> = new Map();

/** Undefined if the line does not have this form. */
export function commonForm(text: string): ParsedCall | undefined {
  const [, name, list, result] = USUAL.exec(text) ?? [];
  if (name === undefined || list === undefined) return undefined;
  const args: Argument[] = [];
  for (let at = 0; at < list.length; ) {
    const comma = list.indexOf(", ", at);
    const end = comma < 0 ? list.length : comma;
    const argument = argumentOf(list.slice(at, end));
    if (argument === undefined) return undefined;
    args.push(argument);
    at = end + 2;
    if (at === list.length) return undefined; // nothing after the
  }
  const expected = result === undefined ? undefined : ({ kind: "value", value: BigInt(result) } as const);
  return { name, args, named: NONE, target: undefined, expected };
}

function argumentOf(word: string): Argument | undefined {
  if (NUMBER.test(word)) return { kind: "number", value: BigInt.asUintN(64, BigInt(word)) };
  if (seen.has(word)) return seen.get(word);
  const argument = constantsOf(word);
  if (seen.size < MOST_SEEN) seen.set(word, argument);
  return argument;
}

/** `PROT_READ|PROT_WRITE`; undefined if a name is not a known constant. */
function constantsOf(word: string): Argument | undefined {
  let bits = 0n;
  for (const name of word.split("|")) {
    const value = name === "NULL" || name === "nil" ? 0n : CONSTANTS.get(name);
    if (value === undefined) return undefined;
    bits |= value;
  }
  return { kind: "number", value: bits };
}
