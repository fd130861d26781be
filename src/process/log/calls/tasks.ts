/**
 * The tasks of a log: its process numbers, and the processes, threads and descriptors behind them. Threads share their
 * process's memory; so does the child of vfork until it executes another program or ends.
 *
 * strace shows a child's first calls before its parent's fork has returned, and no numbers while it traces only one
 * process. An unknown number is the child of a fork that has begun, or the first process's own number.
 */

import * as linux from "../../../../assembly/abi/linux.js";
import { SPACE_THP } from "../../../../assembly/abi/process.js";
import type { Process } from "../../process.js";
import type { System } from "../../system.js";
import { Thread } from "../../thread.js";
import { numberOf } from "../parse/argument.js";
import type { ParsedCall } from "../parse/grammar.js";
import { Descriptors } from "./descriptors.js";
import type { Parentage } from "./parentage.js";

export interface Task {
  /** Undefined until the log shows it. */
  pid: number | undefined;
  memory: Memory;
  thread: Thread;
  descriptors: Descriptors;
  /** The threads of its process, including itself. */
  group: Set<Task>;
  isOver: boolean;
}

/** A process and its tasks. */
interface Memory {
  readonly process: Process;
  readonly users: Set<Task>;
}

/** A call that creates a task. */
interface PendingFork {
  readonly parent: Task;
  readonly text: string;
  readonly call: ParsedCall;
  child: Task | undefined;
}

/** Limit on forks under way at once. */
const MOST_PENDING = 1000;
const CLONE_VM = BigInt(linux.CLONE_VM);
const CLONE_FILES = BigInt(linux.CLONE_FILES);
const CLONE_VFORK = BigInt(linux.CLONE_VFORK);
const CLONE_THREAD = BigInt(linux.CLONE_THREAD);

export class Tasks {
  /** The first process of the log. */
  first: Task | undefined;
  /** The log begins after the start of the first process: a task that no call creates is one of its threads. */
  isAttached = false;
  /** Lines without a number are the first thread's, and each number is another thread of its process. */
  private isOfThreads = false;
  private readonly known = new Map<number, Task>();
  private readonly pending: PendingFork[] = [];
  /** Processes that may be alive. */
  private readonly living = new Set<Process>();

  constructor(
    private readonly system: System,
    private readonly realPath: ((path: string) => string) | undefined,
    /** Called before a process ends. */
    private readonly ending: (process: Process) => void,
  ) {}

  /** The log has the threads of one process: its recorder numbers all but the first. */
  join(): void {
    this.of(undefined);
    this.isAttached = true;
    this.isOfThreads = true;
  }

  /** The task of that number, created if there is none. Throws `UsageError` if the limit is reached. */
  of(pid: number | undefined): Task {
    const task = this.find(pid);
    if (task !== undefined) return task;
    const pending = pid === undefined ? undefined : this.pending.find(({ child }) => child === undefined);
    if (pid !== undefined && pending !== undefined) {
      pending.child = this.make(pending.parent, pending.call, pid);
      return pending.child;
    }
    if (pid !== undefined && this.first !== undefined && this.first.pid === undefined && !this.isOfThreads)
      return this.name(this.first, pid);
    if (this.isAttached && this.first !== undefined) return this.joined(this.first, pid);
    const fresh = this.start(pid);
    this.first ??= fresh;
    return fresh;
  }

  /** True if the call that created the task of that number is not known: several may have, or none has begun. */
  isAmbiguous(pid: number | undefined): boolean {
    if (pid === undefined || this.first === undefined || this.known.has(pid) || this.isAttached) return false;
    return this.pending.filter(({ child }) => child === undefined).length !== 1;
  }

  /** The task of that number is the child of the parent with the other number. */
  attribute(pid: number, { pid: parent, call }: Parentage): void {
    if (call !== undefined) {
      const task = this.find(parent) ?? this.first;
      if (task !== undefined)
        this.pending.push({ parent: task, text: "", call, child: this.make(task, call, pid) });
      return;
    }
    const waiting = this.pending.filter(({ child }) => child === undefined);
    const pending =
      waiting.find((one) => one.parent.pid === parent) ?? waiting.find((one) => one.parent.pid === undefined);
    if (pending !== undefined) pending.child = this.make(pending.parent, pending.call, pid);
  }

  /** The task of that number. For a line without a number, the first task, or the only one that remains. */
  find(pid: number | undefined): Task | undefined {
    if (pid !== undefined) return this.known.get(pid);
    if (this.first?.isOver !== true) return this.first;
    const left = [...this.living].flatMap((process) => (process.isAlive ? [process] : []));
    const task = [...this.known.values()].find(
      ({ isOver, memory }) => !isOver && left.length === 1 && memory.process === left[0],
    );
    return task ?? this.first;
  }

  /** Another thread of the task's process, created before the log began. */
  private joined({ memory, descriptors, group }: Task, pid: number | undefined): Task {
    const thread = new Thread(memory.process, memory.process.stackPointer);
    return this.add(pid, memory, thread, descriptors, group);
  }

  private name(task: Task, pid: number): Task {
    task.pid = pid;
    this.system.renumber(task.memory.process, pid);
    this.known.set(pid, task);
    return task;
  }

  private start(pid: number | undefined): Task {
    const process = this.system.start(pid);
    return this.add(
      pid,
      { process, users: new Set() },
      process.main,
      new Descriptors(this.system.files, this.realPath),
    );
  }

  private add(
    pid: number | undefined,
    memory: Memory,
    thread: Thread,
    descriptors: Descriptors,
    group = new Set<Task>(),
  ): Task {
    const task: Task = { pid, memory, thread, descriptors, group, isOver: false };
    group.add(task);
    memory.users.add(task);
    this.living.add(memory.process);
    if (pid !== undefined) this.known.set(pid, task);
    return task;
  }

