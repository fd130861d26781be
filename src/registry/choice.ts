/** Selects entries of a registry by name, with parameters: `2q:kin=0.25,kout=0.5`. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Parameter, Signature } from "./signature.js";

/** How messages call the things of a registry. */
export interface Nouns {
  /** `policy` */
  one: string;
  /** `policies` */
  many: string;
  /** `replacement policy`, where it is named first. */
  full: string;
}

type Parametrized = Pick<Signature, "name" | "parameters">;

/** A thing chosen, its parameters set. */
export interface Chosen<Info extends Parametrized> {
  /** As the caller wrote it, blanks and capitals aside. */
  name: string;
  /** Its place in the registry. */
  id: number;
  info: Info;
  parameters: readonly number[];
  /** Those that the caller gave. */
  given: ReadonlyMap<string, number>;
}

/** A comma ends a name where what follows it is not a further `key=value`. */
export function splitNames(names: string): string[] {
  return names.split(/,(?!\s*[\w-]+\s*=)/).filter((name) => name.trim() !== "");
}

/** Names without blanks and capitals, each once; `all` is every one of the registry. Throws `UsageError`. */
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
  return [...new Set(wanted)];
}

/** The entry that `text` names. Throws `UsageError`. */
export function choose<Info extends Parametrized>(
  text: string,
  all: readonly Info[],
  nouns: Nouns,
): Chosen<Info> {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const id = all.findIndex((one) => one.name === name);
  const info = all[id];
  if (info === undefined) throw unknownName(name, all, nouns);
  const given =
    colon < 0 ? new Map<string, number>() : parseParameters(text.slice(colon + 1), info, nouns.one);
  const parameters = info.parameters.map((parameter) => given.get(parameter.name) ?? parameter.default);
  return { name: text, id, info, parameters, given };
}

/** Reads `key=value,key=value`; what is not given is not there. Throws `UsageError`. */
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

/** Undefined where the parameter cannot be that. */
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

function unknownName(name: string, all: readonly Parametrized[], nouns: Nouns): UsageError {
  const names = all.map((one) => one.name);
  return new UsageError(
    `unknown ${nouns.full} "${name}"`,
    `did you mean ${nearest(name, names)}? The ${nouns.many} are ${nameList(all)}`,
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
