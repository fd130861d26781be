/**
 * Parses the result after a call's arguments. Only Linux's names are accepted.
 *
 *   = 0x7ffff7fbb000    = ok    = -1 ENOMEM (Cannot allocate memory)    = SIGSEGV SEGV_MAPERR    = ? ERESTARTSYS (…)
 */
import { nearest } from "../../../nearest.js";
import { quote } from "../../../printable.js";
import { ERROR_NAMES, errorName } from "../../../trace/calls/errors.js";
import { codeNamed, codesOf, SIGNAL_NAMES } from "../../../trace/calls/signals.js";
import { SyntaxFault, whole } from "./syntax-fault.js";

/** The recorded result of a call. */
export type Expected =
  | { readonly kind: "value"; readonly value: bigint }
  | { readonly kind: "error"; readonly name: string }
  | { readonly kind: "signal"; readonly name: string; readonly code: string | undefined }
  | { readonly kind: "ok" }
  /** The fields of a structure by name, or by position if it has no names: `{arena=0, ordblks=1}`, `{ 0, 1 }`. */
  | { readonly kind: "struct"; readonly fields: ReadonlyMap<string, bigint> };

/** Other names for some of them, in strace or common use. */
const OTHER_ERRORS = ["EWOULDBLOCK", "EDEADLOCK", "ENOTSUP"];
/** strace's notation for a number without a name. */
const NUMBERED_ERROR = /^ERRNO_\d{1,4}$/;

/** With the names that strace gives to some. */
const SIGNALS = [
  ...SIGNAL_NAMES,
  ..."EMT IOT POLL CLD UNUSED RTMIN RTMAX".split(" ").map((name) => `SIG${name}`),
];
const REAL_TIME = /^SIG(RT_\d{1,2}|RTMIN\+\d{1,2}|RTMAX-\d{1,2})$/;

/** Undefined if the result is unknown. Throws `SyntaxFault`. */
export function resultOf(text: string): Expected | undefined {
  if (text === "" || text.startsWith("?") || text.startsWith("<void>")) return undefined;
  if (/^ok\b/.test(text)) return { kind: "ok" };
  const [, error] = /^-1\s+([A-Za-z]\w*)/.exec(text) ?? [];
  if (error !== undefined) return { kind: "error", name: known("error", error, isError, ERROR_NAMES) };
  const [, errno] = /^-\d+\s+\(errno (\d{1,4})\)/.exec(text) ?? [];
  if (errno !== undefined) return { kind: "error", name: errorOf(-BigInt(errno)) ?? `ERRNO_${errno}` };
  if (/^SIG[A-Z]/.test(text)) return signalOf(text);
  const [, number] = /^(NULL|\(?nil\)?|-?(?:0x[0-9a-f]+|\d+))(?![\w.])/i.exec(text) ?? [];
  if (number === undefined)
    throw new SyntaxFault(
      `${quote(text)} is not a result`,
      "give a number, an address, ok, -1 with an error, or a signal",
    );
  const value = /^\(?N/i.test(number) ? 0n : number.startsWith("-") ? -whole(number.slice(1)) : whole(number);
  return { kind: "value", value: BigInt.asUintN(64, value) };
}

/** The error of a bare number such as -12, as the kernel returns it; undefined if it is none. */
export function errorOf(value: bigint): string | undefined {
  const number = -BigInt.asIntN(64, value);
  return number > 0n && number < 4096n ? errorName(Number(number)) : undefined;
}

function signalOf(text: string): Expected {
  const [, name = "", code, rest = ""] = /^(SIG[\w+-]+)(?:\s+([A-Za-z]\w*))?\s*(.*)$/s.exec(text) ?? [];
  known("signal", name, isSignal, SIGNALS);
  if (rest !== "" && !/^[(<]/.test(rest))
    throw new SyntaxFault(`${quote(rest)} follows the signal`, "write it as SIGSEGV SEGV_MAPERR");
  if (code === undefined) return { kind: "signal", name, code };
  const codes = codesOf(name);
  return { kind: "signal", name, code: known(`code of ${name}`, code, (one) => codes.includes(one), codes) };
}

/** The name of a si_code that may be a number; a number without a name is left as it is. */
export function codeName(signal: string, written: string): string {
  if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(written)) return written;
  return codeNamed(signal, Number(written) | 0) ?? written;
}

function isError(name: string): boolean {
  return ERROR_NAMES.includes(name) || OTHER_ERRORS.includes(name) || NUMBERED_ERROR.test(name);
}

function isSignal(name: string): boolean {
  return SIGNALS.includes(name) || REAL_TIME.test(name);
}

function known(what: string, name: string, is: (name: string) => boolean, all: readonly string[]): string {
  if (is(name)) return name;
  const like = nearest(name.toUpperCase(), all);
  throw new SyntaxFault(`there is no ${what} ${quote(name)}`, `did you mean ${like}?`);
}
