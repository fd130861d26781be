/** Replacement policies by name, with parameters: `2q:kin=0.25,kout=0.5`. */

import { isPath } from "../custom/load.js";
import { UsageError } from "../errors.js";
import { once } from "../platform/once.js";
import { choose, type Nouns, namesOf, splitNames } from "../registry/choice.js";
import { type Parameter, parseSignature } from "../registry/signature.js";
import { Kernel } from "../wasm/kernel.js";
import { policySignatures } from "../wasm/policies.js";

/** A parameter of a policy: its name, default and range. */
export type PolicyParameter = Parameter;

/** A policy of the kernel. */
export interface PolicyInfo {
  /** The name, as options take it. */
  name: string;
  /** Its parameters, each with a default and a range. */
  parameters: readonly PolicyParameter[];
  /** It needs each request's next use, so the trace is read twice. */
  needsFuture: boolean;
  /** A variable-space policy: its resident set varies, up to the number of frames. */
  isVariable: boolean;
  /** Several numbers of frames are simulated at once, and cost little more than one. */
  servesSizes: boolean;
}

/** A policy with its parameters set. */
export interface PolicyChoice {
  /** The caller's spelling, without blanks and in lower case. */
  name: string;
  id: number;
  parameters: readonly number[];
  needsFuture: boolean;
  isVariable: boolean;
  servesSizes: boolean;
}

const NOUNS: Nouns = { one: "policy", many: "policies", full: "replacement policy" };

const known = once(
  async (): Promise<readonly PolicyInfo[]> => policySignatures(await Kernel.create()).map(policyInfo),
);

/** Every policy, in the kernel's order. */
export function policies(): Promise<readonly PolicyInfo[]> {
  return known();
}

/** The names of every policy, in the kernel's order. */
export async function policyNames(): Promise<string[]> {
  return (await policies()).map(({ name }) => name);
}

function policyInfo(line: string): PolicyInfo {
  const { name, parameters, notes } = parseSignature(line);
  const [needsFuture = false, isVariable = false, servesSizes = false] = ["future", "variable", "sizes"].map(
    (note) => notes.includes(note),
  );
  return { name, parameters, needsFuture, isVariable, servesSizes };
}

/** The kernel's policies that `names` selects: `all`, a comma-separated list or an array. Throws `UsageError`. */
export async function choosePolicies(names: string | readonly string[]): Promise<PolicyChoice[]> {
  const all = await policies();
  const custom = (typeof names === "string" ? splitNames(names) : names).find(isPath);
  if (custom !== undefined) {
    const problem = `the custom policy "${custom}" runs in JavaScript, and this needs a policy of the kernel`;
    throw new UsageError(problem, "use it with compare");
  }
  return namesOf(names, all, NOUNS).map((text) => {
    const { name, id, parameters, info } = choose(text, all, NOUNS);
    const { needsFuture, isVariable, servesSizes } = info;
    return { name, id, parameters, needsFuture, isVariable, servesSizes };
  });
}
