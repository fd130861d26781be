/**
 * Requests per second of each policy in the kernel, with the rates of the C yardstick and of libCacheSim.
 *
 *   node bench/main.js policies [--cachesim PATH]
 *
 * PATH is libCacheSim's program `cachesim`; its runs alternate with the others, on one thread. The pass that finds the next
 * uses for `opt` and `vmin` is not measured: in libCacheSim's format they are part of the trace.
 */
import { Bench } from "tinybench";
import { choosePolicies } from "../dist/src/policy/policies.js";
import { CacheSim, SAME_RULES } from "./cachesim.js";
import { KernelReplay } from "./kernel-replay.js";
import { FRAMES, REQUESTS, zipfPages } from "./workload.js";
import { YARDSTICK_POLICIES, Yardstick } from "./yardstick.js";

/** Number of alternating runs: other load on the machine affects both alike. */
const TURNS = 3;

/** @type {import("./main.js").Suite} */
export default async function measurePolicies(_logs, program) {
  const pages = await zipfPages();
  const cachesim = program === undefined ? undefined : await CacheSim.create(program, pages);
  const yardstick = Yardstick.build(pages);
  const rows = [];
  for (const policy of await choosePolicies("all")) {
    const replay = await KernelReplay.create(pages);
    if (policy.needsFuture) await replay.foresee();
    const native = YARDSTICK_POLICIES.includes(policy.name) ? yardstick : undefined;
    let seconds = Number.POSITIVE_INFINITY;
    let nativeSeconds = Number.POSITIVE_INFINITY;
    let theirRate = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      const here = await measure(policy, replay);
      seconds = Math.min(seconds, here.seconds);
      const theirs = await cachesim?.run(policy.name, FRAMES);
      if (theirs !== undefined) {
        theirRate = Math.max(theirRate, theirs.perSecond);
        checkMisses(policy.name, here.misses, theirs.missRatio);
      }
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
      note: [...ofLibCacheSim(seconds, theirRate), ...ofYardstick(seconds, nativeSeconds)].join(", "),
    });
  }
  yardstick?.remove();
  cachesim?.remove();
  return rows;
}

/**
 * Throws if misses differ by more than the four digits that libCacheSim prints, where the rules are the same.
 * @param {string} policy
 * @param {number} misses
 * @param {number} ratio
 */
function checkMisses(policy, misses, ratio) {
  if (!SAME_RULES.includes(policy) || Math.abs(misses / REQUESTS - ratio) <= 1e-4) return;
  throw new Error(`${policy}: ${misses} misses here, a ratio of ${ratio} in libCacheSim`);
}

/**
 * @param {number} seconds
 * @param {number} rate 0 where libCacheSim was not measured
 */
function ofLibCacheSim(seconds, rate) {
  if (rate === 0) return [];
  return [`${(REQUESTS / seconds / rate).toFixed(1)} × libCacheSim (${(rate / 1e6).toFixed(1)} M)`];
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
