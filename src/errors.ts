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

/** How a message shows an option, and an option with its value. */
type NameOf = (option: string, value?: string) => string;

// Unicode's noncharacters surround an option in a text; no input has them.
const [OPTION, VALUE, END] = ["\ufdd0", "\ufdd1", "\ufdd2"];
const OPTIONS = new RegExp(`${OPTION}([^${VALUE}${END}]*)(?:${VALUE}([^${END}]*))?${END}`, "g");

/**
 * An option in the text of an error. The library's message has its name, `pageSize` or `columns: "page=1"`; the command
 * shows `--page-size` or `--columns page=1`.
 */
export function optionNamed(name: string, value?: string): string {
  return `${OPTION}${name}${value === undefined ? "" : `${VALUE}${value}`}${END}`;
}

const libraryName: NameOf = (name, value) => (value === undefined ? name : `${name}: "${value}"`);

/** A text with the names of its options; by default the library's. */
export function withNames(text: string, nameOf: NameOf = libraryName): string {
  return text.replace(OPTIONS, (_, name: string, value?: string) => nameOf(name, value));
}

/** The parts of a message, with options as `optionNamed` writes them. */
interface Words {
  readonly problem: string;
  readonly remedy: string;
  readonly place: string | undefined;
}

/**
 * Anything a user can cause. One line: `place: what is wrong; what to do`, the place being `FILE:LINE` for text,
 * `FILE:OFFSET` (bytes) for binary input, or an option. Control characters of the input are escaped. The message names
 * options as the library does.
 */
export class PagewalkError extends Error {
  /** The class, such as `UsageError`. */
  override readonly name: string = "PagewalkError";
  /** Identifies the kind of error; does not change between versions, unlike messages. */
  readonly code: string = "ERR_PAGEWALK";
  /** The exit status of the command that fails with it: 2 for usage and input, 3 for memory. */
  readonly exitStatus: number = EXIT_BAD_INPUT;
  /** The fault, as a clause. */
  readonly problem: string;
  /** The remedy, as a clause. */
  readonly remedy: string;
  /** `FILE:LINE`, `FILE:OFFSET` or an option; undefined if the error has no place. */
  readonly place: string | undefined;
  /** For an error that is made from this one. @internal */
  readonly words: Words;

  constructor(problem: string, remedy: string, place?: string, options?: ErrorOptions) {
    const [what, todo] = [shown(problem, MOST_PROBLEM), shown(remedy, MOST_REMEDY)];
    const where = place === undefined ? undefined : shown(place, MOST_PLACE);
    super(`${where === undefined ? "" : `${where}: `}${what}; ${todo}`, options);
    this.problem = what;
    this.remedy = todo;
    this.place = where;
    this.words = { problem, remedy, place };
  }

  /** The same error with other names of options. */
  renamed(nameOf: NameOf): PagewalkError {
    const { problem, remedy, place } = this.words;
    const Class = this.constructor as typeof PagewalkError;
    const where = place === undefined ? undefined : withNames(place, nameOf);
    return new Class(withNames(problem, nameOf), withNames(remedy, nameOf), where, { cause: this });
  }
}

function shown(text: string, most: number): string {
  return printable(withNames(text), most);
}

/** An option, argument or call that cannot be: unknown, out of range, contradicting another. */
export class UsageError extends PagewalkError {
  static readonly code = "ERR_PAGEWALK_USAGE";
  /** The class. */
  override readonly name = "UsageError";
  override readonly code = UsageError.code;
}

/** A value that cannot be read. The caller, which knows the option, adds its name with `at`. */
export class ValueError extends UsageError {
  at(option: string): OptionError {
    return OptionError.at(option, this.words.problem, this.words.remedy);
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

/** A fault in the value of one option, which is the place. */
export class OptionError extends UsageError {
  static at(option: string, problem: string, remedy: string): OptionError {
    return new OptionError(problem, remedy, optionNamed(option));
  }
}

/** Input that is not what it should be: cut off, corrupt, of another format, beyond the architecture. */
export class InputError extends PagewalkError {
  static readonly code = "ERR_PAGEWALK_INPUT";
  /** The class. */
  override readonly name = "InputError";
  override readonly code = InputError.code;
}

/** The simulation needs more than the 4 GiB that one WebAssembly memory can have. */
export class OutOfMemoryError extends PagewalkError {
  static readonly code = "ERR_PAGEWALK_OUT_OF_MEMORY";
  /** The class. */
  override readonly name = "OutOfMemoryError";
  override readonly code = OutOfMemoryError.code;
  /** The exit status of the command. */
  override readonly exitStatus = EXIT_OUT_OF_MEMORY;
}

/** The user stopped the work; finished results have been reported. */
export class Interruption extends PagewalkError {
  override readonly name = "Interruption";
  override readonly code = "ERR_PAGEWALK_INTERRUPTED";
  override readonly exitStatus = EXIT_INTERRUPTED;
}
