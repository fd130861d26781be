/** The steps of a system, and the events of its processes that listeners get. */
import { UsageError } from "../errors.js";
import type { Answer, Signal } from "./answers.js";
import { shown } from "./arguments.js";

/** An event of a process: a call, a page fault, a fork, a signal, its end. */
export type ProcessEvent =
  | {
      readonly type: "call";
      readonly pid: number;
      readonly name: string;
      readonly args: readonly bigint[];
      readonly answer: Answer;
    }
  | ({ readonly type: "fault"; readonly pid: number } & FaultDetails)
  | { readonly type: "fork"; readonly pid: number; readonly child: number }
  | { readonly type: "signal"; readonly pid: number; readonly signal: Signal }
  /** `status` is undefined for a process that was killed. */
  | { readonly type: "end"; readonly pid: number; readonly status: number | undefined };

/** A page fault. Addresses are virtual. */
export interface FaultDetails {
  /** The address that was accessed. */
  readonly address: bigint;
  /** A page was read from swap or a file. */
  readonly isMajor: boolean;
  /** The start of its region. */
  readonly region: bigint;
  /** The call that made the region, by line of the log or number. */
  readonly madeBy: number;
  /** The current call, or the last one before the reference that faulted. */
  readonly call: number;
  /** References of the process so far. */
  readonly reference: number;
}

/** Gets each event of a system's processes, in order. */
export type Listener = (event: ProcessEvent) => void;

/** A system, as the parts of its processes use it. */
export interface Steps {
  /** Runs an operation as one step, whatever other operations it contains. */
  operate<T>(run: () => T): T;
  emit(event: ProcessEvent): void;
}

export class Listeners {
  /** Each listener, and whether it gets faults. */
  private readonly listeners = new Map<Listener, boolean>();
  private faultListeners = 0;

  /** `logFaults` is called when the first listener to faults comes, and when the last one leaves. */
  constructor(private readonly logFaults: (wanted: boolean) => void) {}

  /** True if a listener gets faults. */
  get wantFaults(): boolean {
    return this.faultListeners > 0;
  }

  /** Returns a function that removes the listener. */
  add(listener: Listener, faults: boolean): () => void {
    mustBeListener(listener);
    if (faults && this.faultListeners++ === 0) this.logFaults(true);
    this.listeners.set(listener, faults);
    return () => {
      if (this.listeners.delete(listener) && faults && --this.faultListeners === 0) this.logFaults(false);
    };
  }

  emit(event: ProcessEvent): void {
    for (const [listener, faults] of this.listeners) if (faults || event.type !== "fault") listener(event);
  }
}

/** Throws `UsageError` if the listener is not a function. */
export function mustBeListener(listener: Listener): void {
  if (typeof listener === "function") return;
  throw new UsageError(
    `${shown(listener)} cannot listen`,
    "give a function that takes an event",
    "subscribe",
  );
}
