/**
 * Whole curves of policies with the stack property, compared with one simulation of the same policy, on the workload of all
 * measurements and on patterns that are hard for OPT: a loop, a range that is read up and down, and uniform requests. Runs
 * alternate; the best of each counts. Finding the future is a part of the simulation of opt, numbering pages of both.
 */
import { choosePolicies } from "../dist/src/policy/policies.js";
import { KernelReplay } from "./kernel-replay.js";
import { IDS, REQUESTS, zipfPages } from "./workload.js";

const TURNS = 2;
/** Frames of the simulations, as shares of the pages. */
const SHARES = [0.01, 0.1, 0.5];
const HALF = IDS / 2;

/** @type {Readonly<Record<string, () => BigUint64Array | Promise<BigUint64Array>>>} */
const WORKLOADS = {
  zipf: zipfPages,
  loop: () => pagesOf((n) => n % HALF),
  "up and down": () => pagesOf((n) => Math.min(n % IDS, IDS - 1 - (n % IDS))),
  uniform: () => pagesOf((n) => Math.floor((mixed(n) * IDS) / 2 ** 32)),
};

/** A number below 2^32 that looks random: the last steps of MurmurHash3. @param {number} n */
function mixed(n) {
  const first = Math.imul(n ^ (n >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

/** @param {(n: number) => number} page */
function pagesOf(page) {
  return BigUint64Array.from({ length: REQUESTS }, (_, n) => BigInt(page(n)));
}

/** @type {import("./main.js").Suite} */
export default async function measureWholeCurves() {
  const rows = [];
  for (const [name, make] of Object.entries(WORKLOADS)) {
    const pages = await make();
    for (const policy of await choosePolicies("opt,lru,mru")) rows.push(await measure(name, pages, policy));
  }
  return rows;
}

/**
 * @param {string} workload
 * @param {BigUint64Array} pages
 * @param {import("../dist/src/policy/policies.js").PolicyChoice} policy
 */
async function measure(workload, pages, policy) {
  const name = /** @type {import("../dist/src/wasm/analysis.js").StackPolicy} */ (policy.name);
  const distinct = new Set(pages).size;
  let whole = Number.POSITIVE_INFINITY;
  const single = SHARES.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < TURNS; turn++) {
    const curve = await timed(pages, (replay) => replay.curve(name));
    whole = Math.min(whole, curve.seconds);
    for (const [n, share] of SHARES.entries()) {
      const frames = Math.round(share * distinct);
      const one = await timed(pages, async (replay) => {
        if (policy.needsFuture) await replay.foresee();
        return replay.run(policy, frames);
      });
      if (one.result !== curve.result(frames)) throw new Error(`${name}, ${frames} frames: misses differ`);
      single[n] = Math.min(single[n] ?? 0, one.seconds);
    }
  }
  const ratios = single.map((seconds) => (whole / seconds).toFixed(2)).join(", ");
  const note = `${ratios} times one simulation with ${SHARES.map((share) => `${share * 100} %`).join(", ")}`;
  return {
    suite: "curves",
    what: `${name}, ${workload}`,
    perSecond: pages.length / whole,
    unit: "requests",
    note,
  };
}

/**
 * Seconds of `work` on a kernel of its own, and its result.
 * @template Result
 * @param {BigUint64Array} pages
 * @param {(replay: KernelReplay) => Result | Promise<Result>} work
 */
async function timed(pages, work) {
  const replay = await KernelReplay.create(pages);
  const start = performance.now();
  const result = await work(replay);
  return { seconds: (performance.now() - start) / 1000, result };
}
