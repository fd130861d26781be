/** Yields to the event loop, which serves signals, timers and input. Browsers lack `setImmediate`. */
export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve);
  });
}
