/** A call of a log with its context, and its outcome. */
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
  /** The value of a name defined in the log. */
  readonly number: (name: string) => bigint | undefined;
  readonly descriptors: Descriptors;
  /** The thread whose stack the call moves. */
  readonly thread: Thread;
  readonly line: number;
  /** Place mappings where the log has them. */
  readonly follow: boolean;
}

export interface Outcome {
  readonly name: string;
  readonly args: readonly bigint[];
  /** The value of a name for the result. */
  readonly value: bigint;
  readonly error: string | undefined;
  readonly signal: Signal | undefined;
  /** The outcome in the notation of logs. */
  readonly shown: Expected;
  /** Results are printed as addresses. */
  readonly isAddress: boolean;
  /** Results are blocks, or NULL. */
  readonly isBlock?: boolean;
  /** The recorded result after interpretation, if that differs from its text. */
  readonly expected?: Expected;
  /** A recorded 0 only means success. */
  readonly mayBeZero?: boolean;
  /** The value that the call stored through a pointer. */
  readonly stored?: bigint;
  /** The message on standard error before a signal. */
  readonly message?: string | undefined;
  /** The text that the call wrote. */
  readonly text?: string;
}

/** A call in the form of `Trial`, and its recorded address. */
export interface Effect {
  readonly name: PlacingName;
  readonly args: readonly bigint[];
  readonly address: bigint | undefined;
}
