/** Runs a call log: the public function, and its options. */
import * as v from "valibot";
import { validate } from "../../trace/options.js";
import type { TraceInput } from "../../trace/trace.js";
import type { Process } from "../process.js";
import type { ReadProgram } from "../program/programs.js";
import { System, type SystemOptions, systemEntries } from "../system.js";
import { Run } from "./run.js";
import type { RunResult } from "./run-result.js";
import { type RunProgress, RunWatch } from "./run-watch.js";

export interface RunOptions extends SystemOptions {
  /** Compare each recorded result, and go on after a difference from the recorded answer. */
  verify?: boolean;
  /** Put mappings where the log says that they were; of itself only for recordings whose mappings were placed by another. */
  follow?: boolean;
  /** The regions to start from, as `/proc/PID/maps` has them. */
  maps?: string;
  /** What messages call `maps`. */
  mapsName?: string;
  /** What messages call the log. */
  name?: string;
  /** Its format: `calls` (also called `strace` and `ltrace`), `pagewalk`, `lackey` …; without it, detected. */
  format?: string;
  /** How execve finds programs. */
  readProgram?: ReadProgram;
  /** Where a path leads that may be a link: maps show the file itself. */
  realPath?: (path: string) => string;
  /** Tell of each line that took page faults. */
  faultLines?: boolean;
  /** Tell the free lists that each call of an allocator left, of the first ten thousand. */
  freeLists?: boolean;
  /** Tell what each call answered, of the first hundred thousand. */
  answers?: boolean;
  /** Called before the call of each line, with the process whose turn it is. */
  onLine?: (line: number, process: Process) => void;
  /** Called now and then with how far the run is. */
  onProgress?: (progress: RunProgress) => void;
  /** Ends the run at the next line. */
  signal?: AbortSignal;
}

const runSchema = v.strictObject({
  ...systemEntries,
  verify: v.optional(v.boolean(), false),
  follow: v.optional(v.boolean()),
  maps: v.optional(v.string()),
  mapsName: v.optional(v.string(), "maps"),
  name: v.optional(v.string(), "log"),
  format: v.optional(v.string()),
  readProgram: v.optional(v.function()),
  realPath: v.optional(v.function()),
  faultLines: v.optional(v.boolean(), false),
  freeLists: v.optional(v.boolean(), false),
  answers: v.optional(v.boolean(), false),
  onLine: v.optional(v.function()),
  onProgress: v.optional(v.custom<(progress: RunProgress) => void>((f) => typeof f === "function")),
  signal: v.optional(v.instance(AbortSignal)),
});

/**
 * Runs a log to its end. A malformed line ends it there, and is told in `stopped`, as is its being stopped by `signal`:
 * what ran before is kept. Throws `UsageError` for options, `InputError` for the maps file, `OutOfMemoryError`.
 */
export async function runLog(input: TraceInput, options: RunOptions = {}): Promise<RunResult> {
  const {
    verify,
    follow,
    maps,
    mapsName,
    name,
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
  const created = await System.create(system);
  const watch = new RunWatch(signal, onProgress);
  const run = new Run(created, {
    verify,
    follow,
    name,
    format,
    readProgram: readProgram as ReadProgram | undefined,
    realPath: realPath as RunOptions["realPath"],
    faultLines,
    freeLists,
    answers,
    onLine: onLine as RunOptions["onLine"],
    watch,
  });
  try {
    if (maps !== undefined) run.startFrom(maps, mapsName);
    await run.log(input);
  } finally {
    watch.end();
  }
  return run.result();
}
