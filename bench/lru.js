/** LRU: the kernel, the same model in plain JavaScript, and popular libraries. */
import Benchmark from "benchmark";
import { LRUCache } from "lru-cache";
import QuickLRU from "quick-lru";
import { choosePolicies } from "../dist/src/policy/policies.js";
import { KernelReplay } from "./kernel-replay.js";
import { lruOfArrays, lruOfMap } from "./models.js";
import { FRAMES, zipfPages } from "./workload.js";

const REQUESTS = 2_000_000;

/** @type {import("./main.js").Suite} */
export default async function judgeLru() {
  const pages = (await zipfPages()).subarray(0, REQUESTS);
  const numbers = Float64Array.from(pages, Number);
  const replay = await KernelReplay.create(pages);
  const [lru] = await choosePolicies("lru");
  if (lru === undefined) throw new Error("no lru");
  /** @type {Record<string, () => number>} */
  const contestants = {
    "pagewalk kernel": () => replay.run(lru, FRAMES),
    "typed arrays, JavaScript": () => lruOfArrays(numbers, FRAMES),
    "Map, JavaScript": () => lruOfMap(numbers, FRAMES),
    "lru-cache": () => lruCache(numbers),
    "quick-lru": () => quickLru(numbers),
  };
  const first = replay.run(lru, FRAMES);
  for (const name of ["typed arrays, JavaScript", "Map, JavaScript", "lru-cache"]) {
    const misses = contestants[name]?.();
    if (misses !== first) throw new Error(`${name}: ${misses} misses, ${first} in the kernel`);
  }
  return verdict(contestants);
}

/** @param {Record<string, () => number>} contestants */
async function verdict(contestants) {
  const suite = new Benchmark.Suite();
  for (const [name, run] of Object.entries(contestants)) suite.add(name, run, { minSamples: 5, maxTime: 3 });
  await new Promise((resolve) => {
    suite.on("complete", resolve).run({ async: true });
  });
  /** @type {Benchmark[]} */
  const runs = suite.map((/** @type {Benchmark} */ run) => run);
  const kernel = runs[0]?.hz ?? Number.NaN;
  const fastest = suite.filter("fastest").map("name").join(", ");
  return runs.map((run) => ({
    suite: "lru",
    what: run.name ?? "",
    perSecond: (run.hz ?? 0) * REQUESTS,
    unit: "requests",
    note:
      run === runs[0]
        ? `fastest: ${fastest}`
        : `the kernel is ${(kernel / (run.hz ?? 0)).toFixed(1)} times as fast`,
  }));
}

/** @param {Float64Array} pages */
function lruCache(pages) {
  const cache = new LRUCache({ max: FRAMES });
  let misses = 0;
  for (const page of pages) {
    if (cache.get(page) !== undefined) continue;
    misses++;
    cache.set(page, true);
  }
  return misses;
}

/**
 * Keeps up to twice its size, in two generations, so its misses differ.
 * @param {Float64Array} pages
 */
function quickLru(pages) {
  const cache = new QuickLRU({ maxSize: FRAMES });
  let misses = 0;
  for (const page of pages) {
    if (cache.get(page) !== undefined) continue;
    misses++;
    cache.set(page, true);
  }
  return misses;
}
