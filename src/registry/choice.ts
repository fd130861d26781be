/** Selects entries of a registry by name, with parameters: `2q:kin=0.25,kout=0.5`. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Parameter, Signature } from "./signature.js";

/** The words for entries of a registry in messages. */
export interface Nouns {
  /** `policy` */
  one: string;
  /** `policies` */
  many: string;
  /** `replacement policy`, for the first mention. */
  full: string;
}

type Parametrized = Pick<Signature, "name" | "parameters">;

/** A selected entry, with its parameters set. */
export interface Chosen<Info extends Parametrized> {
  /** The caller's spelling, without blanks and in lower case. */
  name: string;
  /** Its index in the registry. */
  id: number;
  info: Info;
  parameters: readonly number[];
  /** The parameters that the caller gave. */
  given: ReadonlyMap<string, number>;
}

/** A comma ends a name, unless another `key=value` follows it. */
export function splitNames(names: string): string[] {
  return names.split(/,(?!\s*[\w-]+\s*=)/).filter((name) => name.trim() !== "");
}

/**
 * Names without blanks and in lower case, each once; `all` gives every entry of the registry. Throws a `UsageError`
 * with all unknown names.
 */
export function namesOf(
  names: string | readonly string[],
  all: readonly Parametrized[],
  nouns: Nouns,
): string[] {
  const list = typeof names === "string" ? splitNames(names) : names;
  const wanted = list.flatMap((name) => {
    const plain = name.trim().toLowerCase();
    return plain === "all" ? all.map((one) => one.name) : [plain];
  });
  if (wanted.length === 0) {
    throw new UsageError(`no ${nouns.full} is named`, `name some of ${nameList(all)}, or all`);
  }
  mustBeKnown(wanted, all, nouns);
  return [...new Set(wanted)];
}

function mustBeKnown(wanted: readonly string[], all: readonly Parametrized[], nouns: Nouns): void {
  const known = all.map(({ name }) => name);
  const unknown = wanted.map(bareName).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw unknownNames([...new Set(unknown)], known, nouns);
}

/** The name without its parameters. */
function bareName(text: string): string {
  const colon = text.indexOf(":");
  return colon < 0 ? text : text.slice(0, colon);
}

/** The entry that `text` names. Throws `UsageError`. */
export function choose<Info extends Parametrized>(
  text: string,
  all: readonly Info[],
  nouns: Nouns,
): Chosen<Info> {
  const name = bareName(text);
  const id = all.findIndex((one) => one.name === name);
  const info = all[id];
  if (info === undefined) {
    const known = all.map((one) => one.name);
    throw unknownNames([name], known, nouns);
  }
  const given =
    name === text ? new Map<string, number>() : parseParameters(text.slice(name.length + 1), info, nouns.one);
  const parameters = info.parameters.map((parameter) => given.get(parameter.name) ?? parameter.default);
  return { name: text, id, info, parameters, given };
}

/** Parses `key=value,key=value`; the result has only the given keys. Throws `UsageError`. */
export function parseParameters(
  list: string,
  owner: Parametrized,
  noun: string,
  place?: string,
): Map<string, number> {
  const given = new Map<string, number>();
  for (const item of list.split(",")) {
    const [key = "", value = "", ...rest] = item.split("=").map((part) => part.trim());
    const parameter = owner.parameters.find(({ name }) => name === key);
    if (parameter === undefined) throw unknownParameter(key, owner, noun, place);
    const number = rest.length > 0 ? undefined : parsed(value, parameter);
    if (number === undefined) {
      throw new UsageError(
        `the parameter ${key} of ${owner.name} cannot be "${[value, ...rest].join("=")}"`,
        `give ${rangeOf(parameter)}`,
        place,
      );
    }
    given.set(key, number);
  }
  return given;
}

/** Undefined if the value is invalid for the parameter. */
function parsed(value: string, { least, most, isWhole, words }: Parameter): number | undefined {
  if (words !== undefined) return words.includes(value) ? words.indexOf(value) : undefined;
  const number = value === "" ? Number.NaN : Number(value);
  if (!(number >= least && number <= most)) return undefined;
  return isWhole && !Number.isInteger(number) ? undefined : number;
}

function rangeOf({ least, most, isWhole, words }: Parameter): string {
  if (words !== undefined) return `one of ${words.join(", ")}`;
  return `a ${isWhole ? "whole " : ""}number from ${least} to ${most}`;
}

function unknownNames(unknown: readonly string[], known: readonly string[], nouns: Nouns): UsageError {
  const noun = unknown.length === 1 ? nouns.full : nouns.many;
  const likely = [...new Set(unknown.map((name) => nearest(name, known)))].join(", ");
  return new UsageError(
    `unknown ${noun} ${unknown.map((name) => `"${name}"`).join(", ")}`,
    `did you mean ${likely}? The ${nouns.many} are ${known.join(", ")}`,
  );
}

function unknownParameter(
  key: string,
  { name: owner, parameters }: Parametrized,
  noun: string,
  place: string | undefined,
): UsageError {
  const names = parameters.map(({ name }) => name);
  const problem = `the ${noun} ${owner} has no parameter "${key}"`;
  if (names.length === 0) return new UsageError(problem, "it takes none", place);
  return new UsageError(problem, `did you mean ${nearest(key, names)}? It takes ${names.join(", ")}`, place);
}

function nameList(all: readonly Parametrized[]): string {
  return all.map(({ name }) => name).join(", ");
}
