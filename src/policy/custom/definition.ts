/**
 * The definition of a custom policy: a replacement policy in JavaScript. Its hooks are called in the same order as those
 * of the kernel's policies (assembly/policy/contract.ts):
 *
 *   resident?  ── yes ──> hit(page)
 *       │
 *       no ──> miss(page)
 *              if no frame is free: victim = evict(page)
 *              insert(page)
 *
 * `compare` keeps the set of resident pages. The policy may remember other pages (ghosts) by number without a limit.
 */

import { type CustomKind, checkCustom, checkFunctions, type ParameterSpec } from "../../custom/definition.js";
import type { Random } from "../../custom/random.js";
import type { Page, PageList } from "./page-list.js";

/** The kind of a reference. Page numbers of block formats are loads, unless the format has kinds. */
export type RequestKind = "fetch" | "load" | "store" | "modify";

/** The hooks of a policy in one simulation. `now` is the number of the request, from 0. */
export interface PolicyHooks {
  /** A request for a resident page. */
  hit?(page: Page, kind: RequestKind, now: number): void;
  /** A request for a page that is not resident; called before a victim is requested. */
  miss?(page: Page, kind: RequestKind, now: number): void;
  /** The page becomes resident. */
  insert(page: Page, kind: RequestKind, now: number): void;
  /** All frames are in use, and `incoming` needs one: returns the resident page to evict. */
  evict(incoming: Page, kind: RequestKind, now: number): Page | undefined;
  /**
   * Returns whether the policy's state is consistent with the resident pages. `checkPolicy` calls it after every
   * request, `compare` never.
   */
  isValid?(resident: ReadonlySet<Page>): boolean;
}

/** The noun for policies in messages. */
export const POLICY: CustomKind = {
  noun: "policy",
  one: "a policy",
  many: "policies",
  made: "the hooks",
  checker: "checkPolicy",
  command: "policy check",
};

/** The arguments of a policy at the start of a simulation. `Name`: its parameters' names. */
export interface PolicySetup<Name extends string = string> {
  /** The number of frames. */
  readonly frames: number;
  /** The parameters' values. */
  readonly parameters: Readonly<Record<Name, number>>;
  /** A new empty list of pages. */
  list(): PageList;
  /** Random numbers from 0 to 1 like `Math.random`, but the same in each run; `seed` is 1 by default. */
  random(seed?: number): Random;
}

/** A policy in JavaScript, as `definePolicy` takes it. docs/custom-policy.md has an example. */
export interface PolicyDefinition<Name extends string = string> {
  /** The name in tables. */
  readonly name: string;
  /** Its parameters by name, each with a default and a range. */
  readonly parameters?: Readonly<Record<Name, ParameterSpec>>;
  /**
   * Called once per simulation. All state of the policy must be created here, because several simulations run at once.
   */
  create(setup: PolicySetup<Name>): PolicyHooks;
}

/** Returns the definition after checking it. A module that exports it defines a policy. Throws `InputError`. */
export function definePolicy<const Name extends string = never>(
  definition: PolicyDefinition<Name>,
): PolicyDefinition<Name> {
  checkDefinition(definition, "definePolicy");
  return definition;
}

/** Checks a definition, for callers and files without types. `place` is its name in messages. */
export function checkDefinition(value: unknown, place: string): asserts value is PolicyDefinition {
  checkCustom(value, POLICY, place);
}

/** Checks that the hooks are callable. */
export function checkHooks(value: unknown, place: string): asserts value is PolicyHooks {
  const functions = { needed: ["insert", "evict"], optional: ["hit", "miss", "isValid"], word: "hook" };
  checkFunctions(value, functions, place);
}
