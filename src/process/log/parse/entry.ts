/** The entries that the lines of a log become. */
import type { CallRow } from "../../../trace/calls/table.js";
import type { ParsedCall } from "./grammar.js";
import type { Setting } from "./settings.js";

/** The largest process number of Linux (PID_MAX_LIMIT). */
export const MOST_PID = 1 << 22;

interface Place {
  readonly line: number;
  /** Undefined if the line has no process number. */
  readonly pid: number | undefined;
}

/** A call with its row in the table of calls. */
interface TabledCall extends ParsedCall {
  readonly row: CallRow;
}

export type CallEntry = Place & TabledCall & { readonly type: "call"; readonly text: string };

/** A signal that a line between calls reports; code and address if the log has them. */
export type SignalLine = Place & {
  readonly type: "signal";
  readonly name: string;
  readonly code: string | undefined;
  readonly address: bigint | undefined;
};

export type LogEntry =
  | CallEntry
  /**
   * A call that has begun. Its end may come after other calls, and after the first calls of a child that it creates.
   */
  | (Place & { readonly type: "begun"; readonly text: string; readonly call: TabledCall })
  | SignalLine
  /** strace's remark on the kind of a process; `named` is the number in its text. */
  | (Place & { readonly type: "mode"; readonly named: number; readonly bits: 32 | 64 })
  /** `sched_switch`: the references that follow are this thread's. */
  | (Place & { readonly type: "turn" })
  /** Settings of the machine, from the recorder's header. */
  | (Place & Setting & { readonly type: "setting" })
  /** `killedBy`: the signal that ended it. */
  | (Place & { readonly type: "exit"; readonly killedBy: string | undefined });
