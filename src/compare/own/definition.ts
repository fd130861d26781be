/**
 * What an own policy is: a replacement policy written in JavaScript. It is told of requests in the order in which the
 * kernel's policies are told (assembly/policy/contract.ts):
 *
 *   resident?  ── yes ──> hit(page)
 *       │
 *       no ──> miss(page)
 *              where every frame is taken: victim = evict(page)
 *              insert(page)
 *
 * Which pages are resident is not the policy's to keep: `compare` knows. Ghosts are the policy's own affair: pages
 * have numbers, which it may remember for as long as it likes.
 */
import { InputError } from "../../errors.js";
import type { PolicyParameter } from "../policies.js";
import type { PageList } from "./page-list.js";
import type { Random } from "./random.js";

/** A page number: a number up to 2^53 - 1, a bigint beyond. The same page is always the same value. */
export type Page = number | bigint;

/** What a reference does to its page. Page numbers of block formats are loaded, unless the format says otherwise. */
export type RequestKind = "fetch" | "load" | "store" | "modify";

/** What a policy does in one simulation. `now` numbers the requests from 0. */
export interface PolicyHooks {
  /** A request for a resident page. */
  hit?(page: Page, kind: RequestKind, now: number): void;
  /** A request for a page that is not resident; told before a victim is asked for. */
  miss?(page: Page, kind: RequestKind, now: number): void;
  /** The page enters, and is resident from now on. */
  insert(page: Page, kind: RequestKind, now: number): void;
  /** Every frame is taken, and `incoming` wants one: which resident page goes? */
  evict(incoming: Page, kind: RequestKind, now: number): Page | undefined;
  /** Is the policy's state sound, given what is resident? `checkPolicy` asks after every request, `compare` never. */
  isValid?(resident: ReadonlySet<Page>): boolean;
}

/**
 * A parameter: its default, and the range that it may be in, from 0 to 2^53 - 1 where nothing else is said. A number
 * alone is a default; such a parameter is whole where its default is.
 */
export type ParameterSpec =
  | number
  | { readonly default: number; readonly least?: number; readonly most?: number; readonly isWhole?: boolean };

/** What a policy is given when a simulation starts. `Name`: its parameters' names. */
export interface PolicySetup<Name extends string = string> {
  /** How many pages may be resident. */
  readonly frames: number;
  /** The parameters' values. */
  readonly parameters: Readonly<Record<Name, number>>;
  /** A new empty list of pages. */
  list(): PageList;
  /** Random numbers from 0 to 1 like `Math.random`, but the same in each run; `seed` is 1 where it is left out. */
  random(seed?: number): Random;
}

export interface PolicyDefinition<Name extends string = string> {
  /** What tables call it. */
  readonly name: string;
  readonly parameters?: Readonly<Record<Name, ParameterSpec>>;
  /** Called once a simulation. All that the policy remembers belongs in here: several simulations run at once. */
  create(setup: PolicySetup<Name>): PolicyHooks;
}

/** The same definition, checked. A module that exports it needs nothing else to be a policy. Throws `InputError`. */
export function definePolicy<const Name extends string = never>(
  definition: PolicyDefinition<Name>,
): PolicyDefinition<Name> {
  checkDefinition(definition, "definePolicy");
  return definition;
}

const KEYS = ["name", "parameters", "create"] as const satisfies (keyof PolicyDefinition)[];
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._+-]{0,39}$/u;
const PARAMETER_NAME = /^\w+$/;

/** Refuses what is no definition, for callers and files without types. `place` is what messages call it. */
export function checkDefinition(value: unknown, place: string): asserts value is PolicyDefinition {
  if (!isObject(value)) {
    throw new InputError(`a policy cannot be ${kindOf(value)}`, "give an object with name and create", place);
  }
  const unknown = Object.keys(value).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) {
    const problem = `a policy has nothing called "${unknown}"`;
    throw new InputError(problem, `it has ${KEYS.join(", ")}`, place);
  }
  if (typeof value.name !== "string" || !NAME.test(value.name)) {
    const problem = `the policy's name cannot be ${quoted(value.name)}`;
    throw new InputError(problem, "give a short word of letters, digits, dots, dashes, pluses", place);
  }
  if (typeof value.create !== "function" || isAsync(value.create)) {
    const problem = `the policy's create cannot be ${kindOf(value.create)}`;
    throw new InputError(problem, "give a function that returns the hooks", place);
  }
  checkParameters(value.parameters ?? {}, place);
}

function checkParameters(specs: unknown, place: string): void {
  if (!isObject(specs)) {
    const problem = `the policy's parameters cannot be ${kindOf(specs)}`;
    throw new InputError(problem, "give an object with a default for each, such as { window: 3 }", place);
  }
  for (const [name, spec] of Object.entries(specs)) {
    if (!PARAMETER_NAME.test(name)) {
      throw new InputError(`a parameter cannot be called "${name}"`, "give letters, digits, _", place);
    }
    const { default: value, least, most, isWhole } = parameterOf(name, spec as ParameterSpec);
    const fits = typeof value === "number" && value >= least && value <= most; // NaN does not
    if (fits && (!isWhole || Number.isInteger(value))) continue;
    const range = `${isWhole ? "whole " : ""}number from ${quoted(least)} to ${quoted(most)}`;
    const problem = `the default of the parameter ${name} is no ${range}`;
    throw new InputError(problem, "give one, such as { default: 3, least: 1, most: 9 }", place);
  }
}

/** The definition's parameters, in its order. */
export function parametersOf({ parameters = {} }: PolicyDefinition): PolicyParameter[] {
  return Object.entries(parameters).map(([name, spec]) => parameterOf(name, spec));
}

function parameterOf(name: string, spec: ParameterSpec): PolicyParameter {
  const given = typeof spec === "object" && spec !== null ? spec : { default: spec };
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = given;
  return { name, default: given.default, least, most, isWhole: given.isWhole ?? Number.isInteger(spec) };
}

/** Refuses hooks that cannot be called. */
export function checkHooks(value: unknown, place: string): asserts value is PolicyHooks {
  if (!isObject(value)) {
    const problem = `create returns ${kindOf(value)}`;
    throw new InputError(problem, "return an object with insert and evict", place);
  }
  for (const name of ["insert", "evict", "hit", "miss", "isValid"]) {
    const hook = value[name];
    const isOptional = name !== "insert" && name !== "evict";
    if (hook === undefined && isOptional) continue;
    if (typeof hook === "function" && !isAsync(hook)) continue;
    const problem = `the hook ${name} is ${hook === undefined ? "missing" : kindOf(hook)}`;
    throw new InputError(problem, "give a function that is not async", place);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAsync(hook: object): boolean {
  return Object.prototype.toString.call(hook) !== "[object Function]";
}

/** A value of any kind, in words that fit into a sentence. */
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
