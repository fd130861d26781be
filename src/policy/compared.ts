/** The policies of a comparison: those of the kernel by name, custom ones by file or as objects. */
import type { CustomChoice as AnyChoice } from "../custom/choice.js";
import { chooseCompared as chooseAny, chooseGiven } from "../custom/compared.js";
import type { CustomSource } from "../custom/load.js";
import type { PolicyName } from "../options/names.js";
import { POLICY, type PolicyDefinition } from "./custom/definition.js";
import { choosePolicies, type PolicyChoice, policyNames } from "./policies.js";

/** A custom policy with parameters other than its defaults. */
export interface PolicyUse {
  /** Made by `definePolicy`. */
  policy: PolicyDefinition;
  /** Values of its parameters by name; those that are left out have their defaults. */
  parameters: Readonly<Record<string, number>>;
}

/**
 * A policy's name (`lru`, `random:seed=7`), the path of a module that defines one (`./mine.js`, `./mine.js:window=3`; a
 * path has a slash, or ends with `.js` or `.mjs`), or a result of `definePolicy`.
 */
export type PolicySpec = PolicyName | PolicyDefinition | PolicyUse;

export interface ComparedPolicy extends PolicyChoice {
  /**
   * The definition, if it is not one of the kernel's; its `id` is then a negative number that is unique in the list.
   */
  custom?: CustomSource<PolicyDefinition>;
}

/** A custom policy with its parameters set. */
export type CustomChoice = AnyChoice<PolicyDefinition>;

/** The policies that `specs` selects, each once. Throws `UsageError` and `InputError`. */
export async function chooseComparedPolicies(
  specs: string | readonly PolicySpec[],
): Promise<ComparedPolicy[]> {
  return chooseAny<PolicyDefinition, ComparedPolicy>(specs, {
    kind: POLICY,
    taken: await policyNames(),
    kernel: choosePolicies,
    custom: ({ source, name, parameters }, id) => {
      const traits = { needsFuture: false, isVariable: false, servesSizes: false };
      return { name, id, parameters, ...traits, custom: source };
    },
  });
}

/** The custom policy that `spec` denotes. Throws `UsageError` and `InputError`. */
export function chooseCustom(spec: PolicySpec): Promise<CustomChoice> {
  return chooseGiven<PolicyDefinition>(spec, POLICY);
}
