/** The requests that a trace's references make, step by step, and a pass over them. */

import { RECORD_BYTES } from "../../assembly/abi/core.js";
import type { Trace } from "../trace/trace.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelRequests, type ReferenceFilter } from "../wasm/pages.js";
import { END, eachBatch, readTrace, Turns } from "./pass.js";
import type { Watch } from "./progress.js";

/** The mapping from references to requests. */
export interface RequestShape {
  /** log2 of the page size; undefined if the trace has page numbers. */
  readonly pageShift: number | undefined;
  readonly only: ReferenceFilter;
  /** Distinct pages, if they are known. */
  readonly pages?: number | undefined;
}

/** The trace's own page numbers, or pages of `pageSize` bytes, a power of two. */
export function shapeOf(
  { unit }: Trace,
  { pageSize, only }: { pageSize: number; only: ReferenceFilter },
): RequestShape {
  return { pageShift: unit === "address" ? Math.log2(pageSize) : undefined, only };
}

/** Calls `serve` for the requests that `count` records make, in as many steps as they need. Returns their number. */
export async function eachStep(
  requests: KernelRequests,
  records: number,
  count: number,
  serve: (requests: number, before: number) => void | Promise<void>,
): Promise<number> {
  requests.begin(records, count);
  let before = 0;
  for (let more = true; more; ) {
    more = requests.fill();
    const made = requests.count;
    if (made > 0) await serve(made, before);
    before += made;
    requests.clear();
  }
  return before;
}

/** Divides a batch: no step goes beyond the end of a window. */
export interface Pace {
  /** Records until the window ends. */
  readonly room: number;
  /** Called after the requests of `records` more. */
  advance(records: number): void;
}

export interface PassLimits {
  pace?: Pace | undefined;
  /** Number of batches after which the pass ends. */
  batches?: number | undefined;
  /** Called before the consumers of a step. */
  prepare?: (() => void | Promise<void>) | undefined;
}

/** A consumer of the requests of a pass. */
export interface Consumer {
  /** It counts as so many passes over the trace; 1 by default. */
  readonly passes?: number;
  /** Takes the requests of the step. */
  serve(requests: number): void | Promise<void>;
  /** Called when the step is served: `references` more of the trace are. */
  advance?(references: number): void;
}

/** Milliseconds that a consumer may take for a step before steps stop growing, so that signals are noticed soon. */
const LONG_STEP = 50;
/** Milliseconds after which a step is served although it is not full: a live trace may be slow. */
const PATIENCE = 250;

/** One pass over a trace's requests, in a kernel of its own. A step has the requests of many batches. */
export class RequestPass {
  /** Time that numbering the pages took so far, for all consumers. */
  numberingMilliseconds = 0;
  private readonly turns = new Turns();
  /** The input that is in the step, and not reported. */
  private bytes = 0;
  private references = 0;
  private begun = 0;

  private constructor(
    readonly kernel: Kernel,
    readonly requests: KernelRequests,
    private readonly trace: Trace,
    private readonly watch: Watch,
  ) {}

  static async create(trace: Trace, shape: RequestShape, watch: Watch): Promise<RequestPass> {
    const kernel = await Kernel.create();
    const requests = KernelRequests.create(kernel, shape.pageShift, shape.only, shape.pages);
    return new RequestPass(kernel, requests, trace, watch);
  }

  /** Serves each step's requests to the consumers, one after the other. Returns the number of bytes read. */
  run(
    consumers: readonly Consumer[],
    { pace, batches = Number.POSITIVE_INFINITY, prepare }: PassLimits = {},
  ): Promise<number> {
    const { trace, kernel, watch } = this;
    const onWork = (bytes: number) => {
      this.bytes += bytes;
    };
    const serve = () => this.serve(consumers, prepare);
    return readTrace(trace, kernel, async (reader) => {
      let left = batches;
      this.begun = performance.now();
      await eachBatch(reader, { onWork, signal: watch.signal }, async ({ records, count }) => {
        for (let first = 0, part = 0; first < count; first += part) {
          part = Math.min(count - first, pace?.room ?? count);
          await this.add(records + first * RECORD_BYTES, part, serve);
          if (part === pace?.room) await serve();
          pace?.advance(part);
        }
        if (performance.now() - this.begun > PATIENCE) await serve();
        return --left > 0 ? undefined : END;
      });
      await serve();
      return reader.bytesRead;
    });
  }

  /** Adds records to the step, and serves it whenever it is full. */
  private async add(records: number, count: number, serve: () => Promise<void>): Promise<void> {
    const { requests } = this;
    requests.begin(records, count);
    let added = 0;
    while (requests.fill()) {
      const done = count - requests.left;
      this.references += done - added;
      added = done;
      await serve();
    }
    this.references += count - added;
  }

  private async serve(consumers: readonly Consumer[], prepare: PassLimits["prepare"]): Promise<void> {
    const { requests, watch, bytes, references } = this;
    [this.bytes, this.references] = [0, 0];
    const { count } = requests;
    let longest = 0;
    if (count > 0) await prepare?.();
    const begin = performance.now();
    requests.number();
    this.numberingMilliseconds += performance.now() - begin;
    for (const consumer of consumers) {
      const { passes = 1 } = consumer;
      const start = performance.now();
      if (count > 0) await consumer.serve(count);
      longest = Math.max(longest, performance.now() - start);
      consumer.advance?.(references);
      watch.onWork(bytes * passes, references * passes);
      await this.turns.isTaken();
      watch.signal?.throwIfAborted();
    }
    requests.clear(longest < LONG_STEP);
    this.begun = performance.now();
  }
}
