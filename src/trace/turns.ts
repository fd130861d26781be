/**
 * Turns: in the time line of a program with threads or children, the thread that makes the references from a call event
 * on. An event's prefix names the thread; `sched_switch` is an event that only begins a turn, and names the process too:
 *
 *   [pid 12] sched_switch(10)          thread 12 of process 10 runs
 *   [pid 12] mmap(NULL, 4096, …        thread 12 runs; its process is known, or is 12
 *   [pid 10] execve("/bin/ls", …) = 0  process 10 has a new address space
 */
import {
  KIND_CALL,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
  RECORD_SPACE,
} from "../../assembly/abi/core.js";
import { InputError } from "../errors.js";
import type { Kernel } from "../wasm/kernel.js";
import type { Calls } from "./pagewalk/calls.js";

const SWITCH = /^\[pid \d+\] sched_switch\(/;

/** True if a call event does nothing but begin a turn. */
export function isSwitch(text: string): boolean {
  return SWITCH.test(text);
}

const PREFIX = /^\[pid (\d+)\] (?:sched_switch\((\d+)\)|(execve)\(.* = 0$)?/;
/** Numbers of address spaces have 16 bits in TLBs. */
const MOST_SPACES = 1 << 16;

interface Thread {
  readonly number: number;
  /** The process number. */
  readonly process: string;
}

/** Numbers the threads and address spaces of one pass over a trace. */
export class Turns {
  private readonly threads = new Map<string, Thread>();
  /** Address spaces by process. */
  private readonly spaces = new Map<string, number>();
  private running: string | undefined;
  private hasReferences = false;
  /** 1 if references come before all prefixes: those of a thread without a name. */
  private unnamed = 0;
  private spaceCount = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly name: string,
  ) {}

  /** Marks the batch's calls that begin a turn, as assembly/abi/core.ts draws it. True if there is one. */
  mark(records: number, count: number, calls: readonly string[]): boolean {
    let marked = false;
    if (calls.some((text) => text.startsWith("[pid "))) {
      const view = this.kernel.view();
      for (let n = 0, call = 0; n < count; n++) {
        const record = records + n * RECORD_BYTES;
        if (view.getUint8(record + RECORD_KIND) !== KIND_CALL) continue;
        this.hasReferences ||= n > call++;
        const turn = this.turnOf(calls[view.getUint32(record + RECORD_ADDRESS, true)] ?? "");
        if (turn === undefined) continue;
        view.setUint32(record + RECORD_SIZE, turn.thread + 1, true);
        view.setUint32(record + RECORD_SPACE, turn.space, true);
        marked = true;
      }
    }
    this.hasReferences ||= count > calls.length;
    return marked;
  }

  /** True if one of the calls of a block with `references` begins a turn; `positions` are the references before each. */
  isIn({ positions, texts }: Calls, references: number): boolean {
    let found = false;
    for (const [n, text] of texts.entries()) {
      this.hasReferences ||= (positions[n] ?? 0) > 0;
      if (this.turnOf(text) !== undefined) found = true;
    }
    this.hasReferences ||= references > 0;
    return found;
  }

  /** Undefined if the same thread goes on in the same address space, or the first begins. */
  private turnOf(text: string): { thread: number; space: number } | undefined {
    const [, id, group, execve] = PREFIX.exec(text) ?? [];
    if (id === undefined || (id === this.running && execve === undefined)) return undefined;
    const isFirst = this.running === undefined && !this.hasReferences;
    if (this.running === undefined) this.unnamed = this.spaceCount = Number(this.hasReferences);
    this.running = id;
    const { number, process } = this.thread(id, group);
    if (execve !== undefined) this.spaces.delete(process);
    const turn = { thread: number, space: this.space(process) };
    return isFirst ? undefined : turn;
  }

  private thread(id: string, group: string | undefined): Thread {
    const known = this.threads.get(id);
    if (known !== undefined && (group ?? known.process) === known.process) return known;
    const number = known?.number ?? this.threads.size + this.unnamed;
    const thread = { number, process: group ?? id };
    this.threads.set(id, thread);
    return thread;
  }

  private space(process: string): number {
    const known = this.spaces.get(process);
    if (known !== undefined) return known;
    const number = this.spaceCount++;
    if (number >= MOST_SPACES) {
      const problem = `it has more than ${MOST_SPACES} address spaces`;
      throw new InputError(problem, "record fewer processes", this.name);
    }
    this.spaces.set(process, number);
    return number;
  }
}
