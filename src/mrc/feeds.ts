/** One decode of a trace that feeds any number of analyses. */

import { eachBatch, readTrace } from "../pass/pass.js";
import type { Watch } from "../pass/progress.js";
import { eachStep } from "../pass/requests.js";
import type { Trace } from "../trace/trace.js";
import type { KernelSample } from "../wasm/analysis.js";
import type { Kernel } from "../wasm/kernel.js";
import type { KernelRequests } from "../wasm/pages.js";

/** Processes the records of a batch. */
export type Feed = (records: number, count: number) => void | Promise<void>;

/** One pass: every batch to every feed, in order. */
export function feedAll(kernel: Kernel, trace: Trace, feeds: readonly Feed[], watch: Watch): Promise<void> {
  return readTrace(trace, kernel, (reader) =>
    eachBatch(reader, watch, async ({ records, count }) => {
      for (const feed of feeds) await feed(records, count);
    }),
  );
}

/** An analysis of the requests of the last step. */
export interface Analysis {
  run(): void | Promise<void>;
}

/** Converts a batch to requests, step by step, and runs the analyses on each step's. */
export function requestFeed(requests: KernelRequests, analyses: readonly Analysis[]): Feed {
  return async (records, count) => {
    await eachStep(requests, records, count, async () => {
      for (const analysis of analyses) await analysis.run();
    });
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
