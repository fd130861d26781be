/** Describes an error as one line and an exit status. */
import { EXIT_BAD_INPUT, EXIT_OK, EXIT_OUT_OF_MEMORY, PagewalkError, withNames } from "../errors.js";
import { flagOf } from "../options/row.js";
import { printable } from "../printable.js";
import { writeError } from "./terminal.js";

/** Status of an internal error, as in sysexits.h. */
const EXIT_SOFTWARE = 70;

/** Longest message of another error than a `PagewalkError`. */
const MOST_MESSAGE = 1000;

/** Prints the error to standard error; returns the exit status. Prints a stack trace only with `debug`. */
export function report(error: unknown, debug: boolean): number {
  if (isClosedPipe(error)) return EXIT_OK;
  const [line, status] = describe(error);
  writeError(`pagewalk: ${line}\n`);
  if (debug && error instanceof Error) writeError(`${traceOf(error)}\n`);
  return status;
}

/** Prints a warning to standard error. Its options are as `optionNamed` writes them. */
export function warn(words: string): void {
  writeError(`pagewalk: ${withNames(words, flagOf)}\n`);
}

function describe(error: unknown): [line: string, exitStatus: number] {
  if (error instanceof PagewalkError) return [error.renamed(flagOf).message, error.exitStatus];
  const message = printable(error instanceof Error ? error.message : String(error), MOST_MESSAGE);
  if (error instanceof RangeError && /memory/i.test(message)) {
    return [`${message}; use fewer frames or a smaller --memory`, EXIT_OUT_OF_MEMORY];
  }
  if (isSystemError(error))
    return [`${message}; check the permissions and limits of this system`, EXIT_BAD_INPUT];
  return [`internal error: ${message}; run it again with --debug and report it`, EXIT_SOFTWARE];
}

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : "";
  return `${error.stack}${cause}`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** The reader of the output has closed it. */
function isClosedPipe(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "EPIPE") || isClosedPipe(error.cause);
}
