/**
 * Compares recorded results with the model's. After a difference the run continues from the recorded one:
 *
 *   mmap, mremap   what was mapped is put where the record says; taken away where it says that the call failed
 *   brk            the break is put where the record says
 *   others         nothing can be taken over from a result alone: the model goes on from its own state
 */

import { errorText } from "../../../trace/calls/errors.js";
import type { Signal } from "../../answers.js";
import { MALLINFO_FIELDS } from "../../heap/figures.js";
import type { Process } from "../../process.js";
import type { Outcome } from "../calls/call.js";
import { isFaultSignal } from "../calls/survived-signals.js";
import type { Expected } from "../parse/result.js";

/** True if the two differ. A signal without a code matches any. */
export function differs(
  expected: Expected,
  { shown, mayBeZero }: Pick<Outcome, "shown" | "mayBeZero">,
): boolean {
  if (mayBeZero === true && expected.kind === "value" && expected.value === 0n) return false;
  if (expected.kind === "signal" && shown.kind === "signal") {
    if (isNoAddress(shown)) return !isFaultSignal(expected.name);
    return expected.name !== shown.name || (expected.code !== undefined && expected.code !== shown.code);
  }
  if (expected.kind === "ok" || shown.kind === "ok") return !isSuccess(expected) || !isSuccess(shown);
  if (expected.kind === "value" && shown.kind === "value") return expected.value !== shown.value;
  if (expected.kind === "struct" && shown.kind === "struct") return differsInField(expected, shown);
  return !(expected.kind === "error" && shown.kind === "error" && expected.name === shown.name);
}

/** True if the two differ in a field that the log has, by name or by position. */
function differsInField(
  expected: Expected & { kind: "struct" },
  shown: Expected & { kind: "struct" },
): boolean {
  return [...expected.fields].some(([key, value]) => {
    const name = MALLINFO_FIELDS[Number(key)] ?? key;
    const own = shown.fields.get(name);
    return own === undefined || BigInt.asIntN(64, own) !== BigInt.asIntN(64, value);
  });
}

/**
 * An access to a non-canonical address: SIGBUS through the stack or frame register, else SIGSEGV. The log does not show
 * the register.
 */
function isNoAddress(shown: Expected & { kind: "signal" }): boolean {
  return shown.code === "SI_KERNEL";
}

/** The signal with the recorded name, if only the register decides between the two. */
export function withRecordedName(expected: Expected | undefined, signal: Signal): Signal {
  const isKnown = expected?.kind === "signal" && isFaultSignal(expected.name);
  return isKnown && signal.code === "SI_KERNEL" ? { ...signal, signal: expected.name } : signal;
}

function isSuccess(expected: Expected): boolean {
  return expected.kind === "ok" || expected.kind === "value" || expected.kind === "struct";
}

/** In the notation of logs; `isBlock`: an address that may be NULL. */
export function describe(expected: Expected, isAddress: boolean, isBlock = false): string {
  switch (expected.kind) {
    case "ok":
      return "ok";
    case "value":
      if (isBlock && expected.value === 0n) return "NULL";
      return isAddress ? `0x${expected.value.toString(16)}` : String(BigInt.asIntN(64, expected.value));
    case "struct":
      return structText(expected.fields);
    case "error": {
      const text = errorText(expected.name);
      return `-1 ${expected.name}${text === undefined ? "" : ` (${text})`}`;
    }
    case "signal":
      return expected.code === undefined ? expected.name : `${expected.name} ${expected.code}`;
  }
}

function structText(fields: ReadonlyMap<string, bigint>): string {
  const texts = [...fields].map(([name, value]) => {
    const number = String(BigInt.asIntN(64, value));
    return /^\d/.test(name) ? number : `${name}=${number}`;
  });
  return `{${texts.join(", ")}}`;
}

/** Changes the process to the state after the recorded answer, as far as the call knows how. */
export function adopt(process: Process, outcome: Outcome, expected: Expected): void {
  if (process.isAlive)
    outcome.adopt?.(process, outcome, expected.kind === "value" ? expected.value : undefined);
}
