/** The recorder of valgrind's tool lackey, which prints a line of text for each reference. Node only. */
import { InputError } from "../../errors.js";
import { programMaps } from "../calls/valgrind-maps.js";
import { openTrace } from "../open.js";
import { Pipe } from "./pipe.node.js";
import { isExecutable, type StartedProgram, startProgram } from "./program.node.js";
import type { Recorder, Recording, Run, StartOptions } from "./recorder.js";

const INSTALL =
  "install it (Debian, Ubuntu: apt install valgrind; Fedora: dnf install valgrind; Arch: pacman -S valgrind; FreeBSD: pkg install valgrind)";

/** The child's descriptor that valgrind logs to: the first one that `startProgram` gives it. */
const LOG = 3;

/**
 * Since 3.16 valgrind translates the branches of `a && b` as one block that evaluates b always, and fetches of b are
 * printed although the program does not make them. Without following branches it does not find such pairs.
 */
const NO_CHASE = "--vex-guest-chase=no";

/** `valgrind` is its path or name. */
export function valgrindRecorder(valgrind: string): Recorder {
  return {
    name: "valgrind",
    follows: false,
    recordsCalls: true,
    install: INSTALL,
    isInstalled: () => isExecutable(valgrind),
    start: (command, options) => startLackey(valgrind, command, options),
  };
}

async function startLackey(
  valgrind: string,
  command: readonly string[],
  { programOutput, calls = false, preload }: StartOptions,
): Promise<Run> {
  // References of a forked child would appear among the parent's, without a mark.
  const tool = ["--tool=lackey", "--trace-mem=yes", `--log-fd=${LOG}`, "--child-silent-after-fork=yes"];
  // Without it valgrind makes pipes for a debugger.
  tool.push("--vgdb=no");
  if (await has(valgrind, NO_CHASE)) tool.push(NO_CHASE);
  if (calls) tool.push("--trace-syscalls=yes");
  const pipe = await Pipe.create();
  const program = await startProgram(valgrind, [...tool, "--", ...command], {
    programOutput,
    descriptors: [pipe.writer],
    ...(preload !== undefined && { environment: { LD_PRELOAD: preloads(preload) } }),
  }).catch((error: NodeJS.ErrnoException) => {
    pipe.close();
    throw notStarted(error, valgrind);
  });
  pipe.closeWriter();
  return {
    recording: openLog(program, pipe, command),
    exitCode: program.exitCode,
    kill: (signal) => program.kill(signal),
  };
}

/** Whether this valgrind knows the option. False if it does not start, which the recording reports. */
async function has(valgrind: string, option: string): Promise<boolean> {
  const { execFile } = await import("node:child_process");
  const [name = ""] = option.split("=");
  return new Promise((resolve) => {
    execFile(valgrind, ["--help-debug"], (_, help) => resolve(help.includes(name)));
  });
}

function notStarted(error: NodeJS.ErrnoException, valgrind: string): InputError {
  const missing = error.code === "ENOENT";
  const problem = missing ? "valgrind is not installed" : `valgrind does not start (${error.code})`;
  return new InputError(problem, INSTALL, valgrind, { cause: error });
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
async function openLog(program: StartedProgram, pipe: Pipe, command: readonly string[]): Promise<Recording> {
  const name = command.join(" ");
  try {
    const log = pipe.chunks(() => program.isRunning);
    const trace = await openTrace(log, { name, format: "lackey" });
    return { trace, maps: await mapsOf(program.pid) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problem = `valgrind could not run it (exit status ${await program.exitCode})`;
    throw new InputError(problem, "check the program's name and that it is executable", name, {
      cause: error,
    });
  }
}
