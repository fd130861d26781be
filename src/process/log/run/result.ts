/** The result of a run. */
import { SPACE_LOCKED } from "../../../../assembly/abi/process.js";
import type { PagewalkError } from "../../../errors.js";
import type { TraceDescription } from "../../../trace/trace.js";
import type { ChargesResult } from "../../block-charges.js";
import type { CycleCounts } from "../../costs.js";
import type { HeapCounts } from "../../heap/view.js";
import type { RegionView } from "../../proc/regions.js";
import type { Process } from "../../process.js";
import type { System } from "../../system.js";
import type { CallList } from "./answer-log.js";
import type { LineFaults } from "./fault-lines.js";
import type { HeapStepList } from "./heap-steps.js";
import type { SignalEntry } from "./signal-log.js";

/** The first recorded result that differs from the simulated one. */
export interface Mismatch {
  /** Line of the log, or number of the call in a time line. */
  readonly line: number;
  /** The call's text in the log, without its result. */
  readonly call: string;
  /** The recorded answer. */
  readonly expected: string;
  /** The answer of the simulation. */
  readonly actual: string;
}

/** Text that a call wrote to standard error or to a stream of the program. */
export interface WrittenText {
  /** Line of the log, or number of the call in a time line. */
  readonly line: number;
  /** Number of the process. */
  readonly pid: number;
  /** The call's text in the log, without its result. */
  readonly call: string;
  /** Incomplete if a signal interrupted the call. */
  readonly text: string;
}

/** A process at the end of a run. Sizes are in bytes. */
export interface ProcessResult {
  /** Number of the process. */
  readonly pid: number;
  /** The process had not ended at the end of the log. */
  readonly alive: boolean;
  /** Its regions, by address. */
  readonly maps: readonly RegionView[];
  /** Bytes of its pages in memory. */
  readonly residentBytes: number;
  /** Bytes of its pages in locked regions. */
  readonly lockedBytes: number;
  /** Bytes of its pages in swap. */
  readonly swapBytes: number;
  /** Page faults since the process began. */
  readonly faults: { readonly minor: number; readonly major: number };
  /** Cycles by the option `costs`. */
  readonly cycles: CycleCounts;
  /** Statistics of its allocator; undefined if it was never called. */
  readonly heap: HeapCounts | undefined;
}

/** Result of `runLog`. */
export interface RunResult {
  /** How the log was read; undefined if the run was stopped before it was opened. */
  readonly trace: TraceDescription | undefined;
  /** The numbering of calls: lines of a log, or calls of a time line. */
  readonly unit: "line" | "call";
  /** Number of lines or calls read. */
  readonly lines: number;
  /** Calls that ran. */
  readonly calls: number;
  /** Calls whose recorded result was compared. */
  readonly checked: number;
  /** Checked calls whose answer is the recorded one. */
  readonly matched: number;
  /** Checked calls whose answer differs. */
  readonly mismatched: number;
  /** The first of these. */
  readonly firstMismatch: Mismatch | undefined;
  /** The calls that ran, with their answers, if requested. */
  readonly answers: CallList;
  /** Calls whose answer differs from the recorded one, in a verified run. */
  readonly differences: CallList;
  /** Calls that failed although the log records no failure. */
  readonly refused: CallList;
  /** References of a time line that were made, and those skipped because their process had ended. */
  readonly references: { readonly made: number; readonly skipped: number };
  /** Calls with no bearing on memory, by name. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Lines that belong to no call, such as the program's output, which were passed over. */
  readonly otherLines: number;
  /** Signals, the first hundred thousand. */
  readonly signals: readonly SignalEntry[];
  /** Text written by malloc_stats and malloc_info, the first thousand calls. */
  readonly written: readonly WrittenText[];
  /** Lines that took page faults, if requested. */
  readonly faultLines: readonly LineFaults[];
  /** The allocators' calls with the free lists after them, if requested. */
  readonly heapSteps: HeapStepList | undefined;
  /** Costs of a recording's references, by block of the heap and elsewhere; undefined if it has no allocations. */
  readonly charges: ChargesResult | undefined;
  /** The first process of the log. */
  readonly process: ProcessResult;
  /** All processes; of those that have ended, the first thousand. */
  readonly processes: readonly ProcessResult[];
  /** The system after the last call, which can be inspected and used on. */
  readonly system: System;
  /** One line each. */
  readonly warnings: readonly string[];
  /** The warnings with options as `optionNamed` writes them. @internal */
  readonly warningWords: readonly string[];
  /** The reason why the run ended before the log: a malformed line, or lack of Wasm memory. */
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
