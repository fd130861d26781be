/**
 * Compares recorded results with the model's. After a difference the run continues from the recorded one:
 *
 *   mmap, mremap   what was mapped is put where the record says; taken away where it says that the call failed
 *   brk            the break is put where the record says
 *   others         nothing can be taken over from a result alone: the model goes on from its own state
 */

import * as linux from "../../../assembly/abi/linux.js";
import { SPACE_BRK } from "../../../assembly/abi/process.js";
import { errorText } from "../../trace/calls/errors.js";
import type { Signal } from "../answers.js";
import { MALLINFO_FIELDS } from "../heap/figures.js";
import type { Process } from "../process.js";
import type { Outcome } from "./call.js";
import type { Expected } from "./result.js";

const MAP_FIXED = BigInt(linux.MAP_FIXED);
const MREMAP_TO = BigInt(linux.MREMAP_MAYMOVE | linux.MREMAP_FIXED);

/** Whether the two differ. A signal without a code matches any. */
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

/** Whether the two differ in a field that the log has, by name or by position. */
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

/** Signals of an access. */
export const FAULT_SIGNALS = ["SIGSEGV", "SIGBUS"] as const;

export function isFaultSignal(name: string): boolean {
  return FAULT_SIGNALS.some((signal) => signal === name);
}

/** The signal with the recorded name, if only the register decides between the two. */
export function toldAs(expected: Expected | undefined, signal: Signal): Signal {
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

/** Changes the process to the state after the recorded answer, as far as possible. */
export function adopt(process: Process, outcome: Outcome, expected: Expected): void {
  if (!process.isAlive) return;
  const { name, args } = outcome;
  const recorded = expected.kind === "value" ? expected.value : undefined;
  const got = outcome.error === undefined ? outcome.value : undefined;
  if (name === "brk" && recorded !== undefined) {
    if (process.call("brk", [recorded]).value !== recorded)
      process.space.kernel.setField(SPACE_BRK, recorded);
  } else if (name === "load" && recorded !== undefined) {
    const [address = 0n, bytes = 0n] = args;
    process.store(address, bytes, BigInt.asUintN(Number(8n * bytes), recorded));
  } else if (name === "mmap" || name === "mmap2") {
    const [, bytes = 0n, protection = 0n, flags = 0n, object = 0n, offset = 0n] = args;
    if (got !== undefined && got !== recorded) process.call("munmap", [got, bytes]);
    if (recorded !== undefined)
      process.call("mmap", [recorded, bytes, protection, flags | MAP_FIXED, object, offset]);
  } else if (name === "mremap") {
    const [address = 0n, oldBytes = 0n, newBytes = 0n] = args;
    if (recorded !== undefined) {
      const from = got ?? address;
      process.call("mremap", [from, got === undefined ? oldBytes : newBytes, newBytes, MREMAP_TO, recorded]);
    } else if (got !== undefined && got !== address) {
      process.call("mremap", [got, newBytes, oldBytes, MREMAP_TO, address]);
    }
  }
}
