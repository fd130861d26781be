/** The interface of a recorder: it runs a program and delivers the program's references as a trace. */
import type { RecorderName } from "../../options/names.js";
import type { CpuName } from "../../options/traces.js";
import type { Trace } from "../trace.js";

/** A way to record programs. */
export interface Recorder {
  readonly name: RecorderName;
  /** It also records the programs that the program executes. */
  readonly follows: boolean;
  /** It delivers system calls, and loads libraries for these. */
  readonly recordsCalls: boolean;
  /** It runs programs for other processors. */
  readonly emulates: boolean;
  /** How to install it: the remedy of an error that says that it is missing. */
  readonly install: string;
  /** Returns the tool that the machine lacks for it, as a clause; undefined if none. */
  missing(): Promise<string | undefined>;
  /** Starts the program. Throws `InputError` if the recorder does not start. */
  start(command: readonly string[], options: StartOptions): Promise<Run>;
}

/** Options of a run that every recorder has. */
export interface StartOptions {
  /** The program's standard output: unchanged, to standard error, or discarded. */
  programOutput?: "inherit" | "stderr" | "ignore" | undefined;
  /** Also deliver system calls, as call events of the trace. */
  calls?: boolean | undefined;
  /** Also record the programs that the program executes, where the recorder can. */
  follow?: boolean | "if possible" | undefined;
  /** The processor that the program must be for. Default: that of its file. */
  cpu?: CpuName | undefined;
  /** The directory with the libraries of a program for another processor. */
  sysroot?: string | undefined;
  /** A library that the program loads before all others. */
  preload?: string | undefined;
}

/** A program that is recorded while it runs. */
export interface Run {
  /** Resolves when the first references are there. Rejects with an `InputError` if the program cannot be run. */
  readonly recording: Promise<Recording>;
  /** The program's exit status; 128 plus the signal number if a signal ended it. */
  readonly exitCode: Promise<number>;
  /** The number of the signal that ended the program; undefined while it runs, and if it exited. */
  readonly endSignal: number | undefined;
  /** Sends the signal to the program. The trace then ends after the references that were made. */
  kill(signal: "SIGINT" | "SIGKILL"): void;
}

export interface Recording {
  /** The references and calls up to the end of the program. It can be read once. Closing it does not end the program. */
  readonly trace: Trace;
  /** The regions that the program began with, as `/proc/PID/maps` shows them; empty if the system does not have it. */
  readonly maps: string;
  /** Where the file of the program begins in its memory; undefined if that is not known. */
  readonly programStart: bigint | undefined;
}
