/** The reason why a run ends before its log. */
import {
  InputError,
  Interruption,
  OutOfMemoryError,
  type PagewalkError,
  UsageError,
} from "../../../errors.js";
import { NoProcess } from "../calls/tasks.js";

export interface Place {
  /** The log's name in messages. */
  readonly name: string;
  /** The current line, and the last line read; 0 before the first. */
  readonly served: number;
  readonly read: number;
}

export function interruption({ name, read }: Place): Interruption {
  return new Interruption("interrupted", "the results so far follow", read === 0 ? name : `${name}:${read}`);
}

/** Describes any error that a log can cause, with its line; rethrows others. */
export function reasonOf(error: unknown, { name, served, read }: Place): PagewalkError {
  const place = `${name}:${served}`;
  if (error instanceof InputError && error.place !== undefined) return error;
  if (error instanceof NoProcess) {
    const { errorName } = error;
    const problem = `no more processes can be made${errorName === undefined ? "" : ` (${errorName})`}`;
    return new InputError(problem, "end some, or give the system more memory", place);
  }
  // No line was read: the trace itself is invalid.
  if (error instanceof UsageError && read === 0) throw error;
  if (error instanceof OutOfMemoryError)
    return new OutOfMemoryError(error.words.problem, error.words.remedy, place);
  if (error instanceof InputError || error instanceof UsageError)
    return new InputError(error.words.problem, error.words.remedy, place);
  throw error;
}
