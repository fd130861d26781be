/**
 * Finds the parent of a process of which only the first call is known, when several processes create children at the
 * same time: the parent's answer, which may come later in the log, is the child's number.
 *
 *   10    vfork( <unfinished ...>
 *   11    vfork( <unfinished ...>
 *   13    execve("/usr/bin/true", …) = 0             whose child?
 *   11    <... vfork resumed>)              = 13
 */
import { parted, unstamped } from "../parse/prefix.js";

const MOST_LINES = 10_000;
const ANSWER = /^<\.\.\. (?:v?fork|clone3?) resumed>.*\)\s*=\s*(\d+)\b/;

/** Undefined if the lines do not show it. A parent without a number in its line is `pid: undefined`. */
export async function parentOf(
  child: number,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<{ readonly pid: number | undefined } | undefined> {
  let read = 0;
  for await (const line of lines) {
    if (read++ === MOST_LINES) return undefined;
    const { digits, rest } = parted(line);
    const [, answer] = ANSWER.exec(unstamped(rest)) ?? [];
    if (Number(answer) === child) return { pid: digits === undefined ? undefined : Number(digits) };
  }
  return undefined;
}
