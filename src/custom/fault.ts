/** Errors of custom policies and allocators as one line, with the line of their file if the engine gives it. */
import { InputError } from "../errors.js";
import type { CustomKind } from "./definition.js";

/** Origin, for messages. */
export interface CustomPlace {
  /** The file as given, or the definition's name. */
  readonly place: string;
  /** The file's URL. */
  readonly url?: string | undefined;
}

/** The file cannot be loaded. Engines show the line of a syntax error only in the report of an uncaught error. */
export function importFault(thrown: unknown, from: CustomPlace): InputError {
  const remedy =
    thrown instanceof SyntaxError ? `correct it: "node ${from.place}" shows the line` : "correct it";
  const problem = `importing it throws ${inWords(thrown)}`;
  return new InputError(problem, remedy, placeIn(thrown, from), { cause: thrown });
}

/** A hook threw an error. */
export function hookFault(hook: string, thrown: unknown, from: CustomPlace, kind: CustomKind): InputError {
  const problem = `${hook} throws ${inWords(thrown)}`;
  return new InputError(problem, `correct it${shortCase(from, kind)}`, placeIn(thrown, from), {
    cause: thrown,
  });
}

/** A hook returned an invalid value. `place`: where, if known. */
export function answerFault(
  problem: string,
  remedy: string,
  from: CustomPlace,
  kind: CustomKind,
  place = from.place,
): InputError {
  return new InputError(problem, `${remedy}${shortCase(from, kind)}`, place);
}

function shortCase({ place, url }: CustomPlace, { checker, command }: CustomKind): string {
  return `; ${url === undefined ? checker : `"pagewalk ${command} ${place}"`} looks for a short counterexample`;
}

function inWords(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `the value ${String(thrown)}`;
}

/** `FILE:LINE` if the stack names the file, by URL or by path; else the place alone. */
export function placeIn(error: unknown, { place, url }: CustomPlace): string {
  if (url === undefined || !(error instanceof Error) || error.stack === undefined) return place;
  const { pathname } = new URL(url);
  for (const file of [pathname, decodeURIComponent(pathname)]) {
    const at = error.stack.indexOf(`${file}:`);
    const line = at < 0 ? undefined : /^\d+/.exec(error.stack.slice(at + file.length + 1))?.[0];
    if (line !== undefined) return `${place}:${line}`;
  }
  return place;
}
