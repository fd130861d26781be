/** Records a program's references with valgrind's lackey, through a pipe, without storing the text. */
import { InputError, UsageError } from "../errors.js";
import { programMaps } from "./calls/valgrind-maps.js";
import { type ConvertOptions, type ConvertResult, convertTrace } from "./convert.js";
import { openTrace } from "./open.js";
import type { TraceOutput } from "./sinks.js";
import type { Trace } from "./trace.js";

export interface RecordOptions extends ConvertOptions {
  /** The program's standard output: unchanged, to standard error, or discarded. */
  programOutput?: "inherit" | "stderr" | "ignore";
  /** Path of valgrind. */
  valgrind?: string;
  /** Also record system calls and the initial regions of the program, for `run`. */
  calls?: boolean;
  /** A library to load before all others. */
  preload?: string;
}

export interface RecordResult extends ConvertResult {
  /** The program's exit status; 128 plus the signal number if a signal ended it. */
  exitCode: number;
}

/** The child's file descriptor that valgrind logs to. */
const LOG = 3;

const INSTALL =
  "install it (Debian, Ubuntu: apt install valgrind; Fedora: dnf install valgrind; Arch: pacman -S valgrind; FreeBSD: pkg install valgrind)";

export async function recordTrace(
  command: readonly string[],
  output: TraceOutput,
  options: RecordOptions = {},
): Promise<RecordResult> {
  if (command.length === 0) throw new UsageError("no program to record", "name one after --");
  const { valgrind = "valgrind", programOutput = "inherit", calls = false, preload, ...convert } = options;
  const run = await startLackey(valgrind, command, programOutput, calls, preload);
  try {
    const trace = await openLog(run, command);
    const recorded = calls ? { maps: await run.maps(), placement: "recorded" } : {};
    const result = await convertTrace(trace, output, {
      ...convert,
      metadata: { command: command.join(" "), ...recorded, ...convert.metadata },
    });
    return { ...result, exitCode: await run.exitCode };
  } catch (error) {
    run.kill();
    await run.exitCode;
    throw error;
  }
}

interface Run {
  /** The log of valgrind: the trace. */
  log: AsyncIterable<Uint8Array>;
  exitCode: Promise<number>;
  /** The current regions of the program. Right after the first bytes of the log these are its initial ones. */
  maps(): Promise<string>;
  kill(): void;
}

async function startLackey(
  valgrind: string,
  command: readonly string[],
  programOutput: "inherit" | "stderr" | "ignore",
  calls: boolean,
  preload: string | undefined,
): Promise<Run> {
  const { spawn } = await import("node:child_process");
  const { constants } = await import("node:os");
  const { cleanUpOnExit } = await import("../platform/cleanup.node.js");
  // References of a forked child would appear among the parent's, without a mark.
  const tool = ["--tool=lackey", "--trace-mem=yes", `--log-fd=${LOG}`, "--child-silent-after-fork=yes"];
  if (calls) tool.push("--trace-syscalls=yes");
  const child = spawn(valgrind, [...tool, "--", ...command], {
    stdio: ["inherit", programOutput === "stderr" ? 2 : programOutput, "inherit", "pipe"],
    env: preload === undefined ? process.env : { ...process.env, LD_PRELOAD: preloads(preload) },
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      const problem = missing ? "valgrind is not installed" : `valgrind does not start (${error.code})`;
      reject(new InputError(problem, INSTALL, valgrind, { cause: error }));
    });
  });
  const cleanup = cleanUpOnExit(() => void child.kill());
  const exitCode = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => {
      cleanup.cancel();
      resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
    });
  });
  const log = child.stdio[LOG];
  if (!(log instanceof Object) || !("read" in log)) throw new Error("the log's pipe is not readable");
  return { log, exitCode, maps: () => mapsOf(child.pid), kill: () => void child.kill() };
}

/** The library, followed by those in the environment. */
function preloads(library: string): string {
  const others = process.env.LD_PRELOAD;
  return others === undefined || others === "" ? library : `${library}:${others}`;
}

/** Empty if the system does not provide the file. */
async function mapsOf(pid: number | undefined): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return programMaps(await readFile(`/proc/${pid}/maps`, "utf8").catch(() => ""));
}

/** An empty log: valgrind found no program that it could run, and printed the reason on standard error. */
async function openLog(run: Run, command: readonly string[]): Promise<Trace> {
  const name = command.join(" ");
  try {
    return await openTrace(run.log, { name, format: "lackey" });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problem = `valgrind could not run it (exit status ${await run.exitCode})`;
    throw new InputError(problem, "check the program's name and that it is executable", name, {
      cause: error,
    });
  }
}
