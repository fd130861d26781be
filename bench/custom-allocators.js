/** The cost of an allocator in JavaScript: the examples against the kernel's allocators, on the same operations. */
import { URL } from "node:url";
import { heap } from "../dist/src/index.js";

/** The allocations of a perl script. */
const LOG = new URL("../examples/heap/words.log.gz", import.meta.url).pathname;
/** Number of alternating runs: other load on the machine affects both alike. */
const TURNS = 5;

/** @type {[kernel: string, custom: string][]} */
const PAIRS = [
  ["bump", "bump.js"],
  ["first-fit", "first-fit.js"],
];

/** @type {import("./main.js").Suite} */
export default async function measureCustomAllocators() {
  const rows = [];
  for (const [kernel, file] of PAIRS) {
    const custom = new URL(`../examples/custom-allocator/${file}`, import.meta.url).pathname;
    let [perSecond, kernelPerSecond] = [0, 0];
    for (let turn = 0; turn < TURNS; turn++) {
      const { results } = await heap(LOG, { allocators: [kernel, custom], touch: "none", jobs: 1 });
      const [there, here] = results.map(({ operationsPerSecond }) => operationsPerSecond);
      perSecond = Math.max(perSecond, here ?? 0);
      kernelPerSecond = Math.max(kernelPerSecond, there ?? 0);
    }
    const note = `the kernel is ${(kernelPerSecond / perSecond).toFixed(1)} times as fast`;
    rows.push({ suite: "own", what: `${kernel} in JavaScript`, perSecond, unit: "operations", note });
  }
  return rows;
}
