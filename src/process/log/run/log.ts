/** The public function that runs a call log, and its options. */
import * as v from "valibot";
import { logOptions } from "../../../options/process.js";
import { entriesOf, type OptionsOf } from "../../../options/row.js";
import { validate } from "../../../options/validate.js";
import { type PassOptions, watchEntries } from "../../../options/watch.js";
import { isTrace, type Trace, type TraceInput } from "../../../trace/trace.js";
import type { Process } from "../../process.js";
import type { ReadProgram } from "../../program/programs.js";
import { systemEntries } from "../../system/options.js";
import { System, type SystemOptions } from "../../system.js";
import { type Input, openInput, serveInput } from "./input.js";
import type { RunResult } from "./result.js";
import { Run } from "./run.js";
import type { Settings } from "./settings.js";
import { type RunProgress, RunWatch } from "./watch.js";

/** Options of `runLog`. A stopped run resolves with the results so far. */
export interface RunOptions extends SystemOptions, OptionsOf<typeof logOptions>, PassOptions<RunProgress> {
  /** The regions to start from, in the format of `/proc/PID/maps`. */
  maps?: string;
  /** The name of `maps` in messages. */
  mapsName?: string;
  /** The name of the log in messages. */
  name?: string;
  /** Finds programs for execve. */
  readProgram?: ReadProgram;
  /** Resolves links: maps show the file itself. */
  realPath?: (path: string) => string;
  /** Return the lines that took page faults. */
  faultLines?: boolean;
  /** Return the free lists after each call of an allocator, for the first ten thousand calls. */
  freeLists?: boolean;
  /** Return the answer of each call, for the first hundred thousand calls. */
  answers?: boolean;
  /** Called before the call of each line, with the calling process. */
  onLine?: (line: number, process: Process) => void;
}

const runSchema = v.strictObject({
  ...systemEntries,
  ...entriesOf(logOptions),
  maps: v.optional(v.string()),
  mapsName: v.optional(v.string(), "maps"),
  name: v.optional(v.string()),
  readProgram: v.optional(v.function()),
  realPath: v.optional(v.function()),
  faultLines: v.optional(v.boolean(), false),
  freeLists: v.optional(v.boolean(), false),
  answers: v.optional(v.boolean(), false),
  onLine: v.optional(v.function()),
  ...watchEntries<RunProgress>(),
});

/**
 * Runs a log to its end, or a program that `recordedTrace` records with its calls. A malformed line, or an abort by
 * `signal`, ends it early; `stopped` has the reason, and the results so far are kept. Throws `UsageError` for options, `InputError` for the maps file, `OutOfMemoryError`.
 */
export async function runLog(input: TraceInput | Trace, options: RunOptions = {}): Promise<RunResult> {
  const {
    verify,
    follow,
    maps,
    mapsName,
    name = isTrace(input) ? input.name : "log",
    format,
    readProgram,
    realPath,
    faultLines,
    freeLists,
    answers,
    onLine,
    onProgress,
    signal,
    ...system
  } = validate("run", runSchema, options);
  const watch = new RunWatch(signal, onProgress);
  const settings: Settings = {
    verify,
    follow,
    name,
    readProgram: readProgram as ReadProgram | undefined,
    realPath: realPath as RunOptions["realPath"],
    faultLines,
    freeLists,
    answers,
    onLine: onLine as RunOptions["onLine"],
    watch,
  };
  let opened: Input | undefined;
  try {
    opened = await openInput(input, name, format, watch);
    const run = new Run(
      await System.create({ ...system, arch: options.arch ?? opened?.architecture }),
      settings,
    );
    if (maps !== undefined) run.startFrom(maps, mapsName);
    return run.result(await serveInput(run, opened, watch));
  } finally {
    await opened?.close();
    watch.end();
  }
}
