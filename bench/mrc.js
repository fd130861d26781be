/**
 * Requests per second of the exact LRU curve and of a sampled one, and the error of the sampled one. Records come
 * in batches, as from a decoder; filling them is not timed.
 */
import { BATCH_RECORDS, KIND_LOAD, RECORD_BYTES } from "../dist/assembly/abi/core.js";
import { missesByDistance, spread } from "../dist/src/mrc/points.js";
import { KernelSample, KernelStackCurve } from "../dist/src/wasm/analysis.js";
import { Kernel } from "../dist/src/wasm/kernel.js";
import { KernelRequests } from "../dist/src/wasm/pages.js";
import { REQUESTS, zipfPages } from "./workload.js";

const RATE = 0.01;
/** Number of alternating runs: other load on the machine affects both alike. */
const TURNS = 5;
const POINTS = 100;

/** @type {import("./main.js").Suite} */
export default async function measureCurves() {
  const pages = await zipfPages();
  let exact = await exactCurve(pages);
  let sampled = await sampledCurve(pages, 1);
  const errors = [meanError(exact, sampled)];
  for (let turn = 1; turn < TURNS; turn++) {
    exact = faster(exact, await exactCurve(pages));
    const other = await sampledCurve(pages, turn + 1);
    errors.push(meanError(exact, other));
    sampled = faster(sampled, other);
  }
  const ratio = exact.seconds / sampled.seconds;
  const worst = Math.max(...errors).toFixed(4);
  return [
    { what: "exact lru curve", seconds: exact.seconds, note: `${exact.pages} pages, all of the curve` },
    {
      what: `lru curve sampled at ${RATE}`,
      seconds: sampled.seconds,
      note: `${ratio.toFixed(1)} times the exact one; mean error of ${TURNS} seeds at most ${worst}`,
    },
  ].map(({ what, seconds, note }) => {
    return { suite: "mrc", what, perSecond: REQUESTS / seconds, unit: "requests", note };
  });
}

/**
 * @typedef {object} Measured
 * @property {number} seconds
 * @property {number} pages
 * @property {(frames: number) => number} missRatio
 */

/**
 * @param {Measured} one
 * @param {Measured} other
 */
function faster(one, other) {
  return one.seconds < other.seconds ? one : other;
}

/**
 * Over frames spaced evenly, as the papers on sampling measure it.
 * @param {Measured} exact
 * @param {Measured} sampled
 */
function meanError(exact, sampled) {
  const frames = spread(Math.round(8 / RATE), exact.pages, POINTS, "linear");
  const errors = frames.map((count) => Math.abs(exact.missRatio(count) - sampled.missRatio(count)));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/**
 * @param {BigUint64Array} pages
 * @returns {Promise<Measured>}
 */
async function exactCurve(pages) {
  const kernel = await Kernel.create();
  const requests = KernelRequests.create(kernel, undefined, "all");
  const curve = new KernelStackCurve(kernel, requests, "lru");
  const seconds = timeBatches(kernel, pages, (records, count) => {
    requests.begin(records, count);
    requests.fill(); // a request for each record of a batch, for which a step has room
    curve.run();
    requests.clear();
  });
  const misses = missesByDistance(curve.counts);
  return { seconds, pages: curve.pages, missRatio: (frames) => misses(frames) / REQUESTS };
}

/**
 * With its groups, from which the error bars are computed.
 * @param {BigUint64Array} pages
 * @param {number} seed
 * @returns {Promise<Measured>}
 */
async function sampledCurve(pages, seed) {
  const kernel = await Kernel.create();
  const sample = new KernelSample(kernel, undefined, "all", RATE, seed, true);
  const curves = [sample.whole, ...sample.groups].map((part) => new KernelStackCurve(kernel, part, "lru"));
  const seconds = timeBatches(kernel, pages, (records, count) => {
    sample.begin(records, count);
    for (let more = true; more; ) {
      more = sample.step();
      for (const curve of curves) curve.run();
    }
  });
  const whole = /** @type {KernelStackCurve} */ (curves[0]);
  const misses = missesByDistance(whole.counts);
  return {
    seconds,
    pages: whole.pages,
    missRatio: (frames) => Math.min(1, misses(frames * sample.rate) / (REQUESTS * sample.rate)),
  };
}

/** A record's second half: a load. */
const LOAD = BigInt(KIND_LOAD) << 32n;

/**
 * @param {Kernel} kernel
 * @param {BigUint64Array} pages
 * @param {(records: number, count: number) => void} serve
 */
function timeBatches(kernel, pages, serve) {
  const records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
  let milliseconds = 0;
  for (let at = 0; at < pages.length; at += BATCH_RECORDS) {
    const batch = pages.subarray(at, at + BATCH_RECORDS);
    const words = new BigUint64Array(kernel.memory.buffer, records, batch.length * 2);
    for (let n = 0; n < batch.length; n++) {
      words[n * 2] = batch[n] ?? 0n;
      words[n * 2 + 1] = LOAD;
    }
    const start = performance.now();
    serve(records, batch.length);
    milliseconds += performance.now() - start;
  }
  return milliseconds / 1000;
}
