/** Decides whether a signal is survived: it is if the log reports it and continues, or if the log is followed. */

import type { Expected } from "../parse/result.js";
import type { Call, Context } from "./call.js";

/** Signals of an access. */
const FAULT_SIGNALS = ["SIGSEGV", "SIGBUS"] as const;

export function isFaultSignal(name: string): boolean {
  return FAULT_SIGNALS.some((signal) => signal === name);
}

/** Runs an access to memory. If the run follows the log, the log is right whatever the model finds. */
export function survivingSignals<T>(
  { process, isFollowed }: Context,
  expected: Expected | undefined,
  run: () => T,
): T {
  if (expected === undefined) return run();
  const isRecorded = expected.kind === "signal" && isFaultSignal(expected.name);
  if (!isRecorded && !isFollowed) return run();
  const had = FAULT_SIGNALS.map((name) => [name, process.handled.get(name)] as const);
  for (const [name, handler] of had)
    process.handled.set(name, { onAlternateStack: handler?.onAlternateStack === true, ran: true });
  try {
    return run();
  } finally {
    for (const [name, handler] of had) {
      if (handler !== undefined) process.handled.set(name, handler);
      else if (isRecorded) process.handle(name);
      else process.handled.delete(name);
    }
  }
}

/**
 * Runs a call of the allocator. With `survivesSignals` the process survives any signal that it gets in the call: if the log has
 * a result other than a signal, and is followed.
 */
export function withSurvival<T>(
  context: Context,
  { expected }: Call,
  run: (survivesSignals: boolean) => T,
): T {
  if (expected?.kind === "signal") return survivingSignals(context, expected, () => run(false));
  return run(expected !== undefined && context.isFollowed);
}
