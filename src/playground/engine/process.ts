/**
 * Call logs in the worker. One run gives the answers of all calls. The state after some of them comes from another run,
 * which ends there: a run has no other state than its log, so stepping back needs no history.
 */
import { type Process, type RunOptions, type RunResult, runLog } from "pagewalk";
import { signalLines } from "../../report/signals.js";
import { type LoggedCall, type Outline, outlineOf } from "./outline.js";
import { type ProcessState, stateOf } from "./process-state.js";

/** The options of the view, by the library's names. */
export type ProcessOptions = Pick<RunOptions, "memory" | "swap" | "ulimit"> & {
  readonly arch?: string;
  readonly policy?: string;
  readonly allocator?: string;
};

export interface ProcessJob {
  readonly options: ProcessOptions;
  readonly log: string;
}

/** The result of a run of the whole log. */
export interface ProcessRun extends Outline {
  /** The number of the run, by which its calls and states are asked for. */
  readonly id: number;
  readonly checked: number;
  readonly matched: number;
  readonly warnings: readonly string[];
  /** The reason why the run ended before the log. The line is undefined if no line is at fault. */
  readonly stopped: { readonly line: number | undefined; readonly text: string } | undefined;
  /** The last number of calls after which the caller was alive. */
  readonly aliveAt: number;
}

/** The state after a call, and the call. */
export interface StateAfter extends ProcessState {
  readonly last: LoggedCall | undefined;
}

const NAME = "log";
/** Columns of a signal's reason. */
const WIDTH = 1000;

/** The last run that ended, for questions about it. */
let kept:
  | { readonly id: number; readonly job: ProcessJob; readonly calls: readonly LoggedCall[] }
  | undefined;
let running: AbortController | undefined;
/** The run that a state comes from. */
let looking: AbortController | undefined;
let runs = 0;

/** Runs the log to its end. A run that is under way stops. */
export async function runProcess(job: ProcessJob): Promise<ProcessRun> {
  const { options, log } = job;
  running?.abort();
  looking?.abort();
  const controller = new AbortController();
  running = controller;
  const callers: { line: number; process: Process }[] = [];
  let aliveAt = 0;
  const look = () => {
    const last = callers.at(-1);
    if (last !== undefined && current(last.process).isAlive) aliveAt = callers.length;
  };
  const result = await runLog(bytesOf(log), {
    ...(options as RunOptions),
    name: NAME,
    verify: true,
    answers: true,
    faultLines: true,
    signal: controller.signal,
    onLine: (line, process) => {
      look();
      callers.push({ line, process });
    },
  });
  look();
  const { checked, matched, warnings } = result;
  const lines = callers.map(({ line, process }) => ({ line, pid: process.pid }));
  const calls = callsOf(lines, result);
  const id = ++runs;
  // The page has asked for another one by now.
  if (!controller.signal.aborted) kept = { id, job, calls };
  return { id, ...outlineOf(calls), checked, matched, warnings, stopped: reasonOf(result), aliveAt };
}

/** The calls of these lines; none if another log has run since. */
export function callsIn(id: number, first: number, last: number): readonly LoggedCall[] {
  if (kept?.id !== id) return [];
  return kept.calls.filter(({ line }) => line >= first && line <= last);
}

/**
 * The state after `at` calls of the run, of the process of that number, or of the last caller. Undefined if another
 * state or another run was asked for since.
 */
export async function processAt(
  id: number,
  at: number,
  pid: number | undefined,
): Promise<StateAfter | undefined> {
  if (kept?.id !== id) return undefined;
  looking?.abort();
  const controller = new AbortController();
  looking = controller;
  const last = kept.calls[at - 1];
  const state = await stateAfter(kept.job, at, pid, controller);
  return state === undefined ? undefined : { ...state, last };
}

async function stateAfter(
  { options, log }: ProcessJob,
  at: number,
  pid: number | undefined,
  controller: AbortController,
): Promise<ProcessState | undefined> {
  let count = 0;
  let last: Process | undefined;
  let state: ProcessState | undefined;
  const capture = (caller: Process) => {
    const named = pid === undefined ? undefined : caller.system.processes.get(pid);
    return stateOf(named ?? current(caller));
  };
  const result = await runLog(bytesOf(log), {
    ...(options as RunOptions),
    name: NAME,
    verify: true,
    signal: controller.signal,
    onLine: (_, process) => {
      if (count === at && state === undefined) {
        state = capture(last ?? process);
        controller.abort();
      }
      count++;
      last = process;
    },
  });
  if (state !== undefined) return state;
  if (controller.signal.aborted) return undefined;
  const end = last ?? result.system.processes.values().next().value;
  if (end === undefined) throw result.stopped ?? new Error("the log has no process");
  return capture(end);
}

/** The process of that number now: execve puts another in its place. */
function current(process: Process): Process {
  return process.system.processes.get(process.pid) ?? process;
}

function bytesOf(log: string): Uint8Array {
  return new TextEncoder().encode(log);
}

function callsOf(lines: readonly { line: number; pid: number }[], result: RunResult): LoggedCall[] {
  const answers = new Map(result.answers.entries.map((one) => [one.line, one]));
  const signals = new Map(
    result.signals.map((one) => [one.line, signalLines([one], result.unit, WIDTH)[1]?.trim()]),
  );
  const faults = new Map<number, { minor: number; major: number }>();
  for (const { line, minor, major } of result.faultLines) {
    const sum = faults.get(line) ?? { minor: 0, major: 0 };
    faults.set(line, { minor: sum.minor + minor, major: sum.major + major });
  }
  return lines.map(({ line, pid }) => ({
    line,
    pid,
    answered: answers.get(line),
    ...(faults.get(line) ?? { minor: 0, major: 0 }),
    signal: signals.get(line),
  }));
}

/** The place of a fault in the log is `log:12`. */
function reasonOf({ stopped }: RunResult): ProcessRun["stopped"] {
  if (stopped === undefined) return undefined;
  const [, line] = /^log:(\d+)$/.exec(stopped.place ?? "") ?? [];
  const { problem, remedy } = stopped;
  return { line: line === undefined ? undefined : Number(line), text: `${problem}; ${remedy}` };
}
