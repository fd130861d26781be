/** The members of a comparison: those of the kernel by name, custom ones by file or as objects. */
import { InputError, UsageError } from "../errors.js";
import { splitNames } from "../registry/choice.js";
import { type CustomChoice, type CustomUse, chooseCustom } from "./choice.js";
import { type CustomDefinition, type CustomKind, checkCustom, isObject } from "./definition.js";
import { type CustomSource, isPath } from "./load.js";

/** A member; `custom` if it is not one of the kernel's. */
export interface Compared<Definition extends CustomDefinition> {
  readonly name: string;
  readonly custom?: CustomSource<Definition>;
}

/** How names are resolved. */
export interface Choices<Definition extends CustomDefinition, One extends Compared<Definition>> {
  readonly kind: CustomKind;
  /** Names in the kernel, which custom ones cannot have. */
  readonly taken: readonly string[];
  /** The kernel's members that a name denotes. An empty list throws an error that lists the names. */
  kernel(names: readonly string[]): Promise<One[]>;
  /** `id`: a negative number that is unique in the list. */
  custom(choice: CustomChoice<Definition>, id: number): One;
}

/** A definition, or one with parameters, under the name of its kind: `{ policy, parameters }`. */
type Given<Definition extends CustomDefinition> =
  | Definition
  | { readonly parameters: Readonly<Record<string, number>> };

/** Each once. Throws `UsageError` and `InputError`. */
export async function chooseCompared<Definition extends CustomDefinition, One extends Compared<Definition>>(
  specs: string | readonly (string | Given<Definition>)[],
  choices: Choices<Definition, One>,
): Promise<One[]> {
  const { kind, taken } = choices;
  const list = typeof specs === "string" ? splitNames(specs) : specs;
  const named = list.filter((spec) => typeof spec === "string" && !isPath(spec)) as string[];
  // One error has all unknown names.
  if (named.length > 1) await choices.kernel(named);
  const chosen: One[] = [];
  for (const spec of list) {
    if (typeof spec === "string" && !isPath(spec)) {
      chosen.push(...(await choices.kernel([spec])));
      continue;
    }
    const custom = await chooseGiven<Definition>(spec, kind);
    mustBeNew(custom, taken, kind);
    chosen.push(choices.custom(custom, -1 - chosen.length));
  }
  if (chosen.length === 0) await choices.kernel([]);
  return unique(chosen, kind);
}

/** The custom one that `spec` denotes. Throws `UsageError` and `InputError`. */
export function chooseGiven<Definition extends CustomDefinition>(
  spec: string | Given<Definition>,
  kind: CustomKind,
): Promise<CustomChoice<Definition>> {
  if (typeof spec === "string") return chooseCustom(spec, kind);
  const isUse = isObject(spec) && kind.noun in spec;
  const definition: unknown = isUse ? (spec as Readonly<Record<string, unknown>>)[kind.noun] : spec;
  checkCustom(definition, kind, `custom ${kind.noun}`);
  const parameters = isUse ? (spec.parameters as CustomUse<Definition>["parameters"]) : {};
  return chooseCustom({ definition: definition as Definition, parameters }, kind);
}

function mustBeNew<Definition extends CustomDefinition>(
  { source: { definition, place } }: CustomChoice<Definition>,
  taken: readonly string[],
  { one }: CustomKind,
): void {
  if (!taken.includes(definition.name)) return;
  const problem = `has the name ${definition.name} of ${one} in the kernel`;
  throw new InputError(problem, "give it another name", place);
}

/** Duplicates are dropped. A different one of the same name is refused, because the rows could not be distinguished. */
function unique<Definition extends CustomDefinition, One extends Compared<Definition>>(
  chosen: readonly One[],
  { many }: CustomKind,
): One[] {
  const byName = new Map<string, One>();
  for (const one of chosen) {
    const other = byName.get(one.name);
    if (other !== undefined && other.custom?.definition !== one.custom?.definition) {
      const problem = `two ${many} are called ${one.name}: ${other.custom?.place} and ${one.custom?.place}`;
      throw new UsageError(problem, "give one of them another name");
    }
    byName.set(one.name, other ?? one);
  }
  return [...byName.values()];
}

/**
 * The source in a form that can be posted to another thread; undefined if its definition exists only in this thread.
 */
export function portableSource<Definition extends CustomDefinition>({
  place,
  url,
}: CustomSource<Definition>): CustomSource<Definition> | undefined {
  return url === undefined ? undefined : { place, url };
}
