/** Runs the calls of a log that create, replace and end processes: fork, clone, execve, exit. */
import { SPACE_BRK } from "../../../../assembly/abi/process.js";
import { InputError, optionNamed } from "../../../errors.js";
import { installMaps } from "../../proc/maps.js";
import type { Process } from "../../process.js";
import type { ReadProgram } from "../../program/programs.js";
import { numberOf } from "../parse/argument.js";
import { type CallEntry, MOST_PID } from "../parse/entry.js";
import { AnnouncedRegions } from "./announced-regions.js";
import { executedPath } from "./executed-path.js";
import type { LoggedHeaps } from "./logged-heaps.js";
import type { ProcessStarts } from "./process-starts.js";
import { startProgram, startUnrecorded } from "./program.js";
import { sharesMemory, type Task, type Tasks } from "./tasks.js";

/** The parts of a run that these calls change. */
export interface Surroundings {
  readonly tasks: Tasks;
  readonly heaps: LoggedHeaps;
  readonly starts: ProcessStarts;
  /** The log's names for results. */
  readonly values: Map<string, bigint>;
  readonly readProgram: ReadProgram | undefined;
  /** The following lines, as far as they can be read ahead. */
  readonly upcoming: () => AsyncIterable<string> | Iterable<string>;
  /** Counts a call whose recorded answer is used; returns the number of calls so far. */
  readonly take: (pid: number, entry: CallEntry, usual: bigint) => number;
  /** `matter` identifies the warning. */
  readonly warn: (matter: string, text: string) => void;
}

export class ProcessCalls {
  /** Processes whose program's execve is not in the log. */
  private readonly unrecorded = new WeakSet<Process>();
  private readonly announced = new AnnouncedRegions();

  constructor(private readonly run: Surroundings) {}

  /** fork, clone, exit: creates and ends processes. */
  change(task: Task, entry: CallEntry, place: string): undefined {
    if (entry.row.server === "fork") this.fork(task, entry, place);
    else if (entry.row.server === "region") this.announced.add(task, entry, place);
    else this.run.tasks.end(task, entry.name === "exit_group");
    return undefined;
  }

  private fork(task: Task, entry: CallEntry, place: string): void {
    const { pid } = task.memory.process;
    const child = this.child(task, entry, place);
    this.run.take(pid, entry, BigInt(child?.pid ?? 0));
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
      throw new InputError(`${pid} is not a process`, `Linux numbers them from 1 to ${MOST_PID}`, place);
    const child = this.run.tasks.fork(task, entry, pid);
    if (this.run.starts.has(task.memory.process)) this.run.starts.add(child.memory.process);
    if (this.unrecorded.has(task.memory.process)) this.unrecorded.add(child.memory.process);
    if (child.memory !== task.memory) this.run.heaps.fork(task.memory.process, child.memory.process);
    return child;
  }

  /**
   * True if the call may be the first of a program whose execve is not in the log. A query of the break does not change
   * it, so another break than that of such a program is the next program's.
   */
  mayBegin({ memory: { process } }: Task, { row, args, expected }: CallEntry): boolean {
    const isBreak = row.server === "brk" && numberOf(args[0]) === 0n && expected?.kind === "value";
    if (!isBreak) return false;
    if (this.unrecorded.has(process)) return process.isAlive && process.field(SPACE_BRK) !== expected.value;
    return !this.run.starts.has(process) && process.rawRegions().length === 0;
  }

  /** Starts the program, if the log begins as one does. */
  async begin(task: Task, entry: CallEntry, place: string): Promise<void> {
    const { tasks, upcoming, starts, warn } = this.run;
    if (!(await startUnrecorded({ tasks, upcoming, task, entry }))) return;
    this.unrecorded.add(task.memory.process);
    starts.add(task.memory.process);
    starts.addSubstitute(task.memory.process);
    warn("execve", `${place}: the log does not have the execve, so a typical program is used`);
  }

  async exec(task: Task, entry: CallEntry, place: string): Promise<void> {
    const { expected } = entry;
    const regions = this.announced.take(task);
    if (expected !== undefined && (expected.kind !== "value" || expected.value !== 0n)) return;
    const { tasks, upcoming, readProgram, starts, warn } = this.run;
    // The answer is not computed, so it is not checked.
    const count = this.run.take(task.memory.process.pid, { ...entry, expected: undefined }, 0n);
    const path = executedPath(task, entry);
    // A maps file has the regions after the start of the program.
    if (starts.hasMaps && task === tasks.first && count === 1) {
      warn("maps", `${place}: the regions are those that the maps show, not a new program's`);
      return;
    }
    if (regions.length > 0) {
      const process = tasks.replace(task);
      installMaps(process, regions, place.replace(/:\d+$/, ""));
      starts.addExecuted(process);
      return;
    }
    const lacking = await startProgram(path, { tasks, upcoming, readProgram, task, entry });
    starts.add(task.memory.process);
    if (lacking === undefined) return;
    starts.addSubstitute(task.memory.process);
    const { file, isOther } = lacking;
    if (readProgram === undefined) {
      warn("programs", `programs are not read here, so a typical program is used for ${path}`);
      return;
    }
    const why = isOther ? "here is not the program of the log" : "is not at hand";
    warn(
      file,
      `${file} ${why}, so a typical program is used for ${path}; ${optionNamed("root")} names the directory that has it`,
    );
  }
}

/** True if the call copies or ends an address space, so that it must find all returned calls done. */
export function concernsMemory({ memory }: Task, entry: CallEntry): boolean {
  if (entry.row.server === "region") return false;
  if (entry.row.server === "fork") return !sharesMemory(entry);
  return memory.users.size <= 1 || entry.name === "exit_group";
}
