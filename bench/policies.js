/**
 * Requests per second of each policy in the kernel, with the rates of the C yardstick and of libCacheSim.
 *
 * libCacheSim's rates (October 2024, one thread, the same workload: 10 million Zipf(1.0) requests, 1 million ids, 100,000
 * frames) were measured once, on a machine of two cores; those of the yardstick are measured in each run.
 */
import { Bench } from "tinybench";
import { choosePolicies } from "../dist/src/policy/policies.js";
import { KernelReplay } from "./kernel-replay.js";
import { FRAMES, REQUESTS, zipfPages } from "./workload.js";
import { YARDSTICK_POLICIES, Yardstick } from "./yardstick.js";

/** Number of alternating runs: other load on the machine affects both alike. */
const TURNS = 3;

/** Million requests a second. @type {Readonly<Record<string, number>>} */
const LIBCACHESIM = {
  lru: 3.4,
  fifo: 4.8,
  clock: 4.8,
  sieve: 8.7,
  arc: 3.1,
  lfu: 3.7,
  lfuda: 2.8,
  slru: 2.9,
  "s3-fifo": 1.6,
  "2q": 1.9,
  lirs: 1.2,
  tinylfu: 3.0,
  qdlp: 3.4,
  lecar: 2.3,
  cacheus: 1.1,
  hyperbolic: 1.6,
  lhd: 1.9,
  opt: 5.4,
};

/** @type {import("./main.js").Suite} */
export default async function measurePolicies() {
  const pages = await zipfPages();
  const yardstick = Yardstick.build(pages);
  const rows = [];
  for (const policy of await choosePolicies("all")) {
    const replay = await KernelReplay.create(pages);
    if (policy.needsFuture) await replay.foresee();
    const native = YARDSTICK_POLICIES.includes(policy.name) ? yardstick : undefined;
    let seconds = Number.POSITIVE_INFINITY;
    let nativeSeconds = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < TURNS; turn++) {
      const here = await measure(policy, replay);
      seconds = Math.min(seconds, here.seconds);
      const there = await native?.run(policy.name, FRAMES);
      if (there === undefined) continue;
      if (there.misses !== here.misses) {
        throw new Error(`${policy.name}: ${here.misses} misses here, ${there.misses} in C`);
      }
      nativeSeconds = Math.min(nativeSeconds, there.seconds);
    }
    rows.push({
      suite: "policies",
      what: policy.name,
      perSecond: REQUESTS / seconds,
      unit: "requests",
      note: [...ofLibCacheSim(policy.name, seconds), ...ofYardstick(seconds, nativeSeconds)].join(", "),
    });
  }
  yardstick?.remove();
  return rows;
}

/**
 * @param {string} policy
 * @param {number} seconds
 */
function ofLibCacheSim(policy, seconds) {
  const rate = LIBCACHESIM[policy];
  if (rate === undefined) return [];
  return [`${(REQUESTS / seconds / 1e6 / rate).toFixed(1)} × libCacheSim (${rate.toFixed(1)} M)`];
}

/**
 * @param {number} seconds
 * @param {number} nativeSeconds not finite where there is no yardstick
 */
function ofYardstick(seconds, nativeSeconds) {
  if (!Number.isFinite(nativeSeconds)) return [];
  const rate = (REQUESTS / nativeSeconds / 1e6).toFixed(1);
  return [`${(nativeSeconds / seconds).toFixed(2)} of C (${rate} M)`];
}

/**
 * The best of two runs, each with its own simulation. The conversion of records to requests is included.
 * @param {import("../dist/src/policy/policies.js").PolicyChoice} policy
 * @param {KernelReplay} replay
 */
async function measure(policy, replay) {
  let misses = Number.NaN;
  const bench = new Bench({ iterations: 2, time: 1, warmup: false });
  bench.add(policy.name, () => {
    misses = replay.run(policy, FRAMES);
  });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result?.state !== "completed") throw new Error(`${policy.name} was not measured`);
  return { misses, seconds: result.latency.min / 1000 };
}
