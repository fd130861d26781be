/** Suggestions for names that there are not. */
import { closest } from "fastest-levenshtein";

/** The name that was probably meant: the first that goes on from what was typed, else the one fewest edits away. */
export function nearest(typed: string, names: readonly string[]): string {
  const start = typed.toLowerCase();
  const longer = start === "" ? undefined : names.find((name) => name.toLowerCase().startsWith(start));
  return longer ?? closest(typed, names);
}
