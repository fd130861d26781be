/**
 * How the processes of a recording ended that did not exit: by which signal. The recorder knows it of the program itself.
 * A child's parent may have asked for its status (plugin/signals.h); else it is the signal that the child got last and did
 * not handle. Of a child that is killed without a trace, nothing is known.
 */
import { LEAVES_WITH_PROCESS, RING_FREE } from "../../../../assembly/abi/recording.js";
import { killedEvent, signalEvent } from "../../calls/qemu.js";
import type { RingRow } from "./shared-memory.node.js";

export interface EndingProgram {
  /** Its process number. */
  readonly pid: number | undefined;
  /** The signal that ended it; undefined if it exited, or runs. */
  readonly endSignal: number | undefined;
  /** True if the program has ended. Its children may still run. */
  hasEnded(): boolean;
}

/** SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH: none ends a process. */
const HARMLESS: ReadonlySet<number> = new Set([17, 18, 19, 20, 21, 22, 23, 28]);
/** The parent of a dead child may not have had the time to ask for its status. */
const MOST_CHECKS = 5;

export class Deaths {
  /** Processes that have exited, or that have become a program which is not recorded. */
  private readonly left = new Set<number>();
  private readonly checks = new Map<number, number>();

  constructor(private readonly program: EndingProgram) {}

  /** Takes note of a thread that lives. */
  note({ pid, leaves }: RingRow): void {
    if (leaves === LEAVES_WITH_PROCESS) this.left.add(pid);
  }

  /** The text events with which a dead thread ends; undefined if they are not known yet. */
  endOf(row: RingRow, rows: readonly RingRow[]): readonly string[] | undefined {
    this.note(row);
    const { pid } = row;
    if (row.leaves !== 0 || this.left.has(pid)) return [];
    const signal = pid === this.program.pid ? this.ofProgram() : this.ofChild(pid, rows);
    if (typeof signal !== "number") return signal === "unknown" ? [] : undefined;
    const events = row.signal.number === signal ? [signalEvent(row.signal)] : [];
    return row.tid === pid || row.leads ? [...events, killedEvent(signal)] : events;
  }

  private ofProgram(): number | "unknown" | undefined {
    const { program } = this;
    return program.hasEnded() ? (program.endSignal ?? "unknown") : undefined;
  }

  private ofChild(pid: number, rows: readonly RingRow[]): number | "unknown" | undefined {
    const own = rows.filter((row) => row.pid === pid && row.state !== RING_FREE);
    const known = own.find(({ killed }) => killed !== 0)?.killed;
    if (known !== undefined) return known;
    const checks = (this.checks.get(pid) ?? 0) + 1;
    this.checks.set(pid, checks);
    if (checks < MOST_CHECKS) return undefined;
    const last = own.find(({ signal }) => signal.number !== 0 && !HARMLESS.has(signal.number));
    return last?.signal.number ?? "unknown";
  }
}
