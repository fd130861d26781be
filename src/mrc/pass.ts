/** One pass of `mrc` over a trace: one decode that feeds any number of analyses. */
import type { Trace } from "../trace/trace.js";
import type { KernelSample } from "../wasm/analysis.js";
import type { Kernel } from "../wasm/kernel.js";
import type { KernelRequests } from "../wasm/pages.js";

/** Processes the records of a batch. */
export type Feed = (records: number, count: number) => void | Promise<void>;

export interface PassWatch {
  /** The share of the pass done; undefined if the trace's size is not known. */
  onProgress: (fraction: number | undefined) => void;
  signal: AbortSignal | undefined;
}

/** Feeds every batch to every feed, in order. */
export async function runPass(
  kernel: Kernel,
  trace: Trace,
  feeds: readonly Feed[],
  watch: PassWatch,
): Promise<void> {
  const reader = await trace.read(kernel);
  try {
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      watch.signal?.throwIfAborted();
      for (const feed of feeds) await feed(batch.records, batch.count);
      const size = trace.sizeBytes;
      watch.onProgress(size === undefined || size === 0 ? undefined : Math.min(1, reader.bytesRead / size));
    }
  } finally {
    await reader.close();
  }
}

/** An analysis of the requests of the last step. */
export interface Analysis {
  run(): void | Promise<void>;
}

/** Converts a batch to requests, step by step, and runs the analyses on each step's. */
export function requestFeed(requests: KernelRequests, analyses: readonly Analysis[]): Feed {
  return async (records, count) => {
    requests.begin(records, count);
    while (requests.step() > 0) for (const analysis of analyses) await analysis.run();
  };
}

/** The same for sampled requests. */
export function sampleFeed(sample: KernelSample, analyses: readonly Analysis[]): Feed {
  return async (records, count) => {
    sample.begin(records, count);
    for (let more = true; more; ) {
      more = sample.step();
      for (const analysis of analyses) await analysis.run();
    }
  };
}
