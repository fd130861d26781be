/** Statistics of each call of the allocator: its block, its search steps, and the free lists after it. */

import { type FreeList, freeLists } from "../../heap/view.js";
import type { Process } from "../../process.js";
import type { Outcome } from "../calls/call.js";
import type { CallEntry } from "../parse/entry.js";
import { callText } from "./answer-log.js";

export interface HeapStep {
  /** Line of the log, or number of the call in a time line. */
  readonly line: number;
  readonly pid: number;
  /** The call's text in the log, without its result. */
  readonly call: string;
  /** The returned block, 0n for NULL; undefined if the call returns none. */
  readonly block: bigint | undefined;
  /** Nodes of lists, trees and bitmaps that the call looked at. */
  readonly searched: number;
  /** The page in which the heap begins, the origin of places in it. */
  readonly start: bigint;
  readonly lists: readonly FreeList[];
}

/** The number of calls, and the first of them. */
export interface HeapStepList {
  /** Number of the calls, also of those that are not in `entries`. */
  readonly count: number;
  /** The first ten thousand. */
  readonly entries: readonly HeapStep[];
}

/** Limit on kept calls, since each one walks the heap. */
const MOST = 10_000;
const PAGE_MASK = 0xfffn;

export class HeapSteps implements HeapStepList {
  readonly entries: HeapStep[] = [];
  count = 0;
  /** The counters of each process's allocator before the call. */
  private readonly before = new WeakMap<Process, { operations: number; steps: number }>();

  /** Records a call that was made; ignores calls that are not the allocator's. */
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
