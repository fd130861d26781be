/** The pass over a trace: opens it, decodes each batch, reports progress, and stops on a signal. */

import { turnOfEventLoop } from "../platform/event-loop.js";
import type { Batch, PageBlock, TraceReader } from "../trace/reader.js";
import type { Trace } from "../trace/trace.js";
import type { Kernel } from "../wasm/kernel.js";
import type { Watch } from "./progress.js";

/** Returned by the consumer of a pass to end it. */
export const END = "end";
export type Served = typeof END | undefined;

/** Milliseconds after which the event loop gets a turn, so that a signal can arrive. */
const TURN_MILLISECONDS = 50;

/** Gives the event loop its turns. */
export class Turns {
  private last = performance.now();

  /** Gives it one if it is time to, and is then true. */
  async isTaken(): Promise<boolean> {
    if (performance.now() - this.last < TURN_MILLISECONDS) return false;
    await turnOfEventLoop();
    this.last = performance.now();
    return true;
  }
}

/** Calls `use` with a reader of the trace that decodes into `kernel`, and closes it. */
export async function readTrace<Result>(
  trace: Trace,
  kernel: Kernel,
  use: (reader: TraceReader) => Promise<Result>,
): Promise<Result> {
  const reader = await trace.read(kernel);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}

/** Calls `serve` for each batch. */
export function eachBatch(
  reader: TraceReader,
  watch: Watch,
  serve: (batch: Batch) => Served | Promise<Served>,
): Promise<void> {
  return each(reader, () => reader.next(), watch, serve);
}

/** Calls `serve` for each page block, if the trace has them. */
export function eachPageBlock(
  reader: TraceReader,
  watch: Watch,
  serve: (block: PageBlock) => Served | Promise<Served>,
): Promise<void> {
  return each(reader, () => reader.nextPageBlock(), watch, serve);
}

/** The counters of an input that the loop reports. */
interface Input {
  readonly bytesRead: number;
  readonly counts?: { readonly references: number };
}

/** Calls `serve` for each item of an input: a trace, or a log. */
export async function each<Item>(
  input: Input,
  next: () => Promise<Item | undefined>,
  watch: Watch,
  serve: (item: Item) => Served | Promise<Served>,
): Promise<void> {
  for await (const item of itemsOf(input, next, watch)) {
    if ((await serve(item)) === END) return;
  }
}

/** Each item of an input. An item counts as work when the caller is done with it, also if the loop ends there. */
export async function* itemsOf<Item>(
  input: Input,
  next: () => Promise<Item | undefined>,
  { signal, onWork }: Watch,
): AsyncGenerator<Item, void, undefined> {
  let bytes = 0;
  let references = 0;
  const turns = new Turns();
  for (let item = await next(); item !== undefined; item = await next()) {
    signal?.throwIfAborted();
    try {
      yield item;
    } finally {
      const { bytesRead, counts = { references: 0 } } = input;
      onWork(bytesRead - bytes, counts.references - references);
      [bytes, references] = [bytesRead, counts.references];
    }
    await turns.isTaken();
  }
}
