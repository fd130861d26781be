/**
 * Finds the parent of a process whose first call comes before the answer that says whose child it is: where several
 * processes create children at the same time, and where strace prints calls at their end (-z, -e status).
 *
 *   10    vfork( <unfinished ...>
 *   11    vfork( <unfinished ...>
 *   13    execve("/usr/bin/true", …) = 0             whose child?
 *   11    <... vfork resumed>)              = 13
 */
import { type ParsedCall, parseCall } from "../parse/grammar.js";
import { splitPrefix, unstamped } from "../parse/prefix.js";

const MOST_LINES = 10_000;
const ANSWER = /^(?:<\.\.\. )?(?:v?fork|clone3?)(?: resumed>|\().*\)\s*=\s*(\d+)\b/;

export interface Parentage {
  /** The number in the parent's line; undefined if it has none. */
  readonly pid: number | undefined;
  /** The call; undefined if its beginning is in another line. */
  readonly call: ParsedCall | undefined;
}

/** Undefined if the lines do not show the parent. */
export async function parentOf(
  child: number,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<Parentage | undefined> {
  let read = 0;
  for await (const line of lines) {
    if (read++ === MOST_LINES) return undefined;
    const { digits, rest } = splitPrefix(line);
    const text = unstamped(rest);
    if (Number(ANSWER.exec(text)?.[1]) !== child) continue;
    return { pid: digits === undefined ? undefined : Number(digits), call: callIn(text) };
  }
  return undefined;
}

function callIn(text: string): ParsedCall | undefined {
  try {
    return text.startsWith("<") ? undefined : parseCall(text);
  } catch {
    return undefined; // it is reported in its turn
  }
}
