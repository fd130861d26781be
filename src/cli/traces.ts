/** The traces that a command is given: files, a reference string, or a program to record. */
import { InputError, UsageError } from "../errors.js";
import { flagOf, pick, type Values } from "../options/row.js";
import { recordingOptions, traceOptions } from "../options/traces.js";
import { openTrace } from "../trace/open.js";
import type { RecordedTraceOptions } from "../trace/record/record.node.js";
import { cutLineWarning, type Trace } from "../trace/trace.js";
import { prepareKernel } from "../wasm/kernel.js";
import { startingProgram } from "./interrupt.js";
import { type CommonOptions, refuseOptions } from "./options.js";
import { programEnd } from "./program-end.js";
import { writeError } from "./terminal.js";

/** A program to record, behind `--`. */
export interface ProgramChoice extends Values<typeof recordingOptions> {
  program?: readonly string[];
}

interface TraceChoice extends Values<typeof traceOptions>, ProgramChoice {
  requests?: string;
  pageSize?: unknown;
}

/** Opens the trace that `command` is given. */
export async function openOne(
  command: string,
  path: string | undefined,
  options: TraceChoice,
): Promise<Trace> {
  mustBeOne(command, path, options.program);
  const [trace] = await openAll(command, path === undefined ? [] : [path], options);
  return trace as Trace;
}

/**
 * Starts the program behind `--` that stands in the place of a file; undefined if `path` is given. `more`: options of its
 * recording that the command chooses.
 */
export async function openProgram(
  command: string,
  path: string | undefined,
  options: ProgramChoice,
  more: Pick<RecordedTraceOptions, "calls" | "follow">,
): Promise<Trace | undefined> {
  const { program } = options;
  mustBeOne(command, path, program);
  checkProgram(command, path === undefined ? [] : [path], options);
  return program === undefined ? undefined : record(program, options, more);
}

function mustBeOne(command: string, path: string | undefined, program: readonly string[] | undefined): void {
  if (path !== undefined && program !== undefined)
    throw new UsageError("a trace is given, and a program too", "leave one of them out", command);
}

/** Opens every trace. One error has all that cannot be opened for the same reason. */
export async function openAll(
  command: string,
  paths: readonly string[],
  options: TraceChoice,
): Promise<Trace[]> {
  prepareKernel();
  const { requests, program } = options;
  if (requests !== undefined) return [await openRequests(command, paths, requests, options)];
  checkProgram(command, paths, options);
  if (paths.length === 0 && program === undefined) {
    const remedy = `usage: pagewalk ${command} [options] <trace>, or --requests "1 2 3 4", see pagewalk ${command} --help`;
    throw new UsageError("no trace is given", remedy, command);
  }
  if (paths.indexOf("-") !== paths.lastIndexOf("-")) {
    throw new UsageError("standard input is named twice", "name it once, it can be read once", command);
  }
  const traces: Trace[] = [];
  const errors: unknown[] = [];
  for (const path of paths) {
    try {
      // Pages of a size have bytes.
      const ranges = options.pageSize === undefined ? {} : { ranges: true };
      traces.push(await openTrace(path, { ...pick(options, traceOptions), ...ranges }));
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 0 && program !== undefined) {
    await record(program, options).then(
      (trace) => traces.push(trace),
      (error: unknown) => errors.push(error),
    );
  }
  const [first] = errors;
  if (first === undefined) return traces;
  await Promise.all(traces.map((trace) => trace.close()));
  if (!(first instanceof InputError)) throw first;
  const same = errors.filter((error) => error instanceof InputError && error.problem === first.problem);
  if (same.length === 1) throw first;
  const places = same.map((error) => (error as InputError).place).join(", ");
  const { problem, remedy } = first.words;
  throw new InputError(problem, remedy, places, { cause: first.cause });
}

function openRequests(
  command: string,
  paths: readonly string[],
  requests: string,
  options: TraceChoice,
): Promise<Trace> {
  const [foreign] = Object.keys({ ...pick(options, traceOptions), ...pick(options, recordingOptions) });
  if (paths.length > 0 || options.program !== undefined || foreign !== undefined) {
    const other = foreign === undefined ? "a trace" : flagOf(foreign);
    throw new UsageError(`--requests and ${other} exclude each other`, "leave one of them out", command);
  }
  if (!/\S/.test(requests)) {
    throw new UsageError(
      "there are no requests",
      'give numbers of pages, such as "1 2 3 4 1 2 5"',
      "--requests",
    );
  }
  return openTrace(new TextEncoder().encode(requests), { format: "references", name: "--requests" });
}

/** Refuses options without effect: those of a recording without a program, those of a format without a trace. */
function checkProgram(command: string, paths: readonly string[], options: ProgramChoice): void {
  const { program } = options;
  if (program === undefined) {
    const [foreign] = Object.keys(pick(options, recordingOptions));
    if (foreign === undefined) return;
    const problem = `${flagOf(foreign)} has no meaning without a program to record`;
    throw new UsageError(problem, "name a program after --, or leave it out", command);
  }
  if (program.length === 0) throw new UsageError("no program to record", "name one after --", command);
  if (paths.length === 0) {
    refuseOptions(options, Object.keys(traceOptions), "a program to record", command);
  }
}

/** Runs the program. Standard output has the results, so the program's goes to standard error. */
function record(
  program: readonly string[],
  options: ProgramChoice,
  more: Pick<RecordedTraceOptions, "calls" | "follow"> = {},
): Promise<Trace> {
  const recording = { ...pick(options, recordingOptions), ...more };
  return startingProgram(async (stop) => {
    const { recordedTrace } = await import("../trace/record/record.node.js");
    return recordedTrace(program, { ...recording, programOutput: "stderr", stop });
  });
}

/** Warns of the last line of a trace that was read, if it was cut off, and of a recorded program that failed. */
export function warnOfTrace(trace: Trace, { quiet }: CommonOptions): void {
  if (quiet) return;
  const warning = cutLineWarning(trace);
  if (warning !== undefined) writeError(`pagewalk: ${warning}\n`);
  const end = programEnd(trace);
  if (end !== undefined) writeError(`pagewalk: ${trace.name}: ${end}\n`);
}
