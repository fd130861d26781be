/** A program that is recorded, as a child of this process. Node only. */
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { cleanUpOnExit } from "../../platform/cleanup.node.js";

export interface StartedProgram {
  readonly pid: number | undefined;
  /** False from its end on. */
  readonly isRunning: boolean;
  /** Its exit status; 128 plus the signal number if a signal ended it. */
  readonly exitCode: Promise<number>;
  /** The number of the signal that ended it; undefined while it runs, and if it exited. */
  readonly endSignal: number | undefined;
  kill(signal: NodeJS.Signals): void;
}

export interface ProgramOptions {
  /** Its standard output: unchanged, to standard error, or discarded. */
  programOutput?: "inherit" | "stderr" | "ignore" | undefined;
  /** Files that it has open as descriptors from 3 on. */
  descriptors?: readonly number[];
  /** Its environment. Default: that of this process. */
  environment?: NodeJS.ProcessEnv;
}

/** Starts it; it is killed if this process ends. Rejects with the system's error if it does not start. */
export async function startProgram(
  file: string,
  args: readonly string[],
  { programOutput = "inherit", descriptors = [], environment = process.env }: ProgramOptions,
): Promise<StartedProgram> {
  const { spawn } = await import("node:child_process");
  const child = spawn(file, args, {
    stdio: ["inherit", programOutput === "stderr" ? 2 : programOutput, "inherit", ...descriptors],
    env: environment,
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return new ChildProgram(child);
}

class ChildProgram implements StartedProgram {
  isRunning = true;
  endSignal: number | undefined;
  readonly exitCode: Promise<number>;

  constructor(private readonly child: ChildProcess) {
    const cleanup = cleanUpOnExit(() => void child.kill("SIGKILL"));
    this.exitCode = new Promise<number>((resolve) => {
      child.once("exit", (code, signal) => {
        cleanup.cancel();
        this.isRunning = false;
        if (code === null) this.endSignal = constants.signals[signal ?? "SIGKILL"];
        resolve(code ?? 128 + (this.endSignal ?? 0));
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** True if a program of this name is on the search path, or is a file that can be executed. */
export async function isExecutable(name: string): Promise<boolean> {
  const { access, constants: modes } = await import("node:fs/promises");
  const { delimiter, join } = await import("node:path");
  const folders = name.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter);
  for (const folder of folders) {
    const found = await access(join(folder, name), modes.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** The value of LD_PRELOAD that adds the library before those in the environment. */
export function preloads(library: string): string {
  const others = process.env.LD_PRELOAD;
  return others === undefined || others === "" ? library : `${library}:${others}`;
}
