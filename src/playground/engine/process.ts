/**
 * Call logs in the worker. One run gives the answers of all calls. The state after some of them comes from another run,
 * which ends there: a run has no other state than its log, so stepping back needs no history.
 */
import { type AnsweredCall, type Process, type RunOptions, type RunResult, runLog } from "pagewalk";
import { signalLines } from "../../report/signals.js";
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

/** A call, with its effects. */
export interface LoggedCall {
  readonly line: number;
  readonly pid: number;
  /** Undefined for calls that the model gives no answer to. */
  readonly answered: AnsweredCall | undefined;
  readonly minor: number;
  readonly major: number;
  /** The signal with its reason, if there was one: `SIGSEGV SEGV_MAPERR at 0x0: …`. */
  readonly signal: string | undefined;
}

/** What a run of the whole log gives. */
export interface ProcessRun {
  /** In the order in which the kernel served them. */
  readonly calls: readonly LoggedCall[];
  readonly checked: number;
  readonly matched: number;
  readonly warnings: readonly string[];
  /** The reason why the run ended before the log. The line is undefined if no line is at fault. */
  readonly stopped: { readonly line: number | undefined; readonly text: string } | undefined;
  /** The last number of calls after which the caller was alive. */
  readonly aliveAt: number;
}

const NAME = "log";
/** Columns of a signal's reason. */
const WIDTH = 1000;

let running: AbortController | undefined;

/** Runs the log to its end. A run that is under way stops. */
export async function runProcess({ options, log }: ProcessJob): Promise<ProcessRun> {
  running?.abort();
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
  return { calls: callsOf(lines, result), checked, matched, warnings, stopped: reasonOf(result), aliveAt };
}

/** The state after `at` calls, of the process of that number, or of the last caller. */
export async function processAt(
  { options, log }: ProcessJob,
  at: number,
  pid: number | undefined,
): Promise<ProcessState> {
  const enough = new AbortController();
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
    signal: enough.signal,
    onLine: (_, process) => {
      if (count === at && state === undefined) {
        state = capture(last ?? process);
        enough.abort();
      }
      count++;
      last = process;
    },
  });
  const end = last ?? result.system.processes.values().next().value;
  if (state === undefined && end !== undefined) state = capture(end);
  if (state === undefined) throw result.stopped ?? new Error("the log has no process");
  return state;
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
