/** Cleans up when the process ends: temporary files, unfinished output, recorded programs. Node only. */
import { constants } from "node:os";

/** SIGINT has a handler that stops the work; see `onInterrupt`. */
let isAwaited = false;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs `clean`, which must be synchronous, if the process ends or is ended by a signal before `cancel` is called. */
export function cleanUpOnExit(clean: () => void): { cancel(): void } {
  const ended = (signal: (typeof SIGNALS)[number]) => {
    if (signal === "SIGINT" && isAwaited) return;
    // While there is a listener, another signal does not interrupt the cleanup.
    clean();
    cancel();
    // If there is no other listener, the signal ends the process as it would have without this one.
    if (process.listenerCount(signal) === 0) process.exit(128 + constants.signals[signal]);
  };
  const cancel = () => {
    process.removeListener("exit", clean);
    for (const signal of SIGNALS) process.removeListener(signal, ended);
  };
  process.once("exit", clean);
  for (const signal of SIGNALS) process.on(signal, ended);
  return { cancel };
}

/** Until `cancel` is called, the first SIGINT calls `stop`, and the second one ends the process after cleaning up. */
export function onInterrupt(stop: () => void): { cancel(): void } {
  let stopped = false;
  const interrupted = () => {
    if (stopped) process.exit(128 + constants.signals.SIGINT);
    stopped = true;
    stop();
  };
  isAwaited = true;
  process.on("SIGINT", interrupted);
  return {
    cancel: () => {
      isAwaited = false;
      process.removeListener("SIGINT", interrupted);
    },
  };
}
