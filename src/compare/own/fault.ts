/** An own policy's mistakes as errors of one line, with the line of its file where the engine tells it. */
import { InputError } from "../../errors.js";

/** Where a policy is from, for messages. */
export interface PolicyPlace {
  /** The file as it was named, or the policy's name. */
  readonly place: string;
  /** The file's address. */
  readonly url?: string | undefined;
}

/** The file does not even load. Engines keep the line of a syntax error to themselves until nobody catches it. */
export function importFault(thrown: unknown, from: PolicyPlace): InputError {
  const remedy = thrown instanceof SyntaxError ? `mend it: "node ${from.place}" shows the line` : "mend it";
  const problem = `importing it throws ${inWords(thrown)}`;
  return new InputError(problem, remedy, placeIn(thrown, from), { cause: thrown });
}

/** A hook throws. */
export function hookFault(hook: string, thrown: unknown, from: PolicyPlace): InputError {
  const problem = `${hook} throws ${inWords(thrown)}`;
  return new InputError(problem, `mend it${shortCase(from)}`, placeIn(thrown, from), { cause: thrown });
}

/** `evict` returns `problem`, which is no page that could go. */
export function victimFault(problem: string, from: PolicyPlace): InputError {
  const remedy = `return a page that insert was given and that is still there${shortCase(from)}`;
  return new InputError(problem, remedy, from.place);
}

function shortCase({ place, url }: PolicyPlace): string {
  return `; ${url === undefined ? "checkPolicy" : `"pagewalk policy check ${place}"`} looks for a short case`;
}

function inWords(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `the value ${String(thrown)}`;
}

/** `FILE:LINE` where the stack names the file, by its address or by its path, else the policy's place. */
function placeIn(error: unknown, { place, url }: PolicyPlace): string {
  if (url === undefined || !(error instanceof Error) || error.stack === undefined) return place;
  const { pathname } = new URL(url);
  for (const file of [pathname, decodeURIComponent(pathname)]) {
    const at = error.stack.indexOf(`${file}:`);
    const line = at < 0 ? undefined : /^\d+/.exec(error.stack.slice(at + file.length + 1))?.[0];
    if (line !== undefined) return `${place}:${line}`;
  }
  return place;
}
