/** Results go to standard output, everything else to standard error. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { fileError } from "../trace/file-errors.js";

const STDOUT = 1;
const STDERR = 2;

/** The widest tables, however wide the terminal, and the width of help. */
const WIDEST = 160;
export const HELP_WIDTH = 80;

/** Writes a result. What is thrown when the reader has left, as `head` does, is caused by `EPIPE`. */
export function writeOut(text: string): void {
  try {
    write(STDOUT, text);
  } catch (error) {
    throw fileError(error, "<stdout>", "write");
  }
}

/** Writes a warning or an error. Nobody may be there to read it. */
export function writeError(text: string): void {
  try {
    write(STDERR, text);
  } catch {
    // There is nowhere left to tell it.
  }
}

export function writeJson(document: object): void {
  writeOut(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Straight to the descriptor: a process that prints once need not load Node's streams for it. */
function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    // Another process has made the pipe non-blocking, and it is full: Node's streams know how to wait.
    const stream = descriptor === STDOUT ? process.stdout : process.stderr;
    stream.once("error", () => {});
    stream.write(bytes.subarray(written));
  }
}

export function errorIsTerminal(): boolean {
  return isatty(STDERR);
}

export function outputIsTerminal(): boolean {
  return isatty(STDOUT);
}

/** Columns of the output; `elsewhere` where it is no terminal, usually as wide as need be. */
export function outputWidth(elsewhere = WIDEST): number {
  return outputIsTerminal() ? Math.min(terminalWidth(), WIDEST) : elsewhere;
}

export function helpWidth(): number {
  return outputIsTerminal() ? Math.min(terminalWidth(), HELP_WIDTH) : HELP_WIDTH;
}

/** Some terminals do not know how wide they are, and say 0. */
function terminalWidth(): number {
  return process.stdout.columns || HELP_WIDTH;
}
