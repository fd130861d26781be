/** The recorder of valgrind's tool lackey, which prints a line of text for each reference. Node only. */
import { InputError } from "../../errors.js";
import { programMaps } from "../calls/valgrind-maps.js";
import { openTrace } from "../open.js";
import { fileStart } from "./functions.node.js";
import { Pipe } from "./pipe.node.js";
import { isExecutable, preloads, type StartedProgram, startProgram } from "./program.node.js";
import { programFile } from "./program-file.node.js";
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

/**
 * Kills valgrind if this process is killed: it would go on without a reader. Of util-linux, so on Linux alone; on other
 * systems, valgrind goes on.
 */
const WATCHED = ["setpriv", "--pdeathsig", "KILL", "--"];

/** `valgrind` is its path or name. */
export function valgrindRecorder(valgrind: string): Recorder {
  return {
    name: "valgrind",
    follows: false,
    emulates: false,
    recordsCalls: true,
    install: INSTALL,
    missing: async () => ((await isExecutable(valgrind)) ? undefined : "valgrind is not installed"),
    start: (command, options) => startLackey(valgrind, command, options),
  };
}

async function startLackey(
  valgrind: string,
  command: readonly string[],
  { programOutput, calls = false, preload }: StartOptions,
): Promise<Run> {
  const path = await checkedPath(command);
  // References of a forked child would appear among the parent's, without a mark.
  const tool = ["--tool=lackey", "--trace-mem=yes", `--log-fd=${LOG}`, "--child-silent-after-fork=yes"];
  // Without it valgrind makes pipes for a debugger.
  tool.push("--vgdb=no");
  const [avoidsChase, hasWatcher] = await Promise.all([
    shows(valgrind, "--help-debug", "--vex-guest-chase"),
    shows("setpriv", "--help", "--pdeathsig"),
  ]);
  if (avoidsChase) tool.push(NO_CHASE);
  if (calls) tool.push("--trace-syscalls=yes");
  const pipe = await Pipe.create();
  const [file = valgrind, ...args] = [...(hasWatcher ? WATCHED : []), valgrind, ...tool, "--", ...command];
  const program = await startProgram(file, args, {
    programOutput,
    descriptors: [pipe.writer],
    ...(preload !== undefined && { environment: { ...process.env, LD_PRELOAD: preloads(preload) } }),
  }).catch((error: NodeJS.ErrnoException) => {
    pipe.close();
    throw notStarted(error, valgrind);
  });
  pipe.closeWriter();
  return {
    recording: openLog(program, pipe, { name: command.join(" "), path }),
    exitCode: program.exitCode,
    get endSignal() {
      return program.endSignal;
    },
    kill: (signal) => program.kill(signal),
  };
}

/** Processors of programs that valgrind runs, by Node's name of this machine's. */
const CPUS: Readonly<Record<string, readonly string[]>> = {
  arm64: ["aarch64"],
  ia32: ["i386"],
  riscv64: ["riscv64"],
  x64: ["x86_64", "i386"],
};

/** The path of the program. Throws `InputError` if there is none, or valgrind cannot run it. */
async function checkedPath(command: readonly string[]): Promise<string> {
  const { cpu, path } = await programFile(command);
  if (CPUS[process.arch]?.includes(cpu) !== false) return path;
  throw new InputError(
    `is a program for ${cpu}, which valgrind cannot run here`,
    "record it with qemu",
    path,
  );
}

/** True if the help of a program has an option. False if it does not start, which the recording reports. */
async function shows(program: string, help: string, option: string): Promise<boolean> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    execFile(program, [help], (_, text) => resolve(text.includes(option)));
  });
}

function notStarted(error: NodeJS.ErrnoException, valgrind: string): InputError {
  const missing = error.code === "ENOENT";
  const problem = missing ? "valgrind is not installed" : `valgrind does not start (${error.code})`;
  return new InputError(problem, INSTALL, valgrind, { cause: error });
}

/** Empty if the system does not provide the file. */
async function mapsOf(pid: number | undefined): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return programMaps(await readFile(`/proc/${pid}/maps`, "utf8").catch(() => ""));
}

/** An empty log: valgrind found no program that it could run, and printed the reason on standard error. */
async function openLog(
  program: StartedProgram,
  pipe: Pipe,
  { name, path }: { name: string; path: string },
): Promise<Recording> {
  try {
    const log = pipe.chunks(() => program.isRunning);
    const trace = await openTrace(log, { name, format: "lackey" });
    const programStart = await fileStart(program.pid, path);
    return { trace, maps: await mapsOf(program.pid), programStart };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const problem = `valgrind could not run it (exit status ${await program.exitCode})`;
    throw new InputError(problem, "check the program's name and that it is executable", name, {
      cause: error,
    });
  }
}
