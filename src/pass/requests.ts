/** The requests that a trace's references make, step by step, and a pass over them. */

import { RECORD_BYTES } from "../../assembly/abi/core.js";
import type { Trace } from "../trace/trace.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelRequests, type ReferenceFilter } from "../wasm/pages.js";
import { END, eachBatch, readTrace } from "./pass.js";
import { times, type Watch } from "./progress.js";

/** The mapping from references to requests. */
export interface RequestShape {
  /** log2 of the page size; undefined if the trace has page numbers. */
  readonly pageShift: number | undefined;
  readonly only: ReferenceFilter;
}

/** The trace's own page numbers, or pages of `pageSize` bytes, a power of two. */
export function shapeOf(
  { unit }: Trace,
  { pageSize, only }: { pageSize: number; only: ReferenceFilter },
): RequestShape {
  return { pageShift: unit === "address" ? Math.log2(pageSize) : undefined, only };
}

/** A batch becomes requests in steps: `step` makes the next ones and returns their number, 0 at the end. */
interface Steps {
  begin(records: number, count: number): void;
  step(): number;
}

/** Calls `serve` for each step of the requests that `count` records make. Returns the number of requests. */
export async function eachStep(
  requests: Steps,
  records: number,
  count: number,
  serve: (requests: number, before: number) => void | Promise<void>,
): Promise<number> {
  requests.begin(records, count);
  let before = 0;
  for (let made = requests.step(); made > 0; made = requests.step()) {
    await serve(made, before);
    before += made;
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
}

/** One pass over a trace's requests, in a kernel of its own. */
export class RequestPass {
  /** References served so far. */
  references = 0;

  private constructor(
    readonly kernel: Kernel,
    readonly requests: KernelRequests,
    private readonly trace: Trace,
    private readonly watch: Watch,
  ) {}

  static async create(trace: Trace, shape: RequestShape, watch: Watch): Promise<RequestPass> {
    const kernel = await Kernel.create();
    return new RequestPass(kernel, new KernelRequests(kernel, shape.pageShift, shape.only), trace, watch);
  }

  /**
   * Calls `serve` for each step's requests. The pass counts as `passes`, for example one for each simulation that it
   * feeds. Returns the number of bytes read.
   */
  run(
    passes: number,
    serve: (requests: number) => void | Promise<void>,
    { pace, batches = Number.POSITIVE_INFINITY }: PassLimits = {},
  ): Promise<number> {
    const { trace, kernel, requests, watch } = this;
    return readTrace(trace, kernel, async (reader) => {
      let left = batches;
      await eachBatch(reader, times(watch, passes), async ({ records, count }) => {
        for (let first = 0, part = 0; first < count; first += part) {
          part = Math.min(count - first, pace?.room ?? count);
          await eachStep(requests, records + first * RECORD_BYTES, part, serve);
          pace?.advance(part);
        }
        this.references += count;
        return --left > 0 ? undefined : END;
      });
      return reader.bytesRead;
    });
  }
}
