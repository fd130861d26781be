/** What went wrong, as one line and an exit status. */
import { EXIT_BAD_INPUT, EXIT_OK, EXIT_OUT_OF_MEMORY, OptionError, PagewalkError } from "../errors.js";
import { writeError } from "./terminal.js";

/** A mistake of ours, as sysexits.h numbers it. */
const EXIT_SOFTWARE = 70;

/** Tells standard error; the exit status. A stack trace only where `debug` asks for one. */
export function report(error: unknown, debug: boolean): number {
  if (isClosedPipe(error)) return EXIT_OK;
  const [line, status] = describe(error);
  writeError(`pagewalk: ${line}\n`);
  if (debug && error instanceof Error) writeError(`${traceOf(error)}\n`);
  return status;
}

function describe(error: unknown): [line: string, exitStatus: number] {
  if (error instanceof OptionError) return describe(error.renamed(optionName));
  if (error instanceof PagewalkError) return [oneLine(error.message), error.exitStatus];
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof RangeError && /memory/i.test(message)) {
    return [`${message}; use fewer frames or a smaller --memory`, EXIT_OUT_OF_MEMORY];
  }
  if (isSystemError(error))
    return [`${message}; see whether the system lets pagewalk do this`, EXIT_BAD_INPUT];
  return [`a mistake in pagewalk itself: ${message}; run it again with --debug and report it`, EXIT_SOFTWARE];
}

/** `--page-size`, of `pageSize`. */
function optionName(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : "";
  return `${error.stack}${cause}`;
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ");
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** The reader of our output has left. */
function isClosedPipe(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "EPIPE") || isClosedPipe(error.cause);
}
