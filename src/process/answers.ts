/** What calls and touches come to: values, errors and signals by the names that Linux has for them. */
import { errorName } from "../trace/calls/errors.js";
import type { CallOutcome } from "../wasm/system.js";
import { signalCode, signalName } from "./names.js";

/** What a call answers: a value, or an error's name (`ENOMEM`). */
export interface Answer {
  readonly value: bigint;
  readonly error: string | undefined;
}

export interface Signal {
  /** `SIGSEGV`. */
  readonly signal: string;
  /** `SEGV_MAPERR`; undefined where the kernel gives none. */
  readonly code: string | undefined;
  readonly address: bigint;
}

export interface FaultCounts {
  readonly minor: number;
  readonly major: number;
}

/** What touching memory came to. */
export interface Touch {
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly signal: Signal | undefined;
}

export function answerOf(result: bigint): Answer {
  if (result < 0n && result > -4096n) return { value: -1n, error: errorName(Number(-result)) };
  return { value: result, error: undefined };
}

export function signalOf(signal: CallOutcome["signal"]): Signal | undefined {
  if (signal === undefined) return undefined;
  const { number, code, address } = signal;
  return { signal: signalName(number), code: signalCode(number, code), address };
}
