/** Waiting for a stream to be kept, which may take as long as whoever writes it. */
import type { Trace } from "./trace.js";

/** `trace.spool()`, or the signal's reason as soon as it aborts; what was spooled is removed then. */
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
  spooling.catch(() => undefined); // nobody may be waiting any more
  try {
    return await Promise.race([spooling, aborted]);
  } catch (error) {
    isWanted = false;
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}
