/** Results of simulations that an interruption cut short, in tables. */
import { formatCount } from "./numbers.js";

/** Beside a result of only a part of the trace. */
export const CUT = " …";

/** `ends`: the references of the trace that each of these results is of. */
export function cutNote(ends: readonly number[]): string {
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const range = least === most ? formatCount(most) : `${formatCount(least)} to ${formatCount(most)}`;
  return `… interrupted: of the first ${range} references`;
}
