/** A call of a log with its context, and its outcome. */
import type { CallRow } from "../../../trace/calls/table.js";
import type { Signal } from "../../answers.js";
import type { Process } from "../../process.js";
import type { Thread } from "../../thread.js";
import type { Argument } from "../parse/argument.js";
import type { Expected } from "../parse/result.js";
import type { Descriptors } from "./descriptors.js";
import type { LoggedHeaps } from "./logged-heaps.js";
import type { ProcessStarts } from "./process-starts.js";

export interface Call {
  readonly name: string;
  readonly row: CallRow;
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

/** The process and the state that serve a call. */
export interface Context {
  readonly process: Process;
  readonly heaps: LoggedHeaps;
  readonly starts: ProcessStarts;
  /** The run continues from the log's answers. */
  readonly isFollowed: boolean;
}

/** Serves a call; undefined if it has no bearing on memory. */
export type Answer = (context: Context, call: Call) => Outcome | undefined;

export interface Outcome {
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
  /**
   * Changes the process to the state after the recorded result, undefined for a failure. Absent if a result alone does
   * not show that state.
   */
  readonly adopt?: undefined | ((process: Process, outcome: Outcome, recorded: bigint | undefined) => void);
}
