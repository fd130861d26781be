/** Results of calls and accesses: values, errors and signals, by their Linux names. */
import { errorName } from "../trace/calls/errors.js";
import type { RawSignal } from "../wasm/process/structs.js";
import { signalCode, signalName } from "./names.js";

/** Result of a call: a value, or the name of an error (`ENOMEM`). */
export interface Answer {
  /** The call's result; -1n after an error. */
  readonly value: bigint;
  /** The error's name, such as `ENOMEM`; undefined if the call succeeded. */
  readonly error: string | undefined;
}

/** A signal that the simulated kernel sends, as `siginfo_t` describes it. */
export interface Signal {
  /** `SIGSEGV`. */
  readonly signal: string;
  /** `SEGV_MAPERR`; undefined if the kernel gives none. */
  readonly code: string | undefined;
  /** The address of the access (`si_addr`); 0 if the signal has none. */
  readonly address: bigint;
}

/** Numbers of page faults: a major fault reads from a file or from swap. */
export interface FaultCounts {
  /** Faults served from memory. */
  readonly minor: number;
  /** Faults that read a page from swap or a file. */
  readonly major: number;
}

/** Result of an access to memory. */
export interface Touch {
  /** Faults served from memory. */
  readonly minorFaults: number;
  /** Faults that read a page from swap or a file. */
  readonly majorFaults: number;
  /** The signal that stopped the access; undefined if it was completed. */
  readonly signal: Signal | undefined;
}

export function answerOf(result: bigint): Answer {
  if (result < 0n && result > -4096n) return { value: -1n, error: errorName(Number(-result)) };
  return { value: result, error: undefined };
}

export function signalOf(signal: RawSignal | undefined): Signal | undefined {
  if (signal === undefined) return undefined;
  const { number, code, address } = signal;
  return { signal: signalName(number), code: signalCode(number, code), address };
}
