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

import { checkFunctions, checkOwn, type OwnKind, type ParameterSpec } from "../../own/definition.js";
import type { Random } from "../../own/random.js";
import type { Page, PageList } from "./page-list.js";

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

/** How messages speak of policies. */
export const POLICY: OwnKind = {
  noun: "policy",
  one: "a policy",
  many: "policies",
  made: "the hooks",
  checker: "checkPolicy",
  command: "policy check",
};

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

/** Refuses what is no definition, for callers and files without types. `place` is what messages call it. */
export function checkDefinition(value: unknown, place: string): asserts value is PolicyDefinition {
  checkOwn(value, POLICY, place);
}

/** Refuses hooks that cannot be called. */
export function checkHooks(value: unknown, place: string): asserts value is PolicyHooks {
  const functions = { needed: ["insert", "evict"], optional: ["hit", "miss", "isValid"], word: "hook" };
  checkFunctions(value, functions, place);
}
