/** The signals that accesses of a log caused or that the log reports, and the regions around their addresses. */
import type { ReferenceKind } from "../../../trace/losses.js";
import type { Signal } from "../../answers.js";
import type { ProcessEvent } from "../../events.js";
import { type Surroundings, surroundings } from "../../proc/surroundings.js";
import type { Process } from "../../process.js";
import type { System } from "../../system.js";
import type { SignalLine } from "../parse/entry.js";

/** A signal that a process got, and where. */
export interface SignalEntry extends Signal {
  /** The call, by its line in the log or its number in a time line. */
  readonly line: number;
  /** The reference of a time line, by its number. */
  readonly reference?: number;
  /** Number of the process. */
  readonly pid: number;
  /** The call's text in the log, without its result. */
  readonly call: string;
  /** The access that got it; undefined if it came from within a call, or was sent. */
  readonly access?: ReferenceKind;
  /** The allocator's message on standard error before the signal. */
  readonly message?: string | undefined;
  /** It ended the process. */
  readonly deadly: boolean;
  /** The regions around the address; only for the first signals, and only if the signal has an address. */
  readonly surroundings: Surroundings | undefined;
}

/** Limits on kept and on explained signals, so that memory does not grow with the log. */
const MOST_SIGNALS = 100_000;
const MOST_EXPLAINED = 100;

export class SignalLog {
  readonly entries: SignalEntry[] = [];
  /** The regions around the address of the last signal. */
  private about: Surroundings | undefined;

  constructor(private readonly system: System) {
    system.subscribe((event) => this.noteSurroundings(event), { faults: false });
  }

  /** Call after the access. */
  add(process: Process, signal: Omit<SignalEntry, "pid" | "deadly" | "surroundings">): void {
    if (this.entries.length === MOST_SIGNALS) return;
    const { pid, isAlive } = process;
    this.entries.push({ ...signal, pid, deadly: !isAlive, surroundings: this.about });
    this.about = undefined;
  }

  /** A signal that the log reports between calls: no access of the run caused it. */
  addReported(process: Process, { line, name, code, address }: SignalLine): void {
    if (this.entries.length === MOST_SIGNALS) return;
    const isExplained = process.isAlive && address !== undefined && this.entries.length < MOST_EXPLAINED;
    const about = isExplained ? surroundings(process, address) : undefined;
    const { pid } = process;
    const signal = { signal: name, code, address: address ?? 0n, call: textOf(name, code, address) };
    this.entries.push({ line, pid, ...signal, deadly: false, surroundings: about });
  }

  /** The last signal ended the process. */
  killed(process: Process, line: number, name: string): void {
    const isSame = ({ pid, signal }: SignalEntry) => pid === process.pid && signal === name;
    if (this.entries.findLast(isSame) === undefined)
      this.addReported(process, {
        type: "signal",
        pid: process.pid,
        line,
        name,
        code: undefined,
        address: undefined,
      });
    const last = this.entries.findLastIndex(isSame);
    const entry = this.entries[last];
    if (entry !== undefined) this.entries[last] = { ...entry, deadly: true };
  }

  /** When a signal arrives, before it ends the process. */
  private noteSurroundings(event: ProcessEvent): void {
    if (event.type !== "signal" || this.entries.length >= MOST_EXPLAINED) return;
    const process = this.system.processes.get(event.pid);
    if (process?.isAlive) this.about = surroundings(process, event.signal.address);
  }
}

/** The line of strace for a signal. */
function textOf(name: string, code: string | undefined, address: bigint | undefined): string {
  const shown = address === 0n ? "NULL" : `0x${address?.toString(16)}`;
  const fields = [
    `si_signo=${name}`,
    ...(code === undefined ? [] : [`si_code=${code}`]),
    ...(address === undefined ? [] : [`si_addr=${shown}`]),
  ];
  return fields.length === 1 ? `--- ${name} ---` : `--- ${name} {${fields.join(", ")}} ---`;
}
