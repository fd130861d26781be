/** What a run came to. */
import { SPACE_LOCKED } from "../../../assembly/abi/process.js";
import type { PagewalkError } from "../../errors.js";
import type { ChargesResult } from "../block-charges.js";
import type { CycleCounts } from "../costs.js";
import type { RegionView } from "../proc/views.js";
import type { Process } from "../process.js";
import type { HeapCounts } from "../process-heap.js";
import type { System } from "../system.js";
import type { CallList } from "./answer-log.js";
import type { LineFaults } from "./fault-lines.js";
import type { WrittenText } from "./figure-calls.js";
import type { HeapStepList } from "./heap-steps.js";
import type { SignalEntry } from "./signal-log.js";

export interface Mismatch {
  readonly line: number;
  readonly call: string;
  readonly expected: string;
  readonly actual: string;
}

export interface ProcessResult {
  readonly pid: number;
  readonly alive: boolean;
  readonly maps: readonly RegionView[];
  readonly residentBytes: number;
  readonly lockedBytes: number;
  readonly swapBytes: number;
  readonly faults: { readonly minor: number; readonly major: number };
  readonly cycles: CycleCounts;
  /** What its allocator had and did; undefined where it called none. */
  readonly heap: HeapCounts | undefined;
}

export interface RunResult {
  /** What calls are numbered by: lines of a log, or calls of a time line. */
  readonly unit: "line" | "call";
  /** How many of them were read. */
  readonly lines: number;
  readonly calls: number;
  /** Calls whose recorded result was compared, and how that went. */
  readonly checked: number;
  readonly matched: number;
  readonly mismatched: number;
  readonly firstMismatch: Mismatch | undefined;
  /** The calls that ran, with their answers where these were asked for. */
  readonly answers: CallList;
  /** Those that did not answer as recorded, of a run that is verified. */
  readonly differences: CallList;
  /** Those that failed where the log says nothing of it. */
  readonly refused: CallList;
  /** References of a time line that were made, and those of processes that had ended. */
  readonly references: { readonly made: number; readonly skipped: number };
  /** Calls with no bearing on memory, by name. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly signals: readonly SignalEntry[];
  /** What malloc_stats and malloc_info have written, the first thousand of them. */
  readonly written: readonly WrittenText[];
  /** Lines that took page faults, where they were asked for. */
  readonly faultLines: readonly LineFaults[];
  /** The allocators' calls with the free lists that they left, where these were asked for. */
  readonly heapSteps: HeapStepList | undefined;
  /** What a recording's references cost, by the heap's blocks and else; undefined where it has no allocations. */
  readonly charges: ChargesResult | undefined;
  /** The process that the log begins with. */
  readonly process: ProcessResult;
  /** All that there were, of those that have ended the first thousand. */
  readonly processes: readonly ProcessResult[];
  readonly system: System;
  readonly warnings: readonly string[];
  /** Why the run ended before the log did: a line that makes no sense, or more memory than Wasm has. */
  readonly stopped: PagewalkError | undefined;
}

export function mismatchOf({ entries: [first] }: CallList): Mismatch | undefined {
  if (first === undefined) return undefined;
  const { line, call, recorded = "", answer } = first;
  return { line, call, expected: recorded, actual: answer };
}

export function processResult(process: Process): ProcessResult {
  const maps = process.regions();
  const sum = (key: "rssBytes" | "swapBytes") => maps.reduce((total, region) => total + region[key], 0);
  return {
    pid: process.pid,
    alive: process.isAlive,
    maps,
    residentBytes: sum("rssBytes"),
    lockedBytes: process.isAlive ? Number(process.field(SPACE_LOCKED) * process.pageBytes) : 0,
    swapBytes: sum("swapBytes"),
    faults: process.faults,
    cycles: process.cycles,
    heap: process.library.counts,
  };
}
