/** Events of a system's processes, for listeners. */
import { UsageError } from "../errors.js";
import type { Answer, Signal } from "./answers.js";
import { shown } from "./arguments.js";

export type ProcessEvent =
  | {
      readonly type: "call";
      readonly pid: number;
      readonly name: string;
      readonly args: readonly bigint[];
      readonly answer: Answer;
    }
  | ({ readonly type: "fault"; readonly pid: number } & FaultDetails)
  | { readonly type: "signal"; readonly pid: number; readonly signal: Signal }
  /** `status` is undefined for a process that was killed. */
  | { readonly type: "end"; readonly pid: number; readonly status: number | undefined };

export interface FaultDetails {
  readonly address: bigint;
  readonly isMajor: boolean;
  /** The start of its region, and the call that made the region. */
  readonly region: bigint;
  readonly madeBy: number;
  /** The current call, or the last one before the reference that faulted. */
  readonly call: number;
  /** References of the process so far. */
  readonly reference: number;
}

export type Listener = (event: ProcessEvent) => void;

/** Throws `UsageError` if the listener is no function. */
export function mustListen(listener: Listener): void {
  if (typeof listener === "function") return;
  throw new UsageError(
    `${shown(listener)} cannot listen`,
    "give a function that takes an event",
    "subscribe",
  );
}
