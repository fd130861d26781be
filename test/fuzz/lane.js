/** One thread of a fuzzing run: it is ended when an input takes too long or takes it down, and then started anew. */
import { Worker } from "node:worker_threads";

/** @typedef {import("./worker.js").Answer} Answer */

/**
 * @typedef {object} LaneOptions
 * @property {number} seed
 * @property {readonly string[]} targets
 * @property {number} limitMs for one input
 * @property {boolean} [isDebug] run the debug build of the kernel
 * @property {string} [inputs] URL of a module with other inputs
 */

const LOOK_MS = 50;
/** An input that takes too long beside others is run once more alone, and only then called slow. */
const SECOND_LIMIT = 4;
const LIMITS = { maxOldGenerationSizeMb: 1024 };
const START_MS = 60_000;

export class Lane {
  /** @type {Worker | undefined} */
  #worker;
  #state = new Float64Array(new SharedArrayBuffer(16));

  /** @param {LaneOptions} options */
  constructor(options) {
    this.options = options;
  }

  /**
   * Runs the inputs of these numbers.
   * @param {number} from @param {number} to
   * @param {(number: number, what: string) => void} onFailure
   */
  async range(from, to, onFailure) {
    for (let next = from; next < to; ) {
      const fate = await this.#ask({ from: next, to }, this.options.limitMs, onFailure);
      if (fate === undefined) return;
      next = (this.#state[0] ?? to) + 1;
      onFailure(next - 1, fate);
    }
  }

  /** Describes the fault that one input shows; undefined if none. @param {import("./inputs.js").FuzzInput} input */
  async check(input) {
    /** @type {string | undefined} */
    let what;
    const fate = await this.#ask({ input }, this.options.limitMs * SECOND_LIMIT, (_, found) => {
      what = found;
    });
    return fate ?? what;
  }

  async close() {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  /**
   * @param {import("./worker.js").Task} task @param {number} limitMs
   * @param {(number: number, what: string) => void} onFailure
   * @returns {Promise<string | undefined>} how the thread ended
   */
  async #ask(task, limitMs, onFailure) {
    const worker = this.#worker ?? this.#start();
    this.#worker = worker;
    this.#state[1] = Date.now() + START_MS; // until it begins
    /** @type {string | undefined} */
    const fate = await new Promise((resolve) => {
      const watch = setInterval(() => {
        if (Date.now() - (this.#state[1] ?? 0) > limitMs) resolve(`hang: more than ${limitMs} ms`);
      }, LOOK_MS);
      worker.removeAllListeners();
      worker.once("error", (error) => resolve(`the thread died: ${error.name}: ${error.message}`));
      worker.once("exit", (code) => resolve(`the thread ended with ${code}`));
      worker.on("message", (/** @type {Answer} */ answer) => {
        if ("number" in answer) onFailure(answer.number, answer.what);
        else {
          if ("what" in answer && answer.what !== undefined) onFailure(0, answer.what);
          resolve(undefined);
        }
      });
      worker.once("exit", () => clearInterval(watch));
      worker.postMessage(task);
      this.#stopWatch = () => clearInterval(watch);
    });
    this.#stopWatch();
    if (fate !== undefined) await this.close();
    return fate;
  }

  #stopWatch = () => {};

  #start() {
    const { seed, targets, isDebug = false, inputs = "" } = this.options;
    const workerData = { seed, targets: [...targets], isDebug, inputs, state: this.#state };
    return new Worker(new URL("worker.js", import.meta.url), {
      workerData,
      resourceLimits: LIMITS,
      stderr: false,
    });
  }
}
