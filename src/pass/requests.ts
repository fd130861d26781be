/** The requests that a trace's references make, step by step, and a pass over them. */

import { RECORD_BYTES } from "../../assembly/abi/core.js";
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Trace } from "../trace/trace.js";
import { Kernel } from "../wasm/kernel.js";
import { KernelRequests, type Only } from "../wasm/pages.js";
import { END, eachBatch, readTrace } from "./pass.js";
import { times, type Watch } from "./progress.js";

/** The mapping from references to requests. */
export interface RequestShape {
  /** log2 of the page size; undefined if the trace has page numbers. */
  readonly pageShift: number | undefined;
  readonly only: Only;
}

const ONLY: readonly string[] = ["all", "data", "instructions"] satisfies Only[];

/** The trace's own page numbers, or pages of `2 ** pageShift` bytes. */
export function shapeOf({ unit }: Trace, pageShift: number, only: Only): RequestShape {
  return { pageShift: unit === "address" ? pageShift : undefined, only };
}

/** log2 of a page size. Throws `UsageError`. */
export function pageShiftOf(pageSize: number): number {
  const shift = Math.log2(pageSize);
  if (!Number.isInteger(shift) || shift < 0 || shift > 52) {
    throw new UsageError(
      `a page size of ${pageSize} is not a power of two`,
      "give one such as 4096 or 2097152",
      "--page-size",
    );
  }
  return shift;
}

/** Checks which references count. Throws `UsageError`. */
export function onlyOf(only: string): Only {
  if (isOnly(only)) return only;
  throw new UsageError(
    `references cannot be limited to "${only}"`,
    `did you mean ${nearest(only, ONLY)}? There are ${ONLY.join(", ")}`,
    "--only",
  );
}

function isOnly(only: string): only is Only {
  return ONLY.includes(only);
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
        return --left > 0 ? undefined : END;
      });
      return reader.bytesRead;
    });
  }
}
