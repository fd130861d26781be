/** The input of a run: a log of text, a trace with references and calls, or a program that is recorded while it runs. */
import type { ArchitectureName } from "../../../options/names.js";
import {
  describeTrace,
  isTrace,
  type Trace,
  type TraceDescription,
  type TraceInput,
} from "../../../trace/trace.js";
import { openLog } from "../parse/source.js";
import type { Reading, Run } from "./run.js";
import { interruption, reasonOf } from "./stop.js";
import { serveText } from "./text-log.js";
import { serveTimeLine } from "./time-line.js";
import type { RunWatch } from "./watch.js";

/** An open input, of which a part may have been read. */
export interface Input {
  /** The unit of a place in it. */
  readonly unit: Reading["unit"];
  /** The system that its program ran on, if the input has it. */
  readonly architecture: ArchitectureName | undefined;
  describe(): TraceDescription;
  serve(run: Run): Promise<void>;
  close(): Promise<void>;
}

/** Undefined if `watch` is stopped meanwhile. Throws `InputError` if the input cannot be opened. */
export async function openInput(
  input: TraceInput | Trace,
  name: string,
  format: string | undefined,
  watch: RunWatch,
): Promise<Input | undefined> {
  if (isTrace(input)) return ofTrace(input);
  const opened = await openLog(watch.chunksOf(input, name), name, format).catch((error: unknown) => {
    if (!watch.isStopped) throw error;
  });
  if (opened === undefined) return undefined;
  const { trace, lines, description, close } = opened;
  if (trace !== undefined)
    return { ...ofTrace(trace), describe: () => ({ ...describeTrace(trace), ...description }), close };
  return {
    unit: "line",
    architecture: undefined,
    describe: () => description,
    serve: (run) => serveText(lines, run),
    close,
  };
}

/** A trace, or a program that is recorded while it runs: how it ended is known at its end. */
function ofTrace(trace: Trace): Input {
  return {
    unit: "call",
    architecture: systemOf(trace),
    describe: () => describeTrace(trace),
    serve: (run) => serveTimeLine(trace, run),
    close: async () => undefined,
  };
}

/** A 32-bit program of x86 runs as on a 64-bit kernel. */
function systemOf({ architecture }: Trace): ArchitectureName | undefined {
  return architecture === "i386" ? undefined : architecture;
}

/** Serves the whole input. A fault in it, or an abort, ends the run early. */
export async function serveInput(run: Run, input: Input | undefined, watch: RunWatch): Promise<Reading> {
  if (input === undefined) return { unit: "line", trace: undefined, stopped: interruption(run.place) };
  let stopped: Reading["stopped"];
  try {
    await input.serve(run).finally(() => run.settle());
    run.end();
  } catch (error) {
    stopped = watch.isStopped ? interruption(run.place) : reasonOf(error, run.place);
  }
  return { unit: input.unit, trace: input.describe(), stopped };
}
