import { printable } from "./printable.js";

/** Exit statuses of the command; see `pagewalk --help`. */
export const EXIT_OK = 0;
export const EXIT_CHECK_FAILED = 1;
export const EXIT_BAD_INPUT = 2;
export const EXIT_OUT_OF_MEMORY = 3;
/** 128 and the number of SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

/** Limits on the characters of a message's parts, for input that a message repeats; a remedy may list all names. */
const MOST_PROBLEM = 400;
const MOST_REMEDY = 4000;
const MOST_PLACE = 4200; // a path has at most 4,095 bytes

/**
 * Anything a user can cause. One line: `place: what is wrong; what to do`, the place being `FILE:LINE` for text and
 * `FILE:OFFSET` (bytes) for binary input. Control characters of the input are escaped.
 */
export class PagewalkError extends Error {
  override readonly name: string = "PagewalkError";
  /** Identifies the kind of error; does not change between versions, unlike messages. */
  readonly code: string = "ERR_PAGEWALK";
  readonly exitStatus: number = EXIT_BAD_INPUT;
  readonly problem: string;
  readonly remedy: string;
  readonly place: string | undefined;

  constructor(problem: string, remedy: string, place?: string, options?: ErrorOptions) {
    const [what, todo] = [printable(problem, MOST_PROBLEM), printable(remedy, MOST_REMEDY)];
    const where = place === undefined ? undefined : printable(place, MOST_PLACE);
    super(`${where === undefined ? "" : `${where}: `}${what}; ${todo}`, options);
    this.problem = what;
    this.remedy = todo;
    this.place = where;
  }
}

/** An option, argument or call that cannot be: unknown, out of range, contradicting another. */
export class UsageError extends PagewalkError {
  override readonly name = "UsageError";
  override readonly code = "ERR_PAGEWALK_USAGE";
}

/** A value that cannot be read. The caller, which knows the option, adds its name with `at`. */
export class ValueError extends UsageError {
  at(option: string): OptionError {
    return OptionError.at(option, this.problem, this.remedy);
  }
}

/** The result of `read`; a `ValueError` becomes an error of `option`. */
export function readOption<Value>(option: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof ValueError ? error.at(option) : error;
  }
}

type NameOf = (option: string) => string;

/**
 * A fault in options. The message names them as the library does: `pageSize`. The command shows the same error with its
 * own names: `--page-size`.
 */
export class OptionError extends UsageError {
  constructor(
    private readonly words: (nameOf: NameOf) => readonly [problem: string, remedy: string],
    /** The option with the fault, which is then the place. */
    readonly option?: string,
  ) {
    super(...words((name) => name), option);
  }

  /** A fault in the value of one option. */
  static at(option: string, problem: string, remedy: string): OptionError {
    return new OptionError(() => [problem, remedy], option);
  }

  /** The same error with other names. */
  renamed(nameOf: NameOf): UsageError {
    const place = this.option === undefined ? undefined : nameOf(this.option);
    return new UsageError(...this.words(nameOf), place, { cause: this });
  }
}

/** Input that is not what it should be: cut off, corrupt, of another format, beyond the architecture. */
export class InputError extends PagewalkError {
  override readonly name = "InputError";
  override readonly code = "ERR_PAGEWALK_INPUT";
}

/** The simulation needs more than the 4 GiB that one WebAssembly memory can have. */
export class OutOfMemoryError extends PagewalkError {
  override readonly name = "OutOfMemoryError";
  override readonly code = "ERR_PAGEWALK_OUT_OF_MEMORY";
  override readonly exitStatus = EXIT_OUT_OF_MEMORY;
}

/** The user stopped the work; finished results have been reported. */
export class Interruption extends PagewalkError {
  override readonly name = "Interruption";
  override readonly code = "ERR_PAGEWALK_INTERRUPTED";
  override readonly exitStatus = EXIT_INTERRUPTED;
}
