/** Decides whether a signal is survived: it is if the log reports it and continues, or if the log is followed. */

import type { Process } from "../process.js";
import type { Expected } from "./result.js";

import { FAULT_SIGNALS, isFaultSignal } from "./verify.js";

/** Runs an access to memory. With `isFollowed` the log is right whatever the model finds. */
export function sparing<T>(
  process: Process,
  expected: Expected | undefined,
  isFollowed: boolean,
  run: () => T,
): T {
  if (expected === undefined) return run();
  const isTold = expected.kind === "signal" && isFaultSignal(expected.name);
  if (!isTold && !isFollowed) return run();
  const had = FAULT_SIGNALS.map((name) => [name, process.handled.get(name)] as const);
  for (const [name, handler] of had)
    process.handled.set(name, { onAlternateStack: handler?.onAlternateStack === true, ran: true });
  try {
    return run();
  } finally {
    for (const [name, handler] of had) {
      if (handler !== undefined) process.handled.set(name, handler);
      else if (isTold) process.handle(name);
      else process.handled.delete(name);
    }
  }
}
