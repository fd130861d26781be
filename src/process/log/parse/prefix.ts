/**
 * The prefix of a call in its line: the process, times, the call's number, the address of the instruction.
 *
 *   [pid  12] 10:02:03.5 [  9] [00007f3a5c1e7d3b] mmap(…
 *   12    1700000000.123456 [unconfined_t] mmap(…
 *        0 mmap(…                                      relative times in seconds have blanks before them, processes not
 */

/**
 * Process number: `[pid 12]` on a terminal, the bare number in a file (-o); followed by the name of the program (-Y).
 */
const PID = /^(?:\[pid\s+(\d+)(?:<.*?>)?\]\s*|(\d+)(?:\s+|<.*?>\s+)(?=[A-Za-z_<+\-\d[]))/;
const RELATIVE = /^\s+\d+\s/;
/**
 * Time (-t, -tt, -ttt, -r, -r with -tt), the call's number (-n), the instruction's address (-i), the security context
 * of the process (--secontext); ltrace's alike.
 */
const STAMP =
  /^(?:\d\d:\d\d:\d\d(?:\.\d+)?\s+|\d+\.\d+\s+|\d+\s+(?=[A-Za-z_<+\-[])|\(\+\s*\d+(?:\.\d+)?\)\s+|\[[\s0-9a-fx?]+\]\s+|\[[A-Za-z_][\w.:,!-]*\]\s+)/;

export interface Prefixed {
  /** The prefix with the process, and its number in digits. */
  readonly own: string;
  readonly digits: string | undefined;
  readonly rest: string;
}

/** Parts the line after the process number. */
export function splitPrefix(line: string): Prefixed {
  const text = line.trim();
  const found = RELATIVE.test(line) ? null : PID.exec(text);
  const [own = "", tagged, bare] = found ?? [];
  return { own, digits: tagged ?? bare, rest: text.slice(own.length) };
}

/** The text without times and what else may come before a call. */
export function unstamped(text: string): string {
  let rest = text;
  for (let [stamp] = STAMP.exec(rest) ?? []; stamp !== undefined; [stamp] = STAMP.exec(rest) ?? [])
    rest = rest.slice(stamp.length);
  return rest;
}
