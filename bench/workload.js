/** The workload of all measurements of policies: independent requests with Zipf(1.0) popularity. */
import { BATCH_RECORDS, RECORD_BYTES } from "../dist/assembly/abi/core.js";
import { PATTERN_ZIPF } from "../dist/assembly/abi/generator.js";
import { KernelGenerator } from "../dist/src/wasm/generator.js";
import { Kernel } from "../dist/src/wasm/kernel.js";

export const REQUESTS = 10_000_000;
export const IDS = 1_000_000;
export const FRAMES = 100_000;

/** Page numbers, the same in each run. */
export async function zipfPages() {
  const kernel = await Kernel.create();
  const generator = new KernelGenerator(kernel, {
    pattern: PATTERN_ZIPF,
    size: 1,
    pages: IDS,
    pageBytes: 1,
    start: 0n,
    seed: 1n,
    alpha: 1,
    writes: 0,
    stride: 1,
    setPages: 1,
    phase: 1,
    locality: 1,
  });
  const records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
  const pages = new BigUint64Array(REQUESTS);
  for (let at = 0; at < REQUESTS; at += BATCH_RECORDS) {
    const count = Math.min(BATCH_RECORDS, REQUESTS - at);
    generator.generate(records, count);
    const words = new BigUint64Array(kernel.memory.buffer, records, (count * RECORD_BYTES) / 8);
    for (let n = 0; n < count; n++) pages[at + n] = words[n * 2] ?? 0n;
  }
  return pages;
}
