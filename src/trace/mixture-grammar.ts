/**
 * Parses mixtures and phases from a command line:
 *
 *   phases  := phase (";" phase)*
 *   phase   := part ("+" part)*
 *   part    := [weight "*"] pattern [":" name "=" value ("," name "=" value)*]
 *
 *   0.7*zipf:pages=1000 + 0.3*loop:pages=50      two parts of one phase
 *   loop:references=1e6; uniform                 two phases
 */
import { UsageError } from "../errors.js";
import { SIMPLE_PATTERNS } from "./patterns.js";

/** A parsed part, whose options are checked later. */
export type LooseOptions = Readonly<Record<string, unknown>>;

export interface PhaseText {
  readonly parts: readonly LooseOptions[];
  readonly references?: number;
}

const PART = /^(?:([^*:]*?)\s*\*\s*)?([a-z-]+)\s*(?::(.*))?$/i;
const EXAMPLE = "0.7*zipf:pages=1000 + 0.3*loop:pages=50";
const PLACE = "trace generate";

/** Values that may be text: `stride=4KiB`. */
const SIZES: readonly string[] = ["size", "stride"];

export function parsePhases(text: string): PhaseText[] {
  return text.split(";").map(parsePhase);
}

/** The length of a phase is given with one of its parts. */
function parsePhase(text: string): PhaseText {
  const all = parseParts(text);
  const lengths = all.flatMap(({ references }) => (typeof references === "number" ? [references] : []));
  const parts = all.map(({ references, ...part }) => part);
  const [references, another] = lengths;
  if (another !== undefined) {
    throw new UsageError(
      `"${text.trim()}" gives its references twice`,
      "give them in one of its parts, for all parts",
      PLACE,
    );
  }
  return { parts, ...(references !== undefined && { references }) };
}

export function parseParts(text: string): LooseOptions[] {
  return text.split("+").map((part) => parsePart(part.trim()));
}

function parsePart(text: string): LooseOptions {
  const [, weight, pattern = "", rest = ""] = PART.exec(text) ?? [];
  if (pattern === "") {
    throw new UsageError(`"${text}" is not a part of a mixture`, `one is like "${EXAMPLE}"`, PLACE);
  }
  const options = rest === "" ? [] : rest.split(",").map((option) => parseOption(option.trim(), text));
  const names = options.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) {
    throw new UsageError(`"${text}" gives ${twice} twice`, "give it once", PLACE);
  }
  return {
    pattern,
    ...(weight !== undefined && { weight: numberOf(weight, "the weight", text) }),
    ...Object.fromEntries(options),
  };
}

function parseOption(option: string, part: string): [name: string, value: number | string] {
  const [, name, value] = /^([a-z-]+)\s*=\s*(.+)$/i.exec(option) ?? [];
  if (name === undefined || value === undefined) {
    const remedy = `options are like pages=1000, after one of ${SIMPLE_PATTERNS.join(", ")}`;
    throw new UsageError(`"${option}" in "${part}" is not an option`, remedy, PLACE);
  }
  const key = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return [key, SIZES.includes(key) ? value : numberOf(value, name, part)];
}

function numberOf(text: string, what: string, part: string): number {
  const value = Number(text.replaceAll("_", ""));
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new UsageError(`${what} in "${part}" is "${text}"`, "give a number, such as 1000, 1e6 or 0.5", PLACE);
}
