/** An own policy or allocator with parameters, given by path or by definition. */
import { parseParameters } from "../registry/choice.js";
import { type OwnDefinition, type OwnKind, parametersOf } from "./definition.js";
import { loadOwn, type OwnSource } from "./load.js";

/** The definition with parameters set. */
export interface OwnChoice<Definition extends OwnDefinition> {
  source: OwnSource<Definition> & { definition: Definition };
  /** `name` or `name:key=value`, as in rows. */
  name: string;
  parameters: readonly number[];
}

/** A definition object, with parameters other than its defaults. */
export interface OwnUse<Definition extends OwnDefinition> {
  definition: Definition;
  parameters: Readonly<Record<string, number>>;
}

/** `./mine.js`, `./mine.js:window=3`, or a definition. Throws `UsageError` and `InputError`. */
export async function chooseOwn<Definition extends OwnDefinition>(
  spec: string | OwnUse<Definition>,
  kind: OwnKind,
): Promise<OwnChoice<Definition>> {
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

async function sourceOf<Definition extends OwnDefinition>(
  spec: string | OwnUse<Definition>,
  kind: OwnKind,
): Promise<{ source: OwnChoice<Definition>["source"]; settings: string }> {
  if (typeof spec === "string") {
    const [, path = spec, settings = ""] = /^(.*?)(?::(\s*\w+\s*=[^/\\]*))?$/s.exec(spec.trim()) ?? [];
    return { source: await loadOwn<Definition>(path, kind), settings: settings.trim() };
  }
  const { definition, parameters } = spec;
  const settings = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return { source: { place: `${kind.noun} ${definition.name}`, definition }, settings: settings.join(",") };
}
