/** Inputs that fail in each way that the fuzzer has to find: for the tests of the fuzzer itself. */
import { InputError } from "#pagewalk/errors.js";
import { UsageError } from "#pagewalk/index.js";
import { Inputs } from "./inputs.js";

const TEXT = "a line of some length\nwith a b\x01d byte in it\n";

/** @type {Readonly<Record<number, { target: string, act: (bytes: Buffer) => void | Promise<void> }>>} */
const PLANTED = {
  3: {
    target: "crash",
    act: (bytes) => {
      if (bytes.includes(1)) throw new TypeError("x is not a function");
    },
  },
  // An error of the library's own is not a failure.
  4: {
    target: "refusal",
    act: () => {
      throw new InputError("is not a trace\x1b[2J", "give one", "a:1");
    },
  },
  5: {
    target: "hang",
    act: (bytes) => {
      while (bytes.length > 0);
    },
  },
  7: {
    target: "length",
    act: () => {
      throw Object.assign(new UsageError("too long", "cut it"), { message: "x".repeat(10_000) });
    },
  },
  8: {
    target: "terminal",
    act: () => {
      throw Object.assign(new UsageError("bad", "correct it"), { message: "\x1b[2J" });
    },
  },
  9: { target: "end", act: () => process.exit(3) },
};

export function inputs() {
  return new PlantedInputs([], []);
}

class PlantedInputs extends Inputs {
  /** @override @param {number} _seed @param {number} number */
  input(_seed, number) {
    const bytes = Buffer.from(TEXT);
    const seed = { name: `${number}.txt`, bytes, kind: /** @type {const} */ ("trace") };
    return { target: PLANTED[number]?.target ?? "none", seed, bytes, optionsSeed: 0 };
  }

  /** @override @param {import("./inputs.js").FuzzInput} input */
  async run({ target, bytes }) {
    await Object.values(PLANTED)
      .find((one) => one.target === target)
      ?.act(Buffer.from(bytes));
  }
}
