/** Results go to standard output, everything else to standard error. */
import { fstatSync, writeSync } from "node:fs";
import { fileError } from "../trace/file-errors.js";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** The largest width of tables and of help. */
const WIDEST = 160;
/** Help: the width without a terminal, and the limits with one. */
const HELP_WIDTH = 80;
const NARROWEST = 40;
const HELP_WIDEST = 120;

/** Writes a result. If the reader has closed the output, as `head` does, the error thrown has the cause `EPIPE`. */
export function writeOut(text: string): void {
  try {
    write(STDOUT, text);
  } catch (error) {
    throw fileError(error, "<stdout>", "write");
  }
}

/** Writes a warning or an error. A failure to write it is ignored. */
export function writeError(text: string): void {
  try {
    write(STDERR, text);
  } catch {
    // There is no other output for this error.
  }
}

export function writeJson(document: object): void {
  writeOut(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Writes to the file descriptor directly, without loading Node's streams. */
function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    // The pipe is full and non-blocking, set so by another process: Node's streams can wait.
    const stream = descriptor === STDOUT ? process.stdout : process.stderr;
    stream.once("error", () => {});
    stream.write(bytes.subarray(written));
  }
}

export function inputIsTerminal(): boolean {
  return isTerminal(STDIN);
}

export function errorIsTerminal(): boolean {
  return isTerminal(STDERR);
}

export function outputIsTerminal(): boolean {
  return isTerminal(STDOUT);
}

/** A terminal is a character device; so the module that can tell, which Node takes 2 ms to load, is not asked for others. */
function isTerminal(descriptor: number): boolean {
  try {
    if (!fstatSync(descriptor).isCharacterDevice()) return false;
  } catch {
    return false; // it is closed
  }
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** Width of the output; `elsewhere` if it is not a terminal, by default unlimited. */
export function outputWidth(elsewhere = WIDEST): number {
  return outputIsTerminal() ? Math.min(terminalWidth(), WIDEST) : elsewhere;
}

/** The width of help: that of the terminal, or `COLUMNS` if the output is not a terminal. */
export function helpWidth(): number {
  const columns = outputIsTerminal() ? terminalWidth() : Number(process.env.COLUMNS);
  return columns >= NARROWEST ? Math.min(columns, HELP_WIDEST) : HELP_WIDTH;
}

/** Some terminals report a width of 0. */
function terminalWidth(): number {
  return process.stdout.columns || HELP_WIDTH;
}
