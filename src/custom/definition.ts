/**
 * The common part of custom policies and custom allocators: an object with a name, parameters and a function that creates an
 * instance.
 */
import { InputError } from "../errors.js";
import type { Parameter } from "../registry/signature.js";

/**
 * A parameter: its default and its range, by default from 0 to 2^53 - 1. A number alone is a default; the parameter is
 * an integer if its default is.
 */
export type ParameterSpec =
  | number
  | { readonly default: number; readonly least?: number; readonly most?: number; readonly isWhole?: boolean };

/** Fields of a definition of any kind. */
export interface CustomDefinition {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, ParameterSpec>>;
  readonly create: unknown;
}

/** Words for one kind of definition in messages. */
export interface CustomKind {
  /** `policy`; also a name for the export of a module. */
  readonly noun: "policy" | "allocator";
  /** `a policy`, `policies` */
  readonly one: string;
  readonly many: string;
  /** The result of `create`: `the hooks`. */
  readonly made: string;
  /** The function that searches for counterexamples, and the command. */
  readonly checker: string;
  readonly command: string;
}

const KEYS: readonly string[] = ["name", "parameters", "create"] satisfies (keyof CustomDefinition)[];
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._+-]{0,39}$/u;
const PARAMETER_NAME = /^\w+$/;

/** Checks a definition, for callers and files without types. `place` is its name in messages. */
export function checkCustom(
  value: unknown,
  { noun, one, made }: CustomKind,
  place: string,
): asserts value is CustomDefinition {
  if (!isObject(value)) {
    throw new InputError(`${one} cannot be ${kindOf(value)}`, "give an object with name and create", place);
  }
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new InputError(
      `${one} has an unknown property "${unknown}"`,
      `known are ${KEYS.join(", ")}`,
      place,
    );
  }
  if (typeof value.name !== "string" || !NAME.test(value.name)) {
    const problem = `the ${noun}'s name cannot be ${quoted(value.name)}`;
    throw new InputError(problem, "give a short word of letters, digits, dots, dashes, pluses", place);
  }
  if (typeof value.create !== "function" || isAsync(value.create)) {
    const problem = `the ${noun}'s create cannot be ${kindOf(value.create)}`;
    throw new InputError(problem, `give a function that returns ${made}`, place);
  }
  checkParameters(value.parameters ?? {}, noun, place);
}

function checkParameters(specs: unknown, noun: string, place: string): void {
  if (!isObject(specs)) {
    const problem = `the ${noun}'s parameters cannot be ${kindOf(specs)}`;
    throw new InputError(problem, "give an object with a default for each, such as { window: 3 }", place);
  }
  for (const [name, spec] of Object.entries(specs)) {
    if (!PARAMETER_NAME.test(name)) {
      throw new InputError(`a parameter cannot be called "${name}"`, "give letters, digits, _", place);
    }
    const { default: value, least, most, isWhole } = parameterOf(name, spec as ParameterSpec);
    const fits = typeof value === "number" && value >= least && value <= most; // false for NaN
    if (fits && (!isWhole || Number.isInteger(value))) continue;
    const range = `${isWhole ? "whole " : ""}number from ${quoted(least)} to ${quoted(most)}`;
    const problem = `the default of the parameter ${name} is not a ${range}`;
    throw new InputError(problem, "give one, such as { default: 3, least: 1, most: 9 }", place);
  }
}

/** The definition's parameters, in its order. */
export function parametersOf({ parameters = {} }: CustomDefinition): Parameter[] {
  return Object.entries(parameters).map(([name, spec]) => parameterOf(name, spec));
}

function parameterOf(name: string, spec: ParameterSpec): Parameter {
  const given = typeof spec === "object" && spec !== null ? spec : { default: spec };
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = given;
  return { name, default: given.default, least, most, isWhole: given.isWhole ?? Number.isInteger(spec) };
}

/** Functions of the object that `create` returns. */
export interface CustomFunctions {
  readonly needed: readonly string[];
  readonly optional: readonly string[];
  /** Functions that may be generators. */
  readonly generators?: readonly string[];
  /** Name of a function in messages. */
  readonly word: string;
}

/** The result of `create`: an object with callable functions. */
export function checkFunctions(
  value: unknown,
  { needed, optional, generators = [], word }: CustomFunctions,
  place: string,
): void {
  if (!isObject(value)) {
    const problem = `create returns ${kindOf(value)}`;
    throw new InputError(problem, `return an object with ${needed.join(" and ")}`, place);
  }
  for (const name of [...needed, ...optional]) {
    const hook = value[name];
    if (hook === undefined && optional.includes(name)) continue;
    if (typeof hook === "function" && (!isAsync(hook) || (generators.includes(name) && isGenerator(hook))))
      continue;
    const problem = `the ${word} ${name} is ${hook === undefined ? "missing" : kindOf(hook)}`;
    throw new InputError(problem, "give a function that is not async", place);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAsync(hook: object): boolean {
  return Object.prototype.toString.call(hook) !== "[object Function]";
}

function isGenerator(hook: object): boolean {
  return Object.prototype.toString.call(hook) === "[object GeneratorFunction]";
}

/** Describes a value of any kind within a sentence. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function") return isAsync(value) ? "an async function or a generator" : "a function";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Promise) return "a promise: hooks are not async";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${quoted(value)}`;
}

function quoted(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
