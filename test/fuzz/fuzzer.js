/** A fuzzing run: numbered inputs on several threads, and the smallest input for each failure. */
import { Inputs } from "./inputs.js";
import { Lane } from "./lane.js";

/** @typedef {import("./inputs.js").FuzzInput} FuzzInput */

/**
 * @typedef {object} Failure
 * @property {number} number of the input, in its run
 * @property {FuzzInput} input
 * @property {string} what is wrong
 */

/**
 * @typedef {object} FuzzOptions
 * @property {number} count of inputs
 * @property {number} [first] number of the first
 * @property {number} [jobs] threads
 * @property {number} [seconds] after which no more inputs are begun
 * @property {(done: number, failures: number) => void} [onProgress]
 * @property {(failure: Failure) => void} [onFailure] called for the first failure of each kind
 */

/** Inputs that a thread runs before it reports. */
const PART = 500;
const MINIMISE_MS = 30_000;
const MOST_CHECKS = 400;

/**
 * Runs inputs `first` to `first + count`. Of failures that are alike only the first is kept.
 * @param {import("./lane.js").LaneOptions & FuzzOptions} options
 */
export async function fuzz({
  count,
  first = 0,
  jobs = 1,
  seconds = Number.POSITIVE_INFINITY,
  onProgress,
  onFailure,
  ...lane
}) {
  const inputs =
    lane.inputs === undefined ? await Inputs.of(lane.targets) : await (await import(lane.inputs)).inputs();
  /** @type {Map<string, Failure>} */
  const failures = new Map();
  const end = Date.now() + seconds * 1000;
  let next = first;
  let done = 0;
  const work = async () => {
    const one = new Lane(lane);
    const alone = new Lane(lane);
    while (next < first + count && Date.now() < end) {
      const from = next;
      const to = Math.min(from + PART, first + count);
      next = to;
      /** @type {[number, string][]} */
      const found = [];
      await one.range(from, to, (number, what) => found.push([number, what]));
      for (const [number, what] of found) {
        const failure = { number, input: inputs.input(lane.seed, number), what };
        // On a loaded machine an input may be slow for once.
        const again = /^hang/.test(what) ? await alone.check(failure.input) : what;
        if (again === undefined || failures.has(kindOf(failure))) continue;
        failures.set(kindOf(failure), failure);
        onFailure?.(failure);
      }
      done += to - from;
      onProgress?.(done, failures.size);
    }
    await Promise.all([one.close(), alone.close()]);
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { done, failures: [...failures.values()] };
}

/** Failures of one kind differ in numbers and quoted text only. @param {Failure} failure */
function kindOf({ input, what }) {
  return `${input.target}: ${what.replace(/"[^"]*"|0x[0-9a-f]+|\d+/g, "#").slice(0, 200)}`;
}

/**
 * The failure with as few bytes as a bounded search finds: pieces are left out as long as it stays of its kind. From:
 * Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28 (2002), without its tests of
 * the pieces alone.
 * @param {Failure} failure
 * @param {import("./lane.js").LaneOptions} options
 * @returns {Promise<Failure>}
 */
export async function minimised(failure, options) {
  const lane = new Lane(options);
  const end = Date.now() + MINIMISE_MS;
  const kind = kindOf(failure);
  let { bytes } = failure.input;
  let checks = 0;
  const isAlike = async (/** @type {Buffer} */ smaller) => {
    if (++checks > MOST_CHECKS || Date.now() > end) return false;
    const input = { ...failure.input, bytes: smaller };
    const what = await lane.check(input);
    return (
      what !== undefined &&
      kindOf({ ...failure, input, what: /^hang/.test(what) ? failure.what : what }) === kind
    );
  };
  for (let piece = bytes.length >> 1; piece > 0; piece >>= 1) {
    for (let at = 0; at < bytes.length; ) {
      const smaller = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece)]);
      if (smaller.length > 0 && (await isAlike(smaller))) bytes = smaller;
      else at += piece;
    }
  }
  await lane.close();
  return { ...failure, input: { ...failure.input, bytes } };
}
