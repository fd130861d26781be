/** A time limit for work that may never return: a custom policy can loop forever in the calling thread. */
import { createContext, Script } from "node:vm";
import { InputError } from "../errors.js";

export type Watcher = <Result>(work: () => Result) => Result;

const TIMED_OUT = "ERR_SCRIPT_EXECUTION_TIMEOUT";

/**
 * Calls a function, and throws if it takes longer than `seconds`. Node's `vm` module can stop a script from another
 * thread.
 */
export async function watcher(seconds: number, place: string): Promise<Watcher> {
  const context: { work?: () => unknown } = {};
  createContext(context);
  const script = new Script("work()");
  return <Result>(work: () => Result) => {
    context.work = work;
    try {
      return script.runInContext(context, { timeout: seconds * 1000 }) as Result;
    } catch (error) {
      // The error comes from the script's realm, which has another `Error`.
      if ((error as { code?: unknown } | undefined)?.code !== TIMED_OUT) throw error;
      throw new InputError(`does not return within ${seconds} s`, "look for an endless loop", place);
    }
  };
}
