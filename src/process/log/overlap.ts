/**
 * Calls of one process's threads that were under way at the same time: in which order the kernel served them, only their
 * answers tell. They wait here until all that overlap have answered, and are then served in an order that gives each the
 * address that the log has for it.
 *
 *   [pid 2] munmap(0x7ffff5d54000, 4096 <unfinished ...>
 *   [pid 1] mmap(NULL, 4096, …) = 0x7ffff5d54000             # so it was free already
 *   [pid 2] <... munmap resumed>) = 0
 */
import type { Process } from "../process.js";
import { type Answered, Orders, type Waiting } from "./order.js";
import type { Task } from "./tasks.js";

/** What is under way in one process's memory. */
interface Window {
  readonly open: Map<Task, number>;
  waiting: Waiting[];
}

/** Where so many wait, the first half is served, though others are still under way. */
const MOST_WAITING = 128;

export class Overlap {
  private readonly windows = new Map<Process, Window>();
  private readonly orders = new Orders();
  private now = 0;

  constructor(private readonly serve: (answered: Answered) => void) {}

  /** The task's call has begun. */
  begin(task: Task): void {
    const { process } = task.memory;
    let window = this.windows.get(process);
    if (window === undefined) {
      window = { open: new Map(), waiting: [] };
      this.windows.set(process, window);
    }
    window.open.set(task, this.now++);
  }

  /** The task's call has answered: it is served, at once unless others of its process are under way. */
  answer(answered: Answered): void {
    const { task } = answered;
    const { process } = task.memory;
    const window = this.windows.get(process);
    if (window === undefined) {
      this.serve(answered);
      return;
    }
    const ended = this.now++;
    window.waiting.push({ ...answered, began: window.open.get(task) ?? ended, ended });
    window.open.delete(task);
    if (window.open.size === 0) this.settle(process);
    else if (window.waiting.length === MOST_WAITING) this.serveSome(window, process, MOST_WAITING / 2);
  }

  /** The task's call will not answer. */
  forget(task: Task): void {
    const { process } = task.memory;
    const window = this.windows.get(process);
    if (window?.open.delete(task) && window.open.size === 0) this.settle(process);
  }

  /** Are calls of that process's memory under way? */
  isUnderWay({ memory }: Task): boolean {
    return this.windows.has(memory.process);
  }

  /** Serves what waits in the process's memory, before something that has to find it done. */
  settle(process: Process): void {
    const window = this.windows.get(process);
    if (window === undefined) return;
    if (window.open.size === 0) this.windows.delete(process);
    this.serveSome(window, process, window.waiting.length);
  }

  private serveSome(window: Window, process: Process, count: number): void {
    const order = this.orders.of(window.waiting, process);
    // Served calls may end the process and come back here.
    window.waiting = order.slice(count).sort((a, b) => a.ended - b.ended);
    for (const waiting of order.slice(0, count)) this.serve(waiting);
  }

  settleAll(): void {
    for (const process of [...this.windows.keys()]) this.settle(process);
  }
}
