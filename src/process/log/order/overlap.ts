/**
 * Calls of one process's threads that overlap in time. Only their answers show the order in which the kernel served
 * them. They are kept here until all that overlap have returned, and are then served in an order that gives each one
 * its recorded address.
 *
 *   [pid 2] munmap(0x7ffff5d54000, 4096 <unfinished ...>
 *   [pid 1] mmap(NULL, 4096, …) = 0x7ffff5d54000             # so it was free already
 *   [pid 2] <... munmap resumed>) = 0
 */
import type { Process } from "../../process.js";
import type { Task } from "../calls/tasks.js";
import { type Answered, Orders, type Waiting } from "./search.js";

/** Calls under way in one address space. */
interface Window {
  readonly open: Map<Task, number>;
  waiting: Waiting[];
}

/** If so many calls wait, the first half is served although others are still under way. */
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

  /** The task's call has returned. It is served at once unless other calls of its process are under way. */
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

  /** The task's call will not return. */
  forget(task: Task): void {
    const { process } = task.memory;
    const window = this.windows.get(process);
    if (window?.open.delete(task) && window.open.size === 0) this.settle(process);
  }

  /** True if calls in that address space are under way. */
  isUnderWay({ memory }: Task): boolean {
    return this.windows.has(memory.process);
  }

  /** Serves the waiting calls of the address space, before something that needs them done. */
  settle(process: Process): void {
    const window = this.windows.get(process);
    if (window === undefined) return;
    if (window.open.size === 0) this.windows.delete(process);
    this.serveSome(window, process, window.waiting.length);
  }

  private serveSome(window: Window, process: Process, count: number): void {
    const order = this.orders.of(window.waiting, process);
    // Serving calls may end the process and re-enter this function.
    window.waiting = order.slice(count).sort((a, b) => a.ended - b.ended);
    for (const waiting of order.slice(0, count)) this.serve(waiting);
  }

  settleAll(): void {
    for (const process of [...this.windows.keys()]) this.settle(process);
  }
}
