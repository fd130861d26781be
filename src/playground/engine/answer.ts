/** Answers of the worker. Only a message's text would survive the way to the page, not the class of an error. */
import { PagewalkError, UsageError } from "pagewalk";

/** One line, and the option at fault, if it is one. */
export interface Problem {
  readonly text: string;
  readonly option?: string;
}

export type Answer<Value> = { readonly value: Value } | { readonly problem: Problem };

/** The function with its errors as values. */
export function answered<Arguments extends unknown[], Value>(
  work: (...given: Arguments) => Promise<Value>,
): (...given: Arguments) => Promise<Answer<Value>> {
  return async (...given) => {
    try {
      return { value: await work(...given) };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof PagewalkError) {
    const { problem, remedy, place } = error;
    // The place of a fault in the input is a file, which may have any name.
    const isOption = error instanceof UsageError && place !== undefined && /^[a-z][A-Za-z]*$/.test(place);
    return isOption ? { text: `${problem}; ${remedy}`, option: place } : { text: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { text: `internal error: ${message}; reload the page, and report it if it comes again` };
}