  /** The parent's call has begun. Its child may run before the call returns. */
  begin(parent: Task, text: string, call: ParsedCall): void {
    if (this.pending.length === MOST_PENDING) this.pending.shift();
    this.pending.push({ parent, text, call, child: undefined });
  }

  /** The task whose call has returned. This line may show its number. */
  resume(pid: number | undefined, text: string): void {
    if (pid === undefined || this.known.has(pid)) return;
    const pending = this.pending.find((one) => one.parent.pid === undefined && text.startsWith(one.text));
    if (pending !== undefined) this.name(pending.parent, pid);
  }

  /** The task that the parent's call created, given its answer. Throws `NoProcess`. */
  fork(parent: Task, call: ParsedCall, pid: number | undefined): Task {
    const at = this.pending.findIndex((one) => one.parent === parent);
    const [pending] = at < 0 ? [] : this.pending.splice(at, 1);
    if (pending?.child !== undefined && pending.child.pid === pid) return pending.child;
    const other = this.pending.find(({ child }) => child !== undefined && child.pid === pid);
    if (pending?.child !== undefined && other?.child !== undefined) {
      // If two forks overlap, only their answers show which child belongs to which.
      const { child } = other;
      other.child = pending.child;
      return child;
    }
    return this.make(parent, call, pid);
  }

  /** The parent's call failed. */
  abandon(parent: Task): void {
    const at = this.pending.findIndex((one) => one.parent === parent);
    if (at >= 0) this.pending.splice(at, 1);
  }

  private make(parent: Task, call: ParsedCall, pid: number | undefined): Task {
    const flags = flagsOf(call);
    const has = (flag: bigint) => (flags & flag) !== 0n;
    const descriptors = has(CLONE_FILES) ? parent.descriptors : parent.descriptors.copy();
    if (has(CLONE_VM)) {
      const thread = new Thread(parent.memory.process, stackOf(call) ?? parent.thread.stackPointer);
      return this.add(pid, parent.memory, thread, descriptors, has(CLONE_THREAD) ? parent.group : undefined);
    }
    const process = parent.memory.process.fork(pid, parent.thread);
    if ("error" in process) throw new NoProcess(process.error);
    return this.add(pid ?? process.pid, { process, users: new Set() }, process.main, descriptors);
  }

  /** A program replaces the task's: an empty process with the same limits. */
  replace(task: Task): Process {
    for (const other of task.group) if (other !== task) this.leave(other);
    task.group = new Set([task]);
    const { process, users } = task.memory;
    const limits = process.isAlive ? process.limits() : undefined;
    const thp = process.isAlive ? process.field(SPACE_THP) : undefined;
    users.delete(task);
    if (users.size === 0) this.stop(process);
    const pid = task.pid ?? process.pid;
    const fresh = this.system.start(this.system.processes.get(pid)?.isAlive ? undefined : pid, limits);
    if (thp !== undefined) fresh.space.kernel.setField(SPACE_THP, thp);
    task.memory = { process: fresh, users: new Set([task]) };
    task.thread = fresh.main;
    task.descriptors = task.descriptors.executed();
    this.living.add(fresh);
    return fresh;
  }

  /** Ends a thread, or all of its process. The memory of the last process is kept for inspection. */
  end(task: Task, isWhole: boolean): void {
    for (const one of isWhole ? [...task.group] : [task]) this.leave(one);
    const { process, users } = task.memory;
    if (users.size > 0 && process.library.isMade) task.thread.leaveHeap();
    if (users.size > 0 || !process.isAlive || this.isLast(process)) return;
    this.ending(process);
    this.stop(process);
  }

  /** The number may be reused for another task. */
  forget(pid: number): void {
    const task = this.known.get(pid);
    const isLast = task?.memory.process.isAlive && task.memory.process.pid === pid;
    if (task?.isOver && !isLast) this.known.delete(pid);
  }

  private leave(task: Task): void {
    task.isOver = true;
    task.group.delete(task);
    task.memory.users.delete(task);
  }

  private stop(process: Process): void {
    process.exit();
    this.living.delete(process);
  }

  private isLast(process: Process): boolean {
    for (const other of this.living) {
      if (!other.isAlive) this.living.delete(other);
      else if (other !== process) return false;
    }
    return true;
  }
}

/** There is no room for another process. */
export class NoProcess extends Error {
  constructor(readonly errorName: string | undefined) {
    super("no more processes");
  }
}

/** True if the new task shares its parent's memory. */
export function sharesMemory(call: ParsedCall): boolean {
  return (flagsOf(call) & CLONE_VM) !== 0n;
}

/** Flags of the clone family, in any argument. Unknown names do not matter here. */
function flagsOf({ name, args, named }: ParsedCall): bigint {
  if (name === "vfork") return CLONE_VM | CLONE_VFORK;
  if (name === "fork") return 0n;
  const [first] = args;
  const flags = named.get("flags") ?? (first?.kind === "struct" ? first.fields.get("flags") : first);
  return numberOf(flags) ?? 0n;
}

/** The top of the new task's stack; undefined if it continues on a copy of its parent's. */
function stackOf({ args, named }: ParsedCall): bigint | undefined {
  const [first, second] = args;
  const top =
    first?.kind === "struct"
      ? (numberOf(first.fields.get("stack")) ?? 0n) + (numberOf(first.fields.get("stack_size")) ?? 0n)
      : numberOf(named.get("child_stack") ?? named.get("stack") ?? second);
  return top === 0n ? undefined : top;
}
