/** The input of a run: a log of text, a trace with references and calls, or a program that is recorded while it runs. */
import {
  describeTrace,
  isTrace,
  type Trace,
  type TraceDescription,
  type TraceInput,
} from "../../../trace/trace.js";
import { openLog } from "../parse/source.js";
import type { Reading, Run } from "./run.js";
import type { Settings } from "./settings.js";
import { interruption, reasonOf } from "./stop.js";
import { serveText } from "./text-log.js";
import { serveTimeLine } from "./time-line.js";

/** An open input, of which a part may have been read. */
interface Input {
  /** The unit of a place in it. */
  readonly unit: Reading["unit"];
  describe(): TraceDescription;
  serve(run: Run): Promise<void>;
  close(): Promise<void>;
}

/** Serves the whole input. A fault in it, or an abort, ends it early. Throws `InputError` if it cannot be opened. */
export async function serveInput(run: Run, input: TraceInput | Trace, settings: Settings): Promise<Reading> {
  const { watch } = settings;
  const opened = isTrace(input) ? ofTrace(input) : await stored(input, settings);
  if (opened === undefined) return { unit: "line", trace: undefined, stopped: interruption(run.place) };
  const { unit } = opened;
  let stopped: Reading["stopped"];
  try {
    await opened.serve(run).finally(() => run.settle());
    run.end();
  } catch (error) {
    stopped = watch.isStopped ? interruption(run.place) : reasonOf(error, run.place);
  } finally {
    await opened.close();
  }
  return { unit, trace: opened.describe(), stopped };
}

/** A stored log or trace; undefined if the run was stopped meanwhile. */
async function stored(input: TraceInput, { name, format, watch }: Settings): Promise<Input | undefined> {
  const opened = await openLog(watch.chunksOf(input, name), name, format).catch((error: unknown) => {
    if (!watch.isStopped) throw error;
  });
  if (opened === undefined) return undefined;
  const { trace, lines, description, close } = opened;
  if (trace === undefined)
    return { unit: "line", describe: () => description, serve: (run) => serveText(lines, run), close };
  return { ...ofTrace(trace), describe: () => ({ ...describeTrace(trace), ...description }), close };
}

/** A trace, or a program that is recorded while it runs: how it ended is known at its end. */
function ofTrace(trace: Trace): Input {
  return {
    unit: "call",
    describe: () => describeTrace(trace),
    serve: (run) => serveTimeLine(trace, run),
    close: async () => undefined,
  };
}
