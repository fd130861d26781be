/**
 * Mixtures, whose references come from parts chosen at random, and phases, which follow one another. Each part has its
 * own seed and pages: its pages start where those of the previous part end, unless it has a `start`.
 */
import * as v from "valibot";
import { MIXTURE_MOST_PARTS } from "../../assembly/abi/generator.js";
import { optionNamed, PagewalkError, UsageError } from "../errors.js";
import { DEFAULT_REFERENCES, patternOptions, phasesOptions, sharedOptions } from "../options/generate.js";
import { entriesOf, flagOf } from "../options/row.js";
import { validate } from "../options/validate.js";
import type { GeneratorParameters } from "../wasm/generator.js";
import { type LooseOptions, type PhaseText, parseParts, parsePhases } from "./mixture-grammar.js";
import {
  type CheckedPattern,
  type PatternOptions,
  parametersOf,
  patternSchema,
  SIMPLE_PATTERNS,
} from "./patterns.js";

type WithoutCommon<Options> = Options extends unknown ? Omit<Options, "references" | "pageSize"> : never;
/** One pattern of a mixture and its weight, 1 by default. */
export type MixturePart = WithoutCommon<PatternOptions> & { weight?: number };

/** A mixture of patterns for one phase; without `references`, it gets an equal part of the remaining ones. */
export interface Phase {
  /** Patterns that are mixed, with their shares. */
  parts: readonly MixturePart[];
  /** Length of the phase; default: an equal share of all references. */
  references?: number;
}

const part = v.custom<MixturePart>(isObject, "an object");
const phasesEntries = entriesOf(phasesOptions);
const phase = v.strictObject({ parts: v.array(part), references: phasesEntries.references });

export const mixtureVariants = [
  v.strictObject({
    pattern: v.literal("mixture"),
    references: entriesOf(patternOptions).references,
    ...entriesOf(sharedOptions),
    /** The patterns, or their notation: `0.7*zipf:pages=1000 + 0.3*loop`. */
    parts: v.union([v.string(), v.array(part)]),
  }),
  v.strictObject({
    pattern: v.literal("phases"),
    ...phasesEntries,
    /** The phases, or their notation: `loop:pages=50; 0.7*zipf + 0.3*uniform`. */
    phases: v.union([v.string(), v.array(phase)]),
  }),
] as const;

export type CheckedMixture = v.InferOutput<(typeof mixtureVariants)[number]>;

/** References from one generator, or from several chosen by their weights. */
export interface Stage {
  readonly references: number;
  readonly parts: readonly { readonly weight: number; readonly parameters: GeneratorParameters }[];
  /** Seed for the choice of the generator. */
  readonly seed: bigint;
}

/**
 * Seeds of parts are derived from the common seed, at an offset beyond the outputs that a generator uses for its own
 * state.
 */
const PART_SEEDS = 16;
const STAGE_SEEDS = 2 ** 20;
const ADDRESSES = 2n ** 64n;

export function stagesOf(options: CheckedMixture): Stage[] {
  const phases = phasesOf(options);
  const lengths = lengthsOf(phases, options.references);
  let number = 0;
  let end = BigInt(options.start);
  return phases.map(({ parts }, stage) => {
    const references = lengths[stage] ?? 0;
    checkParts(parts);
    const weights = parts.map(weightOf);
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return {
      references,
      seed: splitMix64(BigInt(options.seed), STAGE_SEEDS + stage),
      parts: parts.map((given, at) => {
        const weight = weights[at] ?? 0;
        const checked = checkPart(given, ++number, options, Math.ceil((references * weight) / sum));
        const start = given.start === undefined ? end : BigInt(checked.start);
        const after = start + BigInt(checked.pages) * BigInt(checked.pageSize);
        if (after > ADDRESSES) {
          throw new UsageError("the parts' pages do not fit 64 bits of address", "give fewer pages", PLACE);
        }
        if (after > end) end = after;
        const seed =
          given.seed === undefined
            ? splitMix64(BigInt(options.seed), PART_SEEDS + number)
            : BigInt(checked.seed);
        return { weight, parameters: parametersOf(checked, start, seed) };
      }),
    };
  });
}

const PLACE = "trace generate";

interface LoosePhase {
  readonly parts: readonly LooseOptions[];
  readonly references?: number | undefined;
}

function phasesOf(options: CheckedMixture): readonly LoosePhase[] {
  if (options.pattern === "mixture") {
    const { parts } = options;
    return [{ parts: typeof parts === "string" ? parseParts(parts) : (parts as readonly LooseOptions[]) }];
  }
  const { phases } = options;
  const all: readonly LoosePhase[] | readonly PhaseText[] =
    typeof phases === "string" ? parsePhases(phases) : (phases as readonly LoosePhase[]);
  if (all.length === 0) throw new UsageError("there are no phases", "give one at least", PLACE);
  return all;
}

/** The number of references of each phase: its own, or an equal part of the remaining references. */
function lengthsOf(phases: readonly LoosePhase[], total: number | undefined): number[] {
  const given = phases.reduce((sum, { references = 0 }) => sum + references, 0);
  const open = phases.filter(({ references }) => references === undefined).length;
  const typical = Math.round((DEFAULT_REFERENCES * open) / phases.length);
  const left = total === undefined ? Math.max(typical, open) : total - given;
  if (left < open || (open === 0 && left !== 0)) {
    throw new UsageError(
      `${PLACE}: ${optionNamed("references")} is ${total}, and the phases have ${given}${open > 0 ? " and more" : ""}`,
      open > 0 ? "give more, or shorter phases" : `leave ${optionNamed("references")} out`,
    );
  }
  let opened = 0;
  return phases.map(({ references }) => {
    if (references !== undefined) return references;
    opened++;
    return Math.floor((left * opened) / open) - Math.floor((left * (opened - 1)) / open);
  });
}

function checkParts(parts: readonly LooseOptions[]): void {
  if (parts.length >= 1 && parts.length <= MIXTURE_MOST_PARTS) return;
  throw new UsageError(`a mixture of ${parts.length} parts`, `give 1 to ${MIXTURE_MOST_PARTS}`, PLACE);
}

function weightOf({ weight = 1, pattern }: LooseOptions): number {
  if (typeof weight === "number" && weight > 0 && Number.isFinite(weight)) return weight;
  throw new UsageError(`the weight of ${pattern} is ${weight}`, "give a number above 0", PLACE);
}

/** A part's options, with those of the whole as defaults. */
function checkPart(
  given: LooseOptions,
  number: number,
  { pageSize, size, writes }: CheckedMixture,
  references: number,
): CheckedPattern {
  const { weight, ...options } = given;
  for (const key of ["pageSize", "references"]) {
    if (!(key in options)) continue;
    throw new UsageError(
      `${PLACE}: part ${number} cannot have its own ${optionNamed(key)}`,
      "give it for all parts",
    );
  }
  const whole = { pageSize, size, writes, ...options, references: Math.max(references, 1) };
  try {
    return validate(`${PLACE}: part ${number}`, patternSchema, whole, SIMPLE_PATTERNS);
  } catch (error) {
    // Options of a part never have dashes in front.
    if (error instanceof PagewalkError) throw error.renamed(dashed);
    throw error;
  }
}

/** `set-pages` for `setPages`: both are accepted. */
function dashed(name: string): string {
  return flagOf(name).slice(2);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The `n`th output of SplitMix64, as in core/rng. */
function splitMix64(seed: bigint, n: number): bigint {
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  let z = wrap(seed + BigInt(n) * 0x9e3779b97f4a7c15n);
  z = wrap((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = wrap((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
