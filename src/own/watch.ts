/** A watch over work that may never come back: an own policy can loop for ever, in the thread that called it. */
import { InputError } from "../errors.js";
import { isNode } from "../platform.js";

export type Watcher = <Result>(work: () => Result) => Result;

const TIMED_OUT = "ERR_SCRIPT_EXECUTION_TIMEOUT";

/**
 * Calls what it is given, and throws where that takes longer than `seconds`, which only Node can tell: its `vm` module
 * stops scripts from another thread, with everything that they call. A browser asks its user.
 */
export async function watcher(seconds: number, place: string): Promise<Watcher> {
  if (!isNode) return (work) => work();
  const { createContext, Script } = await import("node:vm");
  const context: { work?: () => unknown } = {};
  createContext(context);
  const script = new Script("work()");
  return <Result>(work: () => Result) => {
    context.work = work;
    try {
      return script.runInContext(context, { timeout: seconds * 1000 }) as Result;
    } catch (error) {
      // It comes from the script's realm, whose `Error` is another one.
      if ((error as { code?: unknown } | undefined)?.code !== TIMED_OUT) throw error;
      throw new InputError(`does not come back within ${seconds} s`, "look for a loop without an end", place);
    }
  };
}
