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
import { patternOptions, strideOptions, workingSetOptions, zipfOptions } from "../options/generate.js";
import { entriesOf } from "../options/row.js";
import type { GeneratorParameters } from "../wasm/generator.js";

const common = entriesOf(patternOptions);

export const patternVariants = [
  v.strictObject({ pattern: v.literal("zipf"), ...common, ...entriesOf(zipfOptions) }),
  v.strictObject({ pattern: v.literal("uniform"), ...common }),
  v.strictObject({ pattern: v.literal("sequential"), ...common }),
  v.strictObject({ pattern: v.literal("loop"), ...common }),
  v.strictObject({ pattern: v.literal("stride"), ...common, ...entriesOf(strideOptions) }),
  v.strictObject({ pattern: v.literal("working-set"), ...common, ...entriesOf(workingSetOptions) }),
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
