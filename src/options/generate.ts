/** Options of `trace generate`: those of every pattern, and those of one. */
import { pageSizeIn, sizeIn } from "../units.js";
import { option, optionOr } from "./row.js";
import { count, number, size } from "./shapes.js";
import { outputOption, writeOptions } from "./traces.js";

const MOST_PAGES = 2 ** 32;
const MOST_STRIDE = 2 ** 40;
const MOST_ADDRESS = 2 ** 48;

/** The default number of references. */
export const DEFAULT_REFERENCES = 1_000_000;

const references = count("n", 1, Number.MAX_SAFE_INTEGER);

/** Options that a mixture has too, for all its parts. */
export const sharedOptions = {
  pageSize: optionOr(size("size", pageSizeIn(16, 2 ** 30)), 4096, "bytes of a page"),
  size: optionOr(size("bytes", sizeIn(1, 4096)), 8, "bytes of a reference"),
  start: optionOr(count("address", 0, MOST_ADDRESS), 0, "address of the first page"),
  seed: optionOr(count("n", 0, Number.MAX_SAFE_INTEGER), 1, "seed of the random numbers"),
  writes: optionOr(number("share", 0, 1), 0, "share of stores, from 0 to 1"),
};

/** Options of every single pattern. */
export const patternOptions = {
  references: optionOr(references, DEFAULT_REFERENCES, "number of references"),
  pages: optionOr(count("n", 1, MOST_PAGES), 100_000, "number of pages"),
  ...sharedOptions,
};

/** Phases share the references among themselves. */
export const phasesOptions = { references: option(references, "number of references"), ...sharedOptions };

export const zipfOptions = {
  alpha: optionOr(number("x", 0, 20), 1, "zipf: the exponent"),
};

export const strideOptions = {
  stride: optionOr(size("size", sizeIn(1, MOST_STRIDE)), 64, "stride: bytes to the next reference"),
};

export const workingSetOptions = {
  setPages: option(count("n", 1, MOST_PAGES), "working-set: number of pages of a set", {
    defaultWords: "a tenth of all",
  }),
  phases: optionOr(count("n", 1, Number.MAX_SAFE_INTEGER), 10, "working-set: number of phases"),
  locality: optionOr(number("share", 0, 1), 0.95, "working-set: share of references to the set, from 0 to 1"),
};

/** `trace generate` on the command line. */
export const generateCommand = {
  ...outputOption,
  ...patternOptions,
  ...zipfOptions,
  ...strideOptions,
  ...workingSetOptions,
  ...writeOptions,
};
