/** A call of a log as it is served, and what comes of it. */
import type { Signal } from "../answers.js";
import type { Thread } from "../thread.js";
import type { PlacingName } from "../trial.js";
import type { Argument } from "./call-syntax.js";
import type { Expected } from "./result.js";
import type { Descriptors } from "./run-files.js";

export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly expected: Expected | undefined;
  /** `FILE:LINE`. */
  readonly place: string;
  /** The value of a name that the log has given. */
  readonly number: (name: string) => bigint | undefined;
  readonly descriptors: Descriptors;
  /** Whose stack it is that the call moves. */
  readonly thread: Thread;
  readonly line: number;
  /** Mappings go where the log says. */
  readonly follow: boolean;
}

export interface Outcome {
  readonly name: string;
  readonly args: readonly bigint[];
  /** What a name for the result stands for. */
  readonly value: bigint;
  readonly error: string | undefined;
  readonly signal: Signal | undefined;
  /** The outcome as a log would have it. */
  readonly shown: Expected;
  /** Results are addresses, and shown as such. */
  readonly isAddress: boolean;
  /** They are blocks, NULL where there is none. */
  readonly isBlock?: boolean;
  /** What the log means by its result, where that is another thing than it says. */
  readonly expected?: Expected;
  /** 0 in the log says no more than that it went well. */
  readonly mayBeZero?: boolean;
  /** What the call has stored through a pointer. */
  readonly stored?: bigint;
  /** What was written to standard error before a signal. */
  readonly message?: string | undefined;
}

/** A call as `Trial` takes it, and the address that the log has for it. */
export interface Effect {
  readonly name: PlacingName;
  readonly args: readonly bigint[];
  readonly address: bigint | undefined;
}
