/** Runs the calls of a log that create, replace and end processes: fork, clone, execve, exit. */
import { InputError } from "../../errors.js";
import type { ReadProgram } from "../program/programs.js";
import type { AnswerLog } from "./answer-log.js";
import type { Beginnings } from "./beginnings.js";
import { type CallEntry, MOST_PID } from "./call-log.js";
import { isForking } from "./call-names.js";
import type { LoggedHeaps } from "./logged-heaps.js";
import { startProgram } from "./run-exec.js";
import type { Task, Tasks } from "./tasks.js";
import type { Warnings } from "./warnings.js";

/** The parts of a run that these calls change. */
export interface TaskCallsOf {
  readonly tasks: Tasks;
  readonly heaps: LoggedHeaps;
  readonly beginnings: Beginnings;
  readonly warnings: Warnings;
  readonly answers: AnswerLog;
  /** The log's names for results. */
  readonly values: Map<string, bigint>;
  readonly readProgram: ReadProgram | undefined;
  /** The following lines, as far as they can be read ahead. */
  readonly upcoming: () => AsyncIterable<string> | Iterable<string>;
}

export class TaskCalls {
  constructor(private readonly run: TaskCallsOf) {}

  /** fork, clone, exit: creates and ends processes. */
  change(task: Task, entry: CallEntry, place: string): undefined {
    if (isForking(entry.name)) this.fork(task, entry, place);
    else this.run.tasks.end(task, entry.name === "exit_group");
    return undefined;
  }

  private fork(task: Task, entry: CallEntry, place: string): void {
    const { pid } = task.memory.process;
    const child = this.child(task, entry, place);
    this.run.answers.take(pid, entry, BigInt(child?.pid ?? 0));
    if (child !== undefined && entry.target !== undefined)
      this.run.values.set(entry.target, BigInt(child.pid ?? 0));
  }

  /** Undefined if the call created none. */
  private child(task: Task, entry: CallEntry, place: string): Task | undefined {
    const { expected } = entry;
    if (expected?.kind === "error") this.run.tasks.abandon(task);
    const pid = expected?.kind === "value" ? Number(BigInt.asIntN(64, expected.value)) : undefined;
    // 0 is the return value in the child.
    if (expected?.kind === "error" || task.isOver || !task.memory.process.isAlive || pid === 0)
      return undefined;
    if (pid !== undefined && (pid < 0 || pid > MOST_PID))
      throw new InputError(`${pid} is no process`, `Linux numbers them from 1 to ${MOST_PID}`, place);
    const child = this.run.tasks.fork(task, entry, pid);
    if (this.run.beginnings.has(task.memory.process)) this.run.beginnings.add(child.memory.process);
    if (child.memory !== task.memory) this.run.heaps.fork(task.memory.process, child.memory.process);
    return child;
  }

  async exec(task: Task, entry: CallEntry, place: string): Promise<void> {
    const [argument] = entry.args;
    const { expected } = entry;
    if (expected !== undefined && (expected.kind !== "value" || expected.value !== 0n)) return;
    // The answer is not computed, so it is not checked.
    this.run.answers.take(task.memory.process.pid, { ...entry, expected: undefined }, 0n);
    const path = argument?.kind === "text" ? argument.text : "program";
    // A maps file has the regions after the start of the program.
    if (this.run.beginnings.hasMaps && task === this.run.tasks.first && this.run.answers.all.count === 1) {
      this.run.warnings.add(
        "maps",
        `${place}: the regions are those that the maps show, not a new program's`,
      );
      return;
    }
    const { tasks, upcoming, readProgram } = this.run;
    const missing = await startProgram(path, { tasks, upcoming, readProgram, task, entry });
    this.run.beginnings.add(task.memory.process);
    if (missing !== undefined) this.run.beginnings.addStandIn(task.memory.process);
    if (missing !== undefined)
      this.run.warnings.add(
        missing,
        `${missing} is not at hand, so a program of the usual shape stands in for ${path}; --root names where programs are`,
      );
  }
}
