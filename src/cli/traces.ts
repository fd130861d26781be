/** The traces that a command is given: files, or a reference string. */
import { InputError, UsageError } from "../errors.js";
import { flagOf, pick, type Values } from "../options/row.js";
import { traceOptions } from "../options/traces.js";
import { openTrace } from "../trace/open.js";
import { cutLineWarning, type Trace } from "../trace/trace.js";
import type { CommonOptions } from "./options.js";
import { writeError } from "./terminal.js";

interface TraceChoice extends Values<typeof traceOptions> {
  requests?: string;
  pageSize?: unknown;
}

/** Opens the trace that `command` is given. */
export async function openOne(
  command: string,
  path: string | undefined,
  options: TraceChoice,
): Promise<Trace> {
  const [trace] = await openAll(command, path === undefined ? [] : [path], options);
  return trace as Trace;
}

/** Opens every trace. One error has all that cannot be opened for the same reason. */
export async function openAll(
  command: string,
  paths: readonly string[],
  options: TraceChoice,
): Promise<Trace[]> {
  const { requests } = options;
  if (requests !== undefined) return [await openRequests(command, paths, requests, options)];
  if (paths.length === 0) {
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
  const [first] = errors;
  if (first === undefined) return traces;
  await Promise.all(traces.map((trace) => trace.close()));
  if (!(first instanceof InputError)) throw first;
  const same = errors.filter((error) => error instanceof InputError && error.problem === first.problem);
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
  const [foreign] = Object.keys(pick(options, traceOptions));
  if (paths.length > 0 || foreign !== undefined) {
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

/** Warns of the last line of a trace that was read, if it was cut off. */
export function warnOfCutLine(trace: Trace, { quiet }: CommonOptions): void {
  const warning = quiet ? undefined : cutLineWarning(trace);
  if (warning !== undefined) writeError(`pagewalk: ${warning}\n`);
}
