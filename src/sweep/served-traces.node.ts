/**
 * The traces of a worker's groups: each is read once to compare its SHA-256 with the group's, and again only if the file
 * has changed since. A trace of a URL is stored in a temporary file for as long as it is among those used last.
 */
import { stat } from "node:fs/promises";
import { InputError } from "../errors.js";
import { openTrace } from "../trace/open.js";
import type { Trace } from "../trace/trace.js";
import type { GroupData } from "./group.js";
import { digest, storedBytes } from "./identity.node.js";

type Wanted = Pick<GroupData, "input" | "options" | "content">;

/** A stored copy of a URL's trace. */
interface Copy {
  readonly trace: Promise<Trace>;
  users: number;
}

/** Copies of URLs that no group uses, and hashes that are remembered. */
const MOST_COPIES = 4;
const MOST_HASHES = 10_000;

export class ServedTraces {
  private readonly hashes = new Map<string, Promise<string>>();
  /** By URL and hash; the one used last is the last. */
  private readonly copies = new Map<string, Copy>();

  /** Calls `work` with the trace. Throws `InputError` if it cannot be read, or is another one. */
  async with<Result>(
    wanted: Wanted,
    signal: AbortSignal,
    work: (trace: Trace) => Promise<Result>,
  ): Promise<Result> {
    return /^https?:/i.test(wanted.input) ? this.withCopy(wanted, work) : this.withFile(wanted, signal, work);
  }

  /** Removes the copies. */
  async close(): Promise<void> {
    const traces = await Promise.allSettled([...this.copies.values()].map(({ trace }) => trace));
    this.copies.clear();
    await Promise.all(traces.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
  }

  private async withFile<Result>(
    wanted: Wanted,
    signal: AbortSignal,
    work: (trace: Trace) => Promise<Result>,
  ): Promise<Result> {
    const trace = await openTrace(wanted.input, wanted.options);
    try {
      const { size, mtimeMs, ino } = await stat(wanted.input);
      const key = JSON.stringify([wanted.input, size, mtimeMs, ino]);
      const known = this.hashes.get(key) ?? digest(storedBytes(trace), signal);
      if (this.hashes.size >= MOST_HASHES) this.hashes.clear();
      this.hashes.set(key, known);
      known.catch(() => this.hashes.delete(key));
      checkContent(wanted, await known);
      return await work(trace);
    } finally {
      await trace.close();
    }
  }

  private async withCopy<Result>(wanted: Wanted, work: (trace: Trace) => Promise<Result>): Promise<Result> {
    const key = JSON.stringify([wanted.input, wanted.content, wanted.options]);
    const copy = this.copies.get(key) ?? { trace: fetched(wanted), users: 0 };
    this.copies.delete(key);
    this.copies.set(key, copy);
    copy.users++;
    try {
      return await work(await copy.trace);
    } catch (error) {
      copy.trace.catch(() => this.copies.delete(key));
      throw error;
    } finally {
      copy.users--;
      await this.evict();
    }
  }

  private async evict(): Promise<void> {
    const idle = [...this.copies].filter(([, { users }]) => users === 0);
    for (const [key, { trace }] of idle.slice(0, Math.max(0, idle.length - MOST_COPIES))) {
      this.copies.delete(key);
      await (await trace).close();
    }
  }
}

async function fetched(wanted: Wanted): Promise<Trace> {
  const stream = await openTrace(wanted.input, wanted.options);
  const trace = await stream.spool();
  try {
    checkContent(wanted, await digest(storedBytes(trace)));
    return trace;
  } catch (error) {
    await trace.close();
    throw error;
  }
}

function checkContent({ input, content }: Wanted, found: string): void {
  if (found === content) return;
  throw new InputError(
    "is not the trace of the sweep: its bytes have another hash",
    "give all machines the same files, or start the sweep again if the trace has changed",
    input,
  );
}
