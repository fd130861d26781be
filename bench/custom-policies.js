/** The cost of a policy in JavaScript: the examples against the kernel's policies, on the same requests. */
import { CustomSimulation } from "../dist/src/policy/custom/simulation.js";
import { choosePolicies } from "../dist/src/policy/policies.js";
import arc from "../examples/custom-policy/arc.js";
import fifo from "../examples/custom-policy/fifo.js";
import lru from "../examples/custom-policy/lru.js";
import { KernelReplay } from "./kernel-replay.js";
import { FRAMES, zipfPages } from "./workload.js";

const REQUESTS = 2_000_000;

/** Number of alternating runs: other load on the machine affects both alike. */
const TURNS = 5;

/** @typedef {import("pagewalk").PolicyDefinition} PolicyDefinition */

/** @type {[name: string, custom: PolicyDefinition][]} */
const PAIRS = [
  ["fifo", fifo],
  ["lru", lru],
  ["arc", arc],
];

/** @type {import("./main.js").Suite} */
export default async function measureCustomPolicies() {
  const replay = await KernelReplay.create((await zipfPages()).subarray(0, REQUESTS));
  const rows = [];
  for (const [name, custom] of PAIRS) {
    const [policy] = await choosePolicies(name);
    if (policy === undefined) throw new Error(`no ${name}`);
    const kernel = () => replay.run(policy, FRAMES);
    const javascript = () => runCustom(custom, replay);
    let [seconds, kernelSeconds] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let turn = 0; turn < TURNS; turn++) {
      const [here, there] = [timed(javascript), timed(kernel)];
      if (here.misses !== there.misses)
        throw new Error(`${name}: ${here.misses} misses, not ${there.misses}`);
      seconds = Math.min(seconds, here.seconds);
      kernelSeconds = Math.min(kernelSeconds, there.seconds);
    }
    const note = `the kernel is ${(seconds / kernelSeconds).toFixed(1)} times as fast`;
    rows.push({
      suite: "own",
      what: `${name} in JavaScript`,
      perSecond: REQUESTS / seconds,
      unit: "requests",
      note,
    });
  }
  return rows;
}

/**
 * Runs a new simulation from end to end. Returns the number of misses.
 * @param {PolicyDefinition} definition
 * @param {KernelReplay} replay
 */
function runCustom(definition, replay) {
  // The types of the package and those in dist are different to the compiler.
  const custom = /** @type {any} */ (definition);
  const simulation = new CustomSimulation(custom, [], FRAMES, { place: definition.name });
  for (const _ of replay.steps()) simulation.run(replay.requests);
  return simulation.counters.misses;
}

/** @param {() => number} run */
function timed(run) {
  const start = performance.now();
  const misses = run();
  return { misses, seconds: (performance.now() - start) / 1000 };
}
