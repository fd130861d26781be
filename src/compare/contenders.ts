/** The policies of a comparison: the kernel's by name, own ones by file or as they are. */
import { InputError, UsageError } from "../errors.js";
import { type OwnChoice as AnyChoice, chooseOwn as chooseAny } from "../own/choice.js";
import { isPath, type OwnSource } from "../own/load.js";
import { splitNames } from "../registry/choice.js";
import { checkDefinition, POLICY, type PolicyDefinition } from "./own/definition.js";
import { choosePolicies, type PolicyChoice, type PolicyInfo, policies } from "./policies.js";

/** An own policy with parameters other than its defaults. */
export interface PolicyUse {
  policy: PolicyDefinition;
  parameters: Readonly<Record<string, number>>;
}

/**
 * A policy's name (`lru`, `random:seed=7`), the path of a module that defines one (`./mine.js`, `./mine.js:window=3`;
 * a path has a slash, or ends with `.js` or `.mjs`), or what `definePolicy` made.
 */
export type PolicySpec = string | PolicyDefinition | PolicyUse;

export interface Contender extends PolicyChoice {
  /** Where it is not one of the kernel's; its `id` is a negative number then, one that no other of the list has. */
  own?: OwnSource<PolicyDefinition>;
}

/** An own policy with its parameters set. */
export type OwnChoice = AnyChoice<PolicyDefinition>;

/** The policies that `specs` chooses, each once. Throws `UsageError` and `InputError`. */
export async function chooseContenders(specs: string | readonly PolicySpec[]): Promise<Contender[]> {
  const list = typeof specs === "string" ? splitNames(specs) : specs;
  const all = await policies();
  const chosen: Contender[] = [];
  for (const spec of list) {
    if (typeof spec === "string" && !isPath(spec)) chosen.push(...(await choosePolicies([spec])));
    else chosen.push(contenderOf(await chooseOwn(spec), -1 - chosen.length, all));
  }
  if (chosen.length === 0) await choosePolicies([]); // which says what there is
  return unique(chosen);
}

/** The own policy that `spec` means. Throws `UsageError` and `InputError`. */
export function chooseOwn(spec: PolicySpec): Promise<OwnChoice> {
  if (typeof spec === "string") return chooseAny(spec, POLICY);
  const isUse = typeof spec === "object" && spec !== null && "policy" in spec;
  const definition: unknown = isUse ? spec.policy : spec;
  checkDefinition(definition, "own policy");
  return chooseAny({ definition, parameters: isUse ? spec.parameters : {} }, POLICY);
}

function contenderOf(
  { source, name, parameters }: OwnChoice,
  id: number,
  all: readonly PolicyInfo[],
): Contender {
  if (all.some((policy) => policy.name === source.definition.name)) {
    const problem = `calls itself ${source.definition.name}, as a policy of the kernel does`;
    throw new InputError(problem, "give it another name", source.place);
  }
  return { name, id, parameters, needsFuture: false, isVariable: false, own: source };
}

/** The same policy is taken once; another one of the same name is refused, as rows could not tell them apart. */
function unique(chosen: readonly Contender[]): Contender[] {
  const byName = new Map<string, Contender>();
  for (const one of chosen) {
    const other = byName.get(one.name);
    if (other !== undefined && other.own?.definition !== one.own?.definition) {
      const problem = `two policies are called ${one.name}: ${other.own?.place} and ${one.own?.place}`;
      throw new UsageError(problem, "give one of them another name");
    }
    byName.set(one.name, other ?? one);
  }
  return [...byName.values()];
}
