/** The signals that a log's accesses met, or that it tells of, and what lay about their addresses. */
import type { Signal } from "../answers.js";
import type { ProcessEvent } from "../events.js";
import { type Surroundings, surroundings } from "../proc/surroundings.js";
import type { Process } from "../process.js";
import type { System } from "../system.js";
import type { SignalLine } from "./call-log.js";

export interface SignalEntry extends Signal {
  /** The call, by its line in the log, or its number in a time line. */
  readonly line: number;
  /** The reference of a time line, by its number. */
  readonly reference?: number;
  readonly pid: number;
  readonly call: string;
  /** What the allocator wrote to standard error before. */
  readonly message?: string | undefined;
  /** It ended the process. */
  readonly deadly: boolean;
  /** What lies about the address; of the first signals only, and of none that tells no address. */
  readonly surroundings: Surroundings | undefined;
}

/** Of these at most so many are kept, and so many explained, however long the log. */
const MOST_SIGNALS = 100_000;
const MOST_EXPLAINED = 100;

export class SignalLog {
  readonly entries: SignalEntry[] = [];
  /** What lay about the address of the signal that came last. */
  private about: Surroundings | undefined;

  constructor(private readonly system: System) {
    system.subscribe((event) => this.lookAbout(event), { faults: false });
  }

  /** To be told after the access. */
  add(process: Process, signal: Omit<SignalEntry, "pid" | "deadly" | "surroundings">): void {
    if (this.entries.length === MOST_SIGNALS) return;
    const { pid, isAlive } = process;
    this.entries.push({ ...signal, pid, deadly: !isAlive, surroundings: this.about });
    this.about = undefined;
  }

  /** One that the log tells between calls: nothing here has made the access that it is about. */
  told(process: Process, { line, name, code, address }: SignalLine): void {
    if (this.entries.length === MOST_SIGNALS) return;
    const isExplained = process.isAlive && address !== undefined && this.entries.length < MOST_EXPLAINED;
    const about = isExplained ? surroundings(process, address) : undefined;
    const { pid } = process;
    const signal = { signal: name, code, address: address ?? 0n, call: `--- ${name} ---` };
    this.entries.push({ line, pid, ...signal, deadly: false, surroundings: about });
  }

  /** The signal told last ended the process. */
  killed(process: Process, line: number, name: string): void {
    const isIt = ({ pid, signal }: SignalEntry) => pid === process.pid && signal === name;
    if (this.entries.findLast(isIt) === undefined)
      this.told(process, {
        type: "signal",
        pid: process.pid,
        line,
        name,
        code: undefined,
        address: undefined,
      });
    const last = this.entries.findLastIndex(isIt);
    const entry = this.entries[last];
    if (entry !== undefined) this.entries[last] = { ...entry, deadly: true };
  }

  /** When a signal comes, before the process ends of it. */
  private lookAbout(event: ProcessEvent): void {
    if (event.type !== "signal" || this.entries.length >= MOST_EXPLAINED) return;
    const process = this.system.processes.get(event.pid);
    if (process?.isAlive) this.about = surroundings(process, event.signal.address);
  }
}
