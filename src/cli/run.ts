/** `run FILE` */
import { createReadStream } from "node:fs";
import { EXIT_CHECK_FAILED, InputError, UsageError } from "../errors.js";
import { logOptions, type runCommand, systemOptions } from "../options/process.js";
import { pick, type Values } from "../options/row.js";
import type { RunOptions } from "../process/log/run/log.js";
import type { RunResult } from "../process/log/run/result.js";
import type { Picture } from "../process/proc/show.js";
import type { Process } from "../process/process.js";
import { fileError } from "../trace/file-errors.js";
import type { Trace } from "../trace/trace.js";
import { warn } from "./failure.js";
import { stoppable } from "./interrupt.js";
import { type CommonOptions, outputStyle, refuseOptions } from "./options.js";
import { Progress } from "./progress.js";
import { Pictures, refuseTwoOutputs } from "./report.js";
import { RunRecorder, reportOf } from "./run-report.js";
import { outputWidth, writeJson, writeOut } from "./terminal.js";
import { openProgram, type ProgramChoice, warnOfTrace } from "./traces.js";

/** Width to which calls are cut if the output is not a terminal. */
const PIPE_WIDTH = 100;
/** Limit on processes shown at the end. */
const MOST_SHOWN = 16;

type Options = CommonOptions & ProgramChoice & Values<typeof runCommand>;

/** Size limit of a maps file: sixty thousand regions of smaps. */
const MOST_MAPS = 1 << 27;

export async function run(path: string | undefined, options: Options): Promise<void> {
  const printsElsewhere = refuseTwoOutputs("run", options);
  if (options.program !== undefined) refuseOptions(options, ["maps"], "a program to record", "run");
  const drawn = await Pictures.open(options);
  let recording: Trace | undefined;
  try {
    // Programs that it executes have regions of their own.
    recording = await openProgram("run", path, options, { calls: true, follow: "if possible" });
    await runInto(recording ?? (path as string), options, printsElsewhere, drawn);
  } finally {
    await drawn?.abort();
    await recording?.close();
  }
}

async function runInto(
  input: string | Trace,
  options: Options,
  printsElsewhere: boolean,
  drawn: Pictures | undefined,
): Promise<void> {
  const { json, maps, show, root = "/" } = options;
  const [{ OF_RUN, parseShow, picture }, { pathsBelow, programsBelow }] = await Promise.all([
    import("../process/proc/show.js"),
    import("../process/program/files.node.js"),
  ]);
  const requests = parseShow(show ?? "");
  if (options.verify !== true && requests.some(({ what }) => what === "differences"))
    throw new UsageError("differences are what --verify finds", "give --verify too", "--show");
  const due = requests
    .filter(({ line }) => line !== undefined)
    .sort((one, other) => Number(one.line) - Number(other.line));
  const identities = new Map<string, string>();
  const identity = (name: string) => identities.get(name);
  const pictures: Picture[] = [];
  const text = maps === undefined ? undefined : await readText(maps);
  if (text !== undefined)
    for (const [, id = "", name = ""] of text.matchAll(/^\S+ \S+ \S+ (\S+ \d+) +(\/.*)$/gm))
      identities.set(name, id);
  const recorder = drawn === undefined ? undefined : new RunRecorder();
  const libraryOptions: RunOptions = {
    ...pick(options, systemOptions),
    ...pick(options, logOptions),
    name: typeof input !== "string" ? input.name : input === "-" ? "<stdin>" : input,
    ...(text !== undefined && { maps: text, mapsName: maps as string }),
    readProgram: programsBelow(root),
    realPath: pathsBelow(root),
    faultLines: requests.some(({ what }) => what === "faults"),
    freeLists: requests.some(({ what }) => what === "lists"),
    answers: requests.some(({ what }) => what === "calls"),
    onLine: (line, process) => {
      recorder?.step(process.system);
      for (let next = due[0]; next?.line !== undefined && next.line <= line; next = due[0]) {
        pictures.push(picture(process, next, identity));
        due.shift();
      }
    },
  };
  const result = await watched(input, libraryOptions, options);
  if (typeof input !== "string") warnOfTrace(input, options);
  const shown = processesToShow(result);
  // Views requested for lines after the last call are taken at the end.
  const atEnd = [...due, ...requests.filter(({ line }) => line === undefined)];
  for (const request of atEnd)
    for (const process of OF_RUN.has(request.what) ? shown.slice(0, 1) : shown)
      pictures.push(picture(process, request, identity));
  if (json || !printsElsewhere) await print(result, pictures, options);
  await drawn?.write(reportOf(result, libraryOptions.name ?? "", recorder), []);
  if (result.mismatched > 0) process.exitCode = EXIT_CHECK_FAILED;
  if (result.stopped !== undefined) {
    process.exitCode = result.stopped.exitStatus;
    throw result.stopped;
  }
}

async function print(
  result: RunResult,
  pictures: readonly Picture[],
  { json, quiet, verify }: Options,
): Promise<void> {
  if (json) {
    const { runJson } = await import("../report/run-json.js");
    writeJson(runJson(result, pictures));
  } else {
    const { runText } = await import("../report/run.js");
    const view = { verified: verify === true, style: await outputStyle(), width: outputWidth(PIPE_WIDTH) };
    writeOut(runText(result, pictures, view));
  }
  if (quiet !== true) result.warningWords.forEach(warn);
}

/** Runs the log with a progress line; Ctrl-C stops it. */
async function watched(
  input: string | Trace,
  libraryOptions: RunOptions,
  options: Options,
): Promise<RunResult> {
  const { runLog } = await import("../process/log/run/log.js");
  const progress = new Progress(options);
  try {
    return await stoppable([input], (signal) =>
      runLog(input, { ...libraryOptions, onProgress: progress.onRun, signal }),
    );
  } finally {
    progress.stop();
  }
}

/** The processes alive at the end, or the first one if none is. */
function processesToShow({ system, process }: RunResult): Process[] {
  const all = [...system.processes.values()];
  const living = all.filter(({ isAlive }) => isAlive);
  return living.length === 0 ? all.filter(({ pid }) => pid === process.pid) : living.slice(0, MOST_SHOWN);
}

/** Reads a maps file up to a limit, since a device may not end. */
async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_MAPS) break;
    }
  } catch (error) {
    throw fileError(error, path, "read");
  }
  if (bytes > MOST_MAPS)
    throw new InputError("is too large for a maps file", "give it as /proc/PID/maps has it", path);
  return Buffer.concat(chunks).toString();
}
