/** A custom policy or allocator with parameters, given by path or by definition. */
import { parseParameters } from "../registry/choice.js";
import { type CustomDefinition, type CustomKind, parametersOf } from "./definition.js";
import { type CustomSource, loadCustom } from "./load.js";

/** The definition with parameters set. */
export interface CustomChoice<Definition extends CustomDefinition> {
  source: CustomSource<Definition> & { definition: Definition };
  /** `name` or `name:key=value`, as in rows. */
  name: string;
  parameters: readonly number[];
}

/** A definition object, with parameters other than its defaults. */
export interface CustomUse<Definition extends CustomDefinition> {
  definition: Definition;
  parameters: Readonly<Record<string, number>>;
}

/** `./mine.js`, `./mine.js:window=3`, or a definition. Throws `UsageError` and `InputError`. */
export async function chooseCustom<Definition extends CustomDefinition>(
  spec: string | CustomUse<Definition>,
  kind: CustomKind,
): Promise<CustomChoice<Definition>> {
  const { source, settings } = await sourceOf(spec, kind);
  const { definition, place } = source;
  const info = { name: definition.name, parameters: parametersOf(definition) };
  const given =
    settings === "" ? new Map<string, number>() : parseParameters(settings, info, kind.noun, place);
  return {
    source,
    name: settings === "" ? info.name : `${info.name}:${settings}`,
    parameters: info.parameters.map((parameter) => given.get(parameter.name) ?? parameter.default),
  };
}

async function sourceOf<Definition extends CustomDefinition>(
  spec: string | CustomUse<Definition>,
  kind: CustomKind,
): Promise<{ source: CustomChoice<Definition>["source"]; settings: string }> {
  if (typeof spec === "string") {
    const [, path = spec, settings = ""] = /^(.*?)(?::(\s*\w+\s*=[^/\\]*))?$/s.exec(spec.trim()) ?? [];
    return { source: await loadCustom<Definition>(path, kind), settings: settings.trim() };
  }
  const { definition, parameters } = spec;
  const settings = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return { source: { place: `${kind.noun} ${definition.name}`, definition }, settings: settings.join(",") };
}
