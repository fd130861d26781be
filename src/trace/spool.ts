/** Waits until a stream is stored, which may take as long as its writer does. */
import type { Trace } from "./trace.js";

/** `trace.spool()`; rejects with the signal's reason as soon as it aborts, and removes the stored data. */
export async function spooled(trace: Trace, signal: AbortSignal | undefined): Promise<Trace> {
  signal?.throwIfAborted();
  let isWanted = true;
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
  const spooling = trace.spool().then(async (kept) => {
    if (!isWanted) await kept.close();
    return kept;
  });
  spooling.catch(() => undefined); // it may not be awaited any more
  try {
    return await Promise.race([spooling, aborted]);
  } catch (error) {
    isWanted = false;
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}
