/** Misspelt names of calls. */
import { closest, distance } from "fastest-levenshtein";
import { callRows } from "../../../trace/calls/table.js";

/** The names that may be meant. Of two that are equally near the longer one is: letters are more often left out. */
const NAMES: readonly string[] = callRows()
  .flatMap(({ isChecked, names }) => (isChecked ? names : []))
  .sort((one, other) => other.length - one.length);

/** Calls of Linux and of the C library whose names differ in a letter or two from the calls above. */
const OTHER_NAMES: ReadonlySet<string> = new Set(
  (
    "flock sync stime lock lockf clock ulimit vlimit ugetrlimit creat64 callrpc cfree execl execle execlp execv execvp execvpe fexecve fclose pclose dlclose fdetach " +
    "fopen popen fgetc getc getrlimit64 setrlimit64 gsignal psignal ssignal hcreate modf modff modfl on_exit " +
    "openat64 openpty sscanf swscanf"
  ).split(" "),
);

/** The call that a misspelt name differs from in a letter or two; undefined if the name may be another call. */
export function meantBy(name: string): string | undefined {
  if (OTHER_NAMES.has(name)) return undefined;
  const likeliest = closest(name, NAMES);
  const edits = distance(name, likeliest);
  const isMeant = edits === 1 || (edits === 2 && (likeliest.length > 5 || isTwisted(name, likeliest)));
  return isMeant ? likeliest : undefined;
}

/** True if both have the same letters in another order. */
function isTwisted(one: string, other: string): boolean {
  return [...one].sort().join("") === [...other].sort().join("");
}
