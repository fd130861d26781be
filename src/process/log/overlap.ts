/**
 * Calls of one process's threads that were under way at the same time: in which order the kernel served them, only their
 * answers tell. A mapping that the record has elsewhere may have been made after a call that had begun by then.
 *
 *   [pid 2] munmap(0x7ffff5d54000, 4096 <unfinished ...>
 *   [pid 1] mmap(NULL, 4096, …) = 0x7ffff5d54000             # so it was free already
 *   [pid 2] <... munmap resumed>) = 0
 */
import { argumentCount } from "./call-names.js";
import type { Call, Outcome } from "./run-calls.js";
import type { Task } from "./tasks.js";

interface Underway {
  readonly task: Task;
  readonly call: Call;
  isDone: boolean;
  /** Of one that was run before the log has its answer. */
  outcome: Outcome | undefined;
}

const MAP_FIXED = 0x10n;

export class Overlap {
  private readonly underway = new Map<Task, Underway>();

  /** The task's call has begun. */
  begin(task: Task, call: Call): void {
    const [least] = argumentCount(call.name) ?? [Number.POSITIVE_INFINITY];
    if (call.args.length >= least) this.underway.set(task, { task, call, isDone: false, outcome: undefined });
  }

  forget(task: Task): void {
    this.underway.delete(task);
  }

  /** Runs the task's call by `run`, after others that must have come before it; or tells what it came to, had it to go before. */
  answer(task: Task, call: Call, run: (task: Task, call: Call) => Outcome | undefined): Outcome | undefined {
    const own = this.underway.get(task);
    this.underway.delete(task);
    if (own?.isDone) return own.outcome;
    let outcome = run(task, call);
    for (const other of this.underway.values()) {
      if (outcome === undefined || !isElsewhere(outcome, call)) break;
      if (other.isDone || other.task.memory !== task.memory) continue;
      task.memory.process.call("munmap", [outcome.value, outcome.args[1] ?? 0n]);
      other.isDone = true;
      other.outcome = run(other.task, other.call);
      outcome = run(task, call);
    }
    return outcome;
  }
}

/** Is it a mapping that the kernel found another place for? */
function isElsewhere({ name, args, value, error }: Outcome, { expected }: Call): boolean {
  const isPlaced = ((args[3] ?? 0n) & MAP_FIXED) !== 0n;
  if (name !== "mmap" || isPlaced || error !== undefined) return false;
  return expected?.kind === "value" && expected.value !== value;
}
