/** How a log's calls of the allocator went: what each gave, how long it searched, and the free lists that it left. */

import { type FreeList, freeLists } from "../heap-view.js";
import type { Process } from "../process.js";
import { callText } from "./answer-log.js";
import type { Outcome } from "./call.js";
import type { CallEntry } from "./call-log.js";

export interface HeapStep {
  /** In the log, or the call's number in a time line. */
  readonly line: number;
  readonly pid: number;
  /** As the log has it, without its result. */
  readonly call: string;
  /** The block that it gave, 0n: NULL; undefined: it gives none. */
  readonly block: bigint | undefined;
  /** Nodes of lists, trees and bitmaps that it looked at. */
  readonly searched: number;
  /** The page that the heap begins in, from which places in it are counted. */
  readonly start: bigint;
  readonly lists: readonly FreeList[];
}

/** How many there were, and the first of them. */
export interface HeapStepList {
  readonly count: number;
  readonly entries: readonly HeapStep[];
}

/** Of these at most so many are kept: each one walks the heap. */
const MOST = 10_000;
const PAGE_MASK = 0xfffn;

export class HeapSteps implements HeapStepList {
  readonly entries: HeapStep[] = [];
  count = 0;
  /** What each process's allocator had done before. */
  private readonly before = new WeakMap<Process, { operations: number; steps: number }>();

  /** A call has been made; one that is none of the allocator's is passed over. */
  add(process: Process, entry: CallEntry, { value, isBlock }: Outcome): void {
    const { counts } = process.library;
    if (counts === undefined) return;
    const { operations, steps } = counts;
    const had = this.before.get(process) ?? { operations: 0, steps: 0 };
    if (operations === had.operations) return;
    this.before.set(process, { operations, steps });
    this.count++;
    const view = this.entries.length < MOST ? process.heap() : undefined;
    if (view === undefined) return;
    const first = view.chunks[0]?.address ?? 0n;
    this.entries.push({
      line: entry.line,
      pid: process.pid,
      call: callText(entry),
      block: isBlock === true ? value : undefined,
      searched: steps - had.steps,
      start: first & ~PAGE_MASK,
      lists: freeLists(view),
    });
  }
}
