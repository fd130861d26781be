/** The patterns of generated references, and their options. */
import * as v from "valibot";
import {
  PATTERN_LOOP,
  PATTERN_SEQUENTIAL,
  PATTERN_STRIDE,
  PATTERN_UNIFORM,
  PATTERN_WORKING_SET,
  PATTERN_ZIPF,
} from "../../assembly/abi/generator.js";
import type { GeneratorParameters } from "../wasm/generator.js";

const MOST_PAGES = 2 ** 32;

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Default number of references. */
export const referencesEntry = whole(1, Number.MAX_SAFE_INTEGER);
export const USUAL_REFERENCES = 1_000_000;

/** Options that a mixture has too, for all its parts. */
export const sharedEntries = {
  /** Bytes of a page. */
  pageSize: v.optional(v.pipe(whole(16, 2 ** 30), v.check(isPowerOfTwo, "must be a power of two")), 4096),
  /** Bytes a reference touches. */
  size: v.optional(whole(1, 4096), 8),
  /** Address of the first page. */
  start: v.optional(whole(0, 2 ** 48), 0),
  seed: v.optional(whole(0, Number.MAX_SAFE_INTEGER), 1),
  /** Share of the references that are stores. */
  writes: v.optional(share, 0),
};

const common = {
  references: v.optional(referencesEntry, USUAL_REFERENCES),
  /** Number of pages (ids). */
  pages: v.optional(whole(1, MOST_PAGES), 100_000),
  ...sharedEntries,
};

export const patternVariants = [
  v.strictObject({
    pattern: v.literal("zipf"),
    ...common,
    /** The exponent: higher values make popular pages more frequent. */
    alpha: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(20)), 1),
  }),
  v.strictObject({ pattern: v.literal("uniform"), ...common }),
  v.strictObject({ pattern: v.literal("sequential"), ...common }),
  v.strictObject({ pattern: v.literal("loop"), ...common }),
  v.strictObject({
    pattern: v.literal("stride"),
    ...common,
    /** Bytes from one reference to the next. */
    stride: v.optional(whole(1, 2 ** 40), 64),
  }),
  v.strictObject({
    pattern: v.literal("working-set"),
    ...common,
    /** Pages of a phase's set; default: a tenth of all. */
    setPages: v.optional(whole(1, MOST_PAGES)),
    /** Number of phases, all of one length. */
    phases: v.optional(whole(1, Number.MAX_SAFE_INTEGER), 10),
    /** Share of a phase's references that go to its set. */
    locality: v.optional(share, 0.95),
  }),
] as const;

export const patternSchema = v.variant("pattern", patternVariants);
export type PatternOptions = v.InferInput<typeof patternSchema>;
export type CheckedPattern = v.InferOutput<typeof patternSchema>;

const NUMBERS: Readonly<Record<PatternOptions["pattern"], number>> = {
  zipf: PATTERN_ZIPF,
  uniform: PATTERN_UNIFORM,
  sequential: PATTERN_SEQUENTIAL,
  loop: PATTERN_LOOP,
  stride: PATTERN_STRIDE,
  "working-set": PATTERN_WORKING_SET,
};

export const SIMPLE_PATTERNS = Object.keys(NUMBERS) as readonly PatternOptions["pattern"][];

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

/** The options in the kernel's form; `start` and `seed` if they differ from those of the options. */
export function parametersOf(
  options: CheckedPattern,
  start = BigInt(options.start),
  seed = BigInt(options.seed),
): GeneratorParameters {
  const { pages } = options;
  const isSet = options.pattern === "working-set";
  const setPages = isSet ? (options.setPages ?? Math.ceil(pages / 10)) : 0;
  return {
    pattern: NUMBERS[options.pattern],
    size: Math.min(options.size, options.pageSize),
    pages,
    pageBytes: options.pageSize,
    start,
    seed,
    alpha: options.pattern === "zipf" ? options.alpha : 0,
    writes: options.writes,
    stride: options.pattern === "stride" ? options.stride : 0,
    setPages: Math.min(setPages, pages),
    phase: isSet ? Math.ceil(options.references / options.phases) : 0,
    locality: isSet ? options.locality : 0,
  };
}
