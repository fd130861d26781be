/** Copies of streams that are read several times: in a temporary file (Node) or a Blob (browser). */
import type { Trace } from "../trace/trace.js";
import type { Watch } from "./progress.js";

export class Copies {
  private readonly made: Trace[] = [];

  /** The signal ends a wait for a stream, which may take as long as its writer does. */
  constructor(private readonly watch: Watch) {}

  /** The trace itself, if it can be read `passes` times, or a copy of it. */
  async of(trace: Trace, passes: number): Promise<Trace> {
    if (trace.rewindable || passes < 2) return trace;
    const copy = await spooled(trace, this.watch);
    this.made.push(copy);
    return copy;
  }

  /** Removes the copies. */
  async close(): Promise<void> {
    await Promise.all(this.made.map((copy) => copy.close()));
  }
}

/** `trace.spool()`; rejects with the signal's reason as soon as it aborts, and removes the stored data. */
async function spooled(trace: Trace, { signal, onWork }: Watch): Promise<Trace> {
  signal?.throwIfAborted();
  let isWanted = true;
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
  const onBytes = (bytes: number) => {
    if (isWanted) onWork(bytes);
  };
  const spooling = trace.spool(onBytes).then(async (copy) => {
    if (!isWanted) await copy.close();
    return copy;
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
