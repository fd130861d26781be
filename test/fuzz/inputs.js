/** Numbered inputs: a seed and a number give a target, and the input for it. */
import { randomFrom } from "#pagewalk/custom/random.js";
import { mutated, oneOf } from "./mutations.js";
import { readSeeds } from "./seeds.js";
import { TARGETS } from "./targets.js";

/**
 * @typedef {object} FuzzInput
 * @property {string} target
 * @property {import("./seeds.js").Seed} seed
 * @property {Buffer} bytes
 * @property {number} optionsSeed of what the target draws itself
 */

/** Numbers of one run lie within this distance of its seed times it. */
const STRIDE = 2 ** 26;

export class Inputs {
  /** @type {readonly { name: string, upTo: number }[]} */
  #wheel;

  /** @param {readonly import("./seeds.js").Seed[]} seeds @param {readonly string[]} targets */
  constructor(seeds, targets) {
    this.seeds = seeds;
    let sum = 0;
    this.#wheel = targets.map((name) => {
      sum += TARGETS[name]?.weight ?? 0;
      return { name, upTo: sum };
    });
  }

  /** @param {readonly string[]} targets */
  static async of(targets) {
    return new Inputs(await readSeeds(), targets);
  }

  /** @param {number} seed @param {number} number @returns {FuzzInput} */
  input(seed, number) {
    const random = randomFrom(seed * STRIDE + number);
    const draw = random() * (this.#wheel.at(-1)?.upTo ?? 0);
    const { name: target = "" } = this.#wheel.find(({ upTo }) => draw < upTo) ?? {};
    const { takes = () => true, mutations } = TARGETS[target] ?? {};
    const from = oneOf(random, this.seeds.filter(takes));
    const other = oneOf(random, this.seeds).bytes;
    const bytes = mutations?.length === 0 ? from.bytes : mutated(from.bytes, random, mutations, other);
    return { target, seed: from, bytes, optionsSeed: Math.floor(random() * 2 ** 32) };
  }

  /** @param {FuzzInput} input */
  async run({ target, seed, bytes, optionsSeed }) {
    await TARGETS[target]?.run(bytes, seed, randomFrom(optionsSeed), this.seeds);
  }
}
