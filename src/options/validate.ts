/** Checks options with a valibot schema; unknown ones are refused by name. */
import * as v from "valibot";
import { OptionError, optionNamed, UsageError } from "../errors.js";
import { nearest } from "../nearest.js";

/**
 * `options` after validation, with defaults. `names` are the values that select the schema's variants, for a
 * suggestion. Throws `UsageError`.
 */
export function validate<Schema extends v.GenericSchema>(
  what: string,
  schema: Schema,
  options: unknown,
  names: readonly string[] = [],
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, options);
  if (result.success) return result.output;
  const [issue] = result.issues;
  if (issue.type === "raw_transform") throw valueFault(issue);
  throw new UsageError(...complaint(what, schema, options, names, issue));
}

/** A value that a shape could not read: `reading` in shapes.ts gives problem and remedy. */
function valueFault(issue: v.BaseIssue<unknown>): OptionError {
  const [, problem = "", remedy = ""] = /^(.*)\n(.*)$/s.exec(issue.message) ?? [];
  return OptionError.at(v.getDotPath(issue) ?? "", problem, remedy);
}

function complaint(
  what: string,
  schema: v.GenericSchema,
  options: unknown,
  names: readonly string[],
  issue: v.BaseIssue<unknown>,
): [problem: string, remedy: string] {
  const key = v.getDotPath(issue) ?? "";
  const received = issue.received.replaceAll('"', "");
  if (typeof options !== "object" || options === null)
    return [`${what}: options cannot be ${received}`, "give an object"];
  if (issue.type === "strict_object") {
    return [`${what}: unknown option "${optionNamed(key)}"`, knownOptions(schema, options, key)];
  }
  if (issue.type === "variant" && names.length > 0) {
    const remedy = `did you mean ${nearest(received, names)}? There are ${names.join(", ")}`;
    return [`${what}: unknown ${key} "${received}"`, remedy];
  }
  return [`${what}: ${optionNamed(key)} cannot be ${received}`, sentence(issue)];
}

/** The nearest option of an object, or all that the variant of `options` has. */
function knownOptions(schema: v.GenericSchema, options: unknown, key: string): string {
  if ("entries" in schema) {
    return `did you mean "${optionNamed(nearest(key, Object.keys(schema.entries as object)))}"?`;
  }
  const { key: discriminator, options: variants } = schema as unknown as Variants;
  const chosen = (options as Record<string, unknown>)[discriminator];
  const entries =
    variants.find((variant) => variant.entries[discriminator]?.literal === chosen)?.entries ?? {};
  const names = Object.keys(entries).filter((name) => name !== discriminator);
  return `${chosen} takes ${names.map((name) => optionNamed(name)).join(", ")}`;
}

/** The part of a valibot variant of objects that is used here. */
interface Variants {
  readonly key: string;
  readonly options: readonly { readonly entries: Readonly<Record<string, { literal?: unknown }>> }[];
}

function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "min_value") return `it is at least ${issue.requirement}`;
  if (issue.type === "max_value") return `it is at most ${issue.requirement}`;
  if (issue.type === "safe_integer") return "give a whole number";
  if (issue.type === "picklist") return suggestion(issue);
  if (issue.type === "custom") return `give ${issue.message}`;
  return issue.type === "check" ? `it ${issue.message}` : `give a ${issue.expected ?? "different value"}`;
}

/** The nearest word, and all, from valibot's `("never" | "always" | "madvise")`. */
function suggestion({ expected, received }: v.BaseIssue<unknown>): string {
  const words = (expected ?? "").replaceAll(/[()"]/g, "").split(" | ");
  const wanted = nearest(received.replaceAll('"', ""), words);
  return `did you mean ${wanted}? There are ${words.join(", ")}`;
}
