/** The thread that runs inputs. Whoever started it can see which number it is at, since when, and end it. */
import { parentPort, workerData } from "node:worker_threads";
import { configure } from "#pagewalk/index.js";
import { Inputs } from "./inputs.js";
import { outcomeOf } from "./targets.js";

/**
 * @typedef {{ from: number, to: number } | { input: import("./inputs.js").FuzzInput }} Task
 * @typedef {{ number: number, what: string } | { done: number } | { what: string | undefined }} Answer
 */

/** @type {{ seed: number, targets: string[], isDebug: boolean, inputs: string, state: Float64Array }} */
const { seed, targets, isDebug, inputs: module, state } = workerData;

if (isDebug) configure({ wasm: new URL("../../dist/pagewalk.debug.wasm", import.meta.url) });
/** A test of the harness may bring inputs of its own. @type {Inputs} */
const inputs = module === "" ? await Inputs.of(targets) : await (await import(module)).inputs();

/** @param {number} number @param {() => import("./inputs.js").FuzzInput} make */
async function outcome(number, make) {
  state[0] = number;
  state[1] = Date.now();
  const input = make();
  const what = await outcomeOf(() => inputs.run(input));
  state[1] = Number.POSITIVE_INFINITY;
  return what;
}

/** @param {Answer} answer */
const post = (answer) => parentPort?.postMessage(answer);

parentPort?.on("message", async (/** @type {Task} */ task) => {
  if ("input" in task) {
    const { input } = task;
    const whole = inputs.seeds.find(({ name }) => name === input.seed.name) ?? input.seed;
    post({ what: await outcome(0, () => ({ ...input, seed: whole, bytes: Buffer.from(input.bytes) })) });
    return;
  }
  for (let number = task.from; number < task.to; number++) {
    const what = await outcome(number, () => inputs.input(seed, number));
    if (what !== undefined) post({ number, what });
  }
  post({ done: task.to });
});
